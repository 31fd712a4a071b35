"""Elements in another order: ``permute``, ``unflatten``, ``channel_shuffle``, ``pixel_shuffle``."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Integer, PositiveSize, said
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, must_divide, must_equal
from archcompile.ir.remedy import Argument, ChannelsBefore
from archcompile.ir.requirements import place_of_axis, require_rank
from archcompile.ir.types import TensorType
from archcompile.ops.groups import nearest_multiple, require_parts
from archcompile.ops.kinds import AxisList, Positions, known
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, TupleOf
from archcompile.targets.pytorch import ModuleForm, Support, python_value, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_REST = Dim.of(-1)


class Permute(Op):
    """The axes in another order: torch.permute as a module, as torchvision.ops has it."""

    key: ClassVar[str] = "permute"
    title: ClassVar[str] = "The axes in another order."
    takes_list: ClassVar[bool] = True

    dims: AxisList = Field(
        description="The input's axes in the output's order: [0, 2, 3, 1] puts channels last."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, H, W, C], as ``dims`` says."""
        (x,) = inputs
        return TensorType(tuple(x.dims[place] for place in self.places(x)))

    def places(self, x: TensorType) -> tuple[int, ...]:
        """``dims`` counted from 0."""
        places = tuple(axis + x.rank if axis < 0 else axis for axis in known(self.dims))
        if sorted(places) != list(range(x.rank)):
            raise OpError(
                Code.BAD_ARGUMENT,
                f"`permute` needs each axis of {x} once, got {said(self.dims)}",
                argument="dims",
                help=f"the axes 0 to {x.rank - 1} in the order of the output",
            )
        if places[0] != 0:
            raise OpError(
                Code.UNSUPPORTED,
                f"`permute`: axis 0, the batch, must stay first, got {said(self.dims)}",
                argument="dims",
                help="the first of `dims` is 0: [0, 2, 3, 1] puts the channels of a map last",
            )
        return places

    def divided(self, parts: int) -> Op:
        """Axes of space may change places on each GPU."""
        return self if known(self.dims)[:2] == (0, 1) else super().divided(parts)


class Unflatten(Op):
    """One axis becomes several, in row-major order."""

    key: ClassVar[str] = "unflatten"
    title: ClassVar[str] = "Makes several axes of one."

    dim: Integer = Field(description="The axis: 1 is the channels; not the batch, 0.")
    unflattened_size: Positions = Field(
        description="Their sizes, whose product is the axis's; one may be -1, what is left."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C·H·W] to [N, C, H, W], say."""
        (x,) = inputs
        place = place_of_axis(self, "dim", self.dim, x)
        sizes = self.sizes(x.dims[place])
        return TensorType((*x.dims[:place], *sizes, *x.dims[place + 1 :]))

    def sizes(self, whole: Dim) -> tuple[Dim, ...]:
        """The sizes of an axis of ``whole``, -1 resolved."""
        wanted = known(self.unflattened_size)
        rest = _rest(wanted)
        product = Dim.of(1)
        for size in wanted:
            product = product if size == rest else product * size
        rests = wanted.count(_REST)
        is_legal = all(each == _REST or each.always_at_least(1) is not False for each in wanted)
        fits = is_legal and (must_equal if rest is None else must_divide)(product, whole)
        if rests > 1 or not fits:
            remedy = _sizes_of(wanted, whole) if is_legal else None
            raise OpError(
                Code.NOT_DIVISIBLE,
                f"`unflatten` cannot make [{', '.join(map(str, wanted))}] of an axis of {whole}",
                argument="unflattened_size",
                help=_sizes_help(remedy),
                remedy=remedy,
            )
        return tuple(whole // product if size == rest else size for size in wanted)

    def divided(self, parts: int) -> Op:
        """Axes of space may be cut on each GPU."""
        return self if known(self.dim) > 1 else super().divided(parts)


class ChannelShuffle(Op):
    """Channel ``i (C / groups) + j`` goes to ``j groups + i`` (Zhang et al. 2018, ShuffleNet)."""

    key: ClassVar[str] = "channel_shuffle"
    title: ClassVar[str] = "Mixes the channels of groups, one of each in turn."

    groups: PositiveSize = Field(description="Groups that the channels come in.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        (x,) = inputs
        require_rank(self, x, 3, 4, layout="channels with space, [N, C, T] or [N, C, H, W]")
        require_parts(
            "groups",
            self.groups,
            x.channels,
            f"`channel_shuffle`: {self.groups} groups must divide the {x.channels} channels",
        )
        return x


class PixelShuffle(Op):
    """Of ``r²`` channels each makes ``r`` by ``r`` pixels (Shi et al. 2016, sub-pixel layer)."""

    key: ClassVar[str] = "pixel_shuffle"
    title: ClassVar[str] = "Makes larger maps of many channels."

    upscale_factor: PositiveSize = Field(description="How much larger height and width become.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C r², H, W] to [N, C, r H, r W]."""
        (x,) = inputs
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        factor = self.upscale_factor
        if not must_divide(factor * factor, x.channels):
            raise OpError(
                Code.NOT_DIVISIBLE,
                f"`pixel_shuffle` by {factor} needs a multiple of {factor * factor} channels, "
                f"got {x.channels}",
                argument="upscale_factor",
                help=_channels_for(factor, x.channels),
                remedy=_multiple(factor, x.channels),
            )
        height, width = x.spatial
        channels = x.channels // (factor * factor)
        return TensorType((x.dims[0], channels, height * factor, width * factor))


def _rest(wanted: tuple[Dim, ...]) -> Dim | None:
    """The size that is what the others leave: -1, or the only one that a call may make -1.

    That one is what the others leave in any case.
    """
    if _REST in wanted:
        return _REST
    unsure = [size for size in wanted if size.always_at_least(1) is None]
    if len(unsure) > 1:
        raise Undecided(", ".join(map(str, unsure)))
    return unsure[0] if unsure else None


def _channels_for(factor: Dim, channels: Dim) -> str | None:
    """How many channels the layer before would have to make."""
    near = _multiple(factor, channels)
    if near is None:
        return None
    made = near.number // int(factor) ** 2
    return f"let the layer before make {near.number} channels, for {made} of the output"


def _multiple(factor: Dim, channels: Dim) -> ChannelsBefore | None:
    if not (factor.is_constant and channels.is_constant):
        return None
    return ChannelsBefore(nearest_multiple(int(factor) ** 2, int(channels)))


def _sizes_of(wanted: tuple[Dim, ...], whole: Dim) -> Argument | ChannelsBefore | None:
    """The sizes with one of them left to be what remains, the last that the others leave whole.

    Where the sizes are all said and none can change alone, what comes in has their product.
    """
    product = prod(map(int, wanted)) if all(each.is_constant for each in wanted) else 0
    for place in range(len(wanted) - 1, -1, -1):
        others = (*wanted[:place], *wanted[place + 1 :])
        rest = prod(map(int, others)) if all(each.is_constant for each in others) else 0
        if rest > 0 and whole.is_constant and int(whole) % rest == 0:
            made = [*map(str, wanted[:place]), "-1", *map(str, wanted[place + 1 :])]
            return Argument("unflattened_size", f"[{', '.join(made)}]")
    return ChannelsBefore(product) if product > 0 else None


def _sizes_help(remedy: Argument | ChannelsBefore | None) -> str:
    rule = "the product of the sizes is the axis's; one of them may be -1"
    return (
        rule
        if not isinstance(remedy, Argument)
        else f"write `unflattened_size: {remedy.value}`: {rule}"
    )


PERMUTE = Support(
    "Permute",
    '''\
class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return input.permute(self.dims)
''',
)
pytorch.register(Permute)(support_rule(PERMUTE))


@pytorch.register(Unflatten)
def _unflatten(op: Unflatten, *inputs: TensorType) -> ModuleForm:
    """``nn.Unflatten(1, (2, 2))``: equal sizes stay two here."""
    sizes = TupleOf(tuple(map(python_value, known(op.unflattened_size))))
    return ModuleForm(CallOf("nn.Unflatten", (python_value(op.dim), sizes)))


@onnx.register(Permute)
def _onnx_permute(op: Permute, layer: OnnxLayer) -> str:
    return layer.node("Transpose", layer.inputs[0], perm=op.places(layer.types[0]))


@onnx.register(Unflatten)
def _onnx_unflatten(op: Unflatten, layer: OnnxLayer) -> str:
    """The other axes may be open, so their sizes are the input's own."""
    (x,), (type_,) = layer.inputs, layer.types
    place = place_of_axis(op, "dim", op.dim, type_)
    parts = [
        layer.part("before", "Shape", x, start=0, end=place),
        layer.ints("sizes", *map(int, op.unflattened_size)),
    ]
    if place + 1 < type_.rank:
        parts.append(layer.part("behind", "Shape", x, start=place + 1))
    return layer.node("Reshape", x, layer.part("shape", "Concat", *parts, axis=0))


@onnx.register(ChannelShuffle)
def _onnx_channel_shuffle(op: ChannelShuffle, layer: OnnxLayer) -> str:
    """Reshape, transpose, reshape back; 0 is the input's own size there, -1 the rest."""
    (x,), (type_,) = layer.inputs, layer.types
    groups = int(op.groups)
    apart = layer.ints("apart", 0, groups, int(type_.channels) // groups, -1)
    grouped = layer.part("groups", "Reshape", x, apart)
    turned = layer.part("turned", "Transpose", grouped, perm=(0, 2, 1, 3))
    return layer.node("Reshape", turned, layer.part("shape", "Shape", x))


@onnx.register(PixelShuffle)
def _onnx_pixel_shuffle(op: PixelShuffle, layer: OnnxLayer) -> str:
    factor = int(op.upscale_factor)
    return layer.node("DepthToSpace", layer.inputs[0], blocksize=factor, mode="CRD")


@reference.register(Permute)
def _permute(
    np: ModuleType, op: Permute, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    moved: Array = np.transpose(inputs[0], op.dims)
    return moved


@reference.register(Unflatten)
def _reference_unflatten(
    np: ModuleType, op: Unflatten, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """Row-major order, as it stands in memory."""
    (x,) = inputs
    return x.reshape(tuple(map(int, op.infer(TensorType.of(*x.shape)).dims)))


@reference.register(ChannelShuffle)
def _channel_shuffle(
    np: ModuleType, op: ChannelShuffle, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[j groups + i] = x[i (C / groups) + j]``."""
    (x,) = inputs
    source = np.arange(x.shape[1]).reshape(int(op.groups), -1).T.ravel()
    return x[:, source]


@reference.register(PixelShuffle)
def _pixel_shuffle(
    np: ModuleType, op: PixelShuffle, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[c, r h + i, r w + j] = x[c r² + r i + j, h, w]``."""
    (x,) = inputs
    factor = int(op.upscale_factor)
    y: Array = np.zeros(tuple(map(int, op.infer(TensorType.of(*x.shape)).dims)), x.dtype)
    for i in range(factor):
        for j in range(factor):
            y[:, :, i::factor, j::factor] = x[:, factor * i + j :: factor * factor]
    return y
