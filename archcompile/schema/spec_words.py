"""SpecWords: what a spec adds to the language's own words, as far as its text can be read."""

from __future__ import annotations

import posixpath
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from archcompile.diagnostics import SourceFile, SpecError
from archcompile.frontend.document.declarations import uses
from archcompile.frontend.document.declared_names import parameters
from archcompile.frontend.document.document import Parameter
from archcompile.frontend.document.documents import is_library
from archcompile.frontend.document.spec_folder import SpecFolder
from archcompile.frontend.document.structure_entries import EXCHANGE
from archcompile.frontend.document.uses import MOST_FILES
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.tree import Mapping, Tree
from archcompile.schema.keys_of_lines import BESIDE, BODIES


@dataclass(frozen=True, slots=True)
class SpecBlock:
    """A block by its name and parameters; ``own``: it stands in the spec's own file."""

    name: str
    parameters: tuple[Parameter, ...]
    own: bool

    @property
    def layers(self) -> frozenset[str]:
        """The parameters that its body can call."""
        return layer_words(self.parameters)


@dataclass(frozen=True, slots=True)
class SpecWords:
    """The blocks of a file and of the files that it uses, and the file's parameters."""

    blocks: tuple[SpecBlock, ...]
    parameters: tuple[Parameter, ...]
    is_library: bool


def layer_words(declared: tuple[Parameter, ...]) -> frozenset[str]:
    """The names of the parameters that are layers."""
    names = (each.name.text for each in declared if each.type == "layer")
    return frozenset(name for name in names if _is_word(name))


def _is_word(name: str) -> bool:
    """Whether a line can call what is called so."""
    return name.isascii() and name.isidentifier() and name not in (*BESIDE, *BODIES, EXCHANGE)


def spec_words(file: SourceFile) -> SpecWords:
    """What a file defines; what is wrong beside that is not looked at.

    Raises ``SpecError`` where it is no YAML.
    """
    tree = read(file)
    found = {block.name: block for block in _used(tree, Path(file.path))}
    found |= {block.name: block for block in _blocks(tree, own=True)}
    return SpecWords(tuple(found.values()), _parameters(tree, "params"), is_library(tree))


def _used(tree: Tree, path: Path) -> list[SpecBlock]:
    """The blocks of all files that are used, those that cannot be read left out."""
    folder = SpecFolder(path.parent)
    seen, found = {path.name}, list[SpecBlock]()
    ahead = deque((path.name, use) for use in _paths(tree))
    while ahead and len(seen) <= MOST_FILES:
        user, use = ahead.popleft()
        place = posixpath.normpath(posixpath.join(posixpath.dirname(user), use))
        if place in seen or place.startswith("../"):
            continue
        seen.add(place)
        try:
            other = read(folder.source(place))
        except SpecError:
            continue
        found += _blocks(other, own=False)
        ahead += ((place, each) for each in _paths(other))
    return found


def _paths(tree: Tree) -> tuple[str, ...]:
    named = _get(tree, "use")
    return () if named is None else tuple(path.text for path in uses(Findings(), named))


def _blocks(tree: Tree, *, own: bool) -> list[SpecBlock]:
    defined = _get(tree, "blocks")
    if not isinstance(defined, Mapping):
        return []
    return [
        SpecBlock(entry.key.text, _parameters(entry.value, "params"), own)
        for entry in defined.entries
        if _is_word(entry.key.text)
    ]


def _parameters(tree: Tree, key: str) -> tuple[Parameter, ...]:
    """Those that are declared well; the others are missing."""
    declared = _get(tree, key)
    return parameters(Findings(), declared) if isinstance(declared, Mapping) else ()


def _get(tree: Tree, key: str) -> Tree | None:
    return tree.get(key) if isinstance(tree, Mapping) else None
