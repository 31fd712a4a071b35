"""``conv2d``: torch.nn.Conv2d."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, isqrt
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import (
    Flag,
    Op,
    OpError,
    PositivePair,
    PositiveSize,
    Undecided,
    Unknown,
    Window,
    must_divide,
    require_rank,
    word_of,
)
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.windows import (
    NONE,
    ONE,
    Axes,
    Axis,
    PaddingOrWord,
    Sides,
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


class Conv2d(Op):
    """Each output channel is a sum of kernels over the channels of its group, and a bias."""

    key: ClassVar[str] = "conv2d"
    title: ClassVar[str] = "Convolution over height and width."

    out_channels: PositiveSize = Field(description="Channels of the output.")
    kernel_size: PositivePair = Field(description="Height and width of the kernel.")
    stride: PositivePair = Field(ONE, description="Steps between windows.")
    padding: PaddingOrWord = Field(
        NONE,
        description="Rows and columns added around the input: one number, [height, width], "
        "[[top, bottom], [left, right]], same (the output is as large as the input) or valid (0).",
    )
    dilation: PositivePair = Field(ONE, description="Steps between positions of the kernel.")
    groups: PositiveSize = Field(
        Dim.of(1), description="Parts that the channels are split into; each part sees its own."
    )
    bias: Flag = Field(True, description="Whether each output channel has a bias.")
    padding_mode: Annotated[
        Literal["zeros", "reflect", "replicate", "circular"],
        word_of("zeros", "reflect", "replicate", "circular"),
    ] = Field("zeros", description="What stands in the padding.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, out_channels, H', W'], ``H' = (H + p - d(k - 1) - 1) // s + 1``."""
        (x,) = inputs
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        _require_groups(self, x.channels)
        axes = self.axes(x)
        for axis in axes:
            _require_source(self, axis)
        height, width = (slide(self.key, axis) for axis in axes)
        return TensorType((x.dims[0], self.out_channels, height, width))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_channels`` is axis 1."""
        return {"in_channels": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (out, in/groups, kh, kw), ``bias`` (out): uniform in ±1/sqrt(fan in)."""
        channels = inputs[0].channels // self.groups
        init = UniformFanIn(channels * self.kernel_size[0] * self.kernel_size[1])
        weight = Weight("weight", (self.out_channels, channels, *self.kernel_size), init)
        bias = (Weight("bias", (self.out_channels,), init),) if self.bias else ()
        return (weight, *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """H' × W' × out × in/groups × kh × kw."""
        weight = self.weights(*inputs)[0].elements()
        height, width = self.infer(*inputs).spatial
        return height * width * weight

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The dilated kernel and the stride, along height and width."""
        return tuple(axis.window for axis in self.axes(inputs[0]))

    def axes(self, x: TensorType) -> Axes:
        """The kernel's windows on a map of this type."""
        return axes_of(x, self.kernel_size, self.stride, self.sides(), self.dilation)

    def sides(self) -> Sides:
        """The padding of each side; ``same`` is ``d (k - 1)`` in all, the odd one behind."""
        if isinstance(self.padding, Unknown):
            raise Undecided(self.padding.text)
        if self.padding == "valid":
            return sides_of(NONE)
        if isinstance(self.padding, str):
            return self._same()
        return sides_of(self.padding)

    def _same(self) -> Sides:
        if any(step.always_equal(1) is False for step in self.stride):
            raise OpError(
                Code.UNSUPPORTED,
                "`padding: same` needs a stride of 1, "
                f"got {self.stride[0]} and {self.stride[1]} (height, width)",
                argument="padding",
                help="give the padding as a number, or for each side",
            )
        totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        height, width = ((total // 2, total - total // 2) for total in totals)
        return height, width


def _require_groups(op: Conv2d, channels: Dim) -> None:
    """``groups`` divides the channels on both ends."""
    if all(must_divide(op.groups, each) for each in (channels, op.out_channels)):
        return
    raise OpError(
        Code.NOT_DIVISIBLE,
        f"`groups: {op.groups}` must divide the input's {channels} channels "
        f"and the output's {op.out_channels}",
        argument="groups",
        help=_nearest(op.groups, channels, op.out_channels),
    )


def _nearest(groups: Dim, *channels: Dim) -> str | None:
    """The divisors of both numbers on either side of ``groups``."""
    if not all(size.is_constant for size in (groups, *channels)):
        return None
    wanted, common = int(groups), gcd(*map(int, channels))
    if common > _LARGEST:
        return None
    small = [n for n in range(1, isqrt(common) + 1) if common % n == 0]
    legal = sorted({*small, *(common // n for n in small)})
    near = [n for n in legal if n < wanted][-1:] + [n for n in legal if n > wanted][:1]
    return f"`groups: {' or '.join(map(str, near))}` would"


_LARGEST = 1 << 40
"""Divisors are looked for up to here, which takes a million steps at most."""


def _require_source(op: Conv2d, axis: Axis) -> None:
    """Reflected and wrapped padding comes from the input, which must have that many positions."""
    spare = {"reflect": 1, "circular": 0}.get(_mode(op))
    if spare is None:
        return
    for amount in (axis.before, axis.after):
        if axis.size.always_at_least(amount + spare) is False:
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`padding_mode: {op.padding_mode}` can pad the {axis.name} {axis.size} "
                f"by at most {axis.size - spare}, got {amount}",
                argument="padding",
            )


def _mode(op: Conv2d) -> str:
    if isinstance(op.padding_mode, Unknown):
        raise Undecided(op.padding_mode.text)
    return op.padding_mode


SIDED = Support(
    "SidedConv2d",
    '''\
class SidedConv2d(nn.Conv2d):
    """A convolution whose padding, ((top, bottom), (left, right)), differs by side."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: tuple[tuple[int, int], tuple[int, int]],
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        (top, bottom), (left, right) = padding
        self.sides = (left, right, top, bottom)
        self.mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides, mode=self.mode)
        return super().forward(padded)
''',
)
"""Padding is done beforehand, in the mode; what is left is a convolution without any."""


@pytorch.register(Conv2d)
def _pytorch(op: Conv2d, *inputs: TensorType) -> ModuleForm:
    if not is_sided(op.padding):
        return ModuleForm(module_call(op, *inputs))
    return ModuleForm(module_call(op, *inputs, function=SIDED.name), (SIDED,))


_PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""torch's padding modes in the words of ONNX and NumPy."""


@onnx.register(Conv2d)
def _onnx(op: Conv2d, layer: OnnxLayer) -> str:
    (x,) = layer.inputs
    around = pads(op.sides())
    if op.padding_mode != "zeros" and any(around):
        top, left, bottom, right = around
        amounts = layer.ints("pads", 0, 0, top, left, 0, 0, bottom, right)
        x = layer.part("pad", "Pad", x, amounts, mode=_PAD_MODES[op.padding_mode])
        around = (0, 0, 0, 0)
    bias = [layer.weights["bias"]] if op.bias else []
    return layer.node(
        "Conv",
        x,
        layer.weights["weight"],
        *bias,
        kernel_shape=ints(op.kernel_size),
        strides=ints(op.stride),
        dilations=ints(op.dilation),
        group=int(op.groups),
        pads=around,
    )


@reference.register(Conv2d)
def _reference(
    np: ModuleType, op: Conv2d, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[o, h, w] = b[o] + sum over c, i, j of W[o, c, i, j] x[c, s h + d i, s w + d j]``.

    ``c`` runs over the channels of o's group (torch.nn.Conv2d's formula; Dumoulin and Visin 2016).
    """
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    height, width = ints(op.infer(type_).spatial)
    groups, kernel = int(op.groups), weights["weight"]
    rows = kernel.reshape(groups, len(kernel) // groups, -1)  # group, out, (in, kh, kw)
    padding = {"mode": _PAD_MODES.get(op.padding_mode, "constant")}
    samples = []
    for sample in x:  # one after the other, since what all windows see is large
        around = taps(np, sample[None], op.axes(type_), (height, width), **padding)
        seen = np.stack([each[0] for _, _, each in around], axis=1)  # channel, (i, j), H', W'
        samples.append(rows @ seen.reshape(groups, -1, height * width))
    y: Array = np.stack(samples).reshape(len(x), -1, height, width)
    return y + weights["bias"][:, None, None] if op.bias else y
