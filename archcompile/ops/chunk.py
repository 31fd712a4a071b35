"""``chunk``: torch.chunk."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown, must_divide
from archcompile.ir.remedy import ChannelsBefore
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.ops.groups import nearest_divisors, nearest_multiple
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, Item, Python
from archcompile.targets.pytorch import FunctionForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _one_or_more(value: int) -> int:
    if value < 1:
        raise PydanticCustomError("size", "expected at least 1, got {got}", {"got": value})
    return value


class Chunk(Op):
    """An axis cut into parts of one size; this is the part of number ``index``.

    torch gives all parts at once, the last perhaps a smaller one; here each has a node of its own.
    """

    key: ClassVar[str] = "chunk"
    title: ClassVar[str] = "Cuts an axis into equal parts."
    is_module: ClassVar[bool] = False

    chunks: Annotated[Integer, AfterValidator(_one_or_more)] = Field(
        description="How many parts there are; each has a name."
    )
    dim: Integer = Field(1, description="The axis that is cut: 1 is the channels; not the batch.")
    index: Integer = Field(0, description="The part's number, known from the names' order.")

    def split_outputs(self) -> int:
        """``chunks``."""
        if isinstance(self.chunks, Unknown):
            raise Undecided(self.chunks.text)
        return self.chunks

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's type, with ``size / chunks`` along ``dim``."""
        (x,) = inputs
        place, chunks = place_of_axis(self, "dim", self.dim, x), self.split_outputs()
        size = x.dims[place]
        if not must_divide(Dim.of(chunks), size):
            parts = sorted(n for n in nearest_divisors(Dim.of(chunks), size) if n > 1)
            near = " or ".join(map(str, parts))
            whole = nearest_multiple(chunks, size.constant) if size.constant else None
            raise OpError(
                Code.NOT_DIVISIBLE,
                f"`chunk` makes {chunks} equal parts of axis {place}, whose size is {size}",
                argument="chunks",
                help=f"{near} parts would be equal; " * bool(near)
                + "`slice` cuts out parts of any size",
                remedy=ChannelsBefore(whole) if whole and place == 1 else None,
            )
        if not 0 <= self.index < chunks:
            raise OpError(
                Code.BAD_ARGUMENT,
                f"`chunk` has the parts 0 to {chunks - 1}, got `index: {self.index}`",
                argument="index",
            )
        return TensorType((*x.dims[:place], size // chunks, *x.dims[place + 1 :]))

    def divided(self, parts: int) -> Op:
        """Along space each GPU cuts the channels that it has."""
        return self if self.dim > 1 else super().divided(parts)


@pytorch.register(Chunk)
def _pytorch(op: Chunk, *inputs: TensorType) -> FunctionForm:
    def express(operands: tuple[Python, ...]) -> Python:
        parts = (*operands, python_value(op.chunks))
        whole = CallOf("torch.chunk", parts, (("dim", python_value(op.dim)),))
        return Item(whole, op.index)

    return FunctionForm(express)


@onnx.register(Chunk)
def _onnx(op: Chunk, layer: OnnxLayer) -> str:
    """The part is cut out; where the axis is open, its size is asked for first."""
    (x,), (type_,) = layer.inputs, layer.types
    place = place_of_axis(op, "dim", op.dim, type_)
    axis, size = layer.ints("axis", place), type_.dims[place]
    if size.is_constant:
        part = int(size) // op.chunks
        start, stop = (
            layer.ints("start", op.index * part),
            layer.ints("stop", part * (op.index + 1)),
        )
        return layer.node("Slice", x, start, stop, axis)
    whole = layer.part("size", "Shape", x, start=place, end=place + 1)
    length = layer.part("part", "Div", whole, layer.ints("chunks", op.chunks))
    start = layer.part("start", "Mul", length, layer.ints("index", op.index))
    return layer.node("Slice", x, start, layer.part("stop", "Add", start, length), axis)


@reference.register(Chunk)
def _reference(
    np: ModuleType, op: Chunk, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """One of ``chunks`` equal parts."""
    part: Array = np.split(inputs[0], op.chunks, axis=op.dim)[op.index]
    return part
