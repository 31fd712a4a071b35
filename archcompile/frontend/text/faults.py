"""Where a text stops being YAML, and a guess at what its author meant, tried before it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from archcompile.diagnostics import Code, Fix, SourceFile, Span, edited

_FURTHER = 2
"""A guess is taken if the text then reads on for as many lines behind the fault."""
_WINDOW = 200
_LARGEST_TRIED = 1 << 15
"""Characters: a guess about a longer piece is not tried, and so not made."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A syntax error: ``problem`` in libyaml's words, where it gave up, and what had begun there.

    ``begun`` is the place of the construct that could not be finished, ``context`` its name.
    """

    file: SourceFile
    problem: str
    at: Span
    begun: Span | None
    context: str

    def line(self) -> str:
        """The line where libyaml gave up."""
        return self.file.line(self.at.line)

    def character(self) -> str:
        """The character at the fault; empty behind the last line."""
        lines = self.file.lines()
        if self.at.line > len(lines):
            return ""
        line = lines[self.at.line - 1]
        if self.at.column <= len(line):
            return line[self.at.column - 1]
        return "" if self.at.line == len(lines) else "\n"

    def place(self, line: int, column: int, length: int = 0) -> Span:
        """A span of one line of the file."""
        return Span(self.file, line, column, line, column + length)


@dataclass(frozen=True, slots=True)
class Guess:
    """What the author may have meant: a sentence, a help line, and the edit that it speaks of."""

    message: str
    help: str
    span: Span
    fix: Fix
    code: Code = Code.YAML_SYNTAX


FaultIn: TypeAlias = Callable[[SourceFile, int], Fault | None]
"""The first fault of a text, if it lies within so many lines."""


class Trial:
    """The text around a fault, in which guesses are tried. Small, however large the file is."""

    def __init__(self, fault: Fault, fault_in: FaultIn) -> None:
        self._fault = fault
        self._fault_in = fault_in
        self._first = self._first_line()
        lines = fault.file.lines()[: fault.at.line + _WINDOW]
        self._lines = lines
        self._is_whole = len(lines) == len(fault.file.lines())

    def surest(self, guesses: Iterable[Guess]) -> Guess | None:
        """The first guess with which the text can be read further."""
        if self._first is None:
            return None
        return next(filter(self.holds, guesses), None)

    def holds(self, guess: Guess) -> bool:
        """Whether the text can be read further with the guess's edits made."""
        try:
            text = edited("\n".join(self._lines), guess.fix)
        except ValueError:
            return False
        grown = text.count("\n") - (len(self._lines) - 1)
        last = self._fault.at.line + max(grown, 0) + _FURTHER
        rest = self._from(text.split("\n"))
        fault = self._fault_in(SourceFile("", rest), last - self._skipped())
        if fault is None:
            return True
        reached = fault.at.line + self._skipped()
        cut = not self._is_whole and reached >= len(self._lines) + grown
        return reached > last or cut

    def _first_line(self) -> int | None:
        """The line to read from: the first, or one near by from which the same fault is met."""
        fault, lines = self._fault, self._fault.file.lines()
        size = sum(map(len, lines[: fault.at.line + _WINDOW]))
        if size <= _LARGEST_TRIED:
            return 1
        upper = min(fault.at.line, fault.begun.line if fault.begun else fault.at.line)
        for first in _openings(lines, upper):
            piece = lines[first - 1 : fault.at.line + _WINDOW]
            if sum(map(len, piece)) > _LARGEST_TRIED:
                break
            again = self._fault_in(SourceFile("", "\n".join(piece)), fault.at.line + 2)
            if again is not None and (again.problem, again.at.line + first - 1) == (
                fault.problem,
                fault.at.line,
            ):
                return first
        return None

    def _skipped(self) -> int:
        return (self._first or 1) - 1

    def _from(self, lines: list[str]) -> str:
        return "\n".join(lines[self._skipped() :])


def _openings(lines: tuple[str, ...], upper: int) -> list[int]:
    """Lines (from 1) at or above ``upper`` that may start a piece: the least indented, near by."""
    # libyaml's line of the end of a text that ends amid one is that behind the last
    window = range(max(1, upper - _WINDOW), min(upper, len(lines)) + 1)
    indents = {
        number: len(line) - len(line.lstrip(" "))
        for number in window
        if (line := lines[number - 1]).strip() and not line.lstrip().startswith("#")
    }
    least = min(indents.values(), default=0)
    # a few lines before the fault are enough, and none if they do not meet it again
    return [number for number, indent in indents.items() if indent == least][-3:]
