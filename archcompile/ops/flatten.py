"""``flatten``: torch.nn.Flatten."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Window
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class Flatten(Op):
    """The axes from ``start_dim`` to ``end_dim``, both included, become one."""

    key: ClassVar[str] = "flatten"
    title: ClassVar[str] = "Makes one axis of several."
    by_channel: ClassVar[bool] = True  # what becomes of a channel stays in one piece

    start_dim: Integer = Field(1, description="The first axis that is flattened; not the batch, 0.")
    end_dim: Integer = Field(-1, description="The last axis that is flattened; -1 is the last.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C·H·W], or what is left around the flattened axes."""
        (x,) = inputs
        first, last = self.span(x)
        product = Dim.of(1)
        for size in x.dims[first : last + 1]:
            product = product * size
        return TensorType((*x.dims[:first], product, *x.dims[last + 1 :]))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...] | None:
        """What becomes channels is seen whole; flattening axes of space moves elements only."""
        (x,) = inputs
        first, last = self.span(x)
        if first > 1 or last == 1:
            return None
        return tuple(
            Window(size, size) if at <= last else Window(_ONE, _ONE)
            for at, size in enumerate(x.spatial, 2)
        )

    def runs_over(self, *inputs: TensorType) -> tuple[tuple[int, ...], ...] | None:
        """Those that are flattened are one, unless they have become channels."""
        (x,) = inputs
        first, last = self.span(x)
        merged = [tuple(range(first - 2, last - 1))] if first > 1 else []
        before = [(at - 2,) for at in range(2, first)]
        return (*before, *merged, *((at - 2,) for at in range(max(last + 1, 2), x.rank)))

    def span(self, x: TensorType) -> tuple[int, int]:
        """The first and the last axis, counted from 0."""
        first = place_of_axis(self, "start_dim", self.start_dim, x)
        last = place_of_axis(self, "end_dim", self.end_dim, x)
        if first > last:
            raise OpError(
                Code.BAD_ARGUMENT,
                f"`flatten` from axis {self.start_dim} to axis {self.end_dim} of {x}: "
                "the first stands behind the last",
                argument="start_dim",
            )
        return first, last


@onnx.register(Flatten)
def _onnx(op: Flatten, layer: OnnxLayer) -> str:
    (x,), (type_,) = layer.inputs, layer.types
    first, last = op.span(type_)
    if (first, last) == (1, type_.rank - 1):
        return layer.node("Flatten", x, axis=1)
    if first == last:
        return layer.node("Identity", x)
    parts = [layer.part("before", "Shape", x, start=0, end=first), layer.ints("one", -1)]
    if last + 1 < type_.rank:
        parts.append(layer.part("behind", "Shape", x, start=last + 1))
    return layer.node("Reshape", x, layer.part("shape", "Concat", *parts, axis=0))


@reference.register(Flatten)
def _reference(
    np: ModuleType, op: Flatten, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """Row-major order, as it stands in memory."""
    (x,) = inputs
    return x.reshape(tuple(map(int, op.infer(TensorType.of(*x.shape)).dims)))
