"""``softmax`` and ``log_softmax``: torch.nn.Softmax and LogSoftmax."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.ir.arguments import Integer
from archcompile.ir.op import Op
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType
from archcompile.ops.kinds import known
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf
from archcompile.targets.pytorch import ModuleForm, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Distribution(Op):
    """Base of both: by default over features or channels.

    torch's own default (None) is deprecated there, as it depends on the rank.
    """

    dim: Integer = Field(1, description="The axis whose elements sum to 1; not the batch, 0.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        place_of_axis(self, "dim", self.dim, inputs[0])
        return inputs[0]

    def divided(self, parts: int) -> Op:
        """Along space each channel has its own sum."""
        return self if known(self.dim) > 1 else super().divided(parts)


class Softmax(Distribution):
    """``exp(x) / sum(exp(x))`` along an axis: by default over features or channels."""

    key: ClassVar[str] = "softmax"
    title: ClassVar[str] = "Softmax along an axis."


class LogSoftmax(Distribution):
    """``x - ln(sum(exp(x)))`` along an axis: by default over features or channels."""

    key: ClassVar[str] = "log_softmax"
    title: ClassVar[str] = "Logarithm of softmax along an axis."

    dim: Integer = Field(
        1, description="The axis whose elements are logarithms of what sums to 1; not the batch, 0."
    )


@pytorch.register(Softmax, LogSoftmax)
def _pytorch(op: Distribution, *inputs: TensorType) -> ModuleForm:
    """``dim`` is always said: torch's default warns."""
    call = CallOf(f"nn.{type(op).__name__}", keywords=(("dim", python_value(op.dim)),))
    return ModuleForm(call)


@onnx.register(Softmax, LogSoftmax)
def _onnx(op: Distribution, layer: OnnxLayer) -> str:
    return layer.node(type(op).__name__, layer.inputs[0], axis=op.dim)


@reference.register(Softmax)
def _softmax(
    np: ModuleType, op: Softmax, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula; subtracting the greatest element changes nothing but the range."""
    (x,) = inputs
    powers: Array = np.exp(x - x.max(axis=op.dim, keepdims=True))
    total: Array = powers.sum(axis=op.dim, keepdims=True)
    return powers / total


@reference.register(LogSoftmax)
def _log_softmax(
    np: ModuleType, op: LogSoftmax, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula, in the same range."""
    (x,) = inputs
    below = x - x.max(axis=op.dim, keepdims=True)
    y: Array = below - np.log(np.exp(below).sum(axis=op.dim, keepdims=True))
    return y
