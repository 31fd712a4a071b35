"""Remedies: what would mend an op's call, said without knowing the author's text.

The frontend makes edits of them, as it knows where the call stands and how it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Argument:
    """The call with this value for an argument; ``value`` is YAML as in flow style."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The call with these values for several arguments."""

    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WithoutArgument:
    """The call without an argument that is written."""

    name: str


@dataclass(frozen=True, slots=True)
class WithoutFirst:
    """The call without its first argument by position: what stands behind it moves up."""

    fewest: int
    """The positions that must be written for that."""


@dataclass(frozen=True, slots=True)
class OtherOp:
    """The same arguments for another op."""

    key: str


@dataclass(frozen=True, slots=True)
class LineBefore:
    """One more layer before the call; ``text`` is YAML as in flow style, e.g. ``flatten``."""

    text: str


@dataclass(frozen=True, slots=True)
class ChannelsBefore:
    """So many channels (or features) from the layer that makes what the call reads."""

    number: int


@dataclass(frozen=True, slots=True)
class PooledBefore:
    """A map pooled to one position before what flattens it for this call."""


Remedy: TypeAlias = (
    Argument
    | Arguments
    | WithoutArgument
    | WithoutFirst
    | OtherOp
    | LineBefore
    | ChannelsBefore
    | PooledBefore
)
