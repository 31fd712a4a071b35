"""Adaptive pools: torch.nn.AdaptiveAvgPool1d, AdaptiveAvgPool2d and AdaptiveMaxPool2d."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import gcd
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, said
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Window, must_divide
from archcompile.ir.types import TensorType
from archcompile.ops.pooling import refuse_indices
from archcompile.ops.windows import ONE, PositiveSingle, axis_names, ints, require_map
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _output_size(value: object) -> object:
    """One size for both axes or one for each; none keeps the input's."""
    sizes = value if isinstance(value, tuple | list) else (value, value)
    if len(sizes) != 2:
        raise PydanticCustomError(
            "output_size",
            "expected one integer or two (height, width), got {got}",
            {"got": said(value)},
        )
    return tuple(_size(size) for size in sizes)


def _size(value: object) -> Dim | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        raise PydanticCustomError(
            "output_size", "expected an integer or none, got {got}", {"got": said(value)}
        )
    size = Dim.of(value)
    if size.always_at_least(1) is False:
        raise PydanticCustomError(
            "output_size", "expected at least 1, got {got}", {"got": str(size)}
        )
    return size


OutputSize: TypeAlias = Annotated[
    tuple[InstanceOf[Dim] | None, InstanceOf[Dim] | None], BeforeValidator(_output_size)
]
"""(height, width), each at least 1 or None."""


class AdaptivePool(Op):
    """Base of the adaptive pools: as many windows as asked for, of whatever size that takes."""

    by_channel: ClassVar[bool] = True

    output_size: tuple[InstanceOf[Dim] | None, ...]

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, *output_size]."""
        (x,) = inputs
        axes = len(self.output_size)
        require_map(self, x, axes)
        for name, size, places in zip(axis_names(axes), x.spatial, self.places(x), strict=True):
            _require_known(self, name, size, places)
        return TensorType((*x.dims[:2], *self.places(x)))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The largest window, ``ceil``; windows are ``floor(in / out)`` apart."""
        (x,) = inputs
        return tuple(
            _window(size, places) for size, places in zip(x.spatial, self.places(x), strict=True)
        )

    def places(self, x: TensorType) -> tuple[Dim, ...]:
        """The output's size along each axis."""
        return tuple(
            size if wanted is None else wanted
            for size, wanted in zip(x.spatial, self.output_size, strict=True)
        )


class AdaptiveAvgPool1d(AdaptivePool):
    """The mean of as many windows as asked for, of whatever size that takes."""

    key: ClassVar[str] = "adaptive_avg_pool1d"
    title: ClassVar[str] = "Mean over windows of a sequence, to a given length."

    output_size: PositiveSingle = Field(description="Length of the output.")


class AdaptiveAvgPool2d(AdaptivePool):
    """The mean of as many windows as asked for, of whatever size that takes."""

    key: ClassVar[str] = "adaptive_avg_pool2d"
    title: ClassVar[str] = "Mean over windows, to a given size."

    output_size: OutputSize = Field(
        description="Height and width of the output; none keeps the input's."
    )


class AdaptiveMaxPool2d(AdaptivePool):
    """The greatest element of as many windows as asked for, of whatever size that takes."""

    key: ClassVar[str] = "adaptive_max_pool2d"
    title: ClassVar[str] = "Maximum over windows, to a given size."

    output_size: OutputSize = Field(
        description="Height and width of the output; none keeps the input's."
    )
    return_indices: Flag = Field(
        False, description="Refused: an op has one output, the greatest elements."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, *output_size]."""
        refuse_indices(self, self.return_indices)
        return super().infer(*inputs)


def _require_known(op: AdaptivePool, name: str, size: Dim, places: Dim) -> None:
    """Of an axis without a number, windows are equal or their sizes would depend on it."""
    if size.is_constant or must_divide(places, size):
        return
    raise OpError(
        Code.UNSUPPORTED,
        f"`{op.key}` to {places} along the {name} {size}: "
        "the windows would depend on a size that is not known",
        argument="output_size",
        help=f"give the input a number for its {name}, or a {name} that {places} divides",
    )


def _window(size: Dim, places: Dim) -> Window:
    """Where ``out`` does not divide, window starts have every remainder that gcd(in, out) does."""
    if not (size.is_constant and places.is_constant):
        return Window(size // places, size // places)
    whole, count = int(size), int(places)
    largest = -(-(whole + count - gcd(whole, count)) // count)
    return Window(Dim.of(largest), Dim.of(max(1, whole // count)))


def _spans(size: int, places: int) -> list[tuple[int, int]]:
    """Window i covers ``floor(i in / out)`` up to, not including, ``ceil((i + 1) in / out)``.

    (ATen's AdaptivePooling.h.)
    """
    return [(i * size // places, -(-(i + 1) * size // places)) for i in range(places)]


@dataclass(frozen=True, slots=True)
class _Kind:
    """ONNX's words for one kind of pool."""

    whole: str
    windowed: str
    reduction: str


_MEAN = _Kind("GlobalAveragePool", "AveragePool", "ReduceMean")
_MAXIMUM = _Kind("GlobalMaxPool", "MaxPool", "ReduceMax")


@onnx.register(AdaptiveAvgPool1d, AdaptiveAvgPool2d)
def _onnx_mean(op: AdaptivePool, layer: OnnxLayer) -> str:
    return _onnx(op, layer, _MEAN)


@onnx.register(AdaptiveMaxPool2d)
def _onnx_maximum(op: AdaptivePool, layer: OnnxLayer) -> str:
    return _onnx(op, layer, _MAXIMUM)


def _onnx(op: AdaptivePool, layer: OnnxLayer, kind: _Kind) -> str:
    (x,), (type_,) = layer.inputs, layer.types
    sizes, places = type_.spatial, op.places(type_)
    if sizes == places:
        return layer.node("Identity", x)
    if all(count == ONE for count in places):
        return layer.node(kind.whole, x)
    if all(
        size.is_constant and size.divisible_by(count)
        for size, count in zip(sizes, places, strict=True)
    ):
        kernel = tuple(int(size // count) for size, count in zip(sizes, places, strict=True))
        return layer.node(kind.windowed, x, kernel_shape=kernel, strides=kernel)
    return _axis_by_axis(layer, x, sizes, places, kind)


def _axis_by_axis(
    layer: OnnxLayer, x: str, sizes: tuple[Dim, ...], places: tuple[Dim, ...], kind: _Kind
) -> str:
    """A window's mean is that of its columns' means, and its maximum likewise: the last axis first.

    What stands behind an axis then has the output's size.
    """
    todo = [axis for axis in reversed(range(len(sizes))) if sizes[axis] != places[axis]]
    for axis in todo:
        name = axis_names(len(sizes))[axis]
        cut = _Cut(name, axis + 2, sizes[axis], places[axis], places[axis + 1 :])
        emit = layer.node if axis == todo[-1] else partial(layer.part, name)
        if kind is _MEAN and cut.size.is_constant:
            x = emit("MatMul", *_means(layer, x, cut))
        else:
            along = layer.ints(f"{name}_axis", cut.place + 1)
            x = emit(kind.reduction, _windows(layer, x, cut), along, keepdims=0)
    return x


@dataclass(frozen=True, slots=True)
class _Cut:
    """An axis at ``place`` that is cut into ``places`` windows, and the sizes behind it."""

    name: str
    place: int
    size: Dim
    places: Dim
    behind: tuple[Dim, ...]


def _means(layer: OnnxLayer, x: str, cut: _Cut) -> tuple[str, str]:
    """What are multiplied: x by the matrix [size, places] whose column i averages over window i."""
    size, places = int(cut.size), int(cut.places)
    rows = [
        [1 / (stop - start) if start <= position < stop else 0.0 for position in range(size)]
        for start, stop in _spans(size, places)
    ]
    if cut.behind:
        values = tuple(value for row in rows for value in row)
        return layer.floats(f"{cut.name}_means", (places, size), values), x
    values = tuple(row[position] for position in range(size) for row in rows)
    return x, layer.floats(f"{cut.name}_means", (size, places), values)


def _windows(layer: OnnxLayer, x: str, cut: _Cut) -> str:
    """The axis made two: windows, and the positions of each.

    A window shorter than the longest repeats its last position, which changes no maximum.
    """
    if cut.size.is_constant and not cut.size.divisible_by(cut.places):
        spans = _spans(int(cut.size), int(cut.places))
        longest = range(max(stop - start for start, stop in spans))
        seen = [min(start + place, stop - 1) for start, stop in spans for place in longest]
        positions = layer.ints(f"{cut.name}_positions", *seen)
        x = layer.part(f"{cut.name}_gathered", "Gather", x, positions, axis=cut.place)
    return layer.part(f"{cut.name}_windows", "Reshape", x, _cut_shape(layer, x, cut))


def _cut_shape(layer: OnnxLayer, x: str, cut: _Cut) -> str:
    """The shape with ``places, -1`` instead of the axis; Reshape reads 0 as what stands there."""
    windows = (int(cut.places), -1)
    if all(size.is_constant for size in cut.behind):
        front, back = (0,) * cut.place, tuple(map(int, cut.behind))
        return layer.ints(f"{cut.name}_shape", *front, *windows, *back)
    return layer.part(
        f"{cut.name}_shape",
        "Concat",
        layer.part(f"{cut.name}_front", "Shape", x, start=0, end=cut.place),
        layer.ints(f"{cut.name}_cut", *windows),
        layer.part(f"{cut.name}_back", "Shape", x, start=cut.place + 1),
        axis=0,
    )


@reference.register(AdaptiveAvgPool1d, AdaptiveAvgPool2d)
def _reference_mean(
    np: ModuleType, op: AdaptivePool, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w]`` is the mean of ``x`` over window h of the rows and window w of the columns."""
    return _reduced(np, op, inputs[0], np.mean)


@reference.register(AdaptiveMaxPool2d)
def _reference_maximum(
    np: ModuleType, op: AdaptivePool, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[h, w]`` is the maximum of ``x`` over window h of the rows and window w of the columns."""
    return _reduced(np, op, inputs[0], np.max)


def _reduced(np: ModuleType, op: AdaptivePool, x: Array, reduction: Callable[..., Array]) -> Array:
    places = ints(op.places(TensorType.of(*x.shape)))
    spans = [_spans(size, count) for size, count in zip(x.shape[2:], places, strict=True)]
    axes = tuple(range(2, x.ndim))
    windows = product(*([slice(*span) for span in each] for each in spans))
    y: Array = np.stack([reduction(x[:, :, *window], axis=axes) for window in windows], axis=-1)
    return y.reshape(*x.shape[:2], *places)
