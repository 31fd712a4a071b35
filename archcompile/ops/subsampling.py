"""``trainable_subsample``: LeNet-5's S2 and S4."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.ir.arguments import PositivePair
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, Window
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.fitting import slide
from archcompile.ops.windows import NONE, Axes, axes_of, ints, taps
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class TrainableSubsample(Op):
    """``w s + b``, s the sum over a window; windows do not overlap; w and b by channel.

    LeCun, Bottou, Bengio, Haffner 1998, sec. II-B. Both start as a unit's weights do, uniform in
    ±1/sqrt(kh kw).
    """

    key: ClassVar[str] = "trainable_subsample"
    title: ClassVar[str] = "Sums of windows, times a weight, plus a bias (LeNet-5's S2)."
    by_channel: ClassVar[bool] = True

    kernel_size: PositivePair = Field(description="Height and width of the window, and its steps.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, H // kh, W // kw]."""
        (x,) = inputs
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        return TensorType((*x.dims[:2], *slide(self, self.axes(x))))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_channels`` is axis 1."""
        return {"in_channels": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` and ``bias``, one of each for every channel."""
        shape, init = (inputs[0].channels,), UniformFanIn(self.area)
        return (Weight("weight", shape, init), Weight("bias", shape, init))

    @property
    def area(self) -> Dim:
        """The positions of a window."""
        return self.kernel_size[0] * self.kernel_size[1]

    def macs(self, *inputs: TensorType) -> Dim:
        """One product for each output."""
        return self.infer(*inputs).elements()

    def connections(self, *inputs: TensorType) -> Dim:
        """Each output reads its window and a bias."""
        return self.infer(*inputs).elements() * (self.area + 1)

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The window, which is the stride too."""
        return tuple(axis.window for axis in self.axes(inputs[0]))

    def axes(self, x: TensorType) -> Axes:
        """The windows on a map of this type."""
        return axes_of(x, self.kernel_size, self.kernel_size, ((NONE, NONE),) * 2)


SUBSAMPLE = Support(
    "TrainableSubsample",
    '''\
class TrainableSubsample(nn.Module):
    """Sums over windows, times a weight, plus a bias, channel by channel."""

    def __init__(self, in_channels: int, kernel_size: int | tuple[int, int]) -> None:
        super().__init__()
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.kernel_size = kernel_size
        self.weight = nn.Parameter(torch.empty(in_channels))
        self.bias = nn.Parameter(torch.empty(in_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform, by the number of positions of a window."""
        height, width = self.kernel_size
        bound = (height * width) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        total = nn.functional.avg_pool2d(input, self.kernel_size, divisor_override=1)
        return total * self.weight[:, None, None] + self.bias[:, None, None]
''',
)
pytorch.register(TrainableSubsample)(support_rule(SUBSAMPLE))


@onnx.register(TrainableSubsample)
def _onnx(op: TrainableSubsample, layer: OnnxLayer) -> str:
    """ONNX has no sum over windows, but their mean."""
    size = ints(op.kernel_size)
    mean = layer.part("mean", "AveragePool", layer.inputs[0], kernel_shape=size, strides=size)
    total = layer.part("sum", "Mul", mean, layer.scalar("area", int(op.area)))
    axes = layer.ints("axes", 1, 2)
    weight = layer.part("scale", "Unsqueeze", layer.weights["weight"], axes)
    bias = layer.part("shift", "Unsqueeze", layer.weights["bias"], axes)
    return layer.node("Add", layer.part("scaled", "Mul", total, weight), bias)


@reference.register(TrainableSubsample)
def _reference(
    np: ModuleType, op: TrainableSubsample, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[c, h, w] = w[c] sum over i, j of x[c, kh h + i, kw w + j] + b[c]``."""
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    places = ints(op.infer(type_).spatial)
    total: Array = np.sum(list(taps(np, x, op.axes(type_), places)), axis=0)
    weight, bias = (weights[name][:, None, None] for name in ("weight", "bias"))
    return total * weight + bias
