"""``local_response_norm``: torch.nn.LocalResponseNorm, over all channels or within groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from archcompile.ir.arguments import PositiveSize, Real
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ops.groups import require_groups
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.pytorch import ModuleForm, Support, module_call, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ONE = Dim.of(1)


class LocalResponseNorm(Op):
    """``x / (k + alpha / size * s)^beta``, s the sum of squares over ``size`` channels around.

    Krizhevsky, Sutskever, Hinton 2012, sec. 3.3, but for the division of alpha by the size, which
    their code has and their formula has not. Of an even number of channels torch takes one more
    before than behind: from ``c - size // 2`` to ``c + (size - 1) // 2``.
    """

    key: ClassVar[str] = "local_response_norm"
    title: ClassVar[str] = "Normalisation over neighbouring channels."

    size: PositiveSize = Field(description="Channels that are summed over, the own one included.")
    alpha: Real = Field(1e-4, description="Weight of the mean of squares.")
    beta: Real = Field(0.75, description="The exponent.")
    k: Real = Field(1.0, description="What is added to the mean of squares.")
    groups: PositiveSize = Field(
        _ONE, description="Parts of the channels that are normalised each by itself."
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        """The input's own type."""
        (x,) = inputs
        require_rank(self, x, 3, 4, layout="channels with space, [N, C, T] or [N, C, H, W]")
        require_groups(self.groups, x.channels, x.channels)
        return x

    def divided(self, parts: int) -> Self:
        """Each GPU normalises over the channels that it has."""
        return self.updated({"groups": self.groups * parts})


GROUPED_RESPONSE = Support(
    "GroupedLocalResponseNorm",
    '''\
class GroupedLocalResponseNorm(nn.LocalResponseNorm):
    """Local response normalisation that stays within each group of channels."""

    def __init__(
        self,
        size: int,
        *,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 1.0,
        groups: int,
    ) -> None:
        super().__init__(size, alpha, beta, k)
        self.groups = groups

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        channels, *space = input.shape[1:]
        parts = input.reshape(-1, channels // self.groups, *space)
        return super().forward(parts).reshape(input.shape)
''',
)
"""Groups are samples of their own to torch's class."""


@pytorch.register(LocalResponseNorm)
def _pytorch(op: LocalResponseNorm, *inputs: TensorType) -> ModuleForm:
    if op.groups == _ONE:
        return ModuleForm(module_call(op, *inputs), also=(GROUPED_RESPONSE.name,))
    call = module_call(op, *inputs, function=GROUPED_RESPONSE.name)
    return ModuleForm(call, (GROUPED_RESPONSE,))


@onnx.register(LocalResponseNorm)
def _onnx(op: LocalResponseNorm, layer: OnnxLayer) -> str:
    """Groups become samples and come back; 0 is the input's own size there, -1 the rest."""
    (x,), (type_,) = layer.inputs, layer.types
    groups, channels = int(op.groups), int(type_.channels)
    if groups == 1:
        return _normed(op, layer, x, layer.node)
    space = (0,) * (type_.rank - 2)
    apart = layer.ints("apart", -1, channels // groups, *space)
    x = layer.part("parts", "Reshape", x, apart)
    normed = _normed(op, layer, x, partial(layer.part, "normed"))
    return layer.node("Reshape", normed, layer.ints("together", -1, channels, *space))


def _normed(op: LocalResponseNorm, layer: OnnxLayer, x: str, last: Callable[..., str]) -> str:
    """ONNX's LRN, where its window is torch's and onnxruntime takes the numbers."""
    if int(op.size) % 2 and op.alpha > 0 and op.beta > 0 and layer.types[0].rank == 4:
        return last("LRN", x, size=int(op.size), alpha=op.alpha, beta=op.beta, bias=op.k)
    means = _mean_squares(op, layer, x)
    scaled = layer.part("scaled", "Mul", means, layer.scalar("alpha", op.alpha))
    base = layer.part("base", "Add", scaled, layer.scalar("k", op.k))
    return last("Div", x, layer.part("power", "Pow", base, layer.scalar("beta", op.beta)))


def _mean_squares(op: LocalResponseNorm, layer: OnnxLayer, x: str) -> str:
    """The channels as an axis of space that a pool with zeros around runs over."""
    size, still = int(op.size), (0,) * (layer.types[0].rank - 2)
    squares = layer.part("squares", "Mul", x, x)
    axis = layer.ints("axis", 1)
    pooled = layer.part(
        "means",
        "AveragePool",
        layer.part("lifted", "Unsqueeze", squares, axis),
        kernel_shape=(size, *(1 for _ in still)),
        pads=(size // 2, *still, (size - 1) // 2, *still),
        count_include_pad=1,
    )
    return layer.part("lowered", "Squeeze", pooled, axis)


@reference.register(LocalResponseNorm)
def _reference(
    np: ModuleType, op: LocalResponseNorm, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    """The class's formula, group by group."""
    size = int(op.size)
    rim = (size // 2, (size - 1) // 2)
    normed = []
    for x in np.split(inputs[0], int(op.groups), axis=1):
        squares = np.pad(x**2, [(0, 0), rim, *[(0, 0)] * (x.ndim - 2)])
        total = sum(squares[:, at : at + x.shape[1]] for at in range(size))
        normed.append(x / (op.k + op.alpha / size * total) ** op.beta)
    y: Array = np.concatenate(normed, axis=1)
    return y
