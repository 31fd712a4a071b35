"""``softmax``: torch.nn.Softmax."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.ir.op import Integer, Op, place_of_axis
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf
from archcompile.targets.pytorch import ModuleForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Softmax(Op):
    """``exp(x) / sum(exp(x))`` along an axis: by default over features or channels.

    torch's own default (None) is deprecated there, as it depends on the rank.
    """

    key: ClassVar[str] = "softmax"
    title: ClassVar[str] = "Softmax along an axis."

    dim: Integer = Field(1, description="The axis whose elements sum to 1; not the batch, 0.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        place_of_axis(self, "dim", self.dim, inputs[0])
        return inputs[0]


@pytorch.register(Softmax)
def _pytorch(op: Softmax, *inputs: TensorType) -> ModuleForm:
    """``dim`` is always said: torch's default warns."""
    return ModuleForm(CallOf("nn.Softmax", keywords=(("dim", python_value(op.dim)),)))


@onnx.register(Softmax)
def _onnx(op: Softmax, layer: OnnxLayer) -> str:
    return layer.node("Softmax", layer.inputs[0], axis=op.dim)


@reference.register(Softmax)
def _reference(
    np: ModuleType, op: Softmax, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula; subtracting the greatest element changes nothing but the range."""
    (x,) = inputs
    powers: Array = np.exp(x - x.max(axis=op.dim, keepdims=True))
    total: Array = powers.sum(axis=op.dim, keepdims=True)
    return powers / total
