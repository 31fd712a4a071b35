"""What to write where an op reads a tensor of another rank: a vector for a map, and the like."""

from __future__ import annotations

from math import isqrt

from archcompile.frontend.mending.line_edits import line_before, without_line
from archcompile.frontend.mending.mends import Mend
from archcompile.frontend.mending.record import Made, Record
from archcompile.frontend.mending.search import takes
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType

_COLOURS = (1, 3)


def flattened_early(op: Op, value: Value, record: Record) -> Mend | None:
    """An op for maps behind ``flatten``."""
    made = record.maker(value)
    while made is not None and made.node.op.key != "flatten" and len(made.node.inputs) == 1:
        made = record.maker(made.node.inputs[0])
    if made is None or made.node.op.key != "flatten":
        return None
    where = f"`flatten` (line {made.text.line})"
    fix = without_line(made.layer.span) if _goes(op, value, made) else ()
    if fix:
        return Mend(f"remove {where}: `{op.key}` needs the map that it takes apart", fix)
    return Mend(f"put it before {where}, which takes the map apart")


def _goes(op: Op, value: Value, made: Made) -> bool:
    """Whether the line with ``flatten`` can be left out: it has no name and stands right before."""
    is_next = value.name == made.node.output.name and made.layer.name is None
    return is_next and made.layer.op is not None and takes(op, made.node.types)


def pooled_before(op: Op, reads: tuple[Value, ...], record: Record) -> Mend | None:
    """A map of an open size pooled before it is flattened for a layer with weights."""
    made = record.maker(reads[0]) if len(reads) == 1 else None
    if made is None or made.node.op.key != "flatten" or made.layer.sources is not None:
        return None
    kind = made.node.types[0]
    text = {3: "adaptive_avg_pool1d: 1", 4: "adaptive_avg_pool2d: 1"}.get(kind.rank)
    if text is None or not kind.channels.is_constant or not takes(op, _of(kind, kind.channels)):
        return None
    fix = line_before(made.layer.span, text)
    help = f"write `{text}` before `flatten` (line {made.text.line}), or give the input fixed sizes"
    return Mend(help, fix) if fix else None


def as_channels(op: Op, value: Value) -> tuple[str, bool]:
    """An ``unflatten`` that makes what the op needs of a vector; and whether that is sure."""
    kind = value.type
    if op.key.endswith("1d"):
        is_sure = takes(op, _of(kind, 1, kind.channels))
        return _unflatten("[1, -1]"), is_sure
    if op.key.startswith("conv_transpose"):
        return _unflatten("[-1, 1, 1]"), takes(op, _of(kind, kind.channels, 1, 1))
    features = kind.channels.constant or 0
    for colours in _COLOURS:
        side = isqrt(features // colours)
        if side > 1 and colours * side * side == features and op.key == "conv2d":
            sizes = (colours, side, side)
            return _unflatten(f"[{colours}, {side}, {side}]"), takes(op, _of(kind, *sizes))
    return _unflatten("[-1, 1, 1]"), False


def _unflatten(sizes: str) -> str:
    return f"unflatten: {{dim: 1, unflattened_size: {sizes}}}"


def _of(kind: TensorType, *sizes: int | Dim) -> tuple[TensorType]:
    return (TensorType((kind.dims[0], *map(Dim.of, sizes))),)
