"""``avg_pool1d`` and ``avg_pool2d``: torch.nn.AvgPool1d and AvgPool2d."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.advice import Advice
from archcompile.ir.arguments import Flag, PositivePair, PositiveSize
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.types import TensorType
from archcompile.ops.pooling import PADDING_1D, PADDING_2D, STRIDE, Pool, sided_form
from archcompile.ops.windows import (
    NONE,
    Axis,
    Padding1d,
    Padding2d,
    PositiveSingle,
    advise,
    ints,
    is_sided,
    pads,
    sided_source,
    sides_of,
    taps,
)
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class AvgPool(Pool):
    """Base of the average pools: the mean of each window."""

    ceil_mode: Flag = Field(
        False, description="Whether a last window may stand over the end of the input."
    )
    count_include_pad: Flag = Field(
        True, description="Whether padding counts as zeros; else each mean is over the input alone."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, H', W'] (``Axis.places``)."""
        made = self.pooled(inputs[0], bool(self.ceil_mode))
        if is_sided(self.padding) and self.divisor() is None and not self.count_include_pad:
            raise OpError(
                Code.UNSUPPORTED,
                f"`{self.key}` with `count_include_pad: false` needs the same padding on both "
                "sides of an axis",
                argument="padding",
                help="leave `count_include_pad` out, or pad evenly",
                remedy=WithoutArgument("count_include_pad"),
            )
        return made

    def divisor(self) -> Dim | None:
        """What sums are divided by, if not by the number of positions."""
        return None

    def advice(self, *inputs: TensorType) -> Iterator[Advice]:
        """Of windows that lose rows, or are left out."""
        return advise(self.axes(inputs[0]), ceil=self.ceil_mode)


class AvgPool1d(AvgPool):
    """The mean of each window."""

    key: ClassVar[str] = "avg_pool1d"
    title: ClassVar[str] = "Mean over windows of a sequence."

    kernel_size: PositiveSingle = Field(description="Length of the window.")
    stride: PositiveSingle | None = Field(None, description=STRIDE)
    padding: Padding1d = Field((NONE,), description=PADDING_1D)


class AvgPool2d(AvgPool):
    """The mean of each window."""

    key: ClassVar[str] = "avg_pool2d"
    title: ClassVar[str] = "Mean over windows."

    kernel_size: PositivePair = Field(description="Height and width of the window.")
    stride: PositivePair | None = Field(None, description=STRIDE)
    padding: Padding2d = Field((NONE, NONE), description=PADDING_2D)
    divisor_override: PositiveSize | None = Field(
        None, description="What sums are divided by, instead of the number of positions."
    )

    def divisor(self) -> Dim | None:
        """The argument."""
        return self.divisor_override


_SIDED = '''\
class SidedAvgPool{axes}d(nn.AvgPool{axes}d):
    """An average pool whose padding, {padding}, differs by side."""

    def __init__(
        self,
        kernel_size: {ints},
        *,
        stride: {ints} | None = None,
        padding: {sides},{divisor}
    ) -> None:
        super().__init__({given})
        {named} = padding
        self.sides = {order}

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides)
        return super().forward(padded)
'''

_OF_A_SEQUENCE = {
    "divisor": "",
    "given": "kernel_size, kernel_size if stride is None else stride",
}
_OF_A_MAP = {
    "divisor": "\n        divisor_override: int | None = None,",
    "given": "kernel_size, stride, divisor_override=divisor_override",
}
"""A map's class knows a divisor; a sequence's has no type for a stride of None."""

SIDED_AVG: Mapping[type[Pool], Support] = {
    AvgPool1d: Support("SidedAvgPool1d", sided_source(_SIDED, 1, **_OF_A_SEQUENCE)),
    AvgPool2d: Support("SidedAvgPool2d", sided_source(_SIDED, 2, **_OF_A_MAP)),
}


@pytorch.register(AvgPool1d, AvgPool2d)
def _pytorch(op: AvgPool, *inputs: TensorType) -> ModuleForm:
    return sided_form(op, SIDED_AVG, *inputs)


@onnx.register(AvgPool1d, AvgPool2d)
def _onnx(op: AvgPool, layer: OnnxLayer) -> str:
    divisor = op.divisor()
    if divisor is not None:
        return _onnx_sum(op, layer, int(divisor))
    return layer.node(
        "AveragePool",
        layer.inputs[0],
        kernel_shape=ints(op.kernel_size),
        strides=ints(op.steps()),
        pads=pads(sides_of(op.padding)),
        ceil_mode=int(op.ceil_mode),
        count_include_pad=int(op.count_include_pad),
    )


def _onnx_sum(op: AvgPool, layer: OnnxLayer, divisor: int) -> str:
    """Zeros around the input make every window whole; its mean times its area is its sum.

    With ``ceil_mode`` one more window is made on each axis, and cut off where a pool that knows
    ``ceil_mode`` makes none: the sizes may be symbolic.
    """
    (x,) = layer.inputs
    (kh, kw), stride = ints(op.kernel_size), ints(op.steps())
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


@reference.register(AvgPool1d, AvgPool2d)
def _reference(
    np: ModuleType, op: AvgPool, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w] = (sum over i, j of x[s h + i, s w + j]) / n[h, w]``."""
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    axes, places = op.axes(type_), ints(op.infer(type_).spatial)
    total: Array = np.sum(list(taps(np, x, axes, places)), axis=0)
    divisor = op.divisor()
    if divisor is not None:
        return total / int(divisor)
    counts = [
        _counted(np, axis, count, op.count_include_pad)
        for axis, count in zip(axes, places, strict=True)
    ]
    return total / reduce(np.multiply.outer, counts)


def _counted(np: ModuleType, axis: Axis, places: int, include_pad: bool) -> Array:
    """The positions of each window that count: none beyond the padding (ATen's AvgPoolKernel)."""
    starts = int(axis.stride) * np.arange(places) - int(axis.before)
    low, high = (
        (-int(axis.before), int(axis.size + axis.after)) if include_pad else (0, int(axis.size))
    )
    counts: Array = np.minimum(starts + int(axis.kernel), high) - np.maximum(starts, low)
    return counts
