"""The errors that archcompile raises, as a tree.

::

    ArchcompileError
    ├── SpecError        the author's spec (or file, or weights) is wrong: carries every finding
    ├── MissingLibrary   an optional library is not installed; says which extra brings it
    └── InternalError    we are wrong: a verifier found something that must not be
        └── Unfinished   we are wrong in some of several files: carries the findings of the others
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archcompile.diagnostics.diagnostic import Diagnostic


class ArchcompileError(Exception):
    """The root of the tree: everything that archcompile raises on purpose."""


class SpecError(ArchcompileError):
    """The author's input is wrong; ``diagnostics`` holds every finding of the failed stage."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        """Every finding in a line; made when it is asked for, as thousands are raised unread."""
        return "\n".join(map(_one_line, self.diagnostics))


class MissingLibrary(ArchcompileError):
    """A library that this step needs is not installed."""


class InternalError(ArchcompileError):
    """A verifier of ours found a broken invariant: a bug in archcompile, not in the spec."""


class Unfinished(InternalError):
    """Bugs of ours, by the path of the file in which each came up; the other files were checked.

    ``diagnostics`` holds the findings of those.
    """

    def __init__(self, bugs: Mapping[str, Exception], diagnostics: Iterable[Diagnostic]) -> None:
        self.bugs = dict(bugs)
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{path}: {error!r}" for path, error in self.bugs.items()))


def _one_line(diagnostic: Diagnostic) -> str:
    place = "" if diagnostic.span is None else f"{diagnostic.span}: "
    hint = "" if diagnostic.help is None else f" ({diagnostic.help})"
    return f"{place}{diagnostic.code.value} {diagnostic.message}{hint}"
