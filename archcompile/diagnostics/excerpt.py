"""The quoted source line and the carets below it, cut to the width of the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.diagnostics.span import Span
from archcompile.diagnostics.terminal import cells, terminal_text

_GAP = "..."
_NARROWEST = 20
_MARKS_PER_CELL = 4
"""A window holds at most this many characters per cell: combining marks pile up without end."""
_LONGEST_CLUSTER = 16


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of source as shown, and where the carets below it stand, in cells."""

    text: str
    offset: int
    carets: int


def excerpt(line: str, span: Span, width: int) -> Excerpt:
    """The part of ``line`` around the span's first line that fits into ``width`` cells.

    A span of several lines is marked up to the end of its first; an empty one, or one behind the
    end of the line, has one caret.
    """
    width = max(width, _NARROWEST)
    start = _cluster_start(line, min(span.column - 1, len(line)))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    end = max(start, min(end, len(line)))
    left, right = _window(line, start, width)
    before = _GAP if left > 0 else ""
    after = _GAP if right < len(line) else ""
    text = before + terminal_text(line[left:right]) + after
    marked = sum(map(cells, line[start : min(end, right)]))
    offset = len(before) + sum(map(cells, line[left:start]))
    return Excerpt(text.rstrip(), offset, max(1, marked))


def _cluster_start(line: str, index: int) -> int:
    """The index, or that of the character which the combining marks at the index belong to."""
    first = max(0, index - _LONGEST_CLUSTER)
    while first < index < len(line) and cells(line[index]) == 0:
        index -= 1
    return index


def _window(line: str, start: int, width: int) -> tuple[int, int]:
    """The range of characters to show: the whole line, or what fits around ``start``."""
    if _fits(line, width):
        return 0, len(line)
    room = width - 2 * len(_GAP)
    _, right = _reach(line, start, 1, room - room // 3)
    used = sum(map(cells, line[start:right]))
    _, left = _reach(line, start, -1, room - used)
    right = _reach(line, start, 1, room - sum(map(cells, line[left:start])))[1]
    while left < start and cells(line[left]) == 0:
        left += 1  # a mark without its letter would stand on the gap's last dot
    return left, right


def _fits(line: str, width: int) -> bool:
    return len(line) <= width * _MARKS_PER_CELL and sum(map(cells, line)) <= width


def _reach(line: str, start: int, step: int, room: int) -> tuple[int, int]:
    """Cells used, and how far one comes from ``start`` in one direction within ``room`` cells."""
    used, index = 0, start
    while index > 0 if step < 0 else index < len(line):
        size = cells(line[index - 1 if step < 0 else index])
        if used + size > room or abs(index - start) >= room * _MARKS_PER_CELL:
            break
        used, index = used + size, index + step
    return used, index
