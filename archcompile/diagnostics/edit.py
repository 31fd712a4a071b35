"""Edits of an author's text: what a finding's help line says, so that a program can do it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from archcompile.diagnostics.span import BREAK, Span, small_value


@small_value
class Edit:
    """A text to stand in the place of a span; an empty span is a place to insert at."""

    span: Span
    text: str


Fix: TypeAlias = tuple[Edit, ...]
"""Edits that together remove a finding; none where no program could know what is meant."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit made; their spans are places in it, and do not overlap.

    Raises:
        ValueError: two of them overlap, or one lies outside the text.
    """
    starts = line_starts(text)
    places = sorted(
        (
            _index(starts, len(text), edit.span.line, edit.span.column),
            _index(starts, len(text), edit.span.end_line, edit.span.end_column),
            edit.text,
        )
        for edit in edits
    )
    parts: list[str] = []
    done = 0
    for start, end, replacement in places:
        if not done <= start <= end:
            raise ValueError("edits overlap")
        parts += (text[done:start], replacement)
        done = end
    return "".join((*parts, text[done:]))


def line_starts(text: str) -> tuple[int, ...]:
    """Where each line of a text starts, lines being what spans count."""
    return (0, *(match.end() for match in BREAK.finditer(text)))


def _index(starts: tuple[int, ...], length: int, line: int, column: int) -> int:
    if not 1 <= line <= len(starts) or (index := starts[line - 1] + column - 1) > length:
        raise ValueError(f"line {line}, column {column} lies outside the text")
    return index
