"""Edits of a call's arguments: several set at once, or one left out.

Each gives a ``Fix``: empty where the text around is of a form that cannot be edited surely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf

from archcompile.diagnostics import Edit, Fix
from archcompile.frontend.mending.rewriting import replaced, with_entry, without_entry, without_item
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_COLON = re.compile(r"(?: *:(?: *(?:null|Null|NULL|~)(?![^ ,\]}])| *(?=[],}]|$))?)?")
"""What stands behind a word without arguments: a colon with a ``null``, or blanks before an end."""


def with_arguments(
    call: Scalar,
    arguments: Tree | None,
    values: MappingOf[str, str],
    given: MappingOf[str, Tree],
) -> Fix:
    """A call with these values, each YAML as in flow style; nothing if they cannot be put in.

    ``given`` are the trees that arguments have now.
    """
    changed = tuple(
        edit for name in values if name in given for edit in replaced(given[name], values[name])
    )
    new = tuple(f"{name}: {value}" for name, value in values.items() if name not in given)
    if not new:
        return changed
    added = _added(call, arguments, new, given)
    return (*changed, *added) if added else ()


def _added(
    call: Scalar, arguments: Tree | None, new: tuple[str, ...], given: MappingOf[str, Tree]
) -> Fix:
    """A call with arguments that it has not, each ``name: value``."""
    text = ", ".join(new)
    if arguments is None or (isinstance(arguments, Scalar) and arguments.value is None):
        end = call.span.end()
        colon = _COLON.match(end.file.line(end.line), end.column - 1)
        assert colon is not None
        return (Edit(end.within(0, len(colon[0])), f": {{{text}}}"),)
    is_flow = isinstance(arguments, Scalar) or arguments.flow
    if isinstance(arguments, Scalar) or any(tree is arguments for tree in given.values()):
        ends = arguments.span  # it is one argument; now it is the first of several
        return (Edit(ends.start(), "["), Edit(ends.end(), f", {text}]")) if is_flow else ()
    if is_flow and not (arguments.items if isinstance(arguments, Sequence) else arguments.entries):
        return replaced(arguments, f"{{{text}}}")
    return with_entry(arguments, text) if is_flow or len(new) == 1 else ()


def without_given(arguments: Tree | None, name: str, given: MappingOf[str, Tree]) -> Fix:
    """A call without an argument that has a value, which may stand by name or by position."""
    tree = given.get(name)
    if arguments is None or tree is None:
        return ()
    if tree is arguments:
        return replaced(arguments, "{}")
    items = arguments.items if isinstance(arguments, Sequence) else (arguments,)
    for item in items:
        if isinstance(item, Mapping) and item.get(name) is tree:
            return without_argument(arguments, item, name)
    if tree is not items[-1]:
        return ()  # what stands behind it would move up
    return _without_item(arguments, tree)


def without_argument(arguments: Tree, held: Mapping, name: str) -> Fix:
    """A call without an argument by name; ``held`` is the mapping that it stands in.

    An op whose last argument went has an empty mapping of them.
    """
    if len(held.entries) > 1:
        return without_entry(held, name)
    return _without_item(arguments, held)


def _without_item(arguments: Tree, item: Tree) -> Fix:
    if isinstance(arguments, Sequence) and len(arguments.items) > 1:
        return without_item(arguments, item)
    return replaced(arguments, "{}")
