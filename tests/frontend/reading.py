"""What the reader's tests are written in: text, and findings as one line each."""

from __future__ import annotations

from collections.abc import Callable

from archcompile.diagnostics import Diagnostic, SourceFile, SpecError
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.tree import Mapping, Scalar, Tree


def tree_of(text: str) -> Tree:
    """The text's tree."""
    return read(SourceFile("spec.yaml", text))


def mapping_of(text: str) -> Mapping:
    """The text's tree, which is a mapping."""
    tree = tree_of(text)
    assert isinstance(tree, Mapping)
    return tree


def scalar_of(text: str) -> Scalar:
    """The scalar under the key ``a`` of ``a: text``; its first column is 4."""
    scalar = mapping_of(f"a: {text}").get("a")
    assert isinstance(scalar, Scalar)
    return scalar


def findings_of(act: Callable[[], object]) -> list[Diagnostic]:
    """The findings that a call raises, in order of place."""
    try:
        act()
    except SpecError as error:
        return sorted(error.diagnostics, key=place)
    return []


def place(finding: Diagnostic) -> tuple[int, int]:
    """Line and column; ``(0, 0)`` for none."""
    return (finding.span.line, finding.span.column) if finding.span is not None else (0, 0)


def line_of(finding: Diagnostic) -> str:
    """``CODE line:column message``."""
    line, column = place(finding)
    return f"{finding.code.value} {line}:{column} {finding.message}"


def refused(text: str) -> list[str]:
    """What the reader finds in a text."""
    return [line_of(finding) for finding in findings_of(lambda: tree_of(text))]


def helps(text: str) -> list[str | None]:
    """The help lines of what the reader finds."""
    return [finding.help for finding in findings_of(lambda: tree_of(text))]
