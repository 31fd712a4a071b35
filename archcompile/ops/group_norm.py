"""``group_norm``: torch.nn.GroupNorm."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, PositiveSize
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant, Weight
from archcompile.ops.groups import require_parts
from archcompile.ops.normalization import Epsilon
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf
from archcompile.targets.pytorch import ModuleForm, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class GroupNorm(Op):
    """``(x - mean) / sqrt(var + eps) * weight + bias``, statistics by sample and group of channels.

    Wu and He 2018, eq. 1 and 7.
    """

    key: ClassVar[str] = "group_norm"
    title: ClassVar[str] = "Normalisation of each group of channels."

    num_groups: PositiveSize = Field(description="Parts that the channels are split into.")
    eps: Epsilon = Field(1e-5, description="Added to the variance.")
    affine: Flag = Field(True, description="Whether each channel has a scale and a shift.")
    bias: Flag = Field(True, description="Must be true: a scale has its shift.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        (x,) = inputs
        require_rank(self, x, 3, 4, layout="channels with space, [N, C, T] or [N, C, H, W]")
        require_parts(
            "num_groups",
            self.num_groups,
            x.channels,
            f"`group_norm`: {self.num_groups} groups must divide the {x.channels} channels",
        )
        if not self.bias:
            raise OpError(
                Code.UNSUPPORTED,
                "`group_norm` with `bias: false` exists in the newest versions of torch only",
                argument="bias",
                help="leave `bias` out, or say `affine: false` for neither scale nor shift",
                remedy=WithoutArgument("bias"),
            )
        return x

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``num_channels`` is axis 1."""
        return {"num_channels": inputs[0].channels}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` 1 and ``bias`` 0, unless ``affine`` is false."""
        if not self.affine:
            return ()
        shape = (inputs[0].channels,)
        return (Weight("weight", shape, Constant(1)), Weight("bias", shape, Constant(0)))

    def divided(self, parts: int) -> Self:
        """Each GPU has as many groups."""
        return self.updated({"num_groups": self.num_groups * parts})


@pytorch.register(GroupNorm)
def _pytorch(op: GroupNorm, *inputs: TensorType) -> ModuleForm:
    """torch takes the groups first, then the channels."""
    call = module_call(op, *inputs)
    return ModuleForm(CallOf(call.function, call.arguments[::-1], call.keywords))


@onnx.register(GroupNorm)
def _onnx(op: GroupNorm, layer: OnnxLayer) -> str:
    channels = int(layer.types[0].channels)
    if op.affine:
        scale, shift = layer.weights["weight"], layer.weights["bias"]
    else:
        scale = layer.floats("scale", (channels,), (1.0,) * channels)
        shift = layer.floats("shift", (channels,), (0.0,) * channels)
    groups = int(op.num_groups)
    return layer.node(
        "GroupNormalization", layer.inputs[0], scale, shift, num_groups=groups, epsilon=op.eps
    )


@reference.register(GroupNorm)
def _reference(
    np: ModuleType, op: GroupNorm, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula; the variance is the mean of squares, not corrected."""
    (x,) = inputs
    parts = x.reshape(len(x), int(op.num_groups), -1)
    around = parts - parts.mean(axis=2, keepdims=True)
    variance = (around**2).mean(axis=2, keepdims=True)
    y: Array = (around / np.sqrt(variance + op.eps)).reshape(x.shape)
    if not op.affine:
        return y
    weight, bias = (weights[name].reshape(-1, *[1] * (x.ndim - 2)) for name in ("weight", "bias"))
    return y * weight + bias
