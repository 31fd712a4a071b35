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
class WithoutArgument:
    """The call without an argument that is written."""

    name: str


@dataclass(frozen=True, slots=True)
class OtherOp:
    """The same arguments for another op."""

    key: str


@dataclass(frozen=True, slots=True)
class LineBefore:
    """One more layer before the call; ``text`` is YAML as in flow style, e.g. ``flatten``."""

    text: str


Remedy: TypeAlias = Argument | WithoutArgument | OtherOp | LineBefore
