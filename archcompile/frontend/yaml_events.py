"""libyaml's events and positions, and its syntax errors in words that an author can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import yaml

from archcompile.diagnostics import Code, InternalError, Related, SourceFile, Span, SpecError
from archcompile.frontend.findings import finding

_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
"""Only its parser is used: nothing is constructed. Without libyaml the pure parser serves."""


def events(file: SourceFile) -> Iterator[yaml.Event]:
    """The file's events. Raises a finding where the text is not YAML."""
    try:
        yield from yaml.parse(file.text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _explained(file, error) from None
    except yaml.YAMLError as error:
        raise finding(Code.YAML_SYNTAX, f"this is not YAML: {error}", _start(file)) from None


def span_of(file: SourceFile, event: yaml.Event) -> Span:
    """Where an event stands."""
    start, end = _marks(event)
    return _span(file, start, end)


def written(file: SourceFile, event: yaml.Event) -> str:
    """What the author wrote for an event, quotes, anchors and tags included."""
    start, end = _marks(event)
    return file.text[start.index : end.index]


class _Mark(Protocol):
    """A place as both parsers give it: lines and columns from 0, columns in code points."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _marks(event: yaml.Event) -> tuple[_Mark, _Mark]:
    if event.start_mark is None or event.end_mark is None:
        raise InternalError("the YAML parser gave an event without a place")
    return event.start_mark, event.end_mark


def _span(file: SourceFile, start: _Mark, end: _Mark) -> Span:
    return Span(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _start(file: SourceFile) -> Span:
    return Span(file, 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Explanation:
    message: str
    help: str | None = None
    code: Code = Code.YAML_SYNTAX
    at_context: bool = False
    """Whether the author's mistake is where libyaml began, not where it gave up."""


_TABS = _Explanation("a tab cannot indent a line in YAML", "indent with spaces")
_QUOTE = "close the bracket, or quote a text that holds any of , [ ] { }"
_END = "found unexpected end of stream"
_EXPLANATIONS: tuple[tuple[str, _Explanation], ...] = (
    ("violates indentation", _TABS),
    (
        "mapping values are not allowed",
        _Explanation(
            "a second `:` is not possible here",
            "quote a text that holds `: `, or start a new line for a new key",
        ),
    ),
    ("did not find expected ',' or '}'", _Explanation("expected `,` or `}` here", _QUOTE)),
    ("did not find expected ',' or ']'", _Explanation("expected `,` or `]` here", _QUOTE)),
    (
        _END,
        _Explanation("this quoted text is not closed", "add the closing quote"),
    ),
    (
        "unknown escape character",
        _Explanation(
            "this escape is not known in double quotes", "write \\\\, or use single quotes"
        ),
    ),
    (
        "did not find expected alphabetic or numeric character",
        _Explanation(
            "`*` and `&` start a reference in YAML", "quote a text that starts with `*` or `&`"
        ),
    ),
    (
        "could not find expected ':'",
        _Explanation(
            "a key without `:`",
            "write `key: value`; a list entry starts with `- `",
            at_context=True,
        ),
    ),
    (
        "found unexpected ':'",
        _Explanation("a key must be followed by `: ` and a value", "write a space behind the `:`"),
    ),
    (
        "did not find expected key",
        _Explanation(
            "this line does not fit what is around it",
            "indent it as the keys above it; quote a text that goes on behind its closing quote",
        ),
    ),
    (
        "did not find expected '-' indicator",
        _Explanation(
            "expected a list entry, `- `, here", "indent the line as the list's other entries"
        ),
    ),
    (
        "did not find expected <document start>",
        _Explanation("the document has ended before this", "indent the line as the keys above it"),
    ),
    (
        "exceeded maximum nesting depth",
        _Explanation("this is nested too deep", code=Code.TOO_DEEP),
    ),
    (
        "found incompatible YAML document",
        _Explanation("this version of YAML is not known", "remove the `%YAML` line"),
    ),
    (
        "found undefined tag handle",
        _Explanation("tags (`!`) are not allowed", "write `not` for negation", Code.TAG),
    ),
)


def _explained(file: SourceFile, error: yaml.MarkedYAMLError) -> SpecError:
    problem = (error.problem or "this is not YAML").strip()
    mark = error.problem_mark or error.context_mark
    span = _start(file) if mark is None else _span(file, mark, mark)
    character = _character_at(file, span)
    explanation = _explanation(problem, character)
    related = _context(file, error)
    if related and (explanation.at_context or not character):  # the file's end says nothing
        span, related = related[0].span, ()
    return finding(
        explanation.code, explanation.message, span, help=explanation.help, related=related
    )


def _explanation(problem: str, character: str) -> _Explanation:
    if "cannot start any token" in problem:
        if character == "\t":
            return _TABS
        return _Explanation(f"an unquoted text cannot start with `{character}`", "quote the text")
    unknown = _Explanation(f"this is not YAML: {problem}")
    known = (found for part, found in _EXPLANATIONS if part in problem)
    explanation = next(known, unknown)
    if explanation.help == _QUOTE and not character:
        return _Explanation("this bracket is not closed", "close it")
    return explanation


def _character_at(file: SourceFile, span: Span) -> str:
    """The character at the span's start, empty behind the last line."""
    lines = file.lines()[span.line - 1 :]
    if not lines or (len(lines) == 1 and span.column > len(lines[0])):
        return ""
    return lines[0][span.column - 1] if span.column <= len(lines[0]) else "\n"


def _context(file: SourceFile, error: yaml.MarkedYAMLError) -> tuple[Related, ...]:
    """Where that began which libyaml could not finish, if it is another place."""
    mark = error.context_mark
    if mark is None or not error.context or error.problem_mark is None:
        return ()
    if (mark.line, mark.column) == (error.problem_mark.line, error.problem_mark.column):
        return ()
    what = error.context.removeprefix("while parsing ").removeprefix("while scanning ")
    return (Related(_span(file, mark, mark), f"{what} starts here"),)
