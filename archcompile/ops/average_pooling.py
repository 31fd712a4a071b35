"""``avg_pool2d``: torch.nn.AvgPool2d."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.op import Flag, OpError, PositiveSize
from archcompile.ir.types import TensorType
from archcompile.ops.pooling import Pool2d, sided_form
from archcompile.ops.windows import Axis, ints, is_sided, pads, sides_of, taps
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class AvgPool2d(Pool2d):
    """The mean of each window."""

    key: ClassVar[str] = "avg_pool2d"
    title: ClassVar[str] = "Mean over windows."

    ceil_mode: Flag = Field(
        False, description="Whether a last window may stand over the end of the input."
    )
    count_include_pad: Flag = Field(
        True, description="Whether padding counts as zeros; else each mean is over the input alone."
    )
    divisor_override: PositiveSize | None = Field(
        None, description="What sums are divided by, instead of the number of positions."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, H', W'] (``Axis.places``)."""
        made = self.pooled(inputs[0], bool(self.ceil_mode))
        if is_sided(self.padding) and self.divisor_override is None and not self.count_include_pad:
            raise OpError(
                Code.UNSUPPORTED,
                "`avg_pool2d` with `count_include_pad: false` needs the same padding on both sides "
                "of an axis",
                argument="padding",
                help="leave `count_include_pad` out, or pad evenly",
            )
        return made


SIDED_AVG = Support(
    "SidedAvgPool2d",
    '''\
class SidedAvgPool2d(nn.AvgPool2d):
    """An average pool whose padding, ((top, bottom), (left, right)), differs by side."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] | None = None,
        padding: tuple[tuple[int, int], tuple[int, int]],
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, divisor_override=divisor_override)
        (top, bottom), (left, right) = padding
        self.sides = (left, right, top, bottom)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides)
        return super().forward(padded)
''',
)


@pytorch.register(AvgPool2d)
def _pytorch(op: AvgPool2d, *inputs: TensorType) -> ModuleForm:
    return sided_form(op, SIDED_AVG, *inputs)


@onnx.register(AvgPool2d)
def _onnx(op: AvgPool2d, layer: OnnxLayer) -> str:
    if op.divisor_override is not None:
        return _onnx_sum(op, layer, int(op.divisor_override))
    down, across = op.axes(layer.types[0])
    return layer.node(
        "AveragePool",
        layer.inputs[0],
        kernel_shape=ints(op.kernel_size),
        strides=(int(down.stride), int(across.stride)),
        pads=pads(sides_of(op.padding)),
        ceil_mode=int(op.ceil_mode),
        count_include_pad=int(op.count_include_pad),
    )


def _onnx_sum(op: AvgPool2d, layer: OnnxLayer, divisor: int) -> str:
    """Zeros around the input make every window whole; its mean times its area is its sum.

    With ``ceil_mode`` one more window is made on each axis, and cut off where a pool that knows
    ``ceil_mode`` makes none: the sizes may be symbolic.
    """
    (x,) = layer.inputs
    (down, across), (kh, kw) = op.axes(layer.types[0]), ints(op.kernel_size)
    stride = (int(down.stride), int(across.stride))
    top, left, bottom, right = pads(sides_of(op.padding))
    more = [step - 1 for step in stride] if op.ceil_mode else [0, 0]
    around = layer.ints("pads", 0, 0, top, left, 0, 0, bottom + more[0], right + more[1])
    padded = layer.part("pad", "Pad", x, around)
    mean = layer.part("mean", "AveragePool", padded, kernel_shape=(kh, kw), strides=stride)
    if op.ceil_mode:
        whole = layer.part(
            "places",
            "AveragePool",
            x,
            kernel_shape=(kh, kw),
            strides=stride,
            pads=(top, left, bottom, right),
            ceil_mode=1,
        )
        ends = layer.part("ends", "Shape", whole, start=2)
        mean = layer.part(
            "cut", "Slice", mean, layer.ints("starts", 0, 0), ends, layer.ints("axes", 2, 3)
        )
    return layer.node("Mul", mean, layer.scalar("scale", kh * kw / divisor))


@reference.register(AvgPool2d)
def _reference(
    np: ModuleType, op: AvgPool2d, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w] = (sum over i, j of x[s h + i, s w + j]) / n[h, w]``."""
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    axes, places = op.axes(type_), ints(op.infer(type_).spatial)
    total: Array = np.sum([each for _, _, each in taps(np, x, axes, places)], axis=0)
    if op.divisor_override is not None:
        return total / int(op.divisor_override)
    counts = [
        _counted(np, axis, count, op.count_include_pad)
        for axis, count in zip(axes, places, strict=True)
    ]
    divisors: Array = np.outer(*counts)
    return total / divisors


def _counted(np: ModuleType, axis: Axis, places: int, include_pad: bool) -> Array:
    """The positions of each window that count: none beyond the padding (ATen's AvgPoolKernel)."""
    starts = int(axis.stride) * np.arange(places) - int(axis.before)
    low, high = (
        (-int(axis.before), int(axis.size + axis.after)) if include_pad else (0, int(axis.size))
    )
    counts: Array = np.minimum(starts + int(axis.kernel), high) - np.maximum(starts, low)
    return counts
