"""A spec that fails, made small: lines, keys and values are left out as long as it still fails.

Delta debugging on the tree (Zeller and Hildebrandt 2002): halves of a list first, then single
entries; then simpler values. ``fails`` is asked with a spec's text, and says whether what is left
still shows the same fault.

``python tests/random_shrink.py SEED`` makes the spec of a seed small that does not compile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from random_specs import spec_text

Path = tuple[Any, ...]
Fails = Callable[[str], bool]
KEPT = ("archcompile", "name", "input", "layers")
"""Keys of a file that it cannot be without."""
INLINED = ("sequence", "residual", "layers", "body")
"""Structures whose lines may stand in their place."""


class Enough(Exception):
    """No more tries."""


def shrink(spec: dict[str, Any], fails: Fails, *, tries: int = 2_000) -> dict[str, Any]:
    """A spec that still fails and from which nothing can be left out; ``tries`` is the most."""
    search = _Search(spec, fails, tries)
    try:
        for depth in (2, None):  # the most is gone before what is left is looked at closely
            search.deepest = depth
            while search.round():
                pass
    except Enough:
        pass
    return search.spec


class _Search:
    """The smallest spec so far, and how many may still be tried."""

    def __init__(self, spec: dict[str, Any], fails: Fails, tries: int) -> None:
        self.spec, self.fails, self.left = spec, fails, tries
        self.seen = {spec_text(spec)}
        self.deepest: int | None = None
        """How far down values are looked at; ``None``: all."""

    def round(self) -> bool:
        """Every change once, the large ones first; whether one of them was good."""
        before = spec_text(self.spec)
        self.without_items()
        self.without_keys()
        if self.deepest is None:
            self.unwrapped()
            self.simpler()
        return spec_text(self.spec) != before

    def places(self, kind: type) -> list[Path]:
        """The paths to all values of a kind, the shortest first."""
        found = sorted(_places(self.spec, kind), key=len)
        return [path for path in found if self.deepest is None or len(path) <= self.deepest]

    def keep(self, candidate: dict[str, Any]) -> bool:
        """Whether the candidate still fails; it is then the smallest."""
        text = spec_text(candidate)
        if text in self.seen:
            return False
        if self.left == 0:
            raise Enough
        self.seen.add(text)
        self.left -= 1
        if self.fails(text):
            self.spec = candidate
            return True
        return False

    def without_keys(self) -> None:
        """Mappings without one of their keys; the top ones first."""
        for path in self.places(dict):
            held = _at(self.spec, path)
            if not isinstance(held, dict):
                continue
            for key in list(held):
                here = _at(self.spec, path)
                is_needed = not path and key in KEPT
                if isinstance(here, dict) and key in here and len(here) > 1 and not is_needed:
                    self.keep(_changed(self.spec, (*path, key), _DROPPED))

    def without_items(self) -> None:
        """Lists without a part of their items: halves, quarters, one by one."""
        for path in self.places(list):
            held = _at(self.spec, path)
            size = len(held) if isinstance(held, list) else 0
            while size > 0:
                at = 0
                while isinstance(held := _at(self.spec, path), list) and at < len(held):
                    rest = held[:at] + held[at + size :]
                    if not self.keep(_changed(self.spec, path, rest)):
                        at += size
                size //= 2

    def unwrapped(self) -> None:
        """Lines of a structure in its place, a call's layer as the line, a branch for all."""
        for path in self.places(list):
            at = 0
            while isinstance(held := _at(self.spec, path), list) and at < len(held):
                item = held[at]
                if not any(
                    self.keep(_changed(self.spec, path, [*held[:at], *lines, *held[at + 1 :]]))
                    for lines in _inside(item)
                ):
                    at += 1

    def simpler(self) -> None:
        """Values that say less: a number or a flag for an expression, a small number, a word."""
        for path in list(_places(self.spec, object)):
            held = _at(self.spec, path)
            for value in _simpler(held):
                if self.keep(_changed(self.spec, path, value)):
                    break


def _inside(item: Any) -> Iterator[list[Any]]:
    """What may stand for a line: the lines that it holds."""
    if not isinstance(item, dict):
        return
    for key, held in item.items():
        inner = held.get("body", held.get("layers")) if isinstance(held, dict) else held
        if key in INLINED and isinstance(inner, list):
            yield inner
        elif key == "gpu_groups" and isinstance(inner, list):
            yield [line for line in inner if line != "exchange"]
        elif key == "branches":
            for branch in held.values() if isinstance(held, dict) else held:
                yield branch if isinstance(branch, list) else [branch]
        elif key == "layers" and isinstance(held, dict):
            yield [held]


def _simpler(held: Any) -> Iterator[Any]:
    """Values to try in the place of one, the simplest first."""
    if isinstance(held, bool) or held is None:
        return
    if isinstance(held, str) and not held.isidentifier():
        yield from (1, 2, True, False)
    elif isinstance(held, int | float) and held not in (0, 1):
        yield from (1, 2)
    elif isinstance(held, list) and held and not any(isinstance(e, dict | list) for e in held):
        yield from held
    elif isinstance(held, dict) and len(held) == 1:
        ((key, inner),) = held.items()
        if inner is None or inner == {}:
            yield key
        elif isinstance(inner, dict):
            yield {key: None}


_DROPPED = object()


def _places(tree: Any, kind: type, path: Path = ()) -> Iterator[Path]:
    """The paths to all values of a kind, from above."""
    if isinstance(tree, kind):
        yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree if _is_list(tree) else ())
    for key, held in entries:
        yield from _places(held, kind, (*path, key))


def _is_list(tree: Any) -> bool:
    return isinstance(tree, list)


def _at(tree: Any, path: Path) -> Any:
    """The value at a path; ``None`` where a change before has taken it away."""
    for key in path:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _changed(tree: Any, path: Path, value: Any) -> Any:
    """A copy with another value at a path; what is not on the way is shared."""
    if not path:
        return value
    key, *rest = path
    if isinstance(tree, list):
        changed = _changed(tree[key], tuple(rest), value)
        return [*tree[:key], *([] if changed is _DROPPED else [changed]), *tree[key + 1 :]]
    found = {
        name: _changed(held, tuple(rest), value) if name == key else held
        for name, held in tree.items()
    }
    return {name: held for name, held in found.items() if held is not _DROPPED}


def same_crash(error: Exception) -> Fails:
    """Whether a spec fails as another did: the same error, at the same line of the package."""
    from spec_text import compile_text, names_of

    wanted = _mark(error)

    def fails(text: str) -> bool:
        try:
            for name in names_of(text):
                compile_text(text, name)
        except Exception as raised:
            return _mark(raised) == wanted
        return False

    return fails


def _mark(error: Exception) -> tuple[Any, ...]:
    """What tells two errors apart: findings by their codes, others by where they came from."""
    from archcompile.diagnostics import SpecError

    if isinstance(error, SpecError):
        return ("finding", *sorted({each.code.value for each in error.diagnostics}))
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ()
    return (type(error).__name__, *place)


def main(seed: int) -> None:
    """Print the small form of a seed's spec, if it does not compile."""
    from random_families import random_family
    from spec_text import compile_text, names_of

    spec = random_family(seed)
    try:
        for name in names_of(spec_text(spec)):
            compile_text(spec_text(spec), name)
    except Exception as error:
        print(f"# {type(error).__name__}: {error}")
        print(spec_text(shrink(spec, same_crash(error))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
