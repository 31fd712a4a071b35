"""The value of ``--set name=value``, read as a spec's values are."""

from __future__ import annotations

from archcompile.diagnostics import SourceFile, SpecError
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.tree import Mapping, Scalar, Tree


def read_value(text: str) -> object:
    """A number, a boolean, a text, or a tuple of values.

    Raises:
        ValueError: it is not YAML, or not a value that a parameter can have; says what it is.
    """
    try:
        return _value(read(SourceFile("--set", text)))
    except SpecError as error:
        finding = error.diagnostics[0]
        help = "" if finding.help is None else f" ({finding.help})"
        raise ValueError(f"{finding.message}{help}") from error


def _value(tree: Tree) -> object:
    if isinstance(tree, Scalar):
        if tree.value is None:
            raise ValueError("a parameter cannot be null")
        return tree.value
    if isinstance(tree, Mapping):
        raise ValueError("a parameter cannot be a mapping")
    return tuple(map(_value, tree.items))
