"""``conv_transpose1d``, ``conv_transpose2d``: torch.nn.ConvTranspose1d and ConvTranspose2d."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import (
    Flag,
    NaturalPair,
    PositivePair,
    PositiveSize,
    word_of,
)
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import Op, OpError, Window
from archcompile.ir.remedy import Argument, WithoutArgument
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.groups import require_groups
from archcompile.ops.windows import (
    NONE,
    ONE,
    Axes,
    Axis,
    NaturalSingle,
    PositiveSingle,
    Sizes,
    axes_of,
    ints,
    require_map,
    sides_of,
)
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

PADDING = "Positions that the output loses on both ends of each axis."
OUTPUT_PADDING = "Positions that the output gains behind each axis; less than the stride."
DILATION = "Steps between positions of the kernel."


class ConvTranspose(Op):
    """Base of the transposed convolutions: each input element lays a kernel into the output."""

    has_channels: ClassVar[bool] = True

    out_channels: PositiveSize = Field(description="Channels of the output.")
    kernel_size: Sizes
    stride: Sizes
    padding: Sizes
    output_padding: Sizes
    groups: PositiveSize = Field(
        ONE, description="Parts that the channels are split into; each part sees its own."
    )
    bias: Flag = Field(True, description="Whether each output channel has a bias.")
    dilation: Sizes
    padding_mode: Annotated[Literal["zeros"], word_of("zeros")] = Field(
        "zeros", description="Must be zeros: torch has no other for a transposed convolution."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, out_channels, H', W'].

        ``H' = (H - 1) s - 2 p + d (k - 1) + 1 + output_padding``.
        """
        (x,) = inputs
        require_map(self, x, len(self.kernel_size))
        require_groups(self.groups, x.channels, self.out_channels, made_by="out_channels")
        sizes = tuple(
            _places(self, axis, more)
            for axis, more in zip(self.axes(x), self.output_padding, strict=True)
        )
        return TensorType((x.dims[0], self.out_channels, *sizes))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_channels`` is axis 1."""
        return {"in_channels": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (in, out/groups, kh, kw), ``bias`` (out): uniform in ±1/sqrt(fan in).

        torch takes a weight's second axis for its inputs: ``out/groups × kh × kw`` here.
        """
        channels = self.out_channels // self.groups
        init = UniformFanIn(TensorType((ONE, channels, *self.kernel_size)).elements())
        weight = Weight("weight", (inputs[0].channels, channels, *self.kernel_size), init)
        bias = (Weight("bias", (self.out_channels,), init),) if self.bias else ()
        return (weight, *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """H × W × in × out/groups × kh × kw, what the padding cuts off included."""
        total = self.weights(*inputs)[0].elements()
        for size in inputs[0].spatial:
            total = size * total
        return total

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """At most every ``stride``-th position of the dilated kernel meets an input element."""
        return tuple(
            Window(ceil_div(axis.extent, axis.stride), ONE, grown=axis.stride)
            for axis in self.axes(inputs[0])
        )

    def divided(self, parts: int) -> Self:
        """Each GPU convolves its own channels: more groups."""
        return self.updated({"groups": self.groups * parts})

    def axes(self, x: TensorType) -> Axes:
        """The kernel and its steps on an input of this type; ``size`` is the input's."""
        return axes_of(x, self.kernel_size, self.stride, sides_of(self.padding), self.dilation)


class ConvTranspose1d(ConvTranspose):
    """Each input element lays a kernel into the output, ``stride`` apart; kernels add up."""

    key: ClassVar[str] = "conv_transpose1d"
    title: ClassVar[str] = "Transposed convolution over the length."

    kernel_size: PositiveSingle = Field(description="Length of the kernel.")
    stride: PositiveSingle = Field((ONE,), description="Steps between kernels in the output.")
    padding: NaturalSingle = Field((NONE,), description=PADDING)
    output_padding: NaturalSingle = Field((NONE,), description=OUTPUT_PADDING)
    dilation: PositiveSingle = Field((ONE,), description=DILATION)


class ConvTranspose2d(ConvTranspose):
    """Each input element lays a kernel into the output, ``stride`` apart; kernels add up."""

    key: ClassVar[str] = "conv_transpose2d"
    title: ClassVar[str] = "Transposed convolution over height and width."

    kernel_size: PositivePair = Field(description="Height and width of the kernel.")
    stride: PositivePair = Field((ONE, ONE), description="Steps between kernels in the output.")
    padding: NaturalPair = Field((NONE, NONE), description=PADDING)
    output_padding: NaturalPair = Field((NONE, NONE), description=OUTPUT_PADDING)
    dilation: PositivePair = Field((ONE, ONE), description=DILATION)


def _places(op: ConvTranspose, axis: Axis, more: Dim) -> Dim:
    """The output's positions along an axis; ``OpError`` for what torch or ONNX would not have.

    torch lets a dilation, too, be the bound of ``output_padding``; onnxruntime does not.
    """
    if more.always_less(axis.stride) is False:
        raise OpError(
            Code.DOES_NOT_FIT,
            f"`{op.key}`: `output_padding` {more} along the {axis.name} must be less than the "
            f"stride {axis.stride}",
            argument="output_padding",
            help="leave `output_padding` out: a stride of 1 leaves nothing over"
            if axis.stride == ONE
            else f"write `output_padding: {axis.stride - 1}`, or less",
            remedy=WithoutArgument("output_padding")
            if axis.stride == ONE
            else Argument("output_padding", str(axis.stride - 1)),
        )
    whole = (axis.size - 1) * axis.stride + axis.extent + more
    places = whole - axis.before - axis.after
    if places.always_at_least(1) is False:
        raise OpError(
            Code.DOES_NOT_FIT,
            f"`{op.key}`: padding {axis.before} on both ends of the {axis.name} leaves nothing "
            f"of {whole} positions",
            argument="padding",
            help=f"write `padding: {(whole - 1) // 2}`, the most that leaves a position",
            remedy=Argument("padding", str((whole - 1) // 2)),
        )
    return places


@onnx.register(ConvTranspose1d, ConvTranspose2d)
def _onnx(op: ConvTranspose, layer: OnnxLayer) -> str:
    bias = [layer.weights["bias"]] if op.bias else []
    return layer.node(
        "ConvTranspose",
        layer.inputs[0],
        layer.weights["weight"],
        *bias,
        kernel_shape=ints(op.kernel_size),
        strides=ints(op.stride),
        dilations=ints(op.dilation),
        group=int(op.groups),
        output_padding=ints(op.output_padding),
        pads=ints(op.padding) * 2,
    )


@reference.register(ConvTranspose1d, ConvTranspose2d)
def _reference(
    np: ModuleType, op: ConvTranspose, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[o, s h + d i - p, s w + d j - p]`` gains ``sum over c of W[c, o, i, j] x[c, h, w]``.

    ``c`` runs over the channels of o's group (Dumoulin and Visin 2016, ch. 4).
    """
    (x,), groups = inputs, int(op.groups)
    type_ = TensorType.of(*x.shape)
    axes, places = op.axes(type_), ints(op.infer(type_).spatial)
    ends = [2 * int(axis.before) + count for axis, count in zip(axes, places, strict=True)]
    whole = np.zeros((len(x), int(op.out_channels), *ends), np.result_type(x, weights["weight"]))
    parts = x.reshape(len(x), groups, -1, *x.shape[2:])
    taps = list(product(*(range(int(axis.kernel)) for axis in axes)))
    kernels = weights["weight"].reshape(groups, parts.shape[2], -1, len(taps))
    for place, tap in enumerate(taps):
        laid = np.einsum("ngc...,gco->ngo...", parts, kernels[..., place])
        spots = (_positions(axis, each) for axis, each in zip(axes, tap, strict=True))
        whole[:, :, *spots] += laid.reshape(len(x), -1, *x.shape[2:])
    inside = (slice(int(a.before), int(a.before) + n) for a, n in zip(axes, places, strict=True))
    y: Array = whole[:, :, *inside]
    return y + weights["bias"].reshape(-1, *(1,) * len(places)) if op.bias else y


def _positions(axis: Axis, tap: int) -> slice:
    """Where this position of the kernels falls, before the padding is cut: ``s h + d tap``."""
    start, step = tap * int(axis.dilation), int(axis.stride)
    return slice(start, start + step * (int(axis.size) - 1) + 1, step)
