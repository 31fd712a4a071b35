"""``pad``: torch.nn.functional.pad, as a module."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archcompile.diagnostics import Code
from archcompile.ir.arguments import Real, word_of
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError
from archcompile.ir.remedy import WithoutArgument
from archcompile.ir.requirements import require_rank
from archcompile.ir.types import TensorType
from archcompile.ops.kinds import NaturalSizes, known
from archcompile.targets.onnx import OnnxLayer, onnx
from archcompile.targets.python import CallOf, TupleOf
from archcompile.targets.pytorch import ModuleForm, Support, module_call, python_value, pytorch
from archcompile.targets.reference import reference

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_ZERO = Dim.of(0)
_WORDS = ("constant", "reflect", "replicate", "circular")


class Pad(Op):
    """Positions added before and after, axis by axis from the last one backwards.

    ``[left, right, top, bottom, front, back]``, where front and back are channels of zeros: that is
    the shortcut of option A (He et al. 2016, sec. 4.2).
    """

    key: ClassVar[str] = "pad"
    title: ClassVar[str] = "Adds positions at the ends of axes."
    takes_list: ClassVar[bool] = True

    padding: NaturalSizes = Field(
        description="Before and after, from the last axis backwards: [left, right, top, bottom, "
        "front, back]; the last ones are channels."
    )
    mode: Annotated[Literal["constant", "reflect", "replicate", "circular"], word_of(*_WORDS)] = (
        Field("constant", description="What is added: a constant, or positions of the input.")
    )
    value: Real = Field(0.0, description="The constant.")

    def infer(self, *inputs: TensorType) -> TensorType:
        """Each axis with its amounts."""
        (x,) = inputs
        sides = self.sides(x)
        if known(self.mode) != "constant":
            self._require_source(x, sides)
        if x.parts > 1 and any(amount != _ZERO for amount in sides[1]):
            super().divided(x.parts)
        return TensorType(
            tuple(size + sum(around, _ZERO) for size, around in zip(x.dims, sides, strict=True)),
            x.parts,
        )

    def sides(self, x: TensorType) -> tuple[tuple[Dim, Dim], ...]:
        """(before, after) of every axis, the batch's first."""
        amounts = known(self.padding)
        if len(amounts) % 2 or not 0 < len(amounts) <= 2 * (x.rank - 1):
            raise OpError(
                Code.BAD_ARGUMENT,
                f"`pad` of {x} takes two amounts for each axis but the batch, from the last "
                f"backwards: at most {2 * (x.rank - 1)}, got {len(amounts)}",
                argument="padding",
                help="a map has [left, right, top, bottom, front, back]",
            )
        pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)]
        return ((_ZERO, _ZERO),) * (x.rank - len(pairs)) + tuple(reversed(pairs))

    def divided(self, parts: int) -> Op:
        """Each GPU pads its maps; channels are added to all of them only."""
        is_of_space = all(amount == _ZERO for amount in known(self.padding)[4:])
        return self if is_of_space else super().divided(parts)

    def _require_source(self, x: TensorType, sides: tuple[tuple[Dim, Dim], ...]) -> None:
        """What is taken from the input must be there; torch does so along space only."""
        require_rank(self, x, 3, 4, layout="[N, C, T] or [N, C, H, W]")
        if any(amount != _ZERO for amount in sides[1]) or self.value != 0:
            what = "channels" if self.value == 0 else "with a `value`"
            raise OpError(
                Code.UNSUPPORTED,
                f"`pad` with `mode: {self.mode}` cannot pad {what}",
                argument="mode",
                help="leave `mode` out",
                remedy=WithoutArgument("mode"),
            )
        spare = {"reflect": 1, "circular": 0}.get(self.mode)
        for size, around in zip(x.spatial, sides[2:], strict=True):
            for amount in around:
                if spare is not None and size.always_at_least(amount + spare) is False:
                    raise OpError(
                        Code.DOES_NOT_FIT,
                        f"`pad` with `mode: {self.mode}` can pad an axis of {size} "
                        f"by at most {size - spare}, got {amount}",
                        argument="padding",
                        help="leave `mode` out: of a constant there may be as much as wanted",
                        remedy=WithoutArgument("mode"),
                    )


PAD = Support(
    "Pad",
    '''\
class Pad(nn.Module):
    """Positions added before and after, from the last axis backwards."""

    def __init__(
        self,
        padding: tuple[int, ...],
        mode: str = "constant",
        value: float | None = None,
    ) -> None:
        super().__init__()
        self.padding = padding
        self.mode = mode
        self.value = value

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        # all but constants need an amount for each side of space
        rest = (0,) * (2 * (input.dim() - 2) - len(self.padding))
        return nn.functional.pad(input, self.padding + rest, self.mode, self.value)
''',
)


@pytorch.register(Pad)
def _pytorch(op: Pad, *inputs: TensorType) -> ModuleForm:
    """``Pad((1, 1))``: equal amounts stay two here."""
    call = module_call(op, *inputs, function=PAD.name)
    sides = TupleOf(tuple(map(python_value, known(op.padding))))
    return ModuleForm(CallOf(call.function, (sides,), call.keywords), (PAD,))


_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "constant": "constant"}
"""torch's modes in the words of ONNX and NumPy."""


@onnx.register(Pad)
def _onnx(op: Pad, layer: OnnxLayer) -> str:
    (x,), (type_,) = layer.inputs, layer.types
    sides = op.sides(type_)
    ends = [int(pair[end]) for end in (0, 1) for pair in sides]
    amounts, mode = layer.ints("pads", *ends), _MODES[op.mode]
    if op.value == 0:
        return layer.node("Pad", x, amounts, mode=mode)
    return layer.node("Pad", x, amounts, layer.scalar("value", op.value), mode=mode)


@reference.register(Pad)
def _reference(
    np: ModuleType, op: Pad, inputs: tuple[Array, ...], weights: Mapping[str, Array]
) -> Array:
    (x,) = inputs
    sides = [(int(before), int(after)) for before, after in op.sides(TensorType.of(*x.shape))]
    held = {"constant_values": op.value} if op.mode == "constant" else {}
    padded: Array = np.pad(x, sides, mode=_MODES[op.mode], **held)
    return padded
