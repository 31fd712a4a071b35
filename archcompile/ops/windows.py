"""What convolutions and pools share: padding, and windows that slide over the axes of a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import partial
from itertools import product
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.diagnostics.span import small_value
from archcompile.ir.advice import Advice
from archcompile.ir.arguments import NaturalSize, PositiveSize, said
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import Op, Undecided, Unknown, Window
from archcompile.ir.remedy import Argument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

AxisName: TypeAlias = Literal["length", "height", "width"]
Sizes: TypeAlias = tuple[InstanceOf[Dim], ...]
"""One for each axis: (length,) or (height, width)."""
Sides: TypeAlias = tuple[tuple[InstanceOf[Dim], InstanceOf[Dim]], ...]
"""(before, after) for each axis: ((top, bottom), (left, right)) of a map."""

NONE, ONE = Dim.of(0), Dim.of(1)

_NAMES: Mapping[int, tuple[AxisName, ...]] = {1: ("length",), 2: ("height", "width")}
_LAYOUTS = {1: "a sequence [N, C, T]", 2: "a map [N, C, H, W]"}
_WANTED = {
    1: "expected an integer or [[before, after]]",
    2: "expected an integer, [height, width] or [[top, bottom], [left, right]]",
}


def _single(value: object) -> object:
    """``3`` means ``(3,)``."""
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    if len(sizes) != 1:
        raise PydanticCustomError(
            "single", "expected one integer, got {count}", {"count": len(sizes)}
        )
    return sizes


PositiveSingle: TypeAlias = Annotated[tuple[PositiveSize], BeforeValidator(_single)]
"""(length,), at least 1."""
NaturalSingle: TypeAlias = Annotated[tuple[NaturalSize], BeforeValidator(_single)]
"""(length,), at least 0."""


def _padding(axes: int, value: object) -> object:
    """One integer, one for each axis, or two for each axis; sides that are equal are one."""
    each = value if isinstance(value, tuple | list) else (value,) * axes
    if len(each) != axes:
        raise _unwanted(_WANTED[axes], value)
    sides = tuple(_before_and_after(axis, _WANTED[axes], value) for axis in each)
    if all(before == after for before, after in sides):
        return tuple(before for before, _ in sides)
    return sides


def _before_and_after(axis: object, wanted: str, whole: object) -> tuple[Dim, Dim]:
    pair = axis if isinstance(axis, tuple | list) else (axis, axis)
    if len(pair) != 2:
        raise _unwanted(wanted, whole)
    before, after = (_amount(each, wanted) for each in pair)
    return before, after


def _amount(value: object, wanted: str) -> Dim:
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        raise _unwanted(wanted, value)
    amount = Dim.of(value)
    if amount.always_at_least(0) is False:
        raise PydanticCustomError("padding", "expected at least 0, got {got}", {"got": str(amount)})
    return amount


def _padding_or_word(axes: int, value: object) -> object:
    if not isinstance(value, str):
        return _padding(axes, value)
    if value not in ("same", "valid"):
        raise _unwanted(f"{_WANTED[axes]}, same or valid", value)
    return value


def _unwanted(wanted: str, value: object) -> PydanticCustomError:
    return PydanticCustomError(
        "padding", "{wanted}, got {got}", {"wanted": wanted, "got": said(value)}
    )


_Pair: TypeAlias = tuple[InstanceOf[Dim], InstanceOf[Dim]]
Padding1d: TypeAlias = Annotated[
    tuple[InstanceOf[Dim]] | tuple[_Pair], BeforeValidator(partial(_padding, 1))
]
"""(length,), or ((before, after),) where they differ; each at least 0."""
Padding2d: TypeAlias = Annotated[_Pair | tuple[_Pair, _Pair], BeforeValidator(partial(_padding, 2))]
"""(height, width), or ((top, bottom), (left, right)) where sides differ; each at least 0."""
PaddingOrWord1d: TypeAlias = Annotated[
    tuple[InstanceOf[Dim]] | tuple[_Pair] | Literal["same", "valid"],
    BeforeValidator(partial(_padding_or_word, 1)),
]
"""``Padding1d``, or a convolution's ``same`` and ``valid``."""
PaddingOrWord2d: TypeAlias = Annotated[
    _Pair | tuple[_Pair, _Pair] | Literal["same", "valid"],
    BeforeValidator(partial(_padding_or_word, 2)),
]
"""``Padding2d``, or a convolution's ``same`` and ``valid``."""


def sides_of(padding: Sizes | Sides) -> Sides:
    """The sides of every axis. Raises ``Undecided`` for a padding that a block's call will give."""
    if isinstance(padding, Unknown):
        raise Undecided(padding.text)
    return tuple([each if isinstance(each, tuple) else (each, each) for each in padding])


def is_sided(padding: object) -> bool:
    """Whether two sides of an axis differ, so that torch's own classes cannot say it."""
    return isinstance(padding, tuple) and isinstance(padding[0], tuple)


def sided_source(template: str, axes: int, **own: str) -> str:
    """The source of a support class over so many axes that pads its sides differently.

    ``{axes}`` is their number, ``{ints}`` the type of a size, ``{sides}`` that of the padding,
    ``{padding}`` what it holds, ``{named}`` that taken apart, and ``{order}`` its parts as
    ``nn.functional.pad`` reads them: the last axis first. The rest are the class's ``own``.
    """
    return template.format(axes=axes, **_SIDED[axes], **own)


_SIDED = {
    1: {
        "ints": "int",
        "sides": "tuple[tuple[int, int]]",
        "padding": "((before, after),)",
        "named": "((before, after),)",
        "order": "(before, after)",
    },
    2: {
        "ints": "int | tuple[int, int]",
        "sides": "tuple[tuple[int, int], tuple[int, int]]",
        "padding": "((top, bottom), (left, right))",
        "named": "(top, bottom), (left, right)",
        "order": "(left, right, top, bottom)",
    },
}


@small_value
class Axis:
    """A window on its way along one axis of ``size`` positions, padded before and after."""

    name: AxisName
    size: Dim
    kernel: Dim
    stride: Dim
    dilation: Dim
    before: Dim
    after: Dim
    extent: Dim = field(init=False, compare=False)
    """The positions between the window's ends, both included: ``d (k - 1) + 1``."""
    padded: Dim = field(init=False, compare=False)
    """The axis with its padding."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", extent_of(self.kernel, self.dilation))
        object.__setattr__(self, "padded", self.size + self.before + self.after)

    @property
    def window(self) -> Window:
        """What one output position reads."""
        return Window(self.extent, self.stride)

    def places(self, *, ceil: bool = False) -> Dim:
        """The number of output positions.

        ``floor(A/s) + 1`` with ``A = padded - extent``; with ``ceil`` a last window may stand over
        the end, if it starts before the padding there: ``min(ceil(A/s) + 1, ceil((H + p)/s))``.
        """
        room = self.padded - self.extent
        if not ceil:
            return room // self.stride + 1
        return Dim.minimum(
            ceil_div(room, self.stride) + 1, ceil_div(self.size + self.before, self.stride)
        )


Axes: TypeAlias = tuple[Axis, ...]


def extent_of(kernel: Dim, dilation: Dim) -> Dim:
    """The positions between a window's ends, both included: ``d (k - 1) + 1``."""
    return kernel if dilation == ONE else dilation * (kernel - 1) + 1


def axis_names(axes: int) -> tuple[AxisName, ...]:
    """What the axes behind the channels are called."""
    return _NAMES[axes]


def require_map(op: Op, x: TensorType, axes: int) -> None:
    """Refuse a tensor that has not so many axes behind its channels."""
    require_rank(op, x, axes + 2, layout=_LAYOUTS[axes])


def axes_of(
    x: TensorType, kernel: Sizes, stride: Sizes, sides: Sides, dilation: Sizes | None = None
) -> Axes:
    """The axes of a map [N, C, H, W] or a sequence [N, C, T] under a window."""
    steps = dilation or (ONE,) * len(kernel)
    told = zip(axis_names(len(kernel)), x.spatial, kernel, stride, steps, sides, strict=True)
    return tuple([Axis(name, n, k, s, d, *both) for name, n, k, s, d, both in told])


def advise(axes: Axes, *, ceil: bool | None = None) -> Iterator[Advice]:
    """What is likely a mistake in how windows stand on an input of known size.

    ``ceil`` is the ``ceil_mode`` of an op that has one. Steps larger than the window skip
    positions on purpose (the shortcut of a residual): nothing is said of those.
    """
    for axis in axes:
        if not all(map(_is_known, (axis.size, axis.extent, axis.stride, axis.before, axis.after))):
            continue
        lost = _lost(axis, ceil=bool(ceil))
        if lost > 0 and int(axis.extent) >= int(axis.stride):
            yield _loses(axis, lost, has_ceil=ceil is not None)
        if not ceil:
            continue
        places = int(axis.places(ceil=True))
        if int(ceil_div(axis.padded - axis.extent, axis.stride)) + 1 > places:
            yield _drops(axis, places)


def _is_known(size: Dim) -> bool:
    return size.constant is not None


def _lost(axis: Axis, *, ceil: bool) -> int:
    """Positions of the input itself, at its end, that no window reaches."""
    reached = (int(axis.places(ceil=ceil)) - 1) * int(axis.stride) + int(axis.extent)
    return int(axis.size) + int(axis.before) - reached


def _drops(axis: Axis, places: int) -> Advice:
    return Advice(
        Code.CEIL_WINDOW_DROPPED,
        f"along the {axis.name} a last window would stand wholly outside the input, so "
        f"`ceil_mode` leaves it out: {places} positions, where other frameworks count {places + 1}",
        help="less padding, or an input of another size, makes all agree",
        argument="ceil_mode",
    )


def _loses(axis: Axis, lost: int, *, has_ceil: bool) -> Advice:
    unit = {"height": "row", "width": "column", "length": "position"}[axis.name]
    what = f"the last {unit}" if lost == 1 else f"the last {lost} {unit}s"
    fits = int(axis.size) - lost
    keeps = axis.places(ceil=True)
    return Advice(
        Code.LOST_ROWS,
        f"no window reaches {what} of the {axis.size}: kernel {axis.extent} and stride "
        f"{axis.stride} need {fits} or {fits + int(axis.stride)}",
        help=f"write `ceil_mode: true`: a last window then stands over the end ({keeps} positions)"
        if has_ceil
        else f"pad by one more, or let what comes in have {fits} or {fits + int(axis.stride)}",
        argument="kernel_size",
        remedy=Argument("ceil_mode", "true") if has_ceil else None,
    )


def pads(sides: Sides) -> tuple[int, ...]:
    """ONNX's order: what is before all axes, then what is behind (top, left, bottom, right)."""
    return tuple(int(pair[end]) for end in (0, 1) for pair in sides)


def ints(sizes: Sizes) -> tuple[int, ...]:
    """Constants as integers."""
    return tuple(map(int, sizes))


def taps(
    np: ModuleType, x: Array, axes: Axes, places: tuple[int, ...], **padding: object
) -> Iterator[Array]:
    """For each position of the kernel, in row-major order, what every window sees there.

    Each is [N, C, *places]. ``padding`` is what ``np.pad`` is told; windows that stand over the end
    see the same there.
    """
    rims = [_rim(axis, count) for axis, count in zip(axes, places, strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *rims], **padding)
    for tap in product(*(range(int(axis.kernel)) for axis in axes)):
        spots = zip(axes, tap, places, strict=True)
        yield padded[:, :, *(_positions(*spot) for spot in spots)]


def _positions(axis: Axis, tap: int, places: int) -> slice:
    """Where the windows' taps of this number stand on the padded axis: ``d tap + s place``."""
    start, step = tap * int(axis.dilation), int(axis.stride)
    return slice(start, start + step * (places - 1) + 1, step)


def _rim(axis: Axis, places: int) -> tuple[int, int]:
    """The padding before and after, with what the last window needs beyond it."""
    end = int(axis.stride) * (places - 1) + int(axis.extent)
    return int(axis.before), max(int(axis.after), end - int(axis.size + axis.before))
