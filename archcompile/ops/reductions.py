"""Along axes: ``mean`` (torch.mean) and ``normalize`` (torch.nn.functional), as modules."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, Integer
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Window
from archcompile.ir.remedy import Argument
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.ops.kinds import AxisList, PositiveReal, known, places_of_axes
from archcompile.ops.normalization import Epsilon
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class Mean(Op):
    """The mean over axes: of [2, 3], global average pooling without the axes that are left."""

    key: ClassVar[str] = "mean"
    title: ClassVar[str] = "Mean over axes."
    takes_list: ClassVar[bool] = True

    dim: AxisList = Field(description="The axes: [2, 3] are height and width; not the batch, 0.")
    keepdim: Flag = Field(False, description="Whether the axes stay, with size 1.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C], say, or [N, C, 1, 1] with ``keepdim``."""
        (x,) = inputs
        places = places_of_axes(self, "dim", self.dim, x)
        if self.keepdim:
            return TensorType(
                tuple(_ONE if at in places else size for at, size in enumerate(x.dims))
            )
        if len(places) == x.rank - 1:
            raise OpError(
                Code.UNSUPPORTED,
                f"`mean` over all axes of {x} would leave one number for each sample",
                argument="dim",
                help="write `keepdim: true`, which keeps the axes",
                remedy=Argument("keepdim", "true"),
            )
        return TensorType(tuple(size for at, size in enumerate(x.dims) if at not in places))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """An axis of space that is reduced, or becomes the channels, is seen whole."""
        (x,) = inputs
        kept = {at for axes in self.runs_over(x) for at in axes}
        if self.keepdim:
            kept -= {at - 2 for at in places_of_axes(self, "dim", self.dim, x)}
        return tuple(
            Window(_ONE, _ONE) if at in kept else Window(size, size)
            for at, size in enumerate(x.spatial)
        )

    def runs_over(self, *inputs: TensorType) -> tuple[tuple[int, ...], ...]:
        """The axes that are left behind the channels."""
        (x,) = inputs
        places = () if self.keepdim else places_of_axes(self, "dim", self.dim, x)
        left = [at for at in range(1, x.rank) if at not in places]
        return tuple((at - 2,) for at in left[1:])

    def divided(self, parts: int) -> Op:
        """Over space each channel has its own mean."""
        return self if min(known(self.dim)) > 1 else super().divided(parts)


class Normalize(Op):
    """``x / max(|x|_p, eps)``, with the norm along an axis."""

    key: ClassVar[str] = "normalize"
    title: ClassVar[str] = "Divides by the norm along an axis."

    p: PositiveReal = Field(2.0, description="The exponent of the norm: 2 is Euclid's.")
    dim: Integer = Field(1, description="The axis along which the norm is taken; not the batch, 0.")
    eps: Epsilon = Field(1e-12, description="The least that is divided by.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        place_of_axis(self, "dim", self.dim, inputs[0])
        return inputs[0]

    def divided(self, parts: int) -> Op:
        """Along space each channel has its own norm."""
        return self if known(self.dim) > 1 else super().divided(parts)


MEAN = Support(
    "Mean",
    '''\
class Mean(nn.Module):
    """The mean over axes."""

    def __init__(self, dim: int | tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return input.mean(self.dim, keepdim=self.keepdim)
''',
)
NORMALIZE = Support(
    "Normalize",
    '''\
class Normalize(nn.Module):
    """The input divided by its norm along an axis."""

    def __init__(self, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> None:
        super().__init__()
        self.p = p
        self.dim = dim
        self.eps = eps

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(input, self.p, self.dim, self.eps)
''',
)
pytorch.register(Mean)(support_rule(MEAN))
pytorch.register(Normalize)(support_rule(NORMALIZE))


@onnx.register(Mean)
def _onnx_mean(op: Mean, layer: OnnxLayer) -> str:
    axes = layer.ints("axes", *places_of_axes(op, "dim", op.dim, layer.types[0]))
    return layer.node("ReduceMean", layer.inputs[0], axes, keepdims=int(op.keepdim))


@onnx.register(Normalize)
def _onnx_normalize(op: Normalize, layer: OnnxLayer) -> str:
    (x,) = layer.inputs
    axis = layer.ints("axis", op.dim)
    if op.p in (1, 2):
        norm = layer.part("norm", f"ReduceL{op.p:g}", x, axis, keepdims=1)
    else:
        size = layer.part("abs", "Abs", x)
        powers = layer.part("powers", "Pow", size, layer.scalar("p", op.p))
        total = layer.part("sum", "ReduceSum", powers, axis, keepdims=1)
        norm = layer.part("norm", "Pow", total, layer.scalar("root", 1 / op.p))
    least = layer.part("least", "Max", norm, layer.scalar("eps", op.eps))
    return layer.node("Div", x, least)


@reference.register(Mean)
def _mean(
    np: ModuleType, op: Mean, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    mean: Array = inputs[0].mean(axis=op.dim, keepdims=op.keepdim)
    return mean


@reference.register(Normalize)
def _normalize(
    np: ModuleType, op: Normalize, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``|x|_p = (sum |x|^p)^(1/p)``."""
    (x,) = inputs
    norm = (np.abs(x) ** op.p).sum(axis=op.dim, keepdims=True) ** (1 / op.p)
    y: Array = x / np.maximum(norm, op.eps)
    return y
