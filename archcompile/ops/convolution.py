"""``conv1d`` and ``conv2d``: torch.nn.Conv1d and Conv2d."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.advice import Advice
from archcompile.ir.arguments import Flag, PositivePair, PositiveSize, word_of
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown, Window
from archcompile.ir.outcome import output_of, weights_of
from archcompile.ir.remedy import Argument, WithoutArgument, WithoutFirst
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.fitting import numbers, slide
from archcompile.ops.groups import require_groups
from archcompile.ops.windows import (
    NONE,
    ONE,
    Axes,
    PaddingOrWord1d,
    PaddingOrWord2d,
    PositiveSingle,
    Sides,
    Sizes,
    advise,
    axes_of,
    axis_names,
    extent_of,
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


_LARGE = 8
"""A kernel as large as a number of channels."""


class Convolution(Op):
    """Base of the convolutions: what they are along any number of axes."""

    has_channels: ClassVar[bool] = True

    out_channels: PositiveSize = Field(description="Channels of the output.")
    kernel_size: Sizes
    stride: Sizes
    padding: Sizes | Sides | str
    dilation: Sizes
    groups: PositiveSize = Field(
        ONE, description="Parts that the channels are split into; each part sees its own."
    )
    bias: Flag = Field(True, description="Whether each output channel has a bias.")
    padding_mode: Annotated[
        Literal["zeros", "reflect", "replicate", "circular"],
        word_of("zeros", "reflect", "replicate", "circular"),
    ] = Field("zeros", description="What stands in the padding.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, out_channels, H', W'], ``H' = (H + p - d(k - 1) - 1) // s + 1``."""
        (x,) = inputs
        require_map(self, x, len(self.kernel_size))
        require_groups(self.groups, x.channels, self.out_channels, made_by="out_channels")
        axes = self.axes(x)
        _require_source(self, axes)
        return TensorType((x.dims[0], self.out_channels, *slide(self, axes)))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_channels`` is axis 1."""
        return {"in_channels": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (out, in/groups, kh, kw), ``bias`` (out): uniform in ±1/sqrt(fan in)."""
        channels = inputs[0].channels // self.groups
        shape = (self.out_channels, channels, *self.kernel_size)
        init = UniformFanIn(Dim.product(shape[1:]))
        bias = (Weight("bias", (self.out_channels,), init),) if self.bias else ()
        return (Weight("weight", shape, init), *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """H' × W' × out × in/groups × kh × kw."""
        made, weight = output_of(self, inputs), weights_of(self, inputs)[0]
        return Dim.product((*weight.shape, *made.spatial))

    def connections(self, *inputs: TensorType) -> Dim:
        """What each output reads, and its bias."""
        reads = Dim.product(weights_of(self, inputs)[0].shape[1:])
        return output_of(self, inputs).elements() * (reads + 1 if self.bias else reads)

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The dilated kernel and the stride, along each axis."""
        told = zip(self.kernel_size, self.dilation, self.stride, strict=True)
        return tuple(Window(extent_of(kernel, each), step) for kernel, each, step in told)

    def advice(self, *inputs: TensorType) -> Iterator[Advice]:
        """Of windows that lose rows, and of torch's order."""
        channels, kernel = self.out_channels.constant, self.kernel_size[0].constant
        if (
            channels
            and kernel
            and inputs[0].channels == self.out_channels
            and self._looks_moved(kernel)
        ):
            yield _in_torchs_order(channels, kernel)
        elif any(step != ONE for step in self.stride):  # steps of one lose nothing
            yield from advise(self.axes(inputs[0]))

    def _looks_moved(self, kernel: int) -> bool:
        """Whether the kernel may be the channels that were meant.

        One that keeps the size, steps by its own, or sees one channel of several is meant.
        """
        is_square = set(self.kernel_size) == {Dim.of(kernel)}
        is_large = kernel >= _LARGE and self.out_channels.always_at_least(kernel) is False
        is_plain = self.groups == ONE and set(self.dilation) == {ONE}
        is_patch = self.stride == self.kernel_size
        spreads = zip(self.sides(), self._spreads(), strict=True)
        keeps = all(before + after == spread for (before, after), spread in spreads)
        return is_square and is_large and is_plain and not is_patch and not keeps

    def divided(self, parts: int) -> Self:
        """Each GPU convolves its own channels: more groups."""
        return self.updated({"groups": self.groups * parts})

    def axes(self, x: TensorType) -> Axes:
        """The kernel's windows on an input of this type."""
        return axes_of(x, self.kernel_size, self.stride, self.sides(), self.dilation)

    def sides(self) -> Sides:
        """The padding of each side; ``same`` is ``d (k - 1)`` in all, the odd one behind."""
        if isinstance(self.padding, Unknown):
            raise Undecided(self.padding.text)
        if self.padding == "valid":
            return ((NONE, NONE),) * len(self.kernel_size)
        if isinstance(self.padding, str):
            return self._same()
        return sides_of(self.padding)

    def _same(self) -> Sides:
        if any(step.always_equal(1) is False for step in self.stride):
            halves = self._halves()
            raise OpError(
                Code.UNSUPPORTED,
                f"`padding: same` needs a stride of 1, got {' and '.join(map(str, self.stride))} "
                f"({', '.join(axis_names(len(self.stride)))})",
                argument="padding",
                help=f"write `padding: {halves}`, what is added on each side" if halves else None,
                remedy=Argument("padding", halves) if halves else None,
            )
        return tuple((total // 2, total - total // 2) for total in self._spreads())

    def _spreads(self) -> Sizes:
        """What a window reaches beyond its first position: ``d (k - 1)``."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True))

    def _halves(self) -> str | None:
        """A padding with which the output is as large as the input by the stride.

        Half of ``d (k - 1)``, or of what that is more than ``s - 1``; where neither is even, the
        odd one stands behind.
        """
        told = zip(self._spreads(), self.stride, strict=True)
        pairs = [(spread.constant, step.constant) for spread, step in told]
        known = [
            (spread, step) for spread, step in pairs if spread is not None and step is not None
        ]
        if len(known) < len(pairs):
            return None
        for totals in ([a for a, _ in known], [max(0, a - step + 1) for a, step in known]):
            if all(total % 2 == 0 for total in totals):
                return numbers(tuple(total // 2 for total in totals))
        sides = ", ".join(f"[{a // 2}, {a - a // 2}]" for a, _ in known)
        return f"[{sides}]"


def _in_torchs_order(channels: int, kernel: int) -> Advice:
    many = "channel" if channels == 1 else "channels"
    return Advice(
        Code.TORCH_ORDER,
        f"{channels} {many} in, {channels} out, and a kernel of {kernel}: torch's order is in, "
        "out, kernel, and here the first is left out",
        help="here `out_channels` comes first and `kernel_size` second; what comes in is known",
        argument="out_channels",
        remedy=WithoutFirst(fewest=3),
    )


class Conv1d(Convolution):
    """Each output channel is a sum of kernels over the channels of its group, and a bias."""

    key: ClassVar[str] = "conv1d"
    title: ClassVar[str] = "Convolution over the length."

    kernel_size: PositiveSingle = Field(description="Length of the kernel.")
    stride: PositiveSingle = Field((ONE,), description="Steps between windows.")
    padding: PaddingOrWord1d = Field(
        (NONE,),
        description="Positions added on both ends of the input: one number, [[before, after]], "
        "same (the output is as long as the input) or valid (0).",
    )
    dilation: PositiveSingle = Field((ONE,), description="Steps between positions of the kernel.")


class Conv2d(Convolution):
    """Each output channel is a sum of kernels over the channels of its group, and a bias."""

    key: ClassVar[str] = "conv2d"
    title: ClassVar[str] = "Convolution over height and width."

    kernel_size: PositivePair = Field(description="Height and width of the kernel.")
    stride: PositivePair = Field((ONE, ONE), description="Steps between windows.")
    padding: PaddingOrWord2d = Field(
        (NONE, NONE),
        description="Rows and columns added around the input: one number, [height, width], "
        "[[top, bottom], [left, right]], same (the output is as large as the input) or valid (0).",
    )
    dilation: PositivePair = Field((ONE, ONE), description="Steps between positions of the kernel.")


def _require_source(op: Convolution, axes: Axes) -> None:
    """Reflected and wrapped padding comes from the input, which must have that many positions."""
    spare = _SPARE.get(_mode(op))
    if spare is None:
        return
    sides = ((axis, amount) for axis in axes for amount in (axis.before, axis.after))
    for axis, amount in sides:
        if axis.size.always_at_least(amount + spare) is False:
            raise OpError(
                Code.DOES_NOT_FIT,
                f"`padding_mode: {op.padding_mode}` can pad the {axis.name} {axis.size} "
                f"by at most {axis.size - spare}, got {amount}",
                argument="padding",
                help="leave `padding_mode` out: zeros may be as many as wanted",
                remedy=WithoutArgument("padding_mode"),
            )


_SPARE = {"reflect": 1, "circular": 0}
"""By mode: the positions of the input that it does not repeat."""


def _mode(op: Convolution) -> str:
    if isinstance(op.padding_mode, Unknown):
        raise Undecided(op.padding_mode.text)
    return op.padding_mode


_SIDED = '''\
class SidedConv{axes}d(nn.Conv{axes}d):
    """A convolution whose padding, {padding}, differs by side."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: {ints},
        *,
        stride: {ints} = 1,
        padding: {sides},
        dilation: {ints} = 1,
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
        {named} = padding
        self.sides = {order}
        self.mode = "constant" if padding_mode == "zeros" else padding_mode

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        padded = nn.functional.pad(input, self.sides, mode=self.mode)
        return super().forward(padded)
'''

SIDED: Mapping[type[Convolution], Support] = {
    Conv1d: Support("SidedConv1d", sided_source(_SIDED, 1)),
    Conv2d: Support("SidedConv2d", sided_source(_SIDED, 2)),
}
"""Padding is done beforehand, in the mode; what is left is a convolution without any."""


@pytorch.register(Conv1d, Conv2d)
def _pytorch(op: Convolution, *inputs: TensorType) -> ModuleForm:
    support = SIDED[type(op)]
    if not is_sided(op.padding):
        return ModuleForm(module_call(op, *inputs), also=(support.name,))
    return ModuleForm(module_call(op, *inputs, function=support.name), (support,))


_PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""torch's padding modes in the words of ONNX and NumPy."""


@onnx.register(Conv1d, Conv2d)
def _onnx(op: Convolution, layer: OnnxLayer) -> str:
    (x,) = layer.inputs
    around = pads(op.sides())
    if op.padding_mode != "zeros" and any(around):
        axes = len(around) // 2
        amounts = layer.ints("pads", 0, 0, *around[:axes], 0, 0, *around[axes:])
        x = layer.part("pad", "Pad", x, amounts, mode=_PAD_MODES[op.padding_mode])
        around = (0,) * len(around)
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


_AT_ONCE = 1 << 18
"""The elements that the reference's windows see together, where one sample has fewer."""


@reference.register(Conv1d, Conv2d)
def _reference(
    np: ModuleType, op: Convolution, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[o, h, w] = b[o] + sum over c, i, j of W[o, c, i, j] x[c, s h + d i, s w + d j]``.

    ``c`` runs over the channels of o's group (torch.nn.Conv2d's formula; Dumoulin and Visin 2016).
    """
    (x,) = inputs
    type_ = TensorType.of(*x.shape)
    places = ints(op.infer(type_).spatial)
    groups, kernel = int(op.groups), weights["weight"]
    rows = kernel.reshape(groups, len(kernel) // groups, -1)  # group, out, (in, kh, kw)
    padding = {"mode": _PAD_MODES.get(op.padding_mode, "constant")}
    axes, made = op.axes(type_), []
    count = max(1, _AT_ONCE // (kernel[0].size * groups * prod(places)))
    for first in range(0, len(x), count):  # a few at once, since what all windows see is large
        some = x[first : first + count]
        seen = np.stack([*taps(np, some, axes, places, **padding)], axis=2)
        # sample, group, (channel, i, j), (H', W')
        made.append(rows @ seen.reshape(len(some), groups, -1, prod(places)))
    y: Array = np.concatenate(made).reshape(len(x), -1, *places)
    return y + weights["bias"].reshape(-1, *(1,) * len(places)) if op.bias else y
