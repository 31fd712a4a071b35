"""The findings of a stage, collected while it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from archcompile.diagnostics import Code, Diagnostic, Fix, Related, Span, SpecError


class GiveUp(Exception):
    """What was found ends the stage at once: ``collecting`` does not catch it."""


@dataclass(slots=True)
class Findings:
    """Collects; ``stop`` ends the stage if there is any."""

    found: list[Diagnostic] = field(default_factory=list)
    _places: dict[tuple[Code, Span | None], int] = field(default_factory=dict)
    _indexed: int = 0
    """How many of ``found`` have their place in ``_places``."""
    _notes: dict[tuple[Code, Span | None], tuple[int, str, int]] = field(default_factory=dict)
    """By finding: which note is of the call that first met it, its text, how many met it since."""

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

    def collecting(self) -> AbstractContextManager[None]:
        """Collect what the body raises and go on behind it."""
        return self

    def __enter__(self) -> None:
        """What ``collecting`` gives: every line has several, so that nothing is made for it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """What is no finding goes on."""
        if not isinstance(error, SpecError):
            return False
        self.found.extend(error.diagnostics)
        return True

    @contextmanager
    def called_from(self, span: Span, message: str) -> Iterator[None]:
        """What is found inside says that it was met in this call.

        What other calls met before is one finding, which says in how many more.
        """
        before = len(self.found)
        self._index(before)
        yield
        note = Related(span, message)
        new = self.found[before:]
        del self.found[before:]
        self._indexed = before
        for each in new:
            first = self._places.get((each.code, each.span), before)
            if first < before:
                self._meet_again(first)
            else:
                self._notes.setdefault((each.code, each.span), (len(each.related), message, 0))
                self.found.append(replace(each, related=(*each.related, note)))

    def _index(self, end: int) -> None:
        """Where each finding stands, of those before ``end``."""
        for place in range(self._indexed, end):
            each = self.found[place]
            self._places.setdefault((each.code, each.span), place)
        self._indexed = end

    def _meet_again(self, place: int) -> None:
        """One more call meets a finding: its note about the first one says so."""
        known = self.found[place]
        index, message, count = self._notes.get((known.code, known.span), (0, "", 0))
        if not message:
            return
        count += 1
        said = f"{message}, and in {count} more call{'s' * (count > 1)}"
        note = replace(known.related[index], message=said)
        related = (*known.related[:index], note, *known.related[index + 1 :])
        self.found[place] = replace(known, related=related)
        self._notes[known.code, known.span] = (index, message, count)

    def stop(self) -> None:
        """Raise every finding so far, if there is any; a finding met twice is one."""
        if self.found:
            raise SpecError(once(self.found))


def once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once; of an expression one, whatever values later rounds of a loop give it."""
    every = tuple(found)
    if len(every) == 1:
        return every
    kept: dict[object, Diagnostic] = {}
    for each in every:
        is_expression = each.code.value.startswith("AC4")
        kept.setdefault((each.code, each.span) if is_expression else each, each)
    return tuple(kept.values())


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
