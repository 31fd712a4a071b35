"""``prelu``: torch.nn.PReLU."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Real, said
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, Undecided, Unknown, must_equal
from archcompile.ir.remedy import Argument
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant, Weight
from archcompile.ops.activations import Elementwise
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_CHANNELS = "channels"


def _slopes(value: object) -> object:
    if value == _CHANNELS or isinstance(value, Dim):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError(
            "slopes", "expected 1 or channels, got {got}", {"got": said(value)}
        )
    return Dim.of(value)


class PReLU(Elementwise):
    """``x`` above 0, ``weight x`` below, with one weight or one for each channel.

    He, Zhang, Ren, Sun 2015, eq. 1. A number for all channels may be written out, as in torch.
    """

    key: ClassVar[str] = "prelu"
    title: ClassVar[str] = "Rectified linear unit whose slope below 0 is learnt."

    num_parameters: Annotated[InstanceOf[Dim] | Literal["channels"], BeforeValidator(_slopes)] = (
        Field(Dim.of(1), description="1: one slope for all; channels: one for each channel.")
    )
    init: Real = Field(0.25, description="What the slopes start as.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        (x,) = inputs
        slopes = self.slopes(x)
        if slopes == Dim.of(1) or must_equal(slopes, x.channels):
            return x
        raise OpError(
            Code.BAD_ARGUMENT,
            f"`prelu` has one slope, or one for each of the {x.channels} channels, got {slopes}",
            argument="num_parameters",
            help="write `num_parameters: channels`, as many as the input has",
            remedy=Argument("num_parameters", "channels"),
        )

    def slopes(self, x: TensorType) -> Dim:
        """The number of weights."""
        if isinstance(self.num_parameters, Unknown):
            raise Undecided(self.num_parameters.text)
        return x.channels if isinstance(self.num_parameters, str) else self.num_parameters

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight``: 0.25, or as ``init`` says."""
        return (Weight("weight", (self.slopes(inputs[0]),), Constant(self.init)),)


@pytorch.register(PReLU)
def _pytorch(op: PReLU, *inputs: TensorType) -> ModuleForm:
    """``nn.PReLU(64)``: the word is a number there."""
    if isinstance(op.num_parameters, str):
        op = op.updated({"num_parameters": inputs[0].channels})
    return ModuleForm(module_call(op, *inputs))


@onnx.register(PReLU)
def _onnx(op: PReLU, layer: OnnxLayer) -> str:
    """ONNX aligns slopes with the last axis, so those of channels get axes behind them."""
    (x,), (type_,), slope = layer.inputs, layer.types, layer.weights["weight"]
    behind = range(1, type_.rank - 1)
    if behind and op.slopes(type_) != Dim.of(1):
        slope = layer.part("slope", "Unsqueeze", slope, layer.ints("axes", *behind))
    return layer.node("PRelu", x, slope)


@reference.register(PReLU)
def _reference(
    np: ModuleType, op: PReLU, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    slope = weights["weight"].reshape(-1, *[1] * (x.ndim - 2))
    y: Array = np.where(x >= 0, x, slope * x)
    return y
