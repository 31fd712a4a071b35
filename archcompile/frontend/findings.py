"""The findings of a stage, collected while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from archcompile.diagnostics import Code, Diagnostic, Fix, Related, Span, SpecError


class GiveUp(Exception):
    """What was found ends the stage at once: ``collecting`` does not catch it."""


@dataclass(slots=True)
class Findings:
    """Collects; ``stop`` ends the stage if there is any."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        code: Code,
        message: str,
        span: Span | None,
        *,
        help: str | None = None,
        related: tuple[Related, ...] = (),
        fix: Fix = (),
    ) -> None:
        """Add one finding."""
        self.found.append(Diagnostic(code, message, span, related, help, fix))

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collect what the body raises and go on behind it."""
        try:
            yield
        except SpecError as error:
            self.found.extend(error.diagnostics)

    @contextmanager
    def called_from(self, span: Span, message: str) -> Iterator[None]:
        """What is found inside says that it was met in this call, once."""
        before = len(self.found)
        yield
        note = Related(span, message)
        said = {(each.code, each.span) for each in self.found[:before]}
        self.found[before:] = [
            replace(each, related=(*each.related, note))
            for each in self.found[before:]
            if (each.code, each.span) not in said
        ]

    def stop(self) -> None:
        """Raise every finding so far, if there is any; a finding met twice is one."""
        if self.found:
            raise SpecError(dict.fromkeys(self.found))


def finding(
    code: Code,
    message: str,
    span: Span | None,
    *,
    help: str | None = None,
    related: tuple[Related, ...] = (),
    fix: Fix = (),
) -> SpecError:
    """The error of a single finding, to raise."""
    return SpecError([Diagnostic(code, message, span, related, help, fix)])
