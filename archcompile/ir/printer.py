"""The textual IR: a program as people read it. Stable, and nothing parses it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archcompile.ir.dim import Dim
from archcompile.ir.expr import Constant
from archcompile.ir.op import Op
from archcompile.ir.program import Member, Program, Region, Value
from archcompile.ir.types import TensorType
from archcompile.ir.uses import Uses

_TYPE_COLUMN = 88
"""Types line up where the lines before them are at most this long."""
_SHORT = 16


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    name: str
    made: str
    types: str


def print_program(program: Program) -> str:
    """The whole program: a header, then a line for each layer, blocks indented below their call.

    ::

        network lenet5(classes = 10) (image: [N, 1, 32, 32]) -> (output: [N, 10])
          c1   = conv2d(image, out_channels=6, kernel_size=5)  : [N, 6, 28, 28]

    Arguments that equal their default are left out; a region's line starts with its kind. A tensor
    that is split over GPUs says so: ``96 (2 x 48)``.
    """
    lines = tuple(_lines(program.members, 1, Uses()))
    return "\n".join([_header(program), *_aligned(lines), *_returns(program)]) + "\n"


def printed_arguments(op: Op) -> tuple[tuple[str, str], ...]:
    """An op's required arguments and those that differ from their default, as text.

    A pair of equal sizes is one number; a pair of others is ``[1, 7]``.
    """
    found = []
    for name, field in type(op).model_fields.items():
        value = getattr(op, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            found.append((name, _argument(value)))
    return tuple(found)


def short_size(size: Dim) -> str:
    """A size for a narrow place: an expression too long for it is ``f(H, W)``."""
    if size.constant is not None:
        return str(size)
    text = str(size)
    if len(text) <= _SHORT:
        return text
    return f"f({', '.join(sorted(size.symbols))})"


def _header(program: Program) -> str:
    parameters = ", ".join(f"{name} = {_argument(value)}" for name, value in program.parameters)
    inputs = ", ".join(f"{value.name}: {value.type}" for value in program.inputs)
    outputs = ", ".join(f"{output.name}: {output.value.type}" for output in program.outputs)
    called = f"({parameters}) " if parameters else " "
    return f"network {program.name}{called}({inputs}) -> ({outputs})"


def _returns(program: Program) -> Iterator[str]:
    """Outputs of which the header does not say all: another name, for training only, a weight."""
    for output in program.outputs:
        more = ", training only" if output.training else ""
        if output.loss_weight is not None:
            more += f", loss weight {output.loss_weight!r}"
        if more or output.name != output.value.name:
            yield f"  return {output.name} = {output.value.name}{more}"


def split_size(size: Dim, parts: int, sign: str) -> str:
    """A channel count as its GPUs hold it: ``96 (2 x 48)``; short where it is not split."""
    whole = short_size(size)
    return whole if parts == 1 else f"{whole} ({parts} {sign} {short_size(size // parts)})"


def _lines(members: tuple[Member, ...], indent: int, uses: Uses) -> Iterator[_Line]:
    for member in members:
        reads = [value.name for value in member.inputs]
        if isinstance(member, Region):
            made = _call(_region_word(member), reads, _texts(member.arguments))
            yield _Line(indent, uses.name(member.path), made, _types(member.outputs))
            yield from _lines(member.members, indent + 1, uses)
        else:
            made = _call(member.op.key, reads, printed_arguments(member.op))
            yield _Line(indent, member.output.name, made, _types((member.output,)))


def _region_word(region: Region) -> str:
    return region.kind if region.block is None else f"{region.kind} {region.block}"


def _call(function: str, reads: list[str], arguments: Iterable[tuple[str, str]]) -> str:
    return f"{function}({', '.join([*reads, *(f'{name}={text}' for name, text in arguments)])})"


def _texts(arguments: tuple[tuple[str, Constant], ...]) -> Iterator[tuple[str, str]]:
    return ((name, _argument(value)) for name, value in arguments)


def _types(values: tuple[Value, ...]) -> str:
    return ", ".join(_type(value.type) for value in values)


def _type(type: TensorType) -> str:
    if type.parts == 1:
        return str(type)
    batch, channels, *rest = type.dims
    return f"[{', '.join([str(batch), split_size(channels, type.parts, 'x'), *map(str, rest)])}]"


def _aligned(lines: tuple[_Line, ...]) -> Iterator[str]:
    """``=`` lines up within each depth, the types over all lines but the very long ones."""
    widths: dict[int, int] = {}
    for line in lines:
        widths[line.indent] = max(widths.get(line.indent, 0), len(line.name))
    left = [
        f"{'  ' * line.indent}{line.name:<{widths[line.indent]}} = {line.made}" for line in lines
    ]
    column = max((len(text) for text in left if len(text) <= _TYPE_COLUMN), default=0)
    for text, line in zip(left, lines, strict=True):
        yield f"{text:<{column}}  : {line.types}"


def _argument(value: object) -> str:
    """A value as a spec would have it, in ASCII."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case str():
            return json.dumps(value)
        case (first, second) if isinstance(first, Dim) and first == second:
            return str(first)
        case tuple() | list():
            return f"[{', '.join(map(_argument, value))}]"
        case _:
            return str(value)
