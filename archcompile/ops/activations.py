"""Activations without a shape of their own: what works position by position, and ``identity``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import Field

from archcompile.ir.arguments import Flag
from archcompile.ir.op import Op
from archcompile.ir.requirements import refuse_inplace
from archcompile.ir.types import TensorType
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

Inplace: TypeAlias = Annotated[
    Flag, Field(description="Refused: results are never written over inputs.")
]
"""torch's ``inplace``."""


class Elementwise(Op):
    """Base of ops whose output has the type of their only input, position by position."""

    by_channel: ClassVar[bool] = True

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        refuse_inplace(self, getattr(self, "inplace", False))
        return inputs[0]


class ReLU(Elementwise):
    """``max(x, 0)``."""

    key: ClassVar[str] = "relu"
    title: ClassVar[str] = "Rectified linear unit, max(x, 0)."

    inplace: Inplace = False


class ReLU6(Elementwise):
    """``min(max(x, 0), 6)``."""

    key: ClassVar[str] = "relu6"
    title: ClassVar[str] = "Rectified linear unit that ends at 6."

    inplace: Inplace = False


class Tanh(Elementwise):
    """``tanh(x)``."""

    key: ClassVar[str] = "tanh"
    title: ClassVar[str] = "Hyperbolic tangent."


class Sigmoid(Elementwise):
    """``1 / (1 + exp(-x))``."""

    key: ClassVar[str] = "sigmoid"
    title: ClassVar[str] = "Logistic sigmoid, 1 / (1 + exp(-x))."


class SiLU(Elementwise):
    """``x sigmoid(x)``, also called swish (Elfwing et al. 2018; Ramachandran et al. 2017)."""

    key: ClassVar[str] = "silu"
    title: ClassVar[str] = "Sigmoid linear unit (swish), x * sigmoid(x)."

    inplace: Inplace = False


class Mish(Elementwise):
    """``x tanh(ln(1 + exp(x)))`` (Misra 2019)."""

    key: ClassVar[str] = "mish"
    title: ClassVar[str] = "Mish, x * tanh(softplus(x))."

    inplace: Inplace = False


class Hardsigmoid(Elementwise):
    """``min(max(x + 3, 0), 6) / 6``."""

    key: ClassVar[str] = "hardsigmoid"
    title: ClassVar[str] = "Sigmoid made of three straight lines."

    inplace: Inplace = False


class Hardswish(Elementwise):
    """``x min(max(x + 3, 0), 6) / 6`` (Howard et al. 2019, MobileNetV3, sec. 5.2)."""

    key: ClassVar[str] = "hardswish"
    title: ClassVar[str] = "Swish with a sigmoid made of three straight lines."

    inplace: Inplace = False


class Abs(Elementwise):
    """``|x|``: torch.abs as a module."""

    key: ClassVar[str] = "abs"
    title: ClassVar[str] = "Absolute value."


class Identity(Elementwise):
    """``x``."""

    key: ClassVar[str] = "identity"
    title: ClassVar[str] = "Passes its input on."


ABS = Support(
    "Abs",
    '''\
class Abs(nn.Module):
    """The absolute value of each element."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return torch.abs(input)
''',
)
pytorch.register(Abs)(support_rule(ABS))


_ONNX: dict[type[Op], str] = {
    ReLU: "Relu",
    Tanh: "Tanh",
    Sigmoid: "Sigmoid",
    Mish: "Mish",
    Hardswish: "HardSwish",
    Abs: "Abs",
    Identity: "Identity",
}


@onnx.register(*_ONNX)
def _onnx(op: Elementwise, layer: OnnxLayer) -> str:
    return layer.node(_ONNX[type(op)], layer.inputs[0])


@onnx.register(ReLU6)
def _onnx_relu6(op: ReLU6, layer: OnnxLayer) -> str:
    return layer.node("Clip", layer.inputs[0], layer.scalar("min", 0), layer.scalar("max", 6))


@onnx.register(SiLU)
def _onnx_silu(op: SiLU, layer: OnnxLayer) -> str:
    (x,) = layer.inputs
    return layer.node("Mul", x, layer.part("sigmoid", "Sigmoid", x))


@onnx.register(Hardsigmoid)
def _onnx_hardsigmoid(op: Hardsigmoid, layer: OnnxLayer) -> str:
    return layer.node("HardSigmoid", layer.inputs[0], alpha=1 / 6, beta=0.5)


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
reference.register(ReLU6)(_elementwise(lambda np, x: np.clip(x, 0, 6)))
reference.register(Tanh)(_elementwise(lambda np, x: np.tanh(x)))
reference.register(Sigmoid)(_elementwise(lambda np, x: 1 / (1 + np.exp(-x))))
reference.register(SiLU)(_elementwise(lambda np, x: x / (1 + np.exp(-x))))
reference.register(Mish)(_elementwise(lambda np, x: x * np.tanh(np.logaddexp(0, x))))
reference.register(Hardsigmoid)(_elementwise(lambda np, x: np.clip(x + 3, 0, 6) / 6))
reference.register(Hardswish)(_elementwise(lambda np, x: x * np.clip(x + 3, 0, 6) / 6))
reference.register(Abs)(_elementwise(lambda np, x: np.abs(x)))
reference.register(Identity)(_elementwise(lambda np, x: x))
