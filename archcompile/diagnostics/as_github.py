"""Findings as GitHub Actions reads them: workflow commands, which it shows in a pull request.

One line for each finding: ``::error file=...,line=...::message``.
"""

from __future__ import annotations

from collections.abc import Iterable

from archcompile.diagnostics.diagnostic import Diagnostic
from archcompile.diagnostics.render import ordered
from archcompile.diagnostics.span import Span
from archcompile.diagnostics.terminal import terminal_text


def github_form(diagnostics: Iterable[Diagnostic]) -> str:
    """The lines; nothing in an author's text can end one or start another command."""
    return "\n".join(map(_command, ordered(diagnostics)))


def _command(finding: Diagnostic) -> str:
    parameters = {**_place(finding.span), "title": f"archcompile {finding.code.value}"}
    said = ",".join(f"{name}={_property(str(value))}" for name, value in parameters.items())
    return f"::{finding.severity.value} {said}::{_data(_message(finding))}"


def _message(finding: Diagnostic) -> str:
    lines = [terminal_text(finding.message)]
    if finding.help is not None:
        lines.append(f"help: {terminal_text(finding.help)}")
    for related in finding.related:
        lines.append(f"note: {terminal_text(related.message)} ({terminal_text(str(related.span))})")
    return "\n".join(lines)


def _place(span: Span | None) -> dict[str, str | int]:
    if span is None:
        return {}
    place: dict[str, str | int] = {
        "file": terminal_text(span.file.path),
        "line": span.line,
        "endLine": span.end_line,
    }
    if span.line == span.end_line:  # columns of a range of lines would be read as one line's
        place |= {"col": span.column, "endColumn": span.end_column}
    return place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
