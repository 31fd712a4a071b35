"""Tensors that stand by themselves: ``parameter``, a bare weight, and ``constant``, its fixed twin.

Neither has a batch axis: what reads them repeats them for every sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.ir.arguments import Real
from archcompile.ir.op import Op, Unknown
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant as Full
from archcompile.ir.weight import Weight
from archcompile.ops.kinds import PositiveSizes, known
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, ListOf, Python, TupleOf, Verbatim
from archcompile.targets.pytorch import AttributeForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Parameter(Op):
    """A weight of its own, as torch.nn.Parameter: a layer scale, a position code.

    Its key in the state_dict is its name.
    """

    key: ClassVar[str] = "parameter"
    title: ClassVar[str] = "A weight that stands by itself."
    arity: ClassVar[int | None] = 0
    is_module: ClassVar[bool] = False
    takes_list: ClassVar[bool] = True

    shape: PositiveSizes = Field(description="Its sizes: [C, 1, 1] meets a map [N, C, H, W].")
    init: Real = Field(0.0, description="What every element is at first.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """``shape``."""
        return TensorType(known(self.shape))

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """One without a name."""
        return (Weight("", known(self.shape), Full(known(self.init))),)


_LARGEST = 3.4028234663852886e38
"""The largest float32."""

_Numbers: TypeAlias = float | tuple[object, ...]
"""A number, or rows of rows of numbers."""


class _Ragged(Exception):
    """Rows of different lengths."""


def _numbers(value: object) -> object:
    """Numbers nested as they are written, every row of one depth as long as the others."""
    try:
        found = _nested(value)
        _shape(found)
    except (_Ragged, TypeError) as error:
        got = f": {error}" if isinstance(error, _Ragged) and error.args else ""
        raise PydanticCustomError(
            "numbers", "expected a number, or lists of numbers of one length{got}", {"got": got}
        ) from None
    return (found,) if isinstance(found, float) else found


def _nested(value: object) -> _Numbers:
    if isinstance(value, list | tuple):
        return tuple(map(_nested, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    if not abs(value) <= _LARGEST:
        raise TypeError(value)
    return float(value)


def _shape(value: object) -> tuple[int, ...]:
    """The sizes. Raises ``_Ragged`` for rows that differ, and for none at all."""
    if not isinstance(value, tuple):
        return ()
    rows = [_shape(row) for row in value]
    if not rows:
        raise _Ragged
    other = next((place for place, row in enumerate(rows) if row != rows[0]), None)
    if other is not None:
        raise _Ragged(_unlike(rows[0], rows[other], other + 1))
    return (len(value), *rows[0])


def _unlike(first: tuple[int, ...], other: tuple[int, ...], place: int) -> str:
    """How an item differs from the first of its list."""
    if first and other:
        return f"item 1 has the sizes {list(first)}, and item {place} has {list(other)}"
    of_first, of_other = ("a list" if shape else "a number" for shape in (first, other))
    return f"item 1 is {of_first}, and item {place} is {of_other}"


def _flat(value: object) -> Iterator[float]:
    if isinstance(value, tuple):
        for row in value:
            yield from _flat(row)
    elif isinstance(value, float):
        yield value


Numbers: TypeAlias = Annotated[tuple[object, ...], BeforeValidator(_numbers)]
"""Numbers in nested lists; one number stands for a list of one."""


class Constant(Op):
    """Fixed numbers, which no training changes and no state_dict holds."""

    key: ClassVar[str] = "constant"
    title: ClassVar[str] = "Fixed numbers."
    arity: ClassVar[int | None] = 0
    is_module: ClassVar[bool] = False
    takes_list: ClassVar[bool] = True

    values: Numbers = Field(description="The numbers, in lists as deep as it has axes.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The lists' lengths, from outside in."""
        return TensorType.of(*_shape(known(self.values)))


@pytorch.register(Parameter)
def _pytorch(op: Parameter, *inputs: TensorType) -> AttributeForm:
    """``nn.Parameter(torch.full((64, 1, 1), 1e-6))``."""
    is_open = isinstance(op.shape, Unknown) or isinstance(op.init, Unknown)
    if is_open or op.init not in (0.0, 1.0):
        return AttributeForm(CallOf("torch.full", (_shape_of(op), python_value(op.init))))
    sizes = tuple(map(python_value, op.shape)) or (TupleOf(()),)
    return AttributeForm(CallOf("torch.ones" if op.init else "torch.zeros", sizes))


def _shape_of(op: Parameter) -> Python:
    if isinstance(op.shape, Unknown):
        return Verbatim(op.shape.text)
    return TupleOf(tuple(map(python_value, op.shape)))


@pytorch.register(Constant)
def _pytorch_constant(op: Constant, *inputs: TensorType) -> AttributeForm:
    """``torch.tensor([[0.0, 1.0]])``, a buffer."""
    values = op.values
    made = Verbatim(values.text) if isinstance(values, Unknown) else _listed(values)
    return AttributeForm(CallOf("torch.tensor", (made,)), is_trained=False)


def _listed(value: object) -> Python:
    return ListOf(tuple(map(_listed, value))) if isinstance(value, tuple) else python_value(value)


@onnx.register(Parameter)
def _onnx(op: Parameter, layer: OnnxLayer) -> str:
    """The initialiser itself, under the layer's name."""
    return layer.node("Identity", layer.weights[""])


@onnx.register(Constant)
def _onnx_constant(op: Constant, layer: OnnxLayer) -> str:
    """Numbers that the graph holds."""
    values = layer.floats("values", _shape(op.values), tuple(_flat(op.values)))
    return layer.node("Identity", values)


@reference.register(Parameter)
def _reference(
    np: ModuleType, op: Parameter, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The weight."""
    return weights[""]


@reference.register(Constant)
def _reference_constant(
    np: ModuleType, op: Constant, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The numbers, as float32 holds them."""
    array: Array = np.asarray(op.values, dtype="float32").astype("float64")
    return array
