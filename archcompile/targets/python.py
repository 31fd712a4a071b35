"""Python expressions as a small tree: what op rules write and the source printer lays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from archcompile.ir.dim import Dim


@dataclass(frozen=True, slots=True)
class Word:
    """An identifier or dotted name that archcompile wrote: ``nn.Conv2d``, ``x``."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, boolean, text or None."""

    value: int | float | bool | str | None


@dataclass(frozen=True, slots=True)
class Size:
    """An integer that may depend on constructor parameters."""

    dim: Dim


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Python text of an author's expression, already checked and printed by ``Expr``."""

    text: str


@dataclass(frozen=True, slots=True)
class TupleOf:
    """``(a, b)``."""

    items: tuple[Python, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    items: tuple[Python, ...]


@dataclass(frozen=True, slots=True)
class CallOf:
    """``function(arguments, key=value)``."""

    function: str
    arguments: tuple[Python, ...] = ()
    keywords: tuple[tuple[str, Python], ...] = ()


@dataclass(frozen=True, slots=True)
class Infix:
    """``a + b + c``: one operator between operands, all of which are words or calls."""

    operator: str
    operands: tuple[Python, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """``value[index]``: one of several outputs."""

    value: Python
    index: int


Python: TypeAlias = Word | Constant | Size | Verbatim | TupleOf | ListOf | CallOf | Infix | Item
