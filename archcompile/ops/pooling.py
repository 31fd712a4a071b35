"""``max_pool2d`` and ``avg_pool2d``: torch.nn.MaxPool2d and AvgPool2d."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.op import (
    Flag,
    Op,
    OpError,
    PositivePair,
    PositiveSize,
    Window,
    require_rank,
)
from archcompile.ir.types import TensorType
from archcompile.ops.windows import (
    NONE,
    ONE,
    Axes,
    Axis,
    Padding,
    axes_of,
    ints,
    is_sided,
    pads,
    sides_of,
    slide,
    taps,
)
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Pool2d(Op):
    """Base of the pools with a window: each channel by itself, its windows side by side."""

    kernel_size: PositivePair = Field(description="Height and width of the window.")
    stride: PositivePair | None = Field(
        None, description="Steps between windows; none is the window's own size."
    )
    padding: Padding = Field(
        NONE,
        description="Rows and columns added around the input, at most half of the window: one "
        "number, [height, width] or [[top, bottom], [left, right]].",
    )

    def axes(self, x: TensorType) -> Axes:
        """The windows on a map of this type."""
        stride = self.kernel_size if self.stride is None else self.stride
        return axes_of(x, self.kernel_size, stride, sides_of(self.padding))

    def pooled(self, x: TensorType, ceil: bool) -> TensorType:
        """[N, C, H, W] to [N, C, H', W']; the refusals that both pools share."""
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        axes = self.axes(x)
        for axis in axes:
            _require_half(self, axis)
        if ceil and is_sided(self.padding):
            raise OpError(
                Code.UNSUPPORTED,
                f"`{self.key}` with `ceil_mode: true` needs the same padding on both sides "
                "of an axis",
                argument="padding",
                help="leave `ceil_mode` out and pad the last side by what is missing",
            )
        height, width = (slide(self.key, axis, ceil=ceil) for axis in axes)
        return TensorType((*x.dims[:2], height, width))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The (dilated) window and the stride, along height and width."""
        return tuple(axis.window for axis in self.axes(inputs[0]))


class MaxPool2d(Pool2d):
    """The greatest element of each window; padding never wins."""

    key: ClassVar[str] = "max_pool2d"
    title: ClassVar[str] = "Maximum over windows."

    dilation: PositivePair = Field(ONE, description="Steps between positions of the window.")
    return_indices: Flag = Field(
        False, description="Refused: an op has one output, the greatest elements."
    )
    ceil_mode: Flag = Field(
        False, description="Whether a last window may stand over the end of the input."
    )

    def axes(self, x: TensorType) -> Axes:
        """The dilated windows on a map of this type."""
        stride = self.kernel_size if self.stride is None else self.stride
        return axes_of(x, self.kernel_size, stride, sides_of(self.padding), self.dilation)

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, H', W'] (``Axis.places``)."""
        (x,) = inputs
        if self.return_indices:
            raise OpError(
                Code.UNSUPPORTED,
                "`max_pool2d` with `return_indices: true` would have two outputs",
                argument="return_indices",
                help="leave `return_indices` out",
            )
        made = self.pooled(x, bool(self.ceil_mode))
        for axis, places in zip(self.axes(x), made.spatial, strict=True):
            if places.is_constant and axis.size.is_constant:
                _require_input(axis, int(places))
        return made


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


def _require_half(op: Pool2d, axis: Axis) -> None:
    """torch's rule, so that every window sees some of the input."""
    for amount in (axis.before, axis.after):
        if (axis.kernel // 2).always_at_least(amount) is False:
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`{op.key}`: padding {amount} is more than half of the kernel {axis.kernel} "
                f"along the {axis.name}",
                argument="padding",
                help=f"at most {axis.kernel // 2}",
            )


def _require_input(axis: Axis, places: int) -> None:
    """A window dilated beyond the input can miss it; its maximum would be minus infinity.

    Only windows that start in the padding can: the first tap behind it stands at ``start mod d``.
    """
    size, stride, dilation = int(axis.size), int(axis.stride), int(axis.dilation)
    before = int(axis.before)
    if dilation <= size:
        return
    for start in range(-before, min(0, stride * places - before), stride):
        if start % dilation >= size:
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`max_pool2d`: a window along the {axis.name} sees padding only "
                f"(input {size}, kernel {axis.kernel} dilated by {dilation}, padding {before})",
                argument="dilation",
                help="less padding, less dilation, or a larger input",
            )


SIDED_MAX = Support(
    "SidedMaxPool2d",
    '''\
class SidedMaxPool2d(nn.MaxPool2d):
    """A maximum pool whose padding, ((top, bottom), (left, right)), differs by side."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] | None = None,
        padding: tuple[tuple[int, int], tuple[int, int]],
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__(kernel_size, stride=stride, dilation=dilation)
        (top, bottom), (left, right) = padding
        self.sides = (left, right, top, bottom)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides, value=float("-inf"))
        x: torch.Tensor = super().forward(padded)
        return x
''',
)

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


@pytorch.register(MaxPool2d, AvgPool2d)
def _pytorch(op: MaxPool2d | AvgPool2d, *inputs: TensorType) -> ModuleForm:
    if not is_sided(op.padding):
        return ModuleForm(module_call(op, *inputs))
    support = SIDED_MAX if isinstance(op, MaxPool2d) else SIDED_AVG
    settled = {"ceil_mode": False, "count_include_pad": True}  # what `infer` lets through
    plain = op.updated({name: settled[name] for name in settled.keys() & vars(op).keys()})
    return ModuleForm(module_call(plain, *inputs, function=support.name), (support,))


@onnx.register(MaxPool2d)
def _onnx_max(op: MaxPool2d, layer: OnnxLayer) -> str:
    down, across = op.axes(layer.types[0])
    return layer.node(
        "MaxPool",
        layer.inputs[0],
        kernel_shape=ints(op.kernel_size),
        strides=(int(down.stride), int(across.stride)),
        pads=pads(sides_of(op.padding)),
        dilations=ints(op.dilation),
        ceil_mode=int(op.ceil_mode),
    )


@onnx.register(AvgPool2d)
def _onnx_avg(op: AvgPool2d, layer: OnnxLayer) -> str:
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


@reference.register(MaxPool2d)
def _reference_max(
    np: ModuleType, op: MaxPool2d, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w] = max over i, j of x[s h + d i, s w + d j]``."""
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    places = ints(op.infer(type_).spatial)
    seen = taps(np, x, op.axes(type_), places, constant_values=least)
    y: Array = np.max([each for _, _, each in seen], axis=0)
    return y


@reference.register(AvgPool2d)
def _reference_avg(
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
