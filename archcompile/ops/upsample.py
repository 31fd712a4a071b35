"""``upsample``: torch.nn.Upsample."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from struct import pack, unpack
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, said, word_of
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown, Window, is_decided
from archcompile.ir.remedy import Argument, WithoutArgument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ops.windows import ONE, Sizes, axis_names, ints
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _sizes(value: object) -> object:
    """One size for every axis or one for each; equal ones are one."""
    if value is None:
        return None
    sizes = tuple(map(_size, value if isinstance(value, tuple | list) else (value,)))
    if len(sizes) not in (1, 2):
        raise PydanticCustomError(
            "sizes", "expected one integer or one for each axis, got {got}", {"got": said(value)}
        )
    return sizes[:1] if sizes[0] == sizes[-1] else sizes


def _size(value: object) -> Dim:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(whole, float):
        raise PydanticCustomError(
            "sizes",
            "expected a whole number, got {got}; `size` gives an output of any size",
            {"got": said(value)},
        )
    if isinstance(whole, bool) or not isinstance(whole, int | Dim):
        raise PydanticCustomError("sizes", "expected an integer, got {got}", {"got": said(value)})
    size = Dim.of(whole)
    if size.always_at_least(1) is False:
        raise PydanticCustomError("sizes", "expected at least 1, got {got}", {"got": str(size)})
    return size


OneOrEach: TypeAlias = Annotated[
    tuple[InstanceOf[Dim]] | tuple[InstanceOf[Dim], InstanceOf[Dim]] | None, BeforeValidator(_sizes)
]
"""(every axis,) or (height, width), each at least 1."""

_WORDS = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact")
_RANKS = {"nearest": (3, 4), "linear": (3,), "bilinear": (4,)}


class Upsample(Op):
    """A larger (or smaller) map: the nearest elements, or means of two along each axis.

    ``bicubic`` is refused: its overshoot is no mean of neighbours, and runtimes cut it differently.
    """

    key: ClassVar[str] = "upsample"
    title: ClassVar[str] = "Enlarges a map or a sequence."
    by_channel: ClassVar[bool] = True

    size: OneOrEach = Field(None, description="The output's size, one number or [height, width].")
    scale_factor: OneOrEach = Field(
        None, description="How many times larger the output is: whole numbers, instead of `size`."
    )
    mode: Annotated[
        Literal["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"],
        word_of(*_WORDS),
    ] = Field("nearest", description="nearest; linear, of a sequence; or bilinear, of a map.")
    align_corners: Flag | None = Field(
        None, description="Whether the first and last positions stay; linear and bilinear only."
    )
    recompute_scale_factor: Flag | None = Field(
        None, description="Changes nothing, as factors are whole numbers."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, *size], or to each size times its factor."""
        (x,) = inputs
        mode = _mode(self)
        require_rank(self, x, 3, 4, layout="a sequence [N, C, T] or a map [N, C, H, W]")
        _require_mode(mode, x)
        if mode == "nearest" and self.align_corners is not None:
            raise OpError(
                Code.BAD_ARGUMENT,
                "`upsample` with `mode: nearest` moves no positions, so it has no `align_corners`",
                argument="align_corners",
                help="leave `align_corners` out, or say `mode: bilinear`",
                remedy=WithoutArgument("align_corners"),
            )
        places = self.places(x)
        if mode == "nearest":
            _require_exact(self, x, places)
        return TensorType((*x.dims[:2], *places))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """One position, or the two around; the steps shrink by the factor.

        Where nothing is enlarged, each position is its own.
        """
        (x,) = inputs
        reach = ONE if self.mode == "nearest" else Dim.of(2)
        factors = self.factors(x)
        given = (ONE,) * len(x.spatial) if factors is not None else x.spatial
        grown = factors if factors is not None else self.places(x)
        return tuple(
            Window(ONE, ONE) if size == places else Window(reach, size, grown=places)
            for size, places in zip(given, grown, strict=True)
        )

    def places(self, x: TensorType) -> Sizes:
        """The output's size along each axis."""
        factors = self.factors(x)
        if factors is not None:
            return tuple(size * factor for size, factor in zip(x.spatial, factors, strict=True))
        return _each("size", self.size or (), x)

    def factors(self, x: TensorType) -> Sizes | None:
        """How many times larger each axis becomes, where that is what was asked for."""
        if (self.size is None) == (self.scale_factor is None):
            raise OpError(
                Code.BAD_ARGUMENT,
                "`upsample` needs `size` or `scale_factor`"
                + ("" if self.size is None else ", not both"),
                argument=None if self.size is None else "scale_factor",
                help="`scale_factor: 2` doubles the input, `size: 2` would make it 2 wide",
            )
        return None if self.scale_factor is None else _each("scale_factor", self.scale_factor, x)


def _mode(op: Upsample) -> str:
    if isinstance(op.mode, Unknown):
        raise Undecided(op.mode.text)
    return op.mode


def _each(argument: str, given: Sizes, x: TensorType) -> Sizes:
    """One number for each axis."""
    axes = len(x.spatial)
    if len(given) not in (1, axes):
        raise OpError(
            Code.BAD_ARGUMENT,
            f"`upsample`: `{argument}` has {len(given)} numbers, but {x} has one axis to enlarge",
            argument=argument,
        )
    return given if len(given) == axes else given * axes


def _require_mode(mode: str, x: TensorType) -> None:
    if x.rank in _RANKS.get(mode, ()):
        return
    known = [word for word, ranks in _RANKS.items() if x.rank in ranks]
    known.sort(key=lambda word: word == "nearest")  # what is asked for are means
    raise OpError(
        Code.UNSUPPORTED,
        f"`upsample` with `mode: {mode}` on {x}",
        argument="mode",
        help=f"write `mode: {known[0]}`" + "".join(f"; {each} works too" for each in known[1:]),
        remedy=Argument("mode", known[0]),
    )


def _require_exact(op: Upsample, x: TensorType, places: Sizes) -> None:
    """Position i of the output is ``floor(i in / out)`` of the input, in every voice.

    torch multiplies by a rounded ``in / out``, and for some sizes falls one short.
    """
    factors = op.factors(x)
    if factors is not None:
        for factor in factors:
            if factor.is_constant and _slips(2, 2 * int(factor)):
                raise _inexact(f"{factor} times", "scale_factor")
        return
    for name, size, count in zip(axis_names(len(places)), x.spatial, places, strict=True):
        if size.is_constant and count.is_constant:
            if _slips(int(size), int(count)):
                raise _inexact(f"from {size} to {count} along the {name}", "size")
        elif is_decided() and size != count:
            raise OpError(
                Code.UNSUPPORTED,
                f"`upsample` to {count} along the {name} {size}: "
                "the positions would depend on a size that is not known",
                argument="size",
                help=f"a number for the input's {name} would do, or `scale_factor`, "
                "or a mode of means",
            )


def _inexact(what: str, argument: str) -> OpError:
    return OpError(
        Code.UNSUPPORTED,
        f"`upsample` {what}: torch rounds in / out, and takes other positions in float32 than in "
        "exact numbers",
        argument=argument,
        help="another size, or a mode of means (linear, bilinear)",
    )


@cache
def _slips(size: int, places: int) -> bool:
    """Whether torch's ``floor(i (in / out))`` in float32 or float64 is somewhere not exact.

    For a whole factor, the second position tells: the rounding of 1 / factor falls short there or
    nowhere.
    """
    for rounded in (float, _single):
        scale = rounded(size / places)
        for place in range(min(places, _LOOKED_AT)):
            if int(rounded(place * scale)) != place * size // places:
                return True
    return False


_LOOKED_AT = 1 << 16
"""No map is wider; what is asked for may be."""


def _single(value: float) -> float:
    """The nearest float32."""
    nearest: float
    (nearest,) = unpack("f", pack("f", value))
    return nearest


@onnx.register(Upsample)
def _onnx(op: Upsample, layer: OnnxLayer) -> str:
    (x,), (type_,) = layer.inputs, layer.types
    sizes, places = type_.spatial, op.places(type_)
    if sizes == places:
        return layer.node("Identity", x)
    factors = op.factors(type_)
    if op.mode == "nearest":
        if factors is None and all(map(_multiple, sizes, places)):
            factors = tuple(count // size for size, count in zip(sizes, places, strict=True))
        if factors is None:
            return _onnx_gathered(layer, x, sizes, places)
    words = _onnx_words(op)
    if factors is not None:
        scales = (1.0, 1.0, *map(float, ints(factors)))
        return layer.node("Resize", x, "", layer.floats("scales", (len(scales),), scales), **words)
    axes = tuple(range(2, type_.rank))
    return layer.node("Resize", x, "", "", layer.ints("sizes", *ints(places)), axes=axes, **words)


def _multiple(size: Dim, places: Dim) -> bool:
    return int(places) % int(size) == 0


def _onnx_words(op: Upsample) -> dict[str, str]:
    """The coordinates that are torch's: out to in by i s, by corners, or by centres."""
    if op.mode == "nearest":
        places = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return {"mode": "nearest", **places}
    corners = "align_corners" if op.align_corners else "half_pixel"
    return {"mode": "linear", "coordinate_transformation_mode": corners}


def _onnx_gathered(layer: OnnxLayer, x: str, sizes: Sizes, places: Sizes) -> str:
    """Resize divides by a rounded out / in; Gather takes the very positions."""
    todo = [axis for axis, size in enumerate(sizes) if size != places[axis]]
    for axis in todo:
        size, count = int(sizes[axis]), int(places[axis])
        name = axis_names(len(sizes))[axis]
        positions = layer.ints(f"{name}_positions", *(i * size // count for i in range(count)))
        if axis == todo[-1]:
            break
        x = layer.part(name, "Gather", x, positions, axis=axis + 2)
    return layer.node("Gather", x, positions, axis=axis + 2)


@reference.register(Upsample)
def _reference(
    np: ModuleType, op: Upsample, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """Along each axis, position i is at ``a = floor(i in / out)`` of the input, or between two.

    With means, ``a = max((i + 1/2) in / out - 1/2, 0)``, or, with corners that stay,
    ``a = i (in - 1) / (out - 1)``; ``a`` between two positions is their mean, weighted by nearness
    (ATen's UpSample.h).
    """
    (x,) = inputs
    for axis, count in enumerate(ints(op.places(TensorType.of(*x.shape))), start=2):
        size, place = x.shape[axis], np.arange(count)
        if op.mode == "nearest":
            x = x.take(place * size // count, axis)
            continue
        at = place * (size - 1) / max(count - 1, 1)
        if not op.align_corners:
            at = np.maximum((place + 0.5) * size / count - 0.5, 0)
        low = np.floor(at).astype(int)
        part = (at - low).reshape(-1, *(1,) * (x.ndim - axis - 1))
        high = np.minimum(low + 1, size - 1)
        x = x.take(low, axis) * (1 - part) + x.take(high, axis) * part
    return x
