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


@dataclass(frozen=True, slots=True)
class Choice:
    """``whole`` if it fits unbroken; ``loose`` if all broken it fits; else ``whole``."""

    whole: Group
    loose: Row


Layout: TypeAlias = str | Break | IfBroken | Row | Nest | Group | Choice
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
            case Choice():
                stack.append((level, is_broken, _chosen(part, level, len(lines[-1]), stack)))
            case Group(inner, exploded):
                room = WIDTH - len(lines[-1])
                breaks = exploded or not _fits(room, [(level, False, part)], stack)
                stack += [(level, breaks, each) for each in reversed(inner)]
    return lines


def _chosen(choice: Choice, level: int, column: int, rest: list[Item]) -> Layout:
    if not choice.whole.exploded and _fits(WIDTH - column, [(level, False, choice.whole)], rest):
        return choice.whole
    first, *others = write(
        (_exploded(choice.loose), *(part for _, _, part in reversed(rest))), level
    )
    fits = len(first) - level + column <= WIDTH and all(len(line) <= WIDTH for line in others)
    return choice.loose if fits else choice.whole


def _exploded(part: Layout) -> Layout:
    """The layout with every group broken."""
    match part:
        case Row(parts):
            return Row(tuple(map(_exploded, parts)))
        case Nest(parts):
            return Nest(tuple(map(_exploded, parts)))
        case Group(parts):
            return Group(tuple(map(_exploded, parts)), exploded=True)
        case _:
            return part


def _fits(room: int, stack: list[Item], rest: list[Item]) -> bool:
    """Whether the stack fits on the line, with what follows up to the next place to break."""
    following = len(rest)
    while room >= 0:
        if not stack:
            if following == 0:
                return True
            following -= 1
            stack.append(rest[following])
        level, is_broken, each = stack.pop()
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
            case Group(exploded=exploded) | Choice(Group(exploded=exploded)):
                inner = each.parts if isinstance(each, Group) else each.whole.parts
                stack += [(level, is_broken or exploded, one) for one in reversed(inner)]
    return False


def loosened(part: Layout) -> Row:
    """The layout without the breaks that stand outside of brackets."""
    match part:
        case Break(flat):
            return Row((flat,))
        case Row(parts):
            return Row(tuple(map(loosened, parts)))
        case Group((first, *_) as parts) if first not in ("(", "["):
            return Row(tuple(map(loosened, parts)))
        case _:
            return Row((part,))


def _explodes(part: Layout) -> bool:
    match part:
        case Group(exploded=exploded):
            return exploded
        case Row(parts) | Nest(parts):
            return any(map(_explodes, parts))
        case _:
            return False
