"""How many values a call reads: too few to join, too many for one, and what to write then."""

from __future__ import annotations

from archcompile.diagnostics import Code, Fix, Related, SpecError
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expansion.flow import Flow
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.line_edits import with_key
from archcompile.frontend.mending.origins import related
from archcompile.frontend.mending.record import Record
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.op import Op

_NEAR = 100
"""How far back names are looked for."""
MORE = 2
"""Of an op that joins: as many as it reads at least."""


def check_count(op: Op, call: Scalar, layer: Layer, reads: Flow, path: str, record: Record) -> None:
    """Refuse a number of inputs that the op does not read."""
    if op.arity is None and len(reads) < MORE:
        raise _too_few(op, call, layer, reads, path, record)
    if op.arity is not None and len(reads) != op.arity:
        raise wrong_count(call, op.arity, layer, reads, path, record)


def _too_few(
    op: Op, call: Scalar, layer: Layer, reads: Flow, path: str, record: Record
) -> SpecError:
    span = call.span if layer.sources is None else layer.sources_span or call.span
    help = _which(call.text, MORE, layer, path, record)
    if not call.plain and call.span.text() == "branches":  # the word is the default of `join`
        help = "one way is no branching: its lines stand in the body, without `branches`"
    return finding(
        Code.WRONG_INPUT_COUNT,
        f"`{op.key}` joins two values or more, got {len(reads)}",
        span,
        help=help,
        related=_origins(reads, record),
    )


def wrong_count(
    call: Scalar, wanted: int, layer: Layer, reads: Flow, path: str, record: Record
) -> SpecError:
    """A call that reads another number of values than it takes."""
    span = call.span if layer.sources is None else layer.sources_span or call.span
    fix: Fix = ()
    inputs = [value.name for value in reads if value is not None and record.maker(value) is None]
    is_first = layer.sources is None and "." not in path and len(inputs) == len(reads)
    if wanted == 1 and len(inputs) > 1 and is_first:
        fix = with_key(layer.span, f"from: {inputs[0]}")
        which = f"`from: {inputs[0]}`, if that is the input which it reads"
        help = f"write {which}" if fix else f"say which it reads, e.g. {which}"
    elif wanted == 1 and len(reads) > 1:
        help = "join them first, e.g. with `concat` or `add`, or read one of them"
    else:
        help = _which(call.text, wanted, layer, path, record)
    return finding(
        Code.WRONG_INPUT_COUNT,
        f"`{call.text}` reads {wanted} value{'s' * (wanted != 1)}, got {len(reads)}",
        span,
        related=_origins(reads, record),
        help=help,
        fix=fix,
    )


def _which(word: str, wanted: int, layer: Layer, path: str, record: Record) -> str:
    """A form with names that stand in the same body, the nearest last."""
    if layer.span in record.chained:
        return "a line of a chain reads the one before: use `branches`, or a block with `layers`"
    level = path.rpartition(".")[0]
    names: dict[str, None] = {}
    for each in record.latest(_NEAR):
        front, _, name = each.node.path.rpartition(".")
        if front == level and len(names) < wanted:
            names[name] = None
    shown = [*"abcdefgh"[: wanted - len(names)], *reversed(names)]
    return f"say which, e.g. `{{from: [{', '.join(shown)}], {word}}}`"


def _origins(reads: Flow, record: Record) -> tuple[Related, ...]:
    return tuple(
        each
        for value in reads
        if value is not None
        for each in related(value, record.maker(value) is None)
    )
