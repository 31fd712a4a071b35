"""Layout: documents that know where they may break, and the text they become at 88 columns.

The algebra is that of Wadler, "A prettier printer" (2003), in the strict form that formatters use:
a group stays on one line if it fits there with what follows it, else its own breaks are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88
"""Columns of a line, as ``ruff format`` has them by default."""
INDENT = 4


@dataclass(frozen=True, slots=True)
class Break:
    """A place to break: ``flat`` stands there on an unbroken line."""

    flat: str = ""


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that is there only where the group around it is broken: a comma, a parenthesis."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Parts side by side, which break with what is around them."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Nest:
    """Parts whose breaks are one step further in."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that break together; ``exploded``: always, and with them all groups around."""

    parts: tuple[Layout, ...]
    exploded: bool = False


Layout: TypeAlias = str | Break | IfBroken | Row | Nest | Group
Item: TypeAlias = tuple[int, bool, Layout]
"""Indentation, whether breaks are taken, and what is to be written."""


def group(*parts: Layout, exploded: bool = False) -> Group:
    """A group that is exploded if anything in it is."""
    return Group(parts, exploded or any(map(_explodes, parts)))


def write(parts: tuple[Layout, ...], indent: int) -> list[str]:
    """The lines, the first of which starts at ``indent`` columns."""
    lines = [" " * indent]
    stack: list[Item] = [(indent, True, part) for part in reversed(parts)]
    while stack:
        level, is_broken, part = stack.pop()
        match part:
            case str():
                lines[-1] += part
            case IfBroken(text):
                lines[-1] += text if is_broken else ""
            case Break(flat):
                if is_broken:
                    lines.append(" " * level)
                else:
                    lines[-1] += flat
            case Row(inner):
                stack += [(level, is_broken, each) for each in reversed(inner)]
            case Nest(inner):
                stack += [(level + INDENT, is_broken, each) for each in reversed(inner)]
            case Group(inner, exploded):
                breaks = exploded or not _fits(WIDTH - len(lines[-1]), level, part, stack)
                stack += [(level, breaks, each) for each in reversed(inner)]
    return lines


def _fits(room: int, level: int, part: Group, rest: list[Item]) -> bool:
    """Whether the group fits unbroken, with what follows it up to the next place to break."""
    stack: list[Item] = [(level, False, each) for each in reversed(part.parts)]
    following = len(rest)
    while room >= 0:
        if not stack:
            if following == 0:
                return True
            following -= 1
            stack.append(rest[following])
        _, is_broken, each = stack.pop()
        match each:
            case str():
                room -= len(each)
            case IfBroken(text):
                room -= len(text) if is_broken else 0
            case Break(flat):
                if is_broken:
                    return True
                room -= len(flat)
            case Row(inner) | Nest(inner):
                stack += [(level, is_broken, one) for one in reversed(inner)]
            case Group(inner, exploded):
                stack += [(level, is_broken or exploded, one) for one in reversed(inner)]
    return False


def _explodes(part: Layout) -> bool:
    match part:
        case Group(exploded=exploded):
            return exploded
        case Row(parts) | Nest(parts):
            return any(map(_explodes, parts))
        case _:
            return False
