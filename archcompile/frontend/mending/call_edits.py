"""Edits of a call's arguments: several set at once, or one left out."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from archcompile.diagnostics import Edit, Fix
from archcompile.frontend.mending.rewriting import replaced, with_argument, without_entry
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree


def with_arguments(
    call: Scalar,
    arguments: Tree | None,
    values: MappingOf[str, str],
    given: MappingOf[str, Tree],
) -> Fix:
    """A call with these values, each YAML as in flow style; nothing if they cannot be put in."""
    fix: Fix = ()
    for name in values.keys() & given.keys():
        fix += replaced(given[name], values[name])
    added = [f"{name}: {value}" for name, value in values.items() if name not in given]
    if not added:
        return fix
    if arguments is None:
        return (*fix, _braces(call, ", ".join(added)))
    if isinstance(arguments, Scalar) and arguments.value is not None:
        ends = arguments.span
        return (*fix, Edit(ends.start(), "["), Edit(ends.end(), f", {', '.join(added)}]"))
    if isinstance(arguments, Sequence) and any(tree is arguments for tree in given.values()):
        ends = arguments.span  # the list is one argument; now it is the first of several
        inner = (Edit(ends.start(), "["), Edit(ends.end(), f", {', '.join(added)}]"))
        return (*fix, *inner) if arguments.flow else ()
    name, _, value = (", " if _is_flow(arguments) else "\n").join(added).partition(": ")
    if len(added) > 1 and not _is_flow(arguments):
        return ()
    made = with_argument(call, arguments, name, value, given)
    return (*fix, *made) if made else ()


def _braces(call: Scalar, added: str) -> Edit:
    """Arguments for a call that has none; its colon may stand there."""
    end = call.span.end()
    has_colon = end.file.line(end.line)[end.column - 1 :].startswith(":")
    return Edit(end.within(1, 1) if has_colon else end, f"{'' if has_colon else ':'} {{{added}}}")


def without_argument(arguments: Tree | None, name: str, given: MappingOf[str, Tree]) -> Fix:
    """A call without an argument; an op whose last argument went has an empty mapping of them."""
    tree = given.get(name)
    if tree is not None and tree is arguments:
        return replaced(arguments, "{}")
    match arguments:
        case Mapping(entries=entries):
            return (
                replaced(arguments, "{}") if len(entries) == 1 else without_entry(arguments, name)
            )
        case Sequence(items=items) if arguments.flow and tree is not None:
            place = next((at for at, each in enumerate(items) if _holds(each, tree)), None)
            if place is None or (place < len(items) - 1 and items[place] is tree):
                return ()  # what stands behind it would move up
            if len(items) == 1:
                return replaced(arguments, "{}")
            if place == 0:
                return (Edit(items[0].span.start().to(items[1].span.start()), ""),)
            return (Edit(items[place - 1].span.end().to(items[place].span), ""),)
        case Scalar():
            return replaced(arguments, "{}")
    return ()


def _holds(item: Tree, tree: Tree) -> bool:
    """Whether an item of a call's list gives an argument this value."""
    if item is tree:
        return True
    return isinstance(item, Mapping) and len(item.entries) == 1 and item.entries[0].value is tree


def _is_flow(arguments: Tree | None) -> bool:
    """Whether what is added stands in flow style."""
    return arguments is None or isinstance(arguments, Scalar) or arguments.flow
