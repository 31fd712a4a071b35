"""``concat``: torch.cat."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer, PositiveSize
from archcompile.ir.dim import Dim
from archcompile.ir.op import Mismatch, Op, OpError, must_divide, must_equal
from archcompile.ir.remedy import Argument
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.ops.groups import nearest_divisors
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, Constant, ListOf, Python, TupleOf
from archcompile.targets.pytorch import FunctionForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class Concat(Op):
    """Its inputs one behind the other along an axis; all other axes are equal.

    With ``groups`` each input is cut into that many parts, and the first parts of all come first:
    what as many GPUs make of it that hold one part each.
    """

    key: ClassVar[str] = "concat"
    title: ClassVar[str] = "Concatenation along an axis."
    arity: ClassVar[int | None] = None
    is_module: ClassVar[bool] = False

    dim: Integer = Field(1, description="The axis that grows: 1 is the channels; not the batch, 0.")
    groups: PositiveSize = Field(
        _ONE, description="Parts of the axis that are concatenated each by itself."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """The first input's type, with the sum of all sizes along ``dim``."""
        first = inputs[0]
        place = place_of_axis(self, "dim", self.dim, first)
        for operand, other in enumerate(inputs):
            if first.rank != other.rank or not _alike(first, other, place):
                rule = f"`concat` along axis {place} needs all other axes equal"
                raise Mismatch(rule, inputs, operand, but=place)
        sizes = [each.dims[place] for each in inputs]
        for operand, size in enumerate(sizes):
            self._require_parts(size, operand, sizes)
        total = sum(sizes, Dim.of(0))
        return TensorType((*first.dims[:place], total, *first.dims[place + 1 :]))

    def divided(self, parts: int) -> Op:
        """Along the channels each GPU's parts are groups; along space nothing changes."""
        if self.dim == 1:
            return self.updated({"groups": self.groups * parts})
        return self if self.dim > 1 else super().divided(parts)

    def _require_parts(self, size: Dim, operand: int, every: list[Dim]) -> None:
        if not must_divide(self.groups, size):
            near = sorted(nearest_divisors(self.groups, *every), key=lambda parts: parts == 1)
            raise OpError(
                Code.NOT_DIVISIBLE,
                f"`concat`: {self.groups} groups must divide the {size} channels of each input",
                argument="groups",
                operand=operand,
                help=f"write `groups: {near[0]}`" if near else None,
                remedy=Argument("groups", str(near[0])) if near else None,
            )


def _alike(first: TensorType, other: TensorType, but: int) -> bool:
    """Whether all axes agree, one left out."""
    pairs = enumerate(zip(first.dims, other.dims, strict=True))
    return all(must_equal(one, two) for axis, (one, two) in pairs if axis != but)


@pytorch.register(Concat)
def _pytorch(op: Concat, *inputs: TensorType) -> FunctionForm:
    if op.groups == _ONE:
        return FunctionForm(lambda operands: _cat(operands, python_value(op.dim)))
    place = place_of_axis(op, "dim", op.dim, inputs[0])
    parts = TupleOf((python_value(op.groups), Constant(-1)))

    def express(operands: tuple[Python, ...]) -> Python:
        cut = tuple(CallOf("torch.unflatten", (x, Constant(place), parts)) for x in operands)
        joined = _cat(cut, Constant(place + 1))
        return CallOf("torch.flatten", (joined, Constant(place), Constant(place + 1)))

    return FunctionForm(express)


def _cat(operands: tuple[Python, ...], dim: Python) -> Python:
    return CallOf("torch.cat", (ListOf(operands),), (("dim", dim),))


@onnx.register(Concat)
def _onnx(op: Concat, layer: OnnxLayer) -> str:
    """One node; groups are cut out of the inputs and stand in order."""
    groups = int(op.groups)
    if groups == 1:
        return layer.node("Concat", *layer.inputs, axis=op.dim)
    place = place_of_axis(op, "dim", op.dim, layer.types[0])
    axes, pieces = layer.ints("axis", place), []
    for group in range(groups):
        for at, (x, type_) in enumerate(zip(layer.inputs, layer.types, strict=True)):
            name, size = f"group{group}.{at}", int(type_.dims[place]) // groups
            start = layer.ints(f"{name}.start", group * size)
            stop = layer.ints(f"{name}.stop", (group + 1) * size)
            pieces.append(layer.part(name, "Slice", x, start, stop, axes))
    return layer.node("Concat", *pieces, axis=place)


@reference.register(Concat)
def _reference(
    np: ModuleType, op: Concat, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """One behind the other along ``dim``, group by group."""
    parts = [np.split(each, int(op.groups), axis=op.dim) for each in inputs]
    in_order = [part for group in zip(*parts, strict=True) for part in group]
    joined: Array = np.concatenate(in_order, axis=op.dim)
    return joined
