"""A finding about an author's file, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from archcompile.diagnostics.codes import Code
from archcompile.diagnostics.span import Span


class Severity(Enum):
    """How grave a finding is: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding speaks of, e.g. where the other operand comes from."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, a sentence, its place, where that came from, what to write.

    ``span`` is ``None`` only for findings about a whole run (a folder without specs, say).
    ``help`` is one line that the author can act on, best one that can be pasted.
    """

    code: Code
    message: str
    span: Span | None
    related: tuple[Related, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR
