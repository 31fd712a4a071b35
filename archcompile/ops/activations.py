"""Activations that work position by position: relu, tanh, sigmoid; and ``identity``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.ir.op import Flag, Op, refuse_inplace
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Elementwise(Op):
    """Base of ops whose output has the type of their only input."""

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        return inputs[0]


class ReLU(Elementwise):
    """``max(x, 0)``."""

    key: ClassVar[str] = "relu"
    title: ClassVar[str] = "Rectified linear unit, max(x, 0)."

    inplace: Flag = Field(False, description="Refused: results are never written over inputs.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        refuse_inplace(self, self.inplace)
        return inputs[0]


class Tanh(Elementwise):
    """``tanh(x)``."""

    key: ClassVar[str] = "tanh"
    title: ClassVar[str] = "Hyperbolic tangent."


class Sigmoid(Elementwise):
    """``1 / (1 + exp(-x))``."""

    key: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = "Logistic sigmoid, 1 / (1 + exp(-x))."


class Identity(Elementwise):
    """``x``."""

    key: ClassVar[str] = "identity"
    title: ClassVar[str] = "Passes its input on."


_ONNX: dict[type[Op], str] = {ReLU: "Relu", Tanh: "Tanh", Sigmoid: "Sigmoid", Identity: "Identity"}


@onnx.register(*_ONNX)
def _onnx(op: Elementwise, layer: OnnxLayer) -> str:
    return layer.node(_ONNX[type(op)], layer.inputs[0])


def _elementwise(
    formula: Callable[[ModuleType, Array], Array],
) -> Callable[[ModuleType, Op, tuple[Array, ...], Mapping[str, Array]], Array]:
    """A reference rule from a formula over the only input."""

    def rule(
        np: ModuleType, op: Op, inputs: tuple[Array, ...], weights: Mapping[str, Array]
    ) -> Array:
        return formula(np, inputs[0])

    return rule


reference.register(ReLU)(_elementwise(lambda np, x: np.maximum(x, 0)))
reference.register(Tanh)(_elementwise(lambda np, x: np.tanh(x)))
reference.register(Sigmoid)(_elementwise(lambda np, x: 1 / (1 + np.exp(-x))))
reference.register(Identity)(_elementwise(lambda np, x: x))
