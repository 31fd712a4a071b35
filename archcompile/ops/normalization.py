"""``batch_norm1d`` and ``batch_norm2d``: torch.nn.BatchNorm1d and BatchNorm2d."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, Real
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant, Weight
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def _small(value: float) -> float:
    if value < 0:
        raise PydanticCustomError("real", "expected at least 0, got {got}", {"got": f"{value:g}"})
    if value > 1:
        # `batch_norm2d: 64` is what torch's users write
        raise PydanticCustomError(
            "real",
            "expected at most 1, got {got}; the number of channels is known from the input",
            {"got": f"{value:g}"},
        )
    return value


Epsilon: TypeAlias = Annotated[Real, AfterValidator(_small)]
"""A number from 0 to 1."""


class BatchNorm(Op):
    """Base of the batch norms: ``(x - mean) / sqrt(var + eps) * weight + bias``, by channel.

    In evaluation mode, mean and variance are the running ones (Ioffe and Szegedy 2015, alg. 2).
    """

    by_channel: ClassVar[bool] = True
    removes_mean: ClassVar[bool] = True
    ranks: ClassVar[tuple[int, ...]]
    layout: ClassVar[str]

    eps: Epsilon = Field(1e-5, description="Added to the variance.")
    momentum: Real | None = Field(
        0.1, description="Weight of a new batch in the running statistics; none: their mean."
    )
    affine: Flag = Field(True, description="Whether each channel has a scale and a shift.")
    track_running_stats: Flag = Field(
        True, description="Must be true: evaluation needs the running statistics."
    )
    bias: Flag = Field(True, description="Must be true: a scale has its shift.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        (x,) = inputs
        require_rank(self, x, *self.ranks, layout=self.layout)
        if not self.track_running_stats:
            raise OpError(
                Code.UNSUPPORTED,
                f"`{self.key}` with `track_running_stats: false` makes a sample's result depend "
                "on the others in its batch, in evaluation too",
                argument="track_running_stats",
                help="leave `track_running_stats` out",
                remedy=WithoutArgument("track_running_stats"),
            )
        if not self.bias:
            raise OpError(
                Code.UNSUPPORTED,
                f"`{self.key}` with `bias: false` exists in the newest versions of torch only",
                argument="bias",
                help="leave `bias` out, or say `affine: false` for neither scale nor shift",
                remedy=WithoutArgument("bias"),
            )
        return x

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``num_features`` is axis 1."""
        return {"num_features": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` 1 and ``bias`` 0, unless ``affine`` is false; then the running statistics."""
        shape = (inputs[0].channels,)
        affine = (Weight("weight", shape, Constant(1)), Weight("bias", shape, Constant(0)))
        return (
            *(affine if self.affine else ()),
            Weight("running_mean", shape, Constant(0), kind="buffer"),
            Weight("running_var", shape, Constant(1), kind="buffer"),
            Weight("num_batches_tracked", (), Constant(0), kind="buffer", dtype="int64"),
        )


class BatchNorm1d(BatchNorm):
    """``(x - mean) / sqrt(var + eps) * weight + bias``, each feature or channel by itself."""

    key: ClassVar[str] = "batch_norm1d"
    title: ClassVar[str] = "Batch normalisation of each feature, or of a sequence's channels."
    ranks: ClassVar[tuple[int, ...]] = (2, 3)
    layout: ClassVar[str] = "a vector [N, F] or a sequence [N, C, T]"


class BatchNorm2d(BatchNorm):
    """``(x - mean) / sqrt(var + eps) * weight + bias``, each channel by itself."""

    key: ClassVar[str] = "batch_norm2d"
    title: ClassVar[str] = "Batch normalisation of each channel."
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "a map [N, C, H, W]"


@onnx.register(BatchNorm1d, BatchNorm2d)
def _onnx(op: BatchNorm, layer: OnnxLayer) -> str:
    channels = int(layer.types[0].channels)
    if op.affine:
        scale, shift = layer.weights["weight"], layer.weights["bias"]
    else:
        scale = layer.floats("scale", (channels,), (1.0,) * channels)
        shift = layer.floats("shift", (channels,), (0.0,) * channels)
    return layer.node(
        "BatchNormalization",
        layer.inputs[0],
        scale,
        shift,
        layer.weights["running_mean"],
        layer.weights["running_var"],
        epsilon=op.eps,
    )


@reference.register(BatchNorm1d, BatchNorm2d)
def _reference(
    np: ModuleType, op: BatchNorm, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula, with every statistic along axis 1."""
    (x,) = inputs
    along = (-1, *(1,) * (x.ndim - 2))
    own = {name: each.reshape(along) for name, each in weights.items() if each.ndim}
    y: Array = (x - own["running_mean"]) / np.sqrt(own["running_var"] + op.eps)
    return y * own["weight"] + own["bias"] if op.affine else y
