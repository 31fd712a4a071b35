"""``linear``: torch.nn.Linear, and in groups."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Flag, PositiveSize
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, crosses_groups
from archcompile.ir.remedy import LineBefore
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn, Weight
from archcompile.ops.groups import require_groups
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


class Linear(Op):
    """``y = x Wᵀ + b`` over the last axis, at every position of the axes before it.

    A map [N, C, H, W] is nearly always a forgotten ``flatten``, and no shape tells it from a map
    [N, H, W, C] that was permuted on purpose (ConvNeXt): the second says ``channels_last: true``.
    A tensor [N, T, F] is what sequences of features are, and needs no word.
    """

    key: ClassVar[str] = "linear"
    title: ClassVar[str] = "Fully connected layer."
    has_channels: ClassVar[bool] = True

    out_features: PositiveSize = Field(description="Features of the output.")
    bias: Flag = Field(True, description="Whether a bias is added.")
    groups: PositiveSize = Field(
        Dim.of(1), description="Parts that the features are split into; each part sees its own."
    )
    channels_last: Flag = Field(
        False, description="Must be true for a map whose last axis holds the channels."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """``[N, …, F]`` to ``[N, …, out_features]``; a map must be flattened first."""
        (x,) = inputs
        if x.rank not in (2, 3) and not self.channels_last:
            raise OpError(
                Code.WRONG_RANK,
                f"`linear` expects a vector [N, F], got {x}",
                help="write `flatten` before it; where the last axis holds the channels, "
                "`channels_last: true` says so",
                operand=0,
                remedy=LineBefore("flatten"),
            )
        if x.parts > 1 and x.rank > 2:
            raise crosses_groups(
                f"`linear` over the last axis of {x}, which is split over the GPUs along axis 1"
            )
        require_groups(
            self.groups, x.dims[-1], self.out_features, what="features", made_by="out_features"
        )
        return TensorType((*x.dims[:-1], self.out_features))

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """``in_features`` is the last axis."""
        return {"in_features": inputs[0].dims[-1]}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """``weight`` (out, in/groups) and ``bias`` (out), both uniform in ±1/sqrt(in/groups)."""
        features = inputs[0].dims[-1] // self.groups
        init = UniformFanIn(features)
        weight = Weight("weight", (self.out_features, features), init)
        bias = (Weight("bias", (self.out_features,), init),) if self.bias else ()
        return (weight, *bias)

    def macs(self, *inputs: TensorType) -> Dim:
        """in/groups × out, at every position."""
        total = self.weights(*inputs)[0].elements()
        for size in inputs[0].dims[1:-1]:
            total = size * total
        return total

    def owns_channels(self, *inputs: TensorType) -> bool:
        """Of a vector: of a sequence the features are the last axis, which no GPU divides."""
        return inputs[0].rank == 2

    def divided(self, parts: int) -> Self:
        """Each GPU sees its own features: a block-diagonal matrix."""
        return self.updated({"groups": self.groups * parts})


GROUPED = Support(
    "GroupedLinear",
    '''\
class GroupedLinear(nn.Linear):
    """A linear layer whose features fall into groups, each of which sees its own."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        groups: int,
        bias: bool = True,
    ) -> None:
        super().__init__(in_features // groups, out_features, bias=bias)
        self.groups = groups

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        x = input.reshape(*input.shape[:-1], self.groups, self.in_features)
        weight = self.weight.reshape(self.groups, -1, self.in_features)
        y = torch.einsum("...gi,goi->...go", x, weight).flatten(-2)
        return y if self.bias is None else y + self.bias
''',
)
"""torch's own linear layer of one group's inputs: its weight has that shape, and starts so."""


@pytorch.register(Linear)
def _pytorch(op: Linear, *inputs: TensorType) -> ModuleForm:
    plain = op.updated({"channels_last": False})  # torch always takes the last axis
    if op.groups == Dim.of(1):
        return ModuleForm(module_call(plain, *inputs), also=(GROUPED.name,))
    return ModuleForm(module_call(plain, *inputs, function=GROUPED.name), (GROUPED,))


@onnx.register(Linear)
def _onnx(op: Linear, layer: OnnxLayer) -> str:
    (x,), rank, weight = layer.inputs, layer.types[0].rank, layer.weights["weight"]
    bias = [layer.weights["bias"]] if op.bias else []
    if op.groups != Dim.of(1):
        return _added(layer, bias, _grouped(op, layer, x, weight, rank))
    if rank == 2:
        return layer.node("Gemm", x, weight, *bias, transB=1)
    turned = layer.part("transposed", "Transpose", weight, perm=(1, 0))
    return _added(layer, bias, ("MatMul", x, turned))


def _grouped(op: Linear, layer: OnnxLayer, x: str, weight: str, rank: int) -> tuple[str, str, str]:
    """A product for each group; Reshape reads 0 as what stands there."""
    groups, kept = int(op.groups), (0,) * (rank - 1)
    x = layer.part("parts", "Reshape", x, layer.ints("split", *kept, groups, -1))
    inner = int(layer.types[0].dims[-1]) // groups
    weight = layer.part("blocks", "Reshape", weight, layer.ints("blocked", groups, -1, inner))
    product = layer.part("product", "Einsum", x, weight, equation="...gi,goi->...go")
    return "Reshape", product, layer.ints("joined", *kept, -1)


def _added(layer: OnnxLayer, bias: list[str], product: tuple[str, str, str]) -> str:
    if not bias:
        return layer.node(*product)
    return layer.node("Add", layer.part("weighted", *product), *bias)


@reference.register(Linear)
def _reference(
    np: ModuleType, op: Linear, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """``y[…, o] = b[o] + sum over i of W[o, i] x[…, i]``, i over the features of o's group."""
    (x,), groups = inputs, int(op.groups)
    parts = x.reshape(*x.shape[:-1], groups, -1)
    blocks = weights["weight"].reshape(groups, -1, parts.shape[-1])
    product: Array = np.einsum("...gi,goi->...go", parts, blocks)
    y = product.reshape(*x.shape[:-1], -1)
    return y + weights["bias"] if op.bias else y
