"""A mend: a help line, and the edits that do what it says."""

from __future__ import annotations

from collections.abc import Iterator

from archcompile.diagnostics import Fix
from archcompile.diagnostics.span import small_value
from archcompile.frontend.mending.call_edits import with_arguments
from archcompile.frontend.mending.proposals import Proposal


@small_value
class Mend:
    """``fix`` is empty where the help line is advice in words."""

    help: str | None
    fix: Fix = ()


def edits(changes: Proposal) -> Fix:
    """The edits of a proposal; none if one of its changes cannot be made."""
    found: Fix = ()
    for change in changes:
        made = change.made
        values = {name: text for name, _, text in change.values}
        fix = with_arguments(made.call.word, made.call.arguments, values, made.built.given)
        if not fix:
            return ()
        found += fix
    return found


def said(changes: Proposal) -> str:
    """A proposal as its author would write it: `` `padding: 1` at `conv1` (line 7)``."""
    return " and ".join(_each(changes))


def _each(changes: Proposal) -> Iterator[str]:
    for change in changes:
        values = ", ".join(f"{name}: {text}" for name, _, text in change.values)
        yield f"`{values}` at `{change.made.node.path}` (line {change.made.text.line})"
