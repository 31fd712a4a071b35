"""The arguments under an op key, and what Python's way of writing them becomes."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign.python_calls import argument_in_yaml, arguments_in_yaml
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree


def arguments(findings: Findings, op: Entry) -> Tree | None:
    """What is under an op key; ``None`` for nothing, and for what cannot be read on."""
    before = len(findings.found)
    match op.value:
        case Scalar(value=None):
            return None
        case Scalar(value=str()):
            _one_text(findings, op.value)
        case Sequence(items=items):
            for item in items:
                if isinstance(item, Scalar) and isinstance(item.value, str):
                    _by_name(findings, item)
        case Mapping(entries=entries):
            for entry in entries:
                if isinstance(entry.value, Scalar) and entry.value.value is None:
                    _by_name(findings, entry.key)
    return op.value if len(findings.found) == before else None


def _one_text(findings: Findings, tree: Scalar) -> None:
    """``64, 3``: arguments without the brackets of a list."""
    written = arguments_in_yaml(tree.text.strip())
    if written is None:
        return
    findings.add(
        Code.WRONG_TYPE,
        f"several arguments are a list, got the text `{tree.text}`",
        tree.span,
        help=f"write `{written}`",
        fix=replaced(tree, written),
    )


def _by_name(findings: Findings, tree: Scalar) -> None:
    """``padding=1``: an argument by name has a colon."""
    written = argument_in_yaml(tree.text)
    if written is None:
        return
    findings.add(
        Code.WRONG_TYPE,
        f"an argument by name has a colon, got `{tree.text}`",
        tree.span,
        help=f"write `{written}`",
        fix=replaced(tree, written),
    )
