"""Which parameters of a file decide its structure, and so cannot stay a constructor's parameter."""

from __future__ import annotations

import re

from archcompile.frontend.document import Document, Layer
from archcompile.frontend.tree import Mapping, Scalar, Tree

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def structural_names(document: Document) -> frozenset[str]:
    """Every word in a condition, a loop, a template or an input's shape, and what variants set."""
    found: set[str] = set()
    for each in document.inputs:
        found.update(*(_words(entry) for entry in each.shape))
    for variant in document.variants:
        found.update(key.text for key, _ in variant.values)
    for layer in document.layers:
        found |= _layer(layer)
    return frozenset(found)


def words_around(layer: Layer) -> frozenset[str]:
    """Every word in a line and its lines that the frame around it may give a meaning."""
    inner = frozenset[str]().union(
        *map(words_around, (*(layer.layers or ()), *(layer.sequence or ())))
    )
    found = set(inner)
    for tree in (layer.arguments, layer.when, layer.name):
        found |= _words(tree)
    if layer.loop is not None:
        found -= {key.text for key, _ in layer.loop.columns}
        found -= {variable.text for variable in layer.loop.variables}
        for tree in (*(tree for _, tree in layer.loop.columns), layer.loop.rows):
            found |= _words(tree)
    if layer.repeat is not None:
        found.discard("index")
        found |= _words(layer.repeat)
    return frozenset(found)


def _layer(layer: Layer) -> set[str]:
    found: set[str] = set()
    for scalar in (layer.when, layer.repeat):
        found |= _words(scalar)
    for scalar in (layer.name, *(layer.sources or ())):
        if scalar is not None and "{" in scalar.text:
            found |= _words(scalar)
    if layer.loop is not None:
        for _, tree in layer.loop.columns:
            found |= _words(tree)
        found |= _words(layer.loop.rows)
    for inner in (*(layer.sequence or ()), *(layer.layers or ())):
        found |= _layer(inner)
    return found


def _words(tree: Tree | None) -> set[str]:
    if tree is None:
        return set()
    if isinstance(tree, Scalar):
        return set(_IDENTIFIER.findall(tree.text))
    if isinstance(tree, Mapping):
        return set().union(*(_words(entry.value) for entry in tree.entries))
    return set().union(*map(_words, tree.items))
