"""Specs as text: what elaboration tests are written in."""

from __future__ import annotations

from textwrap import dedent

from archcompile.diagnostics import Diagnostic, SourceFile, SpecError
from archcompile.driver import compiled
from archcompile.frontend import networks
from archcompile.frontend.document.documents import document
from archcompile.frontend.text.reader import read
from archcompile.network import Network
from archcompile.ops import all_ops


def compile_text(text: str, variant: str | None = None, **overrides: object) -> Network:
    """A network from a spec's text; ``archcompile: 1`` and ``name: net`` go in front if absent."""
    whole = dedent(text).lstrip("\n")
    if not whole.startswith("archcompile:"):
        whole = f"archcompile: 1\nname: net\n{whole}"
    file = SourceFile("net.yaml", whole)
    return compiled(document(read(file), frozenset(all_ops())), variant, overrides)


def names_of(text: str) -> tuple[str, ...]:
    """The names of a spec's networks."""
    tree = read(SourceFile("net.yaml", dedent(text).lstrip()))
    return networks(document(tree, frozenset(all_ops())))


def findings_of(text: str, **overrides: object) -> list[Diagnostic]:
    """The findings about a spec's text, in order of place; empty if there is none."""
    try:
        compile_text(text, **overrides)
    except SpecError as error:
        return sorted(error.diagnostics, key=lambda each: _place(each))
    return []


def _place(finding: Diagnostic) -> tuple[int, int]:
    return (finding.span.line, finding.span.column) if finding.span is not None else (0, 0)


def shown(text: str, **overrides: object) -> list[str]:
    """Findings as ``CODE line:column message``."""
    return [
        f"{each.code.value} {_place(each)[0]}:{_place(each)[1]} {each.message}"
        for each in findings_of(text, **overrides)
    ]
