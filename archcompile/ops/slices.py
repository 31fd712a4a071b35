"""``slice``: Python's slice of one axis, as a module."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer, PositiveSize
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import Op, OpError, Undecided, Window
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.ops.kinds import Position, known
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class Slice(Op):
    """``x[start:stop:step]`` along one axis; numbers below 0 count from its end.

    A bound beyond the axis is refused, where Python takes what there is.
    """

    key: ClassVar[str] = "slice"
    title: ClassVar[str] = "Some positions of an axis."

    dim: Integer = Field(description="The axis: 1 is the channels, 2 the height; not the batch, 0.")
    start: Position = Field(Dim.of(0), description="The first position.")
    stop: Position | None = Field(None, description="The position behind the last; none: the end.")
    step: PositiveSize = Field(_ONE, description="Positions from one element to the next.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's type, with ``ceil((stop - start) / step)`` along ``dim``."""
        (x,) = inputs
        place = place_of_axis(self, "dim", self.dim, x)
        size = x.dims[place]
        start = _from_front(self.start, size)
        stop = size if self.stop is None else _from_front(self.stop, size)
        inside = (
            start.always_at_least(0),
            start.always_less(stop),
            size.always_at_least(stop),
        )
        if False in inside:
            argument = "start" if inside[0] is False or self.stop is None else "stop"
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`slice` from {start} to {stop}: axis {place} has the positions 0 to {size - 1}",
                argument=argument,
                help="leave `stop` out for the end of the axis"
                if argument == "stop"
                else "a number below 0 counts from the end of the axis",
                remedy=WithoutArgument("stop") if argument == "stop" else None,
            )
        count = ceil_div(stop - start, self.step)
        return TensorType((*x.dims[:place], count, *x.dims[place + 1 :]))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...] | None:
        """With a step along space, neighbours of the output are that far apart."""
        (x,) = inputs
        place = place_of_axis(self, "dim", self.dim, x)
        if place == 1 or self.step == _ONE:
            return None
        return tuple(
            Window(_ONE, self.step if axis == place else _ONE) for axis in range(2, x.rank)
        )

    def divided(self, parts: int) -> Op:
        """Along space each GPU takes the same of its channels."""
        return self if known(self.dim) > 1 else super().divided(parts)


def _from_front(position: Dim, size: Dim) -> Dim:
    """A position counted from the axis's start."""
    is_from_start = known(position).always_at_least(0)
    if is_from_start is None:
        raise Undecided(str(position))
    return position if is_from_start else size + position


SLICE = Support(
    "Slice",
    '''\
class Slice(nn.Module):
    """``x[start:stop:step]`` along one axis."""

    def __init__(
        self, dim: int, start: int = 0, stop: int | None = None, step: int = 1
    ) -> None:
        super().__init__()
        self.dim = dim
        self.positions = slice(start, stop, step)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        places = [slice(None)] * input.dim()
        places[self.dim] = self.positions
        return input[tuple(places)]
''',
)
pytorch.register(Slice)(support_rule(SLICE))

_END = (1 << 63) - 1
"""ONNX's stop of a slice that goes on to the end."""


@onnx.register(Slice)
def _onnx(op: Slice, layer: OnnxLayer) -> str:
    return layer.node(
        "Slice",
        layer.inputs[0],
        layer.ints("start", int(op.start)),
        layer.ints("stop", _END if op.stop is None else int(op.stop)),
        layer.ints("axis", op.dim),
        layer.ints("step", int(op.step)),
    )


@reference.register(Slice)
def _reference(
    np: ModuleType, op: Slice, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    places = [slice(None)] * x.ndim
    stop = None if op.stop is None else int(op.stop)
    places[op.dim] = slice(int(op.start), stop, int(op.step))
    return x[tuple(places)]
