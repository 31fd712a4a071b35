"""``dropout``: torch.nn.Dropout."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.ir.arguments import Flag, Real
from archcompile.ir.op import Op
from archcompile.ir.requirements import refuse_inplace
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _probability(value: float) -> float:
    if not 0 <= value <= 1:
        raise PydanticCustomError(
            "probability", "expected a probability from 0 to 1, got {got}", {"got": f"{value:g}"}
        )
    return value


Probability: TypeAlias = Annotated[Real, AfterValidator(_probability)]
"""A number from 0 to 1, both included."""


class Dropout(Op):
    """In training, elements become 0 at random and the rest is scaled by ``1 / (1 - p)``."""

    key: ClassVar[str] = "dropout"
    title: ClassVar[str] = "Dropout of single elements, in training only."
    by_channel: ClassVar[bool] = True

    p: Probability = Field(0.5, description="The probability that an element becomes 0.")
    inplace: Flag = Field(False, description="Refused: results are never written over inputs.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        refuse_inplace(self, self.inplace)
        return inputs[0]


@onnx.register(Dropout)
def _onnx(op: Dropout, layer: OnnxLayer) -> str:
    """A node without ``training_mode`` passes its input on; onnxruntime refuses a ratio of 1."""
    if op.p == 1:
        return layer.node("Identity", layer.inputs[0])
    return layer.node("Dropout", layer.inputs[0], layer.scalar("ratio", op.p))


@reference.register(Dropout)
def _reference(
    np: ModuleType, op: Dropout, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``x``: evaluation mode."""
    return inputs[0]
