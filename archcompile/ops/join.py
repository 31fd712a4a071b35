"""Where paths meet: ``add`` (``a + b``) and ``concat`` (torch.cat)."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Integer, Op, OpError, must_equal, place_of_axis
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, Infix, ListOf, Python
from archcompile.targets.pytorch import FunctionForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Add(Op):
    """The sum of its inputs, which have one shape; nothing is broadcast."""

    key: ClassVar[str] = "add"
    title: ClassVar[str] = "Sum of several inputs."
    arity: ClassVar[int | None] = None
    is_module: ClassVar[bool] = False

    def infer(self, *inputs: TensorType) -> TensorType:
        """The first input's type."""
        first = inputs[0]
        for operand, other in enumerate(inputs[1:], 1):
            if first.rank != other.rank or not _alike(first, other):
                raise _mismatch("`add` needs inputs of one shape", inputs, operand)
        return first


class Concat(Op):
    """Its inputs one behind the other along an axis; all other axes are equal."""

    key: ClassVar[str] = "concat"
    title: ClassVar[str] = "Concatenation along an axis."
    arity: ClassVar[int | None] = None
    is_module: ClassVar[bool] = False

    dim: Integer = Field(1, description="The axis that grows: 1 is the channels; not the batch, 0.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The first input's type, with the sum of all sizes along ``dim``."""
        first = inputs[0]
        place = place_of_axis(self, "dim", self.dim, first)
        for operand, other in enumerate(inputs[1:], 1):
            if first.rank != other.rank or not _alike(first, other, place):
                raise _mismatch(
                    f"`concat` along axis {place} needs all other axes equal", inputs, operand
                )
        total = sum((each.dims[place] for each in inputs), Dim.of(0))
        return TensorType((*first.dims[:place], total, *first.dims[place + 1 :]))


def _alike(first: TensorType, other: TensorType, but: int | None = None) -> bool:
    """Whether all axes agree, one perhaps left out."""
    pairs = enumerate(zip(first.dims, other.dims, strict=True))
    return all(must_equal(one, two) for axis, (one, two) in pairs if axis != but)


def _mismatch(rule: str, inputs: tuple[TensorType, ...], operand: int) -> OpError:
    return OpError(
        Code.SHAPE_MISMATCH,
        f"{rule}: input 1 is {inputs[0]}, input {operand + 1} is {inputs[operand]}",
        operand=operand,
    )


@pytorch.register(Add)
def _add(op: Add, *inputs: TensorType) -> FunctionForm:
    return FunctionForm(lambda operands: Infix("+", operands))


@pytorch.register(Concat)
def _cat(op: Concat, *inputs: TensorType) -> FunctionForm:
    def express(operands: tuple[Python, ...]) -> Python:
        return CallOf("torch.cat", (ListOf(operands),), (("dim", python_value(op.dim)),))

    return FunctionForm(express)


@onnx.register(Add)
def _onnx_add(op: Add, layer: OnnxLayer) -> str:
    """``Add`` for two inputs; more are added from the left, as ``a + b + c`` is."""
    total = layer.inputs[0]
    for place, other in enumerate(layer.inputs[1:-1], 1):
        total = layer.part(f"sum{place}", "Add", total, other)
    return layer.node("Add", total, layer.inputs[-1])


@onnx.register(Concat)
def _onnx_concat(op: Concat, layer: OnnxLayer) -> str:
    return layer.node("Concat", *layer.inputs, axis=op.dim)


@reference.register(Add)
def _reference_add(
    np: ModuleType, op: Add, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``x1 + x2 + …``."""
    total: Array = sum(inputs[1:], inputs[0])
    return total


@reference.register(Concat)
def _reference_concat(
    np: ModuleType, op: Concat, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """One behind the other along ``dim``."""
    joined: Array = np.concatenate(inputs, axis=op.dim)
    return joined
