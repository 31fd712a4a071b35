"""Passed: a layer that is handed to a block, as ``activation: relu`` hands one over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_WORD = re.compile(r"[A-Za-z_]\w*")
NO_LAYER = "none"
"""Handed over, it means that the line which uses the parameter is absent."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The op or block, and arguments that the frame of whoever hands it over explains."""

    op: Scalar
    arguments: Tree | None
    frame: Frame

    @property
    def said(self) -> str:
        """As its giver wrote it."""
        written = "" if self.arguments is None else f": {_written(self.arguments)}"
        return f"{self.op.text}{written}"

    def __str__(self) -> str:
        """What it comes to: two of one text build the same."""
        inner = {name: str(self.frame.layers[name]) for name in self._layers()}
        names = {name: str(self.frame.names[name]) for name in self.mentioned()} | inner
        return f"{self.said} {sorted(names.items())}"

    def mentioned(self) -> set[str]:
        """The names of the giver's frame that the arguments mention."""
        return self._words() & self.frame.names.keys()

    def _layers(self) -> set[str]:
        return self._words() & self.frame.layers.keys()

    def _words(self) -> set[str]:
        return set(_WORD.findall("" if self.arguments is None else _written(self.arguments)))


def passed_in(tree: Tree, frame: Frame) -> Passed | None:
    """The layer that a call hands over: a word, or one op with its arguments.

    A layer parameter of the caller's own is handed on. Raises ``ValueError`` for anything else.
    """
    match tree:
        case Scalar(value=str(), text=word):
            if word == NO_LAYER:
                return None
            return frame.layers[word] if word in frame.layers else Passed(tree, None, frame)
        case Mapping(entries=(entry,)):
            is_empty = isinstance(entry.value, Scalar) and entry.value.value is None
            return Passed(entry.key, None if is_empty else entry.value, frame)
    raise ValueError


def _written(tree: Tree) -> str:
    """A tree in flow style, for comparing and for people."""
    match tree:
        case Scalar():
            return tree.text
        case Sequence(items=items):
            return f"[{', '.join(map(_written, items))}]"
        case Mapping(entries=entries):
            pairs = (f"{entry.key.text}: {_written(entry.value)}" for entry in entries)
            return f"{{{', '.join(pairs)}}}"
