"""What stands in the cells of a report's table, whatever the table is written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archcompile.backends.report.model import Layer, ReportModel, Row
from archcompile.ir.dim import Dim
from archcompile.ir.printer import short_size, split_size
from archcompile.ir.program import ProgramOutput, Value

COLUMNS = (
    "layer",
    "op",
    "output shape",
    "parameters",
    "MACs",
    "activation bytes",
    "field",
    "stride",
)
"""The headings; from the fourth on the cells are numbers."""
FIRST_NUMBER = 3

_LONGEST = 100
"""Characters of an open size that people still read; the JSON form has all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one line; ``depth`` is the number of groups around it."""

    depth: int
    group: bool
    path: str
    cells: tuple[str, ...]
    """What follows the name, in the order of ``COLUMNS``."""


def lines(rows: tuple[Row, ...], depth: int = 0) -> Iterator[Line]:
    """A line for each layer and group, a group before its layers."""
    for row in rows:
        if isinstance(row, Layer):
            yield Line(depth, False, row.name, _layer_cells(row))
            continue
        shapes = ", ".join(map(shape_text, row.outputs))
        counts = (_cell(row.cost.parameters), _cell(row.cost.macs))
        called = _marked(row.block or row.kind, row.training)
        yield Line(depth, True, row.name, (called, shapes, *counts, "", "", ""))
        yield from lines(row.rows, depth + 1)


def totals(report: ReportModel) -> dict[str, str]:
    """The cells of the last line, by heading."""
    return {"parameters": _cell(report.total.parameters), "MACs": _cell(report.total.macs)}


def summary(report: ReportModel) -> tuple[tuple[str, str], ...]:
    """The network's totals, named, with their units.

    Connections stand here for a network whose author counts them.
    """
    total, inference = report.total, report.inference
    parameters = _exact(total.parameters)
    if total.trainable != total.parameters:
        parameters += f" ({_exact(total.trainable)} trainable)"
    if inference.parameters != total.parameters:
        parameters += f" ({_exact(inference.parameters)} in inference)"
    connections = ("connections", _exact(total.connections))
    return (
        ("parameters", parameters),
        ("buffers", _exact(total.buffers)),
        ("MACs", _exact(total.macs)),
        *([connections] if report.claims_connections else []),
        ("weights", _bytes(total.weight_bytes)),
        ("peak activations", _bytes(report.peak_activation_bytes)),
    )


def heading(report: ReportModel) -> str:
    """The title with the network's name behind it; the name alone where there is no title."""
    return report.variant if report.title is None else f"{report.title} ({report.variant})"


def signature(report: ReportModel) -> str:
    """``image [1, 32, 32] → output [10]``, shapes of one sample.

    Behind an output for training only stands so, and what its loss is multiplied with.
    """
    inputs = ", ".join(f"{value.name} {shape_text(value)}" for value in report.inputs)
    return f"{inputs} → {', '.join(map(_output, report.outputs))}"


def _output(output: ProgramOutput) -> str:
    said = ["training only"] if output.training else []
    said += [] if output.loss_weight is None else [f"loss × {output.loss_weight!r}"]
    more = f" ({', '.join(said)})" if said else ""
    return f"{output.name} {shape_text(output.value)}{more}"


def note(report: ReportModel) -> str | None:
    """What a reader must know about the spec's claims, if anything."""
    if not report.overridden:
        return None
    return f"{', '.join(report.overridden)} overridden: the spec's own claims were not checked"


def shape_text(value: Value) -> str:
    """The sizes behind the batch axis, in brackets; of a split tensor also what each GPU holds."""
    sizes = list(map(short_size, value.type.sample))
    if value.type.parts > 1:
        sizes[0] = split_size(value.type.channels, value.type.parts, "×")
    return f"[{', '.join(sizes)}]"


def _marked(called: str, training: bool) -> str:
    return f"{called} (training)" if training else called


def _layer_cells(layer: Layer) -> tuple[str, ...]:
    jump = layer.field.jump if layer.output.type.spatial else ()
    return (
        _marked(layer.op, layer.training),
        shape_text(layer.output),
        _cell(layer.cost.parameters),
        _cell(layer.cost.macs),
        _cell(layer.activation_bytes),
        _axes(layer.field.extent),
        _axes(jump),
    )


def _axes(sizes: tuple[Dim, ...]) -> str:
    """One number where the axes agree; a dash where there are none."""
    texts = tuple(map(short_size, sizes))
    return texts[0] if len(set(sizes)) == 1 else " × ".join(texts) or "-"


def _cell(size: Dim) -> str:
    """With thousands separators; a dash for nothing, so that what costs stands out."""
    if size.constant is None:
        return short_size(size)
    return f"{size.constant:,}" if size.constant else "-"


def _exact(size: Dim) -> str:
    if size.constant is not None:
        return f"{size.constant:,}"
    return str(size) if len(str(size)) <= _LONGEST else short_size(size)


def _bytes(size: Dim) -> str:
    """Exact, and in a unit of 1,024s where it is large enough to need one."""
    if size.constant is None:
        return f"{_exact(size)} bytes"
    exact, scaled, unit = f"{size.constant:,} bytes", float(size.constant), -1
    while scaled >= 1024 * 10 and unit < 3:
        scaled, unit = scaled / 1024, unit + 1
    return exact if unit < 0 else f"{scaled:,.1f} {('KiB', 'MiB', 'GiB', 'TiB')[unit]} ({exact})"
