"""Names that a spec declares and never says again: parameters, ``let``, blocks; and dead heads.

What is said is read off the text of values, so a name that is only a keyword of some call
(``stride: 1`` for a parameter ``stride``) is not said by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from archcompile.diagnostics import Code, Diagnostic
from archcompile.frontend.document.document import (
    Block,
    Document,
    Layer,
    Loop,
    Parameter,
    WeightInit,
)
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_WORD = re.compile(r"[A-Za-z_]\w*")
_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_VALUES = tuple(name for name in Layer.model_fields if name not in ("op", "name", "names", "span"))
"""The fields of a line that hold expressions, or further lines."""


def unused(document: Document) -> Iterator[Diagnostic]:
    """A warning for each such name, and for a head whose loss counts nothing."""
    own = [each.span.file == document.span.file for each in document.blocks]
    # most files declare none, and reading every value takes its time
    is_read = any(own) or _declares(document)
    lines = _words(document.layers, _values(document)) if is_read else _Words()
    bodies = [_words(each.layers, each.sequence) for each in document.blocks] if any(own) else []
    yield from _names(document, lines, document.inputs, owner="the file")
    for block, body, is_own in zip(document.blocks, bodies, own, strict=False):
        if is_own:
            yield from _names(block, body, owner=f"the block `{block.name.text}`")
    if any(own):
        yield from _blocks(document, lines, bodies)
    yield from _heads(document)


def _declares(body: Document | Block) -> bool:
    return bool(body.parameters or body.let)


def _names(
    body: Document | Block, lines: _Words, *more: object, owner: str
) -> Iterator[Diagnostic]:
    """The parameters and ``let`` of a file or block; a ``layer`` may be used as an op."""
    if not _declares(body):
        return
    derived = tuple(tree for _, tree in body.let)
    said = lines.said | _words(body.parameters, derived, body.init, body.outputs, *more).said
    for parameter in body.parameters:
        if parameter.type == "layer" and parameter.name.text in lines.called:
            said.add(parameter.name.text)
    for name in (*(each.name for each in body.parameters), *(name for name, _ in body.let)):
        if name.text not in said:
            yield Diagnostic(
                Code.UNUSED_NAME,
                f"`{name.text}` is declared, and nothing in {owner} uses it",
                name.span,
                help="use it, or take it out",
            )


def _blocks(document: Document, lines: _Words, inside: list[_Words]) -> Iterator[Diagnostic]:
    """The blocks that nothing calls; ``inside`` are the words of each block's body."""
    names = [each.name.text for each in document.blocks]
    bodies = {name: body.handing() for name, body in zip(names, inside, strict=True)}
    defaults = _words(document.parameters, *(each.parameters for each in document.blocks))
    called = lines.handing() | defaults.handing()
    waiting = [name for name in bodies if name in called]
    while waiting:
        more = bodies.keys() & bodies[waiting.pop()] - called
        called |= more
        waiting += more
    for block in document.blocks:
        if block.span.file == document.span.file and block.name.text not in called:
            yield Diagnostic(
                Code.UNUSED_BLOCK,
                f"no network of this file calls the block `{block.name.text}`",
                block.name.span,
                help="call it, take it out, or move it to a file of blocks that others `use`",
            )


def _heads(document: Document) -> Iterator[Diagnostic]:
    for output in document.outputs:
        if output.training and output.loss_weight == 0:
            yield Diagnostic(
                Code.DEAD_HEAD,
                f"the loss of `{output.name.text}` is multiplied with 0, so that head trains "
                "nothing",
                output.name.span,
                help="a head needs a `loss_weight` above 0; otherwise take it out",
            )


def _values(document: Document) -> tuple[object, ...]:
    """What variants give; the names that they give it to are no use of them."""
    return tuple(value for variant in document.variants for _, value in variant.values)


@dataclass(slots=True)
class _Words:
    """The words in parts of a document, each part read once."""

    said: set[str] = field(default_factory=set)
    """In values; neither what is called nor names."""
    called: set[str] = field(default_factory=set)
    """As the op of a line, those of structures and joins included."""

    def handing(self) -> set[str]:
        """The words that call a block, or hand it on for a ``layer`` parameter."""
        return self.said | self.called

    def add(self, part: object) -> None:
        """The words of one part."""
        match part:
            case Scalar() | Mapping() | Sequence():
                self._add_tree(part)
            case tuple():
                for each in part:
                    self.add(each)
            case Layer():
                self._add_line(part)
            case Parameter():
                self.add(part.default)
            case Loop():
                self.add(tuple(tree for _, tree in part.columns))
                self.add(part.rows)
            case WeightInit():
                self.add(part.arguments)
            case BaseModel():
                for name in type(part).model_fields:
                    self.add(getattr(part, name))

    def _add_line(self, line: Layer) -> None:
        if line.op is not None:
            self.called.add(line.op.text)
        for value in map(line.__dict__.get, _VALUES):
            if value:  # nearly all are left out
                self.add(value)
        for name in (line.name, *line.names):
            if name is not None and "{" in name.text:
                for template in _TEMPLATE.findall(name.text):
                    self.said.update(_WORD.findall(template))

    def _add_tree(self, tree: Tree) -> None:
        if isinstance(tree, Scalar):
            if type(tree.value) is not int:
                self.said.update(_WORD.findall(tree.text))
        elif isinstance(tree, Sequence):
            for item in tree.items:
                self._add_tree(item)
        else:
            for entry in tree.entries:
                self._add_tree(entry.value)
                if isinstance(entry.value, Scalar) and entry.value.value is None:
                    self.said.update(_WORD.findall(entry.key.text))  # `unit: {activation}`


def _words(*parts: object) -> _Words:
    found = _Words()
    found.add(parts)
    return found
