"""Definition: a network or block as its author wrote it, for backends that keep its shape.

Where ``Program`` holds what every copy came to, a definition holds the text's structure once:
parameters by name, loops as loops, conditions as conditions. Sizes are symbolic in the
parameters and in what the caller's input brings (``in_channels``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.diagnostics import Span
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr
from archcompile.ir.op import Op
from archcompile.ir.types import TensorType


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constructor parameter: its type word (int, number, bool, text, list) and default."""

    name: str
    type: str
    default: Expr | None = None
    inferred: bool = False
    """True for what the author does not write: sizes of what the caller passes in."""


@dataclass(frozen=True, slots=True)
class OpUse:
    """An op with its arguments; ``written`` is the author's form of sizes that are expressions."""

    op: Op
    inputs: tuple[TensorType, ...]
    written: tuple[tuple[Dim, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class BlockUse:
    """A call of a definition: arguments by name, inferred ones too, but not defaults."""

    definition: str
    arguments: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """One layer. In a class body it reads values by name; in a chain the member before it."""

    name: str
    use: OpUse | BlockUse
    reads: tuple[str, ...]
    """Names of values of the same body; empty in a chain."""
    condition: Expr | None = None
    """The call decides whether the layer is there (else the identity)."""
    span: Span | None = field(default=None, compare=False, repr=False)
    otherwise: str | None = None
    """What stands for the layer where it is not there, if that is not the value it reads."""


@dataclass(frozen=True, slots=True)
class Chain:
    """An ``nn.Sequential``: a ``sequence``, a named ``repeat`` or a named ``for``."""

    name: str
    members: tuple[ChainMember, ...]
    reads: tuple[str, ...]
    condition: Expr | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    otherwise: str | None = None
    """What stands for the chain where it is not there, if that is not the value it reads."""
    is_cut: bool = False
    """Whether ``Segment`` steps behind it run it piece by piece; then it reads nothing itself."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Members of a chain that run by themselves, since a value between them is read elsewhere.

    In Python: ``self.features[0:17](x)``. Of a chain inside a chain one member at a time.
    """

    name: str
    """The value that it makes; for a block of several outputs, what stands before their names."""
    chain: str
    """The chain's path in this body."""
    start: int
    stop: int
    reads: tuple[str, ...]
    is_whole: bool = False
    """Whether the segment runs to the chain's end."""
    outputs: tuple[str, ...] = ()
    """The outputs of the only member, where that is a block of several."""
    condition: Expr | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Carry:
    """A running size of a loop: ``variable`` is ``start`` at first, ``after`` behind each round."""

    variable: str
    start: Dim
    after: Dim


@dataclass(frozen=True, slots=True)
class LoopOf:
    """A loop inside a chain, kept as a loop.

    ``columns`` pairs each variable with the expression of the values it takes; ``count`` is the
    number of rounds of a ``repeat`` instead, counted by ``index``.
    """

    variables: tuple[str, ...]
    columns: tuple[Expr, ...]
    count: Expr | None
    members: tuple[ChainMember, ...]
    carries: tuple[Carry, ...]
    condition: Expr | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


Step: TypeAlias = Apply | Chain | Segment
ChainMember: TypeAlias = Apply | Chain | LoopOf


def building(steps: Iterable[Step]) -> tuple[Apply | Chain, ...]:
    """The steps that make a module or function; segments run what is made."""
    return tuple(step for step in steps if not isinstance(step, Segment))


@dataclass(frozen=True, slots=True)
class Definition:
    """One class of the generated source.

    ``steps`` is a class body (attributes, free edges). A block that is a ``sequence`` is a class
    whose members are numbered: then ``chain`` holds them and ``steps`` is empty.
    """

    name: str
    """The spec's name of the network or block; a number is added for a second specialised form."""
    parameters: tuple[Parameter, ...]
    inputs: tuple[tuple[str, TensorType], ...]
    steps: tuple[Step, ...]
    chain: tuple[ChainMember, ...] | None
    outputs: tuple[tuple[str, str], ...]
    """(output name, name of the value of this body)."""
    training: frozenset[str] = frozenset()
    """The names of those outputs that are computed in training only."""

    @property
    def members(self) -> tuple[ChainMember, ...]:
        """What the class is built of: its steps but for segments, or the members of its chain."""
        return (*building(self.steps), *(self.chain or ()))
