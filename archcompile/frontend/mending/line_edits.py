"""Edits of whole lines of a spec: one before another, one behind it, one left out.

A line stands in a block list (``- relu``), in a flow list (``[relu, ...]``), or alone where a list
may stand (under a branch's key, as a shortcut); then it becomes a list.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Fix, Span
from archcompile.frontend.mending.rewriting import behind_comment, is_one_line

_ITEM = re.compile(r"(?:\s*- +)+")
"""What stands before an item of a block list, on its line."""


def line_before(line: Span, text: str, *, is_alone: bool = False) -> Fix:
    """A layer before the one that stands at ``line``; ``text`` is YAML in flow style.

    ``is_alone``: the line is no item among lines, as a branch in a list of branches.
    """
    before = _before(line)
    if is_alone:
        return _wrapped(line, f"{text}, ", "")
    if _ITEM.fullmatch(before):
        return (Edit(line.start(), f"{text}\n{_lead(before)}"),)
    if _is_value(line):
        return _wrapped(line, f"{text}, ", "")
    return (Edit(line.start(), f"{text}, "),)


def line_after(line: Span, text: str) -> Fix:
    """A layer behind the one that stands at ``line``."""
    before = _before(line)
    if _ITEM.fullmatch(before):
        return (Edit(behind_comment(line.end()), f"\n{_lead(before)}{text}"),)
    if _is_value(line):
        return _wrapped(line, "", f", {text}")
    return (Edit(line.end(), f", {text}"),)


def with_key(line: Span, entry: str) -> Fix:
    """A line of one row with one more key, first; what has no braces gets them."""
    if not is_one_line(line):
        return ()
    if line.text().startswith("{"):
        start = line.within(1, 1)
        return (Edit(start, f"{entry}, "),)
    if re.match(r"[\"'\[&*!|>]", line.text()):
        return ()
    return (Edit(line.start(), f"{{{entry}, "), Edit(line.end(), "}"))


def without_line(line: Span) -> Fix:
    """The list without the layer that stands at ``line``; nothing where it shares its line."""
    before, after = _before(line), line.file.line(line.end_line)[line.end_column - 1 :]
    if _ITEM.fullmatch(before):
        is_alone = before.count("-") == 1 and re.fullmatch(r"\s*(#.*)?", after)
        return _without_rows(line) if is_alone else ()
    behind = re.match(r"\s*,\s*", after)
    if behind is not None:
        end = line.end().within(0, behind.end())
        return (Edit(line.to(end), ""),)
    comma = re.search(r"\s*,\s*$", before)
    if comma is None:
        return ()
    return (Edit(_column(line, comma.start() + 1).to(line), ""),)


def _without_rows(line: Span) -> Fix:
    """The rows of text that a line takes up, with their line breaks."""
    if line.end_line < len(line.file.lines()):
        end = Span(line.file, line.end_line + 1, 1, line.end_line + 1, 1)
        return (Edit(_column(line, 1).to(end), ""),)
    above = len(line.file.line(line.line - 1)) + 1
    start = Span(line.file, line.line - 1, above, line.line - 1, above)
    return (Edit(start.to(line), ""),)


def _wrapped(line: Span, first: str, last: str) -> Fix:
    """A line that stands alone as a flow list with one more; only where it is on one row."""
    if not is_one_line(line):
        return ()
    return (Edit(line.start(), f"[{first}"), Edit(line.end(), f"{last}]"))


def _is_value(line: Span) -> bool:
    """Whether a line stands behind a key, by itself."""
    row, number = _before(line).rstrip(), line.line
    while not row and number > 1:
        number -= 1
        row = line.file.line(number).partition(" #")[0].rstrip()
    return row.endswith(":")


def _before(line: Span) -> str:
    return line.file.line(line.line)[: line.column - 1]


def _lead(before: str) -> str:
    """How the next item of the same list starts: only the innermost dash is repeated."""
    return " " * before.rindex("-") + before[before.rindex("-") :]


def _column(line: Span, column: int) -> Span:
    return Span(line.file, line.line, column, line.line, column)
