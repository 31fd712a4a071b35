"""Findings as text for people, as rustc shows them, and as plain values for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from archcompile.diagnostics.codes import Severity
from archcompile.diagnostics.diagnostic import Diagnostic
from archcompile.diagnostics.excerpt import excerpt
from archcompile.diagnostics.span import Span
from archcompile.diagnostics.terminal import terminal_text

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_RED, _YELLOW, _CYAN, _BLUE, _BOLD = "1;31", "1;33", "1;36", "1;34", "1"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW}


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings by file and position, each once; those without a place come last.

    Variants of one file find the same thing again: same code, place and sentence are one finding.
    """
    unique = {(d.code, d.span, d.message): d for d in reversed(tuple(diagnostics))}
    return tuple(sorted(unique.values(), key=_position))


def render(diagnostics: Iterable[Diagnostic], *, color: bool, width: int, limit: int = 50) -> str:
    """The findings, one paragraph each, the first ``limit`` of them, and a line that counts them.

    Everything that may hold an author's text goes through the terminal's encoder. Without
    findings the text is empty; otherwise it ends in a line break.
    """
    findings = ordered(diagnostics)
    if not findings:
        return ""
    page = _Page(color=color, width=width)
    paragraphs = ["\n".join(page.paragraph(finding)) for finding in findings[:limit]]
    if len(findings) > limit:
        paragraphs.append(f"... and {len(findings) - limit} more")
    return "\n\n".join([*paragraphs, _summary(findings)]) + "\n"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many findings of each severity there are, and where: ``3 errors in specs/bad.yaml``."""
    return _summary(ordered(diagnostics))


def _summary(findings: tuple[Diagnostic, ...]) -> str:
    """The same of findings that are in order, each once."""
    counted = Counter(finding.severity for finding in findings)
    counts = ", ".join(
        f"{counted[severity]} {severity.value}{'' if counted[severity] == 1 else 's'}"
        for severity in Severity
        if counted[severity]
    )
    files = sorted({finding.span.file.path for finding in findings if finding.span is not None})
    if not files:
        return counts
    return f"{counts} in {terminal_text(files[0]) if len(files) == 1 else f'{len(files)} files'}"


def to_dict(diagnostic: Diagnostic) -> dict[str, Json]:
    """The finding as JSON: ``file`` and the positions (from 1) are null where it has no place."""
    return {
        "code": diagnostic.code.value,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "related": [
            {"message": related.message, **_place(related.span)} for related in diagnostic.related
        ],
        "help": diagnostic.help,
        "fix": [{"text": edit.text, **_place(edit.span)} for edit in diagnostic.fix],
    }


def _place(span: Span | None) -> dict[str, Json]:
    return {
        "file": None if span is None else span.file.path,
        "line": None if span is None else span.line,
        "column": None if span is None else span.column,
        "end_line": None if span is None else span.end_line,
        "end_column": None if span is None else span.end_column,
    }


def _position(diagnostic: Diagnostic) -> tuple[bool, str, int, int, int, int, str, str]:
    span = diagnostic.span
    if span is None:
        return True, "", 0, 0, 0, 0, diagnostic.code.value, diagnostic.message
    place = (span.file.path, span.line, span.column, span.end_line, span.end_column)
    return False, *place, diagnostic.code.value, diagnostic.message


class _Page:
    """Where findings are written: its colours and its width."""

    def __init__(self, *, color: bool, width: int) -> None:
        self._color = color
        self._width = width

    def paragraph(self, finding: Diagnostic) -> Iterator[str]:
        """The lines of one finding: heading, quoted source, help, and the related places."""
        spans = [finding.span, *(related.span for related in finding.related)]
        gutter = max((len(str(span.line)) for span in spans if span is not None), default=1)
        colour = _COLOURS[finding.severity]
        title = f"{finding.severity.value}[{finding.code.value}]"
        yield from self._heading(finding.span, title, colour, finding.message)
        yield from self._quote(finding.span, gutter, colour, "^")
        if finding.help is not None:
            mark = self._paint(f"{' ' * (gutter + 2)}=", _BLUE)
            yield f"{mark} {self._paint('help', _CYAN)}: {terminal_text(finding.help)}"
        for related in finding.related:
            yield from self._heading(related.span, "note", _CYAN, related.message)
            yield from self._quote(related.span, gutter, _BLUE, "-")

    def _heading(self, span: Span | None, title: str, colour: str, message: str) -> Iterator[str]:
        place = "" if span is None else f"{self._paint(terminal_text(str(span)), _BOLD)}: "
        yield f"{place}{self._paint(title, colour)}: {terminal_text(message)}"

    def _quote(self, span: Span | None, gutter: int, colour: str, mark: str) -> Iterator[str]:
        if span is None or not (line := span.file.line(span.line)):
            return
        shown = excerpt(line, span, self._width - gutter - 4)
        empty = self._paint(f"{' ' * (gutter + 2)}|", _BLUE)
        marks = self._paint(mark * shown.carets, colour)
        yield empty
        yield f"{self._paint(f' {span.line:>{gutter}} |', _BLUE)} {shown.text}".rstrip()
        yield f"{empty} {' ' * shown.offset}{marks}"

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._color else text
