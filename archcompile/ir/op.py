"""Op: what a layer does, with its typed arguments and the rules that every backend shares.

An op is a pydantic model: its fields are the arguments in positional order, with torch.nn's names
and defaults. Sizes are ``Dim``, so the same rules run on numbers and on a block's parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Weight


class OpError(Exception):
    """An op refuses its inputs or its arguments; elaboration adds the place and makes a finding.

    ``argument`` names the argument at fault, ``operand`` the index of the input at fault.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        help: str | None = None,
        argument: str | None = None,
        operand: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.argument = argument
        self.operand = operand


class Undecided(Exception):
    """A rule asked for a choice that a block's call will make; the type stays open until then."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An argument that is no size (a flag, a word) and that a block's call will decide.

    ``text`` is its Python expression.
    """

    text: str

    def __bool__(self) -> bool:
        raise Undecided(self.text)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Unknown):
            return self.text == other.text
        raise Undecided(self.text)

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Window:
    """What one output position reads along one axis: ``extent`` positions, ``stride`` apart.

    ``extent`` is the dilated kernel, ``d (k - 1) + 1``.
    """

    extent: Dim
    stride: Dim


class Op(BaseModel):
    """Base of every op. A subclass declares ``key``, its fields, and ``infer``; the rest if it needs it."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", arbitrary_types_allowed=True
    )

    key: ClassVar[str]
    """The word in a spec: snake_case of torch.nn's class, else torch.nn.functional's or torch's name."""
    title: ClassVar[str]
    """One line for people: what the op does."""
    arity: ClassVar[int | None] = 1
    """How many inputs it reads; ``None`` is two or more, in order."""
    is_module: ClassVar[bool] = True
    """Whether it is an attribute of its parent in the source (``nn.Conv2d``), or a function (``+``)."""

    def infer(self, *inputs: TensorType) -> TensorType:
        """The type of the output. Raises ``OpError`` for inputs that cannot work."""
        raise NotImplementedError  # every op has its own; the op matrix test holds that

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """Arguments of the torch class that shape inference knows (``in_channels``), in torch's order."""
        return {}

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """Parameters and buffers in state_dict order."""
        return ()

    def macs(self, *inputs: TensorType) -> Dim:
        """Multiply-accumulates for one sample; biases, norms, activations and pooling count 0."""
        return Dim.of(0)

    def windows(self, *inputs: TensorType) -> tuple[Window, ...] | None:
        """For each spatial axis what one output position reads; ``None``: position by position."""
        return None

    def updated(self, values: Mapping[str, object]) -> Self:
        """A copy in which some arguments are ``Unknown``: for rules that run before a block is called."""
        return self.model_copy(update=dict(values))


def _size(value: object) -> object:
    """An integer or a size; booleans and numbers with a point are refused by name."""
    if isinstance(value, Dim):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("size", "expected an integer, got {got}", {"got": said(value)})
    return Dim.of(value)


def said(value: object) -> str:
    """A value as its author would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value}'"
    if isinstance(value, tuple | list):
        return f"[{', '.join(said(item) for item in value)}]"
    return "nothing" if value is None else str(value)


def _at_least(bound: int, value: object) -> object:
    size = _size(value)
    if isinstance(size, Dim) and size.always_at_least(bound) is False:
        raise PydanticCustomError(
            "size", "expected at least {bound}, got {got}", {"bound": bound, "got": str(size)}
        )
    return size


def _positive(value: object) -> object:
    return _at_least(1, value)


def _natural(value: object) -> object:
    return _at_least(0, value)


def _pair(value: object) -> object:
    """``3`` means ``(3, 3)``."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise PydanticCustomError(
                "pair",
                "expected one integer or two (height, width), got {count}",
                {"count": len(value)},
            )
        return tuple(value)
    return (value, value)


PositiveSize: TypeAlias = Annotated[InstanceOf[Dim], BeforeValidator(_positive)]
"""An integer of at least 1."""
NaturalSize: TypeAlias = Annotated[InstanceOf[Dim], BeforeValidator(_natural)]
"""An integer of at least 0."""
PositivePair: TypeAlias = Annotated[tuple[PositiveSize, PositiveSize], BeforeValidator(_pair)]
"""(height, width), each at least 1; one integer stands for both."""
NaturalPair: TypeAlias = Annotated[tuple[NaturalSize, NaturalSize], BeforeValidator(_pair)]
"""(height, width), each at least 0; one integer stands for both."""


def require_rank(op: Op, value: TensorType, *ranks: int, layout: str) -> None:
    """Refuse a tensor of another rank; ``layout`` says what is expected, e.g. ``[N, C, H, W]``."""
    if value.rank in ranks:
        return
    raise OpError(
        Code.WRONG_RANK,
        f"`{op.key}` expects {layout}, got {value}",
        operand=0,
        help=_rank_help(op, value),
    )


def _rank_help(op: Op, value: TensorType) -> str | None:
    if value.rank == 2:
        return f"`{op.key}` works on maps; put it before `flatten`"
    return None
