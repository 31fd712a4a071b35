"""``max_pool2d``: torch.nn.MaxPool2d, and the base of the pools with a window."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.op import Flag, Op, OpError, PositivePair, Window, require_rank
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


def sided_form(op: Pool2d, support: Support, *inputs: TensorType) -> ModuleForm:
    """torch's class, or ``support`` where the sides of an axis are padded differently."""
    if not is_sided(op.padding):
        return ModuleForm(module_call(op, *inputs))
    settled = {"ceil_mode": False, "count_include_pad": True}  # what `infer` lets through
    plain = op.updated({name: settled[name] for name in settled.keys() & vars(op).keys()})
    return ModuleForm(module_call(plain, *inputs, function=support.name), (support,))


@pytorch.register(MaxPool2d)
def _pytorch(op: MaxPool2d, *inputs: TensorType) -> ModuleForm:
    return sided_form(op, SIDED_MAX, *inputs)


@onnx.register(MaxPool2d)
def _onnx(op: MaxPool2d, layer: OnnxLayer) -> str:
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


@reference.register(MaxPool2d)
def _reference(
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
