"""A finding about an author's file, as a value."""

from __future__ import annotations

from archcompile.diagnostics.codes import Code, Severity
from archcompile.diagnostics.edit import Fix
from archcompile.diagnostics.span import Span, small_value


@small_value
class Related:
    """Another place that a finding speaks of, e.g. where the other operand comes from."""

    span: Span
    message: str


@small_value
class Diagnostic:
    """One finding: a stable code, a sentence, its place, where that came from, what to write.

    ``span`` is ``None`` only for findings about a whole run (a folder without specs, say).
    ``help`` is one line that the author can act on. Where it says what to write, ``fix`` is the
    edit that writes it, and the finding is gone then.
    """

    code: Code
    message: str
    span: Span | None
    related: tuple[Related, ...] = ()
    help: str | None = None
    fix: Fix = ()

    def __hash__(self) -> int:
        """Of what tells nearly all apart: a large file's findings are looked up time and again."""
        return hash((self.message, self.span))

    @property
    def severity(self) -> Severity:
        """As its code's."""
        return self.code.severity
