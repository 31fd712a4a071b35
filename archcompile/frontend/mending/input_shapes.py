"""What may be wrong with a network's input where a layer refuses its shape.

An input without channels or with its channels last; one of an open size, which promises nothing:
``[N, 1, 4 * H, 4 * W]`` says that both are multiples of 4.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Span
from archcompile.frontend.mending.mends import Mend
from archcompile.frontend.mending.record import Record
from archcompile.frontend.mending.search import takes
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType

_SHAPE = re.compile(r"\[([^\[\]]*)\]")
_OPEN = re.compile(r"(?:(?P<factor>[0-9]+) *\* *)?(?P<name>[A-Za-z_]+)")
"""``H`` or ``4 * H``."""
_COLOURS = (1, 3, 4)
_MULTIPLES = (2, 4, 8, 16, 32, 64)


def without_channels(op: Op, value: Value, record: Record) -> Mend | None:
    """An input [N, H, W] that an op for maps reads: a square one lacks its channel axis."""
    kind = value.type
    is_square = kind.rank == 3 and kind.dims[1] == kind.dims[2]
    if record.maker(value) is not None or not is_square or not op.key.endswith("2d"):
        return None
    sizes = _written(value.span)
    if sizes is None or len(sizes) != kind.rank:
        return None
    return _shape(value.span, [sizes[0], "1", *sizes[1:]], ": its channels")


def channels_last(op: Op, value: Value, record: Record) -> Mend | None:
    """An input [N, H, W, C], as TensorFlow has it, in which a kernel does not fit."""
    kind = value.type
    if record.maker(value) is not None or kind.rank != 4:
        return None
    sizes, colours = _written(value.span), kind.dims[3].constant
    turned = TensorType((kind.dims[0], kind.dims[3], *kind.dims[1:3]))
    if colours not in _COLOURS or sizes is None or len(sizes) != kind.rank:
        return None
    if not takes(op, (turned,)):
        return None
    return _shape(value.span, [sizes[0], sizes[3], *sizes[1:3]], ": channels stand before height")


def open_channels(reads: tuple[Value, ...], record: Record) -> Mend | None:
    """An input with a letter for its channels, which weights need as a number."""
    source = _input(reads, record)
    sizes = None if source is None else _written(source.span)
    if source is None or source.span is None or sizes is None or len(sizes) != source.type.rank:
        return None
    letters = source.type.channels.symbols
    if not letters or not letters & reads[0].type.channels.symbols:
        return None
    text = f"[{', '.join((sizes[0], '3', *sizes[2:]))}]"
    return Mend(f"channels need a number, e.g. `{text}` as the input's shape {_at(source.span)}")


def promised(op: Op, reads: tuple[Value, ...], record: Record) -> Mend | None:
    """An input of open sizes, of which multiples would go through alike."""
    names = {name for value in reads for size in value.type.spatial for name in size.symbols}
    source = _input(reads, record)
    sizes = None if source is None else _written(source.span)
    if not names or source is None or sizes is None:
        return None
    open_ = {place: each for place, size in enumerate(sizes) if (each := _OPEN.fullmatch(size))}
    if not names <= {each["name"] for each in open_.values()}:
        return None
    for factor in _MULTIPLES:
        larger = {name: Dim.symbol(name) * factor for name in names}
        types = tuple(_substituted(value.type, larger) for value in reads)
        if takes(op, types):
            shape = list(sizes)
            for place, each in open_.items():
                if each["name"] in names:
                    shape[place] = f"{factor * int(each['factor'] or 1)} * {each['name']}"
            return _shape(source.span, shape, ": then every layer divides them")
    return None


def _substituted(kind: TensorType, sizes: dict[str, Dim]) -> TensorType:
    return TensorType((kind.dims[0], *(size.substitute(sizes) for size in kind.dims[1:])))


def _input(reads: tuple[Value, ...], record: Record) -> Value | None:
    """The one input that all of them come from."""
    found: dict[str, Value] = {}
    for value in reads:
        for read in (
            value,
            *(each for m in record.behind(value).values() for each in m.node.inputs),
        ):
            if record.maker(read) is None:
                found[read.name] = read
    return next(iter(found.values())) if len(found) == 1 else None


def _written(span: Span | None) -> list[str] | None:
    """The sizes of an input as they are written, where they stand on the row of its name."""
    row = "" if span is None else span.file.line(span.line)[span.column - 1 :]
    shape = _SHAPE.search(row)
    return None if shape is None else [size.strip() for size in shape[1].split(",")]


def _shape(span: Span | None, sizes: list[str], why: str) -> Mend | None:
    if (
        span is None
        or (shape := _SHAPE.search(span.file.line(span.line)[span.column - 1 :])) is None
    ):
        return None
    text = f"[{', '.join(sizes)}]"
    fix = (Edit(span.start().within(shape.start(), shape.end()), text),)
    return Mend(f"write `{text}` as the input's shape {_at(span)}{why}", fix)


def _at(span: Span) -> str:
    return f"(line {span.line})"
