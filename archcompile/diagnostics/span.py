"""Where something stands in a source file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar, dataclass_transform

_Kind = TypeVar("_Kind")

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML as libyaml counts lines; ``str.splitlines`` knows more."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def small_value(kind: type[_Kind]) -> type[_Kind]:
    """A frozen, slotted dataclass, of which a large file makes hundreds of thousands.

    That nothing sets a field is for mypy to check: a dataclass that checks it itself takes twice
    the time to make one.
    """
    return dataclass(slots=True, unsafe_hash="__hash__" not in vars(kind))(kind)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the author sees it: the path as it was named, and the text.

    Two spans are in the same file when they share the path; the text is carried so that a
    renderer can quote a line without reading the disk again.
    """

    path: str
    text: str = field(compare=False, repr=False)

    def line(self, number: int) -> str:
        """The text of the line ``number`` (from 1), without its line break."""
        lines = self.lines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def lines(self) -> tuple[str, ...]:
        """Every line of the text, without the line breaks; text after the last break is a line."""
        return _lines(self.text)


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    """Cut once, however many findings a file has."""
    return tuple(BREAK.split(text))


@small_value
class Span:
    """A range of characters: lines and columns from 1, in code points; the end is exclusive."""

    file: SourceFile
    line: int
    column: int
    end_line: int
    end_column: int

    def __hash__(self) -> int:
        """Without the file: the spans of one dictionary are nearly always in the same one."""
        return hash((self.line, self.column, self.end_line, self.end_column))

    def start(self) -> Span:
        """The empty span where this one starts."""
        return Span(self.file, self.line, self.column, self.line, self.column)

    def end(self) -> Span:
        """The empty span where this one ends."""
        return Span(self.file, self.end_line, self.end_column, self.end_line, self.end_column)

    def text(self) -> str:
        """What the author wrote there; line breaks are newlines."""
        lines = self.file.lines()[self.line - 1 : self.end_line]
        if not lines:
            return ""
        first, last = lines[0], lines[-1]
        if len(lines) == 1:
            return first[self.column - 1 : self.end_column - 1]
        between = lines[1:-1]
        return "\n".join((first[self.column - 1 :], *between, last[: self.end_column - 1]))

    def within(self, start: int, end: int) -> Span:
        """The part from ``start`` to ``end`` (characters from the span's own start, one line)."""
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)

    def to(self, other: Span) -> Span:
        """The range from this span's start to the other's end.

        What an alias repeats may stand before it: then this span alone.
        """
        if (other.end_line, other.end_column) < (self.line, self.column):
            return self
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    def __str__(self) -> str:
        return f"{self.file.path}:{self.line}:{self.column}"
