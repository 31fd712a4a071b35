"""``adaptive_avg_pool2d``: torch.nn.AdaptiveAvgPool2d."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Window, must_divide, require_rank, said
from archcompile.ir.types import TensorType
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


class AdaptiveAvgPool2d(Op):
    """The mean of as many windows as asked for, of whatever size that takes."""

    key: ClassVar[str] = "adaptive_avg_pool2d"
    title: ClassVar[str] = "Mean over windows, to a given size."

    output_size: OutputSize = Field(
        description="Height and width of the output; none keeps the input's."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """[N, C, H, W] to [N, C, *output_size]."""
        (x,) = inputs
        require_rank(self, x, 4, layout="a map [N, C, H, W]")
        for name, size, places in zip(("height", "width"), x.spatial, self.places(x), strict=True):
            _require_known(name, size, places)
        return TensorType((*x.dims[:2], *self.places(x)))

    def windows(self, *inputs: TensorType) -> tuple[Window, ...]:
        """The largest window, ``ceil``; windows are ``floor(in / out)`` apart."""
        (x,) = inputs
        return tuple(
            _window(size, places) for size, places in zip(x.spatial, self.places(x), strict=True)
        )

    def places(self, x: TensorType) -> tuple[Dim, ...]:
        """The output's height and width."""
        return tuple(
            size if wanted is None else wanted
            for size, wanted in zip(x.spatial, self.output_size, strict=True)
        )


def _require_known(name: str, size: Dim, places: Dim) -> None:
    """Of an axis without a number, windows are equal or their sizes would depend on it."""
    if size.is_constant or must_divide(places, size):
        return
    raise OpError(
        Code.UNSUPPORTED,
        f"`adaptive_avg_pool2d` to {places} along the {name} {size}: "
        "the windows would depend on a size that is not known",
        argument="output_size",
        help=f"give the input a number for its {name}, or one that {places} divides",
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


@onnx.register(AdaptiveAvgPool2d)
def _onnx(op: AdaptiveAvgPool2d, layer: OnnxLayer) -> str:
    (x,), (type_,) = layer.inputs, layer.types
    sizes, places = type_.spatial, op.places(type_)
    if sizes == places:
        return layer.node("Identity", x)
    if places == (Dim.of(1), Dim.of(1)):
        return layer.node("GlobalAveragePool", x)
    if all(
        size.is_constant and size.divisible_by(count)
        for size, count in zip(sizes, places, strict=True)
    ):
        kernel = tuple(int(size // count) for size, count in zip(sizes, places, strict=True))
        return layer.node("AveragePool", x, kernel_shape=kernel, strides=kernel)
    return _axis_by_axis(layer, x, sizes, places)


def _axis_by_axis(layer: OnnxLayer, x: str, sizes: tuple[Dim, ...], places: tuple[Dim, ...]) -> str:
    """The mean over a window is the mean over its columns of the means over its rows."""
    (height, width), (rows, columns) = sizes, places
    if height == rows:
        return _along_width(layer, x, width, columns, last=True)
    if width != columns:
        x = _along_width(layer, x, width, columns, last=False)
    return _along_height(layer, x, height, rows, columns)


def _along_width(layer: OnnxLayer, x: str, width: Dim, columns: Dim, *, last: bool) -> str:
    if width.is_constant:
        means = _means(layer, "columns", int(width), int(columns), transposed=True)
        return layer.node("MatMul", x, means) if last else layer.part("width", "MatMul", x, means)
    shape = layer.ints("columns", 0, 0, 0, int(columns), -1)
    x, axis = layer.part("windows_across", "Reshape", x, shape), layer.ints("across", 4)
    if last:
        return layer.node("ReduceMean", x, axis, keepdims=0)
    return layer.part("width", "ReduceMean", x, axis, keepdims=0)


def _along_height(layer: OnnxLayer, x: str, height: Dim, rows: Dim, columns: Dim) -> str:
    if height.is_constant:
        return layer.node("MatMul", _means(layer, "rows", int(height), int(rows)), x)
    if not columns.is_constant:  # the width is kept as it is: only the height is cut
        shape = layer.part(
            "shape",
            "Concat",
            layer.part("front", "Shape", x, start=0, end=2),
            layer.ints("rows", int(rows), -1),
            layer.part("back", "Shape", x, start=3),
            axis=0,
        )
    else:
        shape = layer.ints("rows", 0, 0, int(rows), -1, int(columns))
    x = layer.part("windows_down", "Reshape", x, shape)
    return layer.node("ReduceMean", x, layer.ints("down", 3), keepdims=0)


def _means(
    layer: OnnxLayer, label: str, size: int, places: int, *, transposed: bool = False
) -> str:
    """The matrix [places, size] whose row i averages over window i."""
    rows = [
        [1 / (stop - start) if start <= position < stop else 0.0 for position in range(size)]
        for start, stop in _spans(size, places)
    ]
    if transposed:
        values = tuple(row[position] for position in range(size) for row in rows)
        return layer.floats(label, (size, places), values)
    return layer.floats(label, (places, size), tuple(value for row in rows for value in row))


@reference.register(AdaptiveAvgPool2d)
def _reference(
    np: ModuleType,
    op: AdaptiveAvgPool2d,
    inputs: tuple[Array, ...],
    weights: Mapping[str, Array],
) -> Array:
    """``y[h, w]`` is the mean of ``x`` over window h of the rows and window w of the columns."""
    (x,) = inputs
    rows, columns = map(int, op.places(TensorType.of(*x.shape)))
    y: Array = np.empty((*x.shape[:2], rows, columns))
    for h, (top, bottom) in enumerate(_spans(x.shape[2], rows)):
        for w, (left, right) in enumerate(_spans(x.shape[3], columns)):
            y[:, :, h, w] = x[:, :, top:bottom, left:right].mean(axis=(2, 3))
    return y
