"""``max_pool1d``, ``max_pool2d``: torch.nn.MaxPool1d, MaxPool2d; the base of windowed pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.advice import Advice
from archcompile.ir.arguments import Flag, PositivePair
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Window
from archcompile.ir.remedy import Argument, WithoutArgument
from archcompile.ir.types import TensorType
from archcompile.ops.fitting import numbers, slide
from archcompile.ops.windows import (
    NONE,
    ONE,
    Axes,
    Axis,
    Padding1d,
    Padding2d,
    PositiveSingle,
    Sides,
    Sizes,
    advise,
    axes_of,
    ints,
    is_sided,
    pads,
    require_map,
    sided_source,
    sides_of,
    taps,
)
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

STRIDE = "Steps between windows; none is the window's own size."
PADDING_1D = (
    "Positions added on both ends of the input, at most half of the window: one number or "
    "[[before, after]]."
)
PADDING_2D = (
    "Rows and columns added around the input, at most half of the window: one number, "
    "[height, width] or [[top, bottom], [left, right]]."
)


class Pool(Op):
    """Base of the pools with a window: each channel by itself, its windows side by side."""

    by_channel: ClassVar[bool] = True

    kernel_size: Sizes
    stride: Sizes | None
    padding: Sizes | Sides

    def axes(self, x: TensorType) -> Axes:
        """The windows on an input of this type."""
        return axes_of(x, self.kernel_size, self.steps(), sides_of(self.padding))

    def steps(self) -> Sizes:
        """The stride of each axis."""
        return self.kernel_size if self.stride is None else self.stride

    def pooled(self, x: TensorType, ceil: bool) -> TensorType:
        """[N, C, H, W] to [N, C, H', W']; the refusals that all pools share."""
        require_map(self, x, len(self.kernel_size))
        axes = self.axes(x)
        _require_half(self, axes)
        if ceil and is_sided(self.padding):
            raise OpError(
                Code.UNSUPPORTED,
                f"`{self.key}` with `ceil_mode: true` needs the same padding on both sides "
                "of an axis",
                argument="padding",
                help="leave `ceil_mode` out, and pad the last side by what is missing",
                remedy=WithoutArgument("ceil_mode"),
            )
        return TensorType((*x.dims[:2], *slide(self, axes, ceil=ceil)))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The (dilated) window and the stride, along each axis."""
        return tuple(axis.window for axis in self.axes(inputs[0]))


class MaxPool(Pool):
    """Base of the maximum pools: the greatest element of each window; padding never wins."""

    dilation: Sizes
    return_indices: Flag = Field(
        False, description="Refused: an op has one output, the greatest elements."
    )
    ceil_mode: Flag = Field(
        False, description="Whether a last window may stand over the end of the input."
    )

    def axes(self, x: TensorType) -> Axes:
        """The dilated windows on an input of this type."""
        return axes_of(x, self.kernel_size, self.steps(), sides_of(self.padding), self.dilation)

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, H', W'] (``Axis.places``)."""
        (x,) = inputs
        refuse_indices(self, self.return_indices)
        made = self.pooled(x, bool(self.ceil_mode))
        for axis, places in zip(self.axes(x), made.spatial, strict=True):
            held = (places, axis.size, axis.stride, axis.dilation, axis.before)
            if all(number.is_constant for number in held):
                _require_input(self, axis, int(places))
        return made

    def advice(self, *inputs: TensorType) -> Iterator[Advice]:
        """Of windows that lose rows, or are left out."""
        return advise(self.axes(inputs[0]), ceil=self.ceil_mode)


class MaxPool1d(MaxPool):
    """The greatest element of each window; padding never wins."""

    key: ClassVar[str] = "max_pool1d"
    title: ClassVar[str] = "Maximum over windows of a sequence."

    kernel_size: PositiveSingle = Field(description="Length of the window.")
    stride: PositiveSingle | None = Field(None, description=STRIDE)
    padding: Padding1d = Field((NONE,), description=PADDING_1D)
    dilation: PositiveSingle = Field((ONE,), description="Steps between positions of the window.")


class MaxPool2d(MaxPool):
    """The greatest element of each window; padding never wins."""

    key: ClassVar[str] = "max_pool2d"
    title: ClassVar[str] = "Maximum over windows."

    kernel_size: PositivePair = Field(description="Height and width of the window.")
    stride: PositivePair | None = Field(None, description=STRIDE)
    padding: Padding2d = Field((NONE, NONE), description=PADDING_2D)
    dilation: PositivePair = Field((ONE, ONE), description="Steps between positions of the window.")


def refuse_indices(op: Op, return_indices: bool) -> None:
    """Where the greatest elements stood would be a second output."""
    if return_indices:
        raise OpError(
            Code.UNSUPPORTED,
            f"`{op.key}` with `return_indices: true` would have two outputs",
            argument="return_indices",
            help="leave `return_indices` out",
            remedy=WithoutArgument("return_indices"),
        )


def _require_half(op: Pool, axes: Axes) -> None:
    """torch's rule, so that every window sees some of the input."""
    for axis in axes:
        for amount in (axis.before, axis.after):
            if (axis.kernel // 2).always_at_least(amount) is False:
                remedy = _half(axes)
                raise OpError(
                    Code.DOES_NOT_FIT,
                    f"`{op.key}`: padding {amount} is more than half of the kernel "
                    f"{axis.kernel} along the {axis.name}",
                    argument="padding",
                    help=None if remedy is None else f"write `padding: {remedy.value}`, half of it",
                    remedy=remedy,
                )


def _half(axes: Axes) -> Argument | None:
    """The most padding along each axis, where more is written."""
    amounts = [Dim.minimum(axis.before, axis.kernel // 2).constant for axis in axes]
    known = tuple(amount for amount in amounts if amount is not None)
    return Argument("padding", numbers(known)) if len(known) == len(axes) else None


def _require_input(op: MaxPool, axis: Axis, places: int) -> None:
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
                f"`{op.key}`: a window along the {axis.name} sees padding only "
                f"(input {size}, kernel {axis.kernel} dilated by {dilation}, padding {before})",
                argument="dilation",
                help="less padding, less dilation, or a larger input",
            )


_SIDED = '''\
class SidedMaxPool{axes}d(nn.MaxPool{axes}d):
    """A maximum pool whose padding, {padding}, differs by side."""

    def __init__(
        self,
        kernel_size: {ints},
        *,
        stride: {ints} | None = None,
        padding: {sides},
        dilation: {ints} = 1,
    ) -> None:
        super().__init__(kernel_size, stride=stride, dilation=dilation)
        {named} = padding
        self.sides = {order}

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides, value=float("-inf"))
        x: torch.Tensor = super().forward(padded)
        return x
'''

SIDED_MAX: Mapping[type[Pool], Support] = {
    MaxPool1d: Support("SidedMaxPool1d", sided_source(_SIDED, 1)),
    MaxPool2d: Support("SidedMaxPool2d", sided_source(_SIDED, 2)),
}


def sided_form(op: Pool, supports: Mapping[type[Pool], Support], *inputs: TensorType) -> ModuleForm:
    """torch's class, or one of ``supports`` where the sides of an axis are padded differently."""
    support = supports[type(op)]
    if not is_sided(op.padding):
        return ModuleForm(module_call(op, *inputs), also=(support.name,))
    settled = {"ceil_mode": False, "count_include_pad": True}  # what `infer` lets through
    plain = op.updated({name: settled[name] for name in settled.keys() & vars(op).keys()})
    return ModuleForm(module_call(plain, *inputs, function=support.name), (support,))


@pytorch.register(MaxPool1d, MaxPool2d)
def _pytorch(op: MaxPool, *inputs: TensorType) -> ModuleForm:
    return sided_form(op, SIDED_MAX, *inputs)


@onnx.register(MaxPool1d, MaxPool2d)
def _onnx(op: MaxPool, layer: OnnxLayer) -> str:
    return layer.node(
        "MaxPool",
        layer.inputs[0],
        kernel_shape=ints(op.kernel_size),
        strides=ints(op.steps()),
        pads=pads(sides_of(op.padding)),
        dilations=ints(op.dilation),
        ceil_mode=int(op.ceil_mode),
    )


@reference.register(MaxPool1d, MaxPool2d)
def _reference(
    np: ModuleType, op: MaxPool, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w] = max over i, j of x[s h + d i, s w + d j]``."""
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    places = ints(op.infer(type_).spatial)
    y: Array = np.max(list(taps(np, x, op.axes(type_), places, constant_values=least)), axis=0)
    return y
