"""Proposals: what may be changed in the layers behind two values so that their shapes meet.

The likeliest mistakes come first: a forgotten padding, a pool that rounds down, a stride.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archcompile.diagnostics import SpecError
from archcompile.frontend.expressions.frame import Frame, Open
from archcompile.frontend.expressions.sizes import to_python
from archcompile.frontend.mending.record import Made
from archcompile.frontend.text.tree import Scalar, Tree
from archcompile.frontend.text.tree import Sequence as TreeSequence
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.ir.types import TensorType
from archcompile.ops.fitting import numbers

_STRIDES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Expressed:
    """What an expression of the author's gives: the same text has another value in each call."""

    tree: Scalar
    axes: int | None
    """How many times, if it is a list; ``None``: the number alone."""

    def held(self, frame: Frame) -> object:
        """What the op's field holds; ``None`` where the expression has no whole number here."""
        try:
            value = to_python(frame.value(self.tree))
        except (SpecError, Open, TypeError):
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return Dim.of(value) if self.axes is None else (Dim.of(value),) * self.axes


@dataclass(frozen=True, slots=True)
class Change:
    """Other arguments for a call: the name, what the op's field holds then, and the YAML.

    What it holds is an ``Expressed`` where it differs by the call.
    """

    made: Made
    values: tuple[tuple[str, object, str], ...]


Proposal: TypeAlias = tuple[Change, ...]


def proposals(
    own: Sequence[tuple[Made, ...]], types: tuple[TensorType, TensorType]
) -> Iterator[Proposal]:
    """In the order of their likelihood; ``own`` is what only one of the two comes from."""
    one, other = types
    for nodes, wanted in ((own[1], one), (own[0], other)):
        yield from _parameters(nodes, wanted)
    if one.rank != other.rank or one.rank < 2:
        return
    if one.spatial == other.spatial:
        for nodes, wanted in ((own[1], one), (own[0], other)):
            yield from channel_changes(nodes, wanted.channels)
        if one.spatial:
            return
    for nodes, wanted in ((own[1], one), (own[0], other)):
        yield from _sized(nodes, wanted)
    every = [made for nodes in own for made in nodes if sizes_of(made.node.op, "kernel_size")]
    yield from same_paddings(own)
    yield from _flags(every)
    yield from _strides(every)
    yield from _amounts(every)


def channel_changes(nodes: tuple[Made, ...], wanted: Dim) -> Iterator[Proposal]:
    """The nearest layer that makes channels of its own makes as many as the other side has."""
    maker = next((made for made in nodes if made.node.op.has_channels), None)
    if maker is None or not wanted.is_constant:
        return
    for name in ("out_channels", "out_features"):
        if name in type(maker.node.op).model_fields and is_free(maker, name):
            yield (Change(maker, ((name, wanted, str(wanted)),)),)


def _parameters(nodes: tuple[Made, ...], wanted: TensorType) -> Iterator[Proposal]:
    """A bare parameter takes the sizes of what it meets, but for its axes of 1."""
    for made in nodes:
        shape = sizes_of(made.node.op, "shape") if made.node.op.key == "parameter" else None
        last = tuple(size.constant for size in wanted.dims[-len(shape or ()) :])
        if not shape or len(shape) >= wanted.rank or not is_free(made, "shape"):
            continue
        sizes = tuple(now if now == 1 else size for now, size in zip(shape, last, strict=True))
        known = tuple(size for size in sizes if size is not None)
        if len(known) == len(shape):
            text = f"[{', '.join(map(str, known))}]"
            yield (Change(made, (("shape", tuple(map(Dim.of, known)), text),)),)


def _sized(nodes: tuple[Made, ...], wanted: TensorType) -> Iterator[Proposal]:
    """A layer that is told its output's size makes the other side's."""
    for name in ("size", "output_size"):
        for made in nodes:
            sizes = tuple(each.constant for each in wanted.spatial)
            known = tuple(size for size in sizes if size is not None)
            if getattr(made.node.op, name, None) is None or len(known) != len(sizes) or not known:
                continue
            if is_free(made, name):
                yield (Change(made, (value_of(name, known),)),)


def same_paddings(own: Sequence[tuple[Made, ...]]) -> Iterator[Proposal]:
    """The padding that keeps the size: at one layer, at all of one side, at all of both."""
    sides = [
        tuple({made.text: made for made in nodes if _lacks_padding(made)}.values()) for nodes in own
    ]
    changes = [tuple(map(_with_same_padding, side)) for side in sides]
    for side in changes:
        yield from ((change,) for change in side)
    for side in changes:
        if len(side) > 1:
            yield side[::-1]
    if all(changes):
        both = {change.made.text: change for side in changes for change in side}
        yield tuple(both.values())


def every_padding(own: Sequence[tuple[Made, ...]]) -> Proposal:
    """The padding that keeps the size, at all of all sides, as they are written."""
    lacking = {made.text: made for nodes in own for made in nodes if _lacks_padding(made)}
    return tuple(map(_with_same_padding, sorted(lacking.values(), key=lambda made: made.number)))


def _lacks_padding(made: Made) -> bool:
    """Of a pool with a stride nobody expects that it keeps the size."""
    op = made.node.op
    steps = sizes_of(op, "stride") or sizes_of(op, "kernel_size") or ()
    return _same_padding(made) is not None and (op.has_channels or set(steps) == {1})


def _with_same_padding(made: Made) -> Change:
    sizes = _same_padding(made) or ()
    return Change(made, (value_of("padding", sizes),))


def _same_padding(made: Made) -> tuple[int, ...] | None:
    """``d (k - 1) / 2`` for windows of odd extent that are padded by less."""
    op = made.node.op
    kernel, padding = sizes_of(op, "kernel_size"), sizes_of(op, "padding")
    steps = sizes_of(op, "dilation") or (1,) * len(kernel or ())
    if kernel is None or padding is None or "output_padding" in type(op).model_fields:
        return None
    spreads = tuple(step * (size - 1) for step, size in zip(steps, kernel, strict=True))
    same = tuple(spread // 2 for spread in spreads)
    is_even = all(spread % 2 == 0 for spread in spreads)
    if not is_even or not is_free(made, "padding") or sum(padding) >= sum(same):
        return None
    return same


def _flags(every: list[Made]) -> Iterator[Proposal]:
    """Pools that round up, and transposed convolutions that add what a stride had left over."""
    for made in every:
        if getattr(made.node.op, "ceil_mode", None) is False and is_free(made, "ceil_mode"):
            yield (Change(made, (("ceil_mode", True, "true"),)),)
    for made in every:
        added, steps = sizes_of(made.node.op, "output_padding"), sizes_of(made.node.op, "stride")
        if added is None or steps is None or not is_free(made, "output_padding"):
            continue
        for more in range(1, max(steps)):
            sizes = tuple(min(more, step - 1) for step in steps)
            yield (Change(made, (value_of("output_padding", sizes),)),)


def _strides(every: list[Made]) -> Iterator[Proposal]:
    """Another stride, if need be with the padding that keeps the size."""
    for made in every:
        kernel = sizes_of(made.node.op, "kernel_size") or ()
        now = sizes_of(made.node.op, "stride") or kernel
        if "stride" not in type(made.node.op).model_fields or not is_free(made, "stride"):
            continue
        same = _same_padding(made)
        for step in _STRIDES:
            stride = value_of("stride", (step,) * len(kernel))
            if (step,) * len(kernel) != now:
                yield (Change(made, (stride,)),)
                if same is not None:
                    yield (Change(made, (stride, value_of("padding", same))),)


def _amounts(every: list[Made]) -> Iterator[Proposal]:
    """A little more padding or less; a kernel that is one more or less."""
    for name, steps in (("padding", (1, -1, 2, -2)), ("kernel_size", (1, -1))):
        for made in every:
            now = sizes_of(made.node.op, name)
            if now is None or not is_free(made, name):
                continue
            for step in steps:
                sizes = tuple(size + step for size in now)
                if min(sizes) >= (0 if name == "padding" else 1):
                    yield (Change(made, (value_of(name, sizes),)),)


def value_of(name: str, sizes: tuple[int, ...]) -> tuple[str, object, str]:
    """An argument of one size for each axis, as a change has it."""
    return name, tuple(map(Dim.of, sizes)), numbers(sizes)


def sizes_of(op: Op, name: str) -> tuple[int, ...] | None:
    """What an argument has for each axis, if all of them are numbers."""
    value = getattr(op, name, None)
    if not isinstance(value, tuple):
        return None
    known = tuple(each.constant for each in value if isinstance(each, Dim))
    sizes = tuple(each for each in known if each is not None)
    return sizes if len(sizes) == len(value) else None


def is_free(made: Made, name: str) -> bool:
    """Whether an argument can be written: it is not there, or is a number and no expression."""
    if made.call.preset is not None:
        return False
    tree = made.built.given.get(name)
    return tree is None or _is_number(tree)


def _is_number(tree: Tree) -> bool:
    if isinstance(tree, TreeSequence):
        return all(map(_is_number, tree.items))
    return isinstance(tree, Scalar) and not isinstance(tree.value, str)
