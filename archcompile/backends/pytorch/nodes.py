"""Questions about Python's syntax trees that need not look at every node."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def is_same(one: object, other: object) -> bool:
    """Whether two trees say the same, wherever they stand: the first difference ends it."""
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.AST):
        return all(is_same(getattr(one, at, None), getattr(other, at, None)) for at in one._fields)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return repr(one) == repr(other)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that is in it and no expression, however deep: expressions hold no statements."""
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.expr):
            yield each
            yield from statements(each)
