"""libyaml's events and positions, and its syntax errors as faults with a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import yaml

from archcompile.diagnostics import Code, InternalError, SourceFile, Span
from archcompile.frontend.findings import finding
from archcompile.frontend.text.faults import Fault
from archcompile.frontend.text.syntax_errors import explained

_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
"""Only its parser is used: nothing is constructed. Without libyaml the pure parser serves."""


def events(file: SourceFile) -> Iterator[yaml.Event]:
    """The file's events, as the parser makes them; read them where ``explaining`` is around."""
    return iter(_LOADER(file.text).get_event, None)


@contextmanager
def explaining(file: SourceFile) -> Iterator[None]:
    """A finding where the text is not YAML, in place of what the parser raises."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        raise explained(_fault(file, error), fault_in) from None
    except yaml.YAMLError as error:
        raise finding(Code.YAML_SYNTAX, f"this is not YAML: {error}", _start(file)) from None


def fault_in(file: SourceFile, last_line: int) -> Fault | None:
    """Where a text stops being YAML, if that is so before the end of ``last_line``."""
    try:
        for event in yaml.parse(file.text, Loader=_LOADER):
            if event.start_mark is not None and event.start_mark.line >= last_line:
                return None
    except yaml.MarkedYAMLError as error:
        return _fault(file, error)
    except yaml.YAMLError as error:
        return Fault(file, str(error), _start(file), None, "")
    return None


def span_of(file: SourceFile, event: yaml.Event) -> Span:
    """Where an event stands."""
    start, end = _marks(event)
    return _span(file, start, end)


def span_between(file: SourceFile, first: yaml.Event, last: yaml.Event) -> Span:
    """From the start of an event to the end of another."""
    return _span(file, _marks(first)[0], _marks(last)[1])


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


def _fault(file: SourceFile, error: yaml.MarkedYAMLError) -> Fault:
    problem = (error.problem or "this is not YAML").strip()
    mark = error.problem_mark or error.context_mark
    at = _start(file) if mark is None else _span(file, mark, mark)
    begun = None
    if error.context and error.context_mark is not None:
        begun = _span(file, error.context_mark, error.context_mark)
        begun = None if begun == at else begun
    context = (error.context or "").removeprefix("while parsing ").removeprefix("while scanning ")
    return Fault(file, problem, at, begun, context)


def _span(file: SourceFile, start: _Mark, end: _Mark) -> Span:
    return Span(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _start(file: SourceFile) -> Span:
    return Span(file, 1, 1, 1, 1)
