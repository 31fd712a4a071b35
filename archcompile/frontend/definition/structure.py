"""Which parameters of a file decide its structure, and so cannot stay a constructor's parameter."""

from __future__ import annotations

import re

from archcompile.frontend.document.document import Document, Layer
from archcompile.frontend.text.tree import Mapping, Scalar, Tree

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def structural_names(document: Document) -> frozenset[str]:
    """Every word in a condition, a loop, a template or an input's shape, and what variants set."""
    found: set[str] = set()
    for each in document.inputs:
        found.update(*(words_in(entry) for entry in each.shape))
    for variant in document.variants:
        found.update(key.text for key, _ in variant.values)
    for name, tree in document.let:
        found |= {name.text} | words_in(tree)
    for layer in document.layers:
        found |= _layer(layer)
    return frozenset(found)


def words_around(layer: Layer) -> frozenset[str]:
    """Every word in a line and its lines that the frame around it may give a meaning."""
    inner = frozenset[str]().union(
        *map(words_around, (*layer.inner_lines(), *(layer.sequence or ())))
    )
    found = set(inner)
    for tree in (layer.op, layer.arguments, layer.when, layer.name):
        found |= words_in(tree)
    if layer.loop is not None:
        found -= {key.text for key, _ in layer.loop.columns}
        found -= {variable.text for variable in layer.loop.variables}
        for tree in (*(tree for _, tree in layer.loop.columns), layer.loop.rows):
            found |= words_in(tree)
    if layer.repeat is not None:
        found.discard("index")
        found |= words_in(layer.repeat)
    return frozenset(found)


def _layer(layer: Layer) -> set[str]:
    found: set[str] = set()
    skip = layer.residual.skip if layer.residual is not None else None
    count = layer.gpu_groups.count if layer.gpu_groups is not None else None
    for scalar in (layer.when, layer.repeat, skip, count):
        found |= words_in(scalar)
    for scalar in (layer.name, *layer.names, layer.apply, *(layer.sources or ())):
        if scalar is not None and "{" in scalar.text:
            found |= words_in(scalar)
    if layer.loop is not None:
        for _, tree in layer.loop.columns:
            found |= words_in(tree)
        found |= words_in(layer.loop.rows)
    for inner in (*(layer.sequence or ()), *layer.inner_lines()):
        found |= _layer(inner)
    return found


def words_in(tree: Tree | None) -> set[str]:
    """Every word of a tree, which may be an expression's name."""
    if tree is None:
        return set()
    if isinstance(tree, Scalar):
        return set(_IDENTIFIER.findall(tree.text))
    if isinstance(tree, Mapping):
        return set().union(*(words_in(entry.value) for entry in tree.entries))
    return set().union(*map(words_in, tree.items))
