"""The order in which a module registers its members, and so the order of its state_dict."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def registered(paths: Iterable[str], bare: Collection[str] = ()) -> tuple[str, ...]:
    """The module paths, given in the order of the text, as torch lists them; each once.

    A module with members (a block, a sequence, a container) lists them together where the first of
    them is made. ``bare`` are paths of parameters without a module of their own: torch lists a
    module's own parameters before its members.
    """
    return tuple(_level(tuple((path, path) for path in dict.fromkeys(paths)), frozenset(bare)))


_Below = tuple[tuple[str, str], ...]
"""Each whole path, and what is left of it at this level."""


def _level(paths: _Below, bare: frozenset[str]) -> list[str]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for whole, rest in paths:
        head, _, below = rest.partition(".")
        groups.setdefault(head, []).append((whole, below))
    own = [whole for whole, rest in paths if whole in bare and "." not in rest]
    found = list(own)
    for members in groups.values():
        found += [whole for whole, below in members if not below and whole not in own]
        inner = tuple((whole, below) for whole, below in members if below)
        found += _level(inner, bare) if inner else []
    return found
