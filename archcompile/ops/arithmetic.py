"""Arithmetic of several inputs: ``add``, ``sub`` and ``mul``, which broadcast as torch does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from archcompile.ir.dim import Dim
from archcompile.ir.op import Mismatch, Op, must_equal
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import Infix
from archcompile.targets.pytorch import FunctionForm, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class Broadcast(Op):
    """Base of operators between inputs of one shape, element by element.

    Sizes of 1 and missing axes in front are repeated (torch's broadcasting), so a gate [N, C, 1, 1]
    meets a map, and so does a bare parameter [C, 1, 1], which has no batch.
    """

    arity: ClassVar[int | None] = None
    is_module: ClassVar[bool] = False
    by_channel: ClassVar[bool] = True

    def infer(self, *inputs: TensorType) -> TensorType:
        """The sizes that the inputs have together."""
        made = inputs[0].dims
        for operand, other in enumerate(inputs[1:], 1):
            met = _met(made, other.dims)
            if met is None:
                first = _culprit(inputs[:operand], other)
                help = _GATE if inputs[first].rank != other.rank else None
                rule = f"`{self.key}` needs inputs of one shape"
                raise Mismatch(rule, inputs, operand, first, help=help)
            made = met
        for operand, each in enumerate(inputs):
            if 0 < each.rank < len(made) and _is_batch(each.dims[0]):
                longer = next(at for at, other in enumerate(inputs) if other.rank == len(made))
                raise Mismatch(
                    f"`{self.key}` keeps the batch as the first axis",
                    inputs,
                    max(operand, longer),
                    min(operand, longer),
                    help=_BARE,
                )
        return inputs[0] if made == inputs[0].dims else TensorType(made)

    def taken_as_equal(self, *inputs: TensorType) -> tuple[tuple[Dim, Dim], ...]:
        """Where a call decides, both are one size; if one of them is 1, the other is repeated."""
        made, found = inputs[0].dims, []
        for other in inputs[1:]:
            pairs = _pairs(made, other.dims)
            found += [pair for pair in pairs if _ONE not in pair and pair[0] != pair[1]]
            made = _met(made, other.dims) or made
        return tuple(found)


_GATE = "only sizes of 1 are repeated: a gate of a map is [N, C, 1, 1]"

_BARE = "a bare parameter has fewer axes than the map that it meets: its shape leaves the batch out"


class Add(Broadcast):
    """``a + b + …``."""

    key: ClassVar[str] = "add"
    title: ClassVar[str] = "Sum of several inputs."


class Mul(Broadcast):
    """``a * b * …``, element by element: the gate of a squeeze-and-excitation, say."""

    key: ClassVar[str] = "mul"
    title: ClassVar[str] = "Product of several inputs, element by element."


class Sub(Broadcast):
    """``a - b``."""

    key: ClassVar[str] = "sub"
    title: ClassVar[str] = "Difference of two inputs."
    arity: ClassVar[int | None] = 2


def _met(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The sizes of both together, from the last axis on; ``None`` if they do not meet."""
    made = []
    for first, second in _pairs(one, other):
        if second == _ONE:
            made.append(first)
        elif first != _ONE and must_equal(first, second):
            # where a call decides, both are one size: the residual's `width`, not a choice
            made.append(min(first, second, key=lambda size: len(str(size))))
        elif first == _ONE:
            made.append(second)
        else:
            return None
    return tuple(made)


def _pairs(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> Iterator[tuple[Dim, Dim]]:
    """The sizes that meet; 1 meets those that the other has in front of its own."""
    rank = max(len(one), len(other))
    return zip(*((_ONE,) * (rank - len(dims)) + dims for dims in (one, other)), strict=True)


def _is_batch(size: Dim) -> bool:
    """Whether a first axis is the batch: a capital letter, which no size of a parameter is."""
    letter = str(size)
    return len(letter) == 1 and letter.isupper()


def _culprit(earlier: tuple[TensorType, ...], other: TensorType) -> int:
    """The first input that does not meet the other."""
    return next(at for at, each in enumerate(earlier) if _met(each.dims, other.dims) is None)


_SIGNS: dict[type[Op], tuple[str, str]] = {
    Add: ("+", "Add"),
    Mul: ("*", "Mul"),
    Sub: ("-", "Sub"),
}
"""Each operator in Python and in ONNX."""


@pytorch.register(*_SIGNS)
def _pytorch(op: Broadcast, *inputs: TensorType) -> FunctionForm:
    return FunctionForm(lambda operands: Infix(_SIGNS[type(op)][0], operands))


@onnx.register(*_SIGNS)
def _onnx(op: Broadcast, layer: OnnxLayer) -> str:
    """One node for two inputs; more are taken from the left, as ``a + b + c`` is."""
    _, operator = _SIGNS[type(op)]
    made = layer.inputs[0]
    for place, other in enumerate(layer.inputs[1:-1], 1):
        made = layer.part(f"{op.key}{place}", operator, made, other)
    return layer.node(operator, made, layer.inputs[-1])


@reference.register(Add)
def _add(np: ModuleType, op: Add, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """``x1 + x2 + …``."""
    total: Array = sum(inputs[1:], inputs[0])
    return total


@reference.register(Mul)
def _mul(np: ModuleType, op: Mul, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """``x1 x2 …``."""
    product: Array = reduce(np.multiply, inputs)
    return product


@reference.register(Sub)
def _sub(np: ModuleType, op: Sub, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """``x1 - x2``."""
    first, second = inputs
    return first - second
