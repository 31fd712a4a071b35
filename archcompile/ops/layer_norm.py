"""``layer_norm`` (torch.nn.LayerNorm), and ``layer_norm2d``, over the channels of a map."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, must_equal
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant, Weight
from archcompile.ops.kinds import PositiveSizes, known
from archcompile.ops.normalization import Epsilon
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, TupleOf
from archcompile.targets.pytorch import (
    ModuleForm,
    Support,
    module_call,
    python_value,
    pytorch,
    support_rule,
)
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class LayerNorm(Op):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the last axes (Ba et al. 2016)."""

    key: ClassVar[str] = "layer_norm"
    title: ClassVar[str] = "Normalisation over the last axes."
    takes_list: ClassVar[bool] = True

    normalized_shape: PositiveSizes | None = Field(
        None, description="The sizes of the axes that are normalised; none: the last axis."
    )
    eps: Epsilon = Field(1e-5, description="Added to the variance.")
    elementwise_affine: Flag = Field(
        True, description="Whether each position of the last axes has a scale and a shift."
    )
    bias: Flag = Field(True, description="Whether a scale comes with a shift.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        self.shape(inputs[0])
        return inputs[0]

    def shape(self, x: TensorType) -> tuple[Dim, ...]:
        """The sizes of the axes that are normalised."""
        wanted = known(self.normalized_shape)
        if wanted is None:
            return x.dims[-1:]
        last = x.dims[-len(wanted) :]
        fits = len(wanted) < x.rank and all(map(must_equal, wanted, last))
        if wanted and fits:
            return wanted
        is_map = x.rank == 4 and len(wanted) == 1
        raise OpError(
            Code.SHAPE_MISMATCH,
            f"`layer_norm` over [{', '.join(map(str, wanted))}] got {x}, which does not end so",
            argument="normalized_shape",
            help="`layer_norm2d` normalises over the channels of a map, and takes no sizes"
            if is_map
            else "leave `normalized_shape` out: the last axis is known",
            remedy=None if is_map else WithoutArgument("normalized_shape"),
        )

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``normalized_shape`` is the last axis where nothing is said."""
        is_said = known(self.normalized_shape) is not None
        return {} if is_said else {"normalized_shape": inputs[0].dims[-1]}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` 1 and ``bias`` 0, of the normalised sizes."""
        return _affine(self, self.shape(inputs[0]))


class LayerNorm2d(Op):
    """Layer normalisation of each position's channels (Liu et al. 2022, ConvNeXt).

    ``layer_norm`` with the channels moved to the end and back, as torchvision and timm have it.
    """

    key: ClassVar[str] = "layer_norm2d"
    title: ClassVar[str] = "Normalisation over the channels of each position."

    eps: Epsilon = Field(1e-5, description="Added to the variance.")
    elementwise_affine: Flag = Field(
        True, description="Whether each channel has a scale and a shift."
    )
    bias: Flag = Field(True, description="Whether a scale comes with a shift.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        require_rank(self, inputs[0], 4, layout="a map [N, C, H, W]")
        return inputs[0]

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``normalized_shape`` is axis 1."""
        return {"normalized_shape": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` 1 and ``bias`` 0 for each channel."""
        return _affine(self, (inputs[0].channels,))


def _affine(op: LayerNorm | LayerNorm2d, shape: tuple[Dim, ...]) -> tuple[Weight, ...]:
    if not op.elementwise_affine:
        return ()
    bias = (Weight("bias", shape, Constant(0)),) if op.bias else ()
    return (Weight("weight", shape, Constant(1)), *bias)


LAYER_NORM2D = Support(
    "LayerNorm2d",
    '''\
class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each position."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        x = super().forward(input.permute(0, 2, 3, 1))
        return x.permute(0, 3, 1, 2)
''',
)
pytorch.register(LayerNorm2d)(support_rule(LAYER_NORM2D))


@pytorch.register(LayerNorm)
def _pytorch(op: LayerNorm, *inputs: TensorType) -> ModuleForm:
    """``nn.LayerNorm(64)``; ``nn.LayerNorm((7, 7))``: equal sizes stay two here."""
    call = module_call(op.updated({"normalized_shape": None}), *inputs)
    wanted = known(op.normalized_shape)
    if wanted is None:
        return ModuleForm(call)
    sizes = tuple(map(python_value, wanted))
    whole = sizes[0] if len(sizes) == 1 else TupleOf(sizes)
    return ModuleForm(CallOf(call.function, (whole,), call.keywords))


@onnx.register(LayerNorm)
def _onnx(op: LayerNorm, layer: OnnxLayer) -> str:
    shape = tuple(map(int, op.shape(layer.types[0])))
    operands = (layer.inputs[0], *_scale(op, layer, shape))
    return layer.node("LayerNormalization", *operands, axis=-len(shape), epsilon=op.eps)


@onnx.register(LayerNorm2d)
def _onnx_2d(op: LayerNorm2d, layer: OnnxLayer) -> str:
    last = layer.part("channels_last", "Transpose", layer.inputs[0], perm=(0, 2, 3, 1))
    operands = (last, *_scale(op, layer, (int(layer.types[0].channels),)))
    normed = layer.part("normed", "LayerNormalization", *operands, axis=-1, epsilon=op.eps)
    return layer.node("Transpose", normed, perm=(0, 3, 1, 2))


def _scale(op: LayerNorm | LayerNorm2d, layer: OnnxLayer, shape: tuple[int, ...]) -> list[str]:
    """ONNX's norm always has a scale, and perhaps a shift."""
    if not op.elementwise_affine:
        return [layer.floats("scale", shape, (1.0,) * prod(shape))]
    return [layer.weights["weight"], *([layer.weights["bias"]] if op.bias else [])]


@reference.register(LayerNorm)
def _reference(
    np: ModuleType, op: LayerNorm, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    axes = tuple(range(-len(op.shape(TensorType.of(*x.shape))), 0))
    return _normalised(np, x, axes, op.eps, weights)


@reference.register(LayerNorm2d)
def _reference_2d(
    np: ModuleType, op: LayerNorm2d, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    own = {name: each[:, None, None] for name, each in weights.items()}
    return _normalised(np, inputs[0], (1,), op.eps, own)


def _normalised(
    np: ModuleType, x: Array, axes: tuple[int, ...], eps: float, weights: Mapping[str, Array]
) -> Array:
    """The formula; the variance is the mean of squares, not corrected."""
    around = x - x.mean(axis=axes, keepdims=True)
    variance = (around**2).mean(axis=axes, keepdims=True)
    y: Array = around / np.sqrt(variance + eps)
    if "weight" in weights:
        y = y * weights["weight"]
    return y + weights["bias"] if "bias" in weights else y
