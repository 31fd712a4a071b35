"""The report as plain text: what a person pastes into a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archcompile.backends.report.cells import (
    COLUMNS,
    FIRST_NUMBER,
    Line,
    heading,
    lines,
    note,
    signature,
    summary,
    totals,
)
from archcompile.backends.report.model import ReportModel
from archcompile.diagnostics.terminal import cells, terminal_text

_GAP = "  "
_DROPPED = ("activation bytes", "stride", "field")
"""Columns that go first where the width is short."""
_NARROWEST_NAME = 12


def table(report: ReportModel, width: int) -> str:
    """At most ``width`` columns wide, unless names and counts alone need more.

    Columns that matter less are left out first, then names are cut. Wide (East Asian) characters
    take two columns, and characters that move a terminal's cursor are shown as their escape.
    """
    body = list(lines(report.rows))
    headings, cells = _fitting(report, body, width)
    sizes = _widths([headings, *cells])
    rule = "─" * (sum(sizes) + len(_GAP) * (len(sizes) - 1))
    total = _total(report, headings)
    rows = [_row(row, sizes) for row in cells]
    facts = (f"{name}: {value}" for name, value in summary(report))
    remark = note(report)
    return "\n".join(
        [
            terminal_text(heading(report)),
            terminal_text(signature(report)),
            "",
            _row(headings, sizes),
            rule,
            *rows,
            rule,
            _row(total, sizes),
            "",
            *facts,
            *([remark] if remark else []),
            "",
        ]
    )


def columns(text: str) -> int:
    """Terminal columns of a text: two for a wide character, none for a combining one."""
    return sum(map(cells, text))


def _fitting(
    report: ReportModel, body: list[Line], width: int
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and cells after leaving out what does not fit."""
    kept = list(COLUMNS)
    for dropped in (None, *_DROPPED):
        if dropped is not None:
            kept.remove(dropped)
        headings = tuple(kept)
        cells = [_select(_cells(line), headings) for line in body]
        sizes = _widths([headings, *cells, _total(report, headings)])
        excess = sum(sizes) + len(_GAP) * (len(sizes) - 1) - width
        if excess <= 0:
            return headings, cells
    room = max(_NARROWEST_NAME, sizes[0] - excess)
    return headings, [(_cut(row[0], room), *row[1:]) for row in cells]


def _cells(line: Line) -> tuple[str, ...]:
    return (f"{'  ' * line.depth}{_short(line)}", *line.cells)


def _short(line: Line) -> str:
    """Below a group, the name without the group's path, as torch prints modules."""
    return line.path if line.depth == 0 else line.path.rsplit(".", 1)[-1]


def _select(cells: Sequence[str], headings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell for name, cell in zip(COLUMNS, cells, strict=True) if name in headings)


def _total(report: ReportModel, headings: tuple[str, ...]) -> tuple[str, ...]:
    known = totals(report)
    return tuple("total" if name == "layer" else known.get(name, "") for name in headings)


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(columns, column)) for column in zip(*rows, strict=True)]


def _row(cells: Sequence[str], sizes: list[int]) -> str:
    """Words to the left, numbers to the right, nothing behind the last."""
    padded = []
    for place, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        space = " " * (size - columns(cell))
        padded.append(space + cell if place >= FIRST_NUMBER else cell + space)
    return _GAP.join(padded).rstrip()


def _cut(text: str, room: int) -> str:
    if columns(text) <= room:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) > room - 1:
            break
        kept += character
    return kept + "…"
