"""``linear``: torch.nn.Linear."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Flag, Op, OpError, PositiveSize
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Linear(Op):
    """``y = x Wᵀ + b`` over the last axis."""

    key: ClassVar[str] = "linear"
    title: ClassVar[str] = "Fully connected layer."

    out_features: PositiveSize = Field(description="Features of the output.")
    bias: Flag = Field(True, description="Whether a bias is added.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """``[N, F]`` to ``[N, out_features]``; a map must be flattened first."""
        (x,) = inputs
        if x.rank != 2:
            raise OpError(
                Code.WRONG_RANK,
                f"`linear` expects a vector [N, F], got {x}",
                help="put `- flatten` before it",
                operand=0,
            )
        return TensorType((x.dims[0], self.out_features))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_features`` is the last axis."""
        return {"in_features": inputs[0].dims[-1]}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (out, in) and ``bias`` (out), both uniform in ±1/sqrt(in)."""
        features = inputs[0].dims[-1]
        init = UniformFanIn(features)
        weight = Weight("weight", (self.out_features, features), init)
        bias = (Weight("bias", (self.out_features,), init),) if self.bias else ()
        return (weight, *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """in × out."""
        return inputs[0].dims[-1] * self.out_features


@onnx.register(Linear)
def _onnx(op: Linear, layer: OnnxLayer) -> str:
    bias = [layer.weights["bias"]] if op.bias else []
    return layer.node("Gemm", layer.inputs[0], layer.weights["weight"], *bias, transB=1)


@reference.register(Linear)
def _reference(
    np: ModuleType, op: Linear, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    product: Array = np.einsum("nf,of->no", x, weights["weight"])
    return product + weights["bias"] if op.bias else product
