"""What convolutions and pools share: padding, and windows that slide over the two axes of a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import OpError, Undecided, Unknown, Window, said
from archcompile.ir.types import TensorType

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

Pair: TypeAlias = tuple[Dim, Dim]
"""(height, width)."""
Sides: TypeAlias = tuple[Pair, Pair]
"""((top, bottom), (left, right))."""

ONE: Pair = (Dim.of(1), Dim.of(1))
NONE: Pair = (Dim.of(0), Dim.of(0))

_WANTED = "expected an integer, [height, width] or [[top, bottom], [left, right]]"


def _padding(value: object) -> object:
    """One integer, one for each axis, or two for each axis; sides that are equal are one."""
    axes = value if isinstance(value, tuple | list) else (value, value)
    if len(axes) != 2:
        raise PydanticCustomError("padding", _WANTED + ", got {got}", {"got": said(value)})
    sides = tuple(_before_and_after(axis, value) for axis in axes)
    if all(before == after for before, after in sides):
        return tuple(before for before, _ in sides)
    return sides


def _before_and_after(axis: object, whole: object) -> Pair:
    pair = axis if isinstance(axis, tuple | list) else (axis, axis)
    if len(pair) != 2:
        raise PydanticCustomError("padding", _WANTED + ", got {got}", {"got": said(whole)})
    before, after = (_amount(each) for each in pair)
    return before, after


def _amount(value: object) -> Dim:
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        raise PydanticCustomError("padding", _WANTED + ", got {got}", {"got": said(value)})
    amount = Dim.of(value)
    if amount.always_at_least(0) is False:
        raise PydanticCustomError("padding", "expected at least 0, got {got}", {"got": str(amount)})
    return amount


def _padding_or_word(value: object) -> object:
    if not isinstance(value, str):
        return _padding(value)
    if value not in ("same", "valid"):
        raise PydanticCustomError(
            "padding", _WANTED + ", same or valid, got {got}", {"got": said(value)}
        )
    return value


_Pair: TypeAlias = tuple[InstanceOf[Dim], InstanceOf[Dim]]
Padding: TypeAlias = Annotated[_Pair | tuple[_Pair, _Pair], BeforeValidator(_padding)]
"""(height, width), or ((top, bottom), (left, right)) where sides differ; each at least 0."""
PaddingOrWord: TypeAlias = Annotated[
    _Pair | tuple[_Pair, _Pair] | Literal["same", "valid"], BeforeValidator(_padding_or_word)
]
"""``Padding``, or a convolution's ``same`` and ``valid``."""


def sides_of(padding: Pair | Sides) -> Sides:
    """The four sides. Raises ``Undecided`` for a padding that a block's call will give."""
    if isinstance(padding, Unknown):
        raise Undecided(padding.text)
    height, width = (each if isinstance(each, tuple) else (each, each) for each in padding)
    return height, width


def is_sided(padding: object) -> bool:
    """Whether two sides of an axis differ, so that torch's own classes cannot say it."""
    return isinstance(padding, tuple) and isinstance(padding[0], tuple)


@dataclass(frozen=True, slots=True)
class Axis:
    """A window on its way along one axis of ``size`` positions, padded before and after."""

    name: Literal["height", "width"]
    size: Dim
    kernel: Dim
    stride: Dim
    dilation: Dim
    before: Dim
    after: Dim

    @property
    def extent(self) -> Dim:
        """The positions between the window's ends, both included: ``d (k - 1) + 1``."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> Dim:
        """The axis with its padding."""
        return self.size + self.before + self.after

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


Axes: TypeAlias = tuple[Axis, Axis]


def axes_of(x: TensorType, kernel: Pair, stride: Pair, sides: Sides, dilation: Pair = ONE) -> Axes:
    """The two axes of a map [N, C, H, W] under a window."""
    height, width = x.spatial
    (top, bottom), (left, right) = sides
    return (
        Axis("height", height, kernel[0], stride[0], dilation[0], top, bottom),
        Axis("width", width, kernel[1], stride[1], dilation[1], left, right),
    )


def slide(key: str, axis: Axis, *, ceil: bool = False) -> Dim:
    """The number of output positions; ``OpError`` if not one window fits."""
    places = axis.places(ceil=ceil)
    if places.always_at_least(1) is not False:
        return places
    raise OpError(
        Code.DOES_NOT_FIT,
        f"`{key}`: kernel {_kernel(axis)} is larger than the {_input(axis)} along the {axis.name}",
        argument="kernel_size",
        help="a smaller kernel, more padding, or a larger input; earlier strides shrink it too",
    )


def _kernel(axis: Axis) -> str:
    if axis.dilation == Dim.of(1):
        return str(axis.kernel)
    return f"{axis.extent} ({axis.kernel} dilated by {axis.dilation})"


def _input(axis: Axis) -> str:
    if axis.padded == axis.size:
        return f"input {axis.size}"
    return f"padded input {axis.padded} ({axis.before} + {axis.size} + {axis.after})"


def pads(sides: Sides) -> tuple[int, int, int, int]:
    """ONNX's order: top, left, bottom, right."""
    (top, bottom), (left, right) = sides
    return int(top), int(left), int(bottom), int(right)


def ints(pair: tuple[Dim, ...]) -> tuple[int, int]:
    """A pair of constants as integers."""
    first, second = pair
    return int(first), int(second)


def taps(
    np: ModuleType, x: Array, axes: Axes, places: tuple[int, int], **padding: object
) -> Iterator[tuple[int, int, Array]]:
    """For each position (i, j) of the kernel what every window sees there, [N, C, *places].

    ``padding`` is what ``np.pad`` is told; windows that stand over the end see the same there.
    """
    rims = [_rim(axis, count) for axis, count in zip(axes, places, strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *rims], **padding)
    down, across = axes
    for i in range(int(down.kernel)):
        rows = _positions(down, i, places[0])
        for j in range(int(across.kernel)):
            yield i, j, padded[:, :, rows, _positions(across, j, places[1])]


def _positions(axis: Axis, tap: int, places: int) -> slice:
    """Where the windows' taps of this number stand on the padded axis: ``d tap + s place``."""
    start, step = tap * int(axis.dilation), int(axis.stride)
    return slice(start, start + step * (places - 1) + 1, step)


def _rim(axis: Axis, places: int) -> tuple[int, int]:
    """The padding before and after, with what the last window needs beyond it."""
    end = int(axis.stride) * (places - 1) + int(axis.extent)
    return int(axis.before), max(int(axis.after), end - int(axis.size + axis.before))
