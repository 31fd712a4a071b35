"""Where something stands in a source file."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        lines = self.text.splitlines() if number > 0 else []
        return lines[number - 1] if number <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of characters: lines and columns count from 1, in code points; the end is exclusive."""

    file: SourceFile
    line: int
    column: int
    end_line: int
    end_column: int

    def within(self, start: int, end: int) -> Span:
        """The part from ``start`` to ``end`` (characters from the span's own start, one line)."""
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)

    def to(self, other: Span) -> Span:
        """The range from this span's start to the other's end."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    def __str__(self) -> str:
        return f"{self.file.path}:{self.line}:{self.column}"
