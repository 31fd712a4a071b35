"""Receptive fields: the report's extents and steps against what each position reads in torch.

Gradients would show that too, but only for what is open: a ReLU that is shut and a maximum that
is elsewhere read nothing. A number that is none (NaN) goes through both, through any weight and
any function: put into one row of the input, it comes out wherever that row is read. One sample for
each row gives what every position of every layer reads in one pass, exactly, whatever the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from subject import shape

from archcompile.ir.dim import Dim
from archcompile.ir.outcome import windows_of
from archcompile.proof.batches import batch_symbols, is_legal

if TYPE_CHECKING:
    from typing import Any

    from findings import Findings
    from numpy.typing import NDArray
    from subject import Subject

    from archcompile.ir.program import Node

_LONG, _SHORT = 8, 2
"""Sizes for open image sizes: along the axis that is looked at, and along the others."""

_ELSEWHERE = {
    "permute": "moves axes",
    "unflatten": "moves axes",
    "reshape": "moves axes",
    "pixel_shuffle": "moves axes",
    "group_norm": "reads the whole map for its statistics",
    "instance_norm": "reads the whole map for its statistics",
    "layer_norm": "reads the whole map for its statistics",
    "softmax": "reads the whole axis that it normalises",
    "log_softmax": "reads the whole axis that it normalises",
    "normalize": "reads the whole axis that it normalises",
}
"""Ops behind which positions are no longer those of the input, or read by convention."""
_MERGED = "is part of an axis that runs along several"
_POINTWISE = ("add", "sub", "mul", "concat")


@dataclass(frozen=True, slots=True)
class Reading:
    """Of a value along one axis: for each position the first and the last row that it reads."""

    first: NDArray[Any]
    last: NDArray[Any]
    rows: int
    gap: int = 1
    """The most rows from one that is read to the next, by dilation and by strides."""

    @property
    def inner(self) -> NDArray[Any]:
        """The positions whose windows are not cut by the border.

        A window that is cut reads a row within the first ``gap``, or the last.
        """
        seen: NDArray[Any] = (self.first >= self.gap) & (self.last < self.rows - self.gap)
        return seen & (self.last >= 0)

    @property
    def widths(self) -> NDArray[Any]:
        """How many rows there are from the first to the last."""
        return self.last - self.first + 1


def check_fields(subject: Subject, findings: Findings) -> None:
    """Along each axis of the image. The module must be in float64: there torch multiplies out."""
    inputs = subject.program.inputs
    axes = {len(value.type.spatial) for value in inputs}
    for axis in range(max(axes)):
        sizes = _sizes(subject, axis)
        shapes = [shape(value.type, {**sizes, **_samples(subject, 1)}) for value in inputs]
        rows = {each[2 + axis] for each in shapes if len(each) > 2 + axis}
        if len(rows) != 1 or len(axes) != 1:
            findings.not_made["field: inputs of different sizes"] += 1
            continue
        known = {**sizes, **_samples(subject, rows.copy().pop())}
        _check_axis(subject, findings, axis, known, rows.pop())


def _samples(subject: Subject, count: int) -> dict[str, int]:
    return dict.fromkeys(batch_symbols(subject.program), count)


def _sizes(subject: Subject, axis: int) -> dict[str, int]:
    """Open sizes: many rows along the axis and few along the others, if that is legal."""
    if not any(dim.symbols for v in subject.program.inputs for dim in v.type.spatial):
        return {}
    along = {s for v in subject.program.inputs for s in v.type.spatial[axis].symbols}
    every = {s for v in subject.program.inputs for dim in v.type.spatial for s in dim.symbols}
    chosen = {symbol: _LONG if symbol in along else _SHORT for symbol in every}
    return chosen if is_legal(subject.program, chosen) else subject.sizes[0]


def _run(subject: Subject, axis: int, known: dict[str, int], rows: int) -> None:
    """One pass with a row in each sample that is no number."""
    random = np.random.default_rng(subject.seed)
    given = []
    for value in subject.program.inputs:
        array = random.standard_normal(shape(value.type, known))
        for row in range(rows):
            array[row].swapaxes(0, 1 + axis)[row] = np.nan
        given.append(torch.from_numpy(array))
    subject.recorder.run(given)


def _check_axis(
    subject: Subject, findings: Findings, axis: int, known: dict[str, int], rows: int
) -> None:
    _run(subject, axis, known, rows)
    own = np.arange(rows)
    readings = {value.name: Reading(own, own, rows) for value in subject.program.inputs}
    places: dict[str, int | None] = dict.fromkeys(readings, axis)
    lost = dict.fromkeys(readings, "")
    jumps = dict.fromkeys(readings, 1)
    rough: set[str] = set()
    for node, field in zip(
        subject.nodes, subject.network.facts.receptive_fields.nodes, strict=True
    ):
        places[node.name] = place = _place(node, axis, places)
        reading = _read_by(subject, node, place, rows, readings)
        if reading is not None:
            reading = replace(reading, gap=_gap(node, axis, readings, jumps))
            readings[node.name] = reading
        jumps[node.name] = field.jump[axis].evaluate(known) if len(field.jump) > axis else 1
        lost[node.name] = _lost(node, place, lost, readings)
        if _is_rough(node, rough):
            rough.add(node.name)
        if reading is None or len(field.extent) <= axis:
            continue
        if lost[node.name]:
            findings.not_made[f"field: {lost[node.name]}"] += 1
            continue
        stated = (field.extent[axis].evaluate(known), field.jump[axis].evaluate(known))
        layer = f"{node.name} (axis {axis + 2})"
        _hold(findings, layer, reading, stated, is_exact=node.name not in rough)


def _read_by(
    subject: Subject, node: Node, place: int | None, rows: int, readings: dict[str, Reading]
) -> Reading | None:
    """From the pass, or for a function of several values from what they read."""
    made = subject.recorder.calls.get(node.name, ())
    if len(made) == 1:
        return _reading(made[0], place, rows)
    if node.op.key in _POINTWISE:
        return _joined([readings.get(value.name) for value in node.inputs])
    return None


def _place(node: Node, axis: int, places: dict[str, int | None]) -> int | None:
    """Which axis of space of the node's output the input's is in, if any."""
    longest = max(node.inputs, key=lambda value: value.type.rank, default=None)
    place = axis if longest is None else places.get(longest.name)
    runs = node.op.runs_over(*node.types)
    if runs is not None and place is not None:
        place = next((at for at, axes in enumerate(runs) if place in axes), None)
    if place is None and node.op.key == "unflatten":
        place = axis  # the axes are new
    return place


def _gap(node: Node, axis: int, readings: dict[str, Reading], jumps: dict[str, int]) -> int:
    dilation = getattr(node.op, "dilation", ())
    step = int(dilation[axis]) if len(dilation) > axis else 1
    own = [step * jumps[value.name] for value in node.inputs]
    return max([*own, *(readings[v.name].gap for v in node.inputs if v.name in readings)])


def _is_rough(node: Node, rough: set[str]) -> bool:
    """Whether it or an op before it enlarges: its steps are rounded up to whole positions.

    A mirrored border is read backwards.
    """
    windows = windows_of(node.op, node.types) or ()
    is_mirrored = node.op.key == "pad" and getattr(node.op, "mode", "") == "reflect"
    if is_mirrored or any(value.name in rough for value in node.inputs):
        return True
    return any(window.grown != Dim.of(1) for window in windows)


def _reading(made: torch.Tensor, place: int | None, rows: int) -> Reading | None:
    """What was read, from where the numbers are none; of a vector as of a single position."""
    if made.ndim < 2 or len(made) != rows:
        return None
    is_read = torch.isnan(made).numpy()
    is_map = place is not None and made.ndim > 2 + place
    others = tuple(a for a in range(1, made.ndim) if place is None or a != 2 + place)
    hit = is_read.any(axis=others) if is_map else is_read.reshape(rows, -1).any(axis=1)[:, None]
    first = np.where(hit.any(axis=0), hit.argmax(axis=0), rows)
    last = np.where(hit.any(axis=0), rows - 1 - hit[::-1].argmax(axis=0), -1)
    return Reading(first, last, rows)


def _joined(readings: list[Reading | None]) -> Reading | None:
    """What a function of several values reads: what they read together, position by position."""
    held = [each for each in readings if each is not None]
    longest = max((len(each.first) for each in held), default=0)
    if len(held) != len(readings) or any(len(each.first) not in (1, longest) for each in held):
        return None
    first, last = held[0].first, held[0].last
    for each in held[1:]:
        first, last = np.minimum(first, each.first), np.maximum(last, each.last)
    return Reading(first, last, held[0].rows)


def _lost(node: Node, place: int | None, lost: dict[str, str], readings: dict[str, Reading]) -> str:
    """Why the value is not compared, if it is not; empty if it is.

    An axis that is part of another is compared again when that one has been read whole.
    """
    for value in node.inputs:
        reason = lost.get(value.name)
        if reason and not (reason == _MERGED and place is None):
            return reason
    if node.op.key in _ELSEWHERE:
        return _ELSEWHERE[node.op.key]
    runs = node.op.runs_over(*node.types)
    if runs is not None and any(len(axes) > 1 for axes in runs):
        return _MERGED
    if getattr(node.op, "padding_mode", getattr(node.op, "mode", "")) == "circular":
        return "reads around the border"
    if len(node.inputs) > 1 and not _are_nested([readings.get(v.name) for v in node.inputs]):
        return "paths of different places meet: their union is larger than the largest"
    return ""


def _are_nested(readings: list[Reading | None]) -> bool:
    """Whether one of the paths reads all that the others read, at each position."""
    held = [each for each in readings if each is not None]
    if len(held) != len(readings):
        return False
    joined = _joined(readings)
    return joined is not None and any(
        bool((each.first == joined.first).all() and (each.last == joined.last).all())
        for each in held
    )


def _hold(
    findings: Findings, layer: str, reading: Reading, stated: tuple[int, int], *, is_exact: bool
) -> None:
    """No position reads more rows than stated; those that are not cut read as many, as far apart.

    Behind an op that enlarges they read at most as many.
    """
    extent, jump = stated
    findings.made["field"] += 1
    widest = int(reading.widths.max(initial=0))
    if widest > extent:
        findings.differs("field", layer, f"reads {widest} positions, the report says {extent}")
    if not is_exact or not reading.inner.any():
        return
    most = int(reading.widths[reading.inner].max())
    findings.holds("field, exact", layer, most, extent)
    pairs = reading.inner[1:] & reading.inner[:-1]
    if pairs.any():
        findings.holds("step", layer, set(np.diff(reading.first)[pairs].tolist()), {jump})
