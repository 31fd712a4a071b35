"""Activations with arguments: gelu, leaky_relu, elu, hardtanh, softplus and scaled_tanh."""

from __future__ import annotations

from collections.abc import Mapping
from math import erf, pi, sqrt
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Real, word_of
from archcompile.ir.op import OpError, Unknown
from archcompile.ir.types import TensorType
from archcompile.ops.activations import Elementwise, Inplace
from archcompile.ops.kinds import PositiveReal
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import Support, pytorch, support_rule
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class GELU(Elementwise):
    """``x Phi(x)``, Phi the normal distribution's function, or near it (Hendrycks, Gimpel 2016)."""

    key: ClassVar[str] = "gelu"
    title: ClassVar[str] = "Gaussian error linear unit."

    approximate: Annotated[Literal["none", "tanh"], word_of("none", "tanh")] = Field(
        "none", description="none: exact, by erf; tanh: the paper's approximation."
    )


class LeakyReLU(Elementwise):
    """``x`` above 0, ``negative_slope x`` below."""

    key: ClassVar[str] = "leaky_relu"
    title: ClassVar[str] = "Rectified linear unit with a slope below 0."

    negative_slope: Real = Field(0.01, description="The slope below 0.")
    inplace: Inplace = False


class ELU(Elementwise):
    """``x`` above 0, ``alpha (exp(x) - 1)`` below (Clevert, Unterthiner, Hochreiter 2016)."""

    key: ClassVar[str] = "elu"
    title: ClassVar[str] = "Exponential linear unit."

    alpha: Real = Field(1.0, description="The output falls to -alpha.")
    inplace: Inplace = False


class Hardtanh(Elementwise):
    """``min(max(x, min_val), max_val)``."""

    key: ClassVar[str] = "hardtanh"
    title: ClassVar[str] = "Keeps elements between two bounds."

    min_val: Real = Field(-1.0, description="The least output.")
    max_val: Real = Field(1.0, description="The greatest output.")
    inplace: Inplace = False

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        is_open = isinstance(self.min_val, Unknown) or isinstance(self.max_val, Unknown)
        if not is_open and self.min_val >= self.max_val:
            raise OpError(
                Code.BAD_ARGUMENT,
                f"`hardtanh`: `min_val` {self.min_val:g} must be less than "
                f"`max_val` {self.max_val:g}",
                argument="min_val",
            )
        return super().infer(*inputs)


class Softplus(Elementwise):
    """``ln(1 + exp(beta x)) / beta``; ``x`` itself where ``beta x`` is above ``threshold``."""

    key: ClassVar[str] = "softplus"
    title: ClassVar[str] = "Smooth rectifier, ln(1 + exp(x))."

    beta: PositiveReal = Field(1.0, description="How sharp the bend is.")
    threshold: Real = Field(20.0, description="From here on the function is the line.")


class ScaledTanh(Elementwise):
    """``a tanh(s x)`` (LeCun, Bottou, Bengio, Haffner 1998, eq. 6 and app. A)."""

    key: ClassVar[str] = "scaled_tanh"
    title: ClassVar[str] = "LeNet-5's squashing function, 1.7159 * tanh(2/3 * x)."

    amplitude: Real = Field(1.7159, description="The output lies between -amplitude and amplitude.")
    slope: Real = Field(2 / 3, description="What the input is multiplied by.")


SCALED_TANH = Support(
    "ScaledTanh",
    '''\
class ScaledTanh(nn.Module):
    """``amplitude * tanh(slope * x)``."""

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.amplitude * torch.tanh(self.slope * input)
''',
)
pytorch.register(ScaledTanh)(support_rule(SCALED_TANH))


@onnx.register(GELU)
def _onnx_gelu(op: GELU, layer: OnnxLayer) -> str:
    return layer.node("Gelu", layer.inputs[0], approximate=op.approximate)


@onnx.register(LeakyReLU)
def _onnx_leaky(op: LeakyReLU, layer: OnnxLayer) -> str:
    return layer.node("LeakyRelu", layer.inputs[0], alpha=op.negative_slope)


@onnx.register(ELU)
def _onnx_elu(op: ELU, layer: OnnxLayer) -> str:
    return layer.node("Elu", layer.inputs[0], alpha=op.alpha)


@onnx.register(Hardtanh)
def _onnx_hardtanh(op: Hardtanh, layer: OnnxLayer) -> str:
    least, greatest = layer.scalar("min", op.min_val), layer.scalar("max", op.max_val)
    return layer.node("Clip", layer.inputs[0], least, greatest)


_INVISIBLE = 20
"""From here on ``ln(1 + exp(x)) - x`` is below the rounding of float32."""


@onnx.register(Softplus)
def _onnx_softplus(op: Softplus, layer: OnnxLayer) -> str:
    (x,) = layer.inputs
    if op.beta == 1 and op.threshold >= _INVISIBLE:
        return layer.node("Softplus", x)
    beta = layer.scalar("beta", op.beta)
    scaled = layer.part("scaled", "Mul", x, beta)
    curve = layer.part("softplus", "Softplus", scaled)
    if op.threshold >= _INVISIBLE:
        return layer.node("Div", curve, beta)
    is_line = layer.part("is_line", "Greater", scaled, layer.scalar("threshold", op.threshold))
    return layer.node("Where", is_line, x, layer.part("curve", "Div", curve, beta))


@onnx.register(ScaledTanh)
def _onnx_scaled_tanh(op: ScaledTanh, layer: OnnxLayer) -> str:
    scaled = layer.part("scaled", "Mul", layer.inputs[0], layer.scalar("slope", op.slope))
    squashed = layer.part("tanh", "Tanh", scaled)
    return layer.node("Mul", squashed, layer.scalar("amplitude", op.amplitude))


@reference.register(GELU)
def _gelu(
    np: ModuleType, op: GELU, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``x (1 + erf(x / sqrt(2))) / 2``; ``x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))) / 2``."""
    (x,) = inputs
    if op.approximate == "tanh":
        bent = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
    else:
        bent = np.vectorize(erf, otypes=[float])(x / sqrt(2))
    y: Array = x * (1 + bent) / 2
    return y


@reference.register(LeakyReLU)
def _leaky(
    np: ModuleType, op: LeakyReLU, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    y: Array = np.where(x >= 0, x, op.negative_slope * x)
    return y


@reference.register(ELU)
def _elu(np: ModuleType, op: ELU, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    (x,) = inputs
    y: Array = np.where(x > 0, x, op.alpha * np.expm1(np.minimum(x, 0)))
    return y


@reference.register(Hardtanh)
def _hardtanh(
    np: ModuleType, op: Hardtanh, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    y: Array = np.clip(inputs[0], op.min_val, op.max_val)
    return y


@reference.register(Softplus)
def _softplus(
    np: ModuleType, op: Softplus, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    curve = np.logaddexp(0, op.beta * x) / op.beta
    y: Array = np.where(op.beta * x > op.threshold, x, curve)
    return y


@reference.register(ScaledTanh)
def _scaled_tanh(
    np: ModuleType, op: ScaledTanh, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    y: Array = op.amplitude * np.tanh(op.slope * inputs[0])
    return y
