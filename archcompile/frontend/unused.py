"""Names that a spec declares and never says again: parameters, ``let``, blocks; and dead heads.

What is said is read off the text of values, so a name that is only a keyword of some call
(``stride: 1`` for a parameter ``stride``) is not said by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
    yield from _names(document, document.inputs, _values(document), owner="the file")
    for block in document.blocks:
        if block.span.file == document.span.file:
            yield from _names(block, block.sequence, owner=f"the block `{block.name.text}`")
    yield from _blocks(document)
    yield from _heads(document)


def _names(body: Document | Block, *more: object, owner: str) -> Iterator[Diagnostic]:
    """The parameters and ``let`` of a file or block; a ``layer`` may be used as an op."""
    if not body.parameters and not body.let:
        return  # most have none, and reading every value takes its time
    derived = tuple(tree for _, tree in body.let)
    parts = (body.parameters, derived, body.init, body.layers, body.outputs, *more)
    said = _said(parts)
    called = _called((body.layers, *more))
    for parameter in body.parameters:
        if parameter.type == "layer" and parameter.name.text in called:
            said.add(parameter.name.text)
    for name in (*(each.name for each in body.parameters), *(name for name, _ in body.let)):
        if name.text not in said:
            yield Diagnostic(
                Code.UNUSED_NAME,
                f"`{name.text}` is declared, and nothing in {owner} uses it",
                name.span,
                help="use it, or take it out",
            )


def _blocks(document: Document) -> Iterator[Diagnostic]:
    own = tuple(each for each in document.blocks if each.span.file == document.span.file)
    if not own:
        return
    bodies = {each.name.text: _handing((each.layers, each.sequence)) for each in document.blocks}
    defaults = tuple(each.parameters for each in document.blocks)
    called = _handing((document.layers, document.parameters, _values(document), defaults))
    waiting = [name for name in bodies if name in called]
    while waiting:
        more = bodies.keys() & bodies[waiting.pop()] - called
        called |= more
        waiting += more
    for block in own:
        if block.name.text not in called:
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


def _handing(part: object) -> set[str]:
    """The words that call a block here, or hand it on for a ``layer`` parameter."""
    return _called(part) | _said(part)


def _called(part: object) -> set[str]:
    """The words that stand as ops."""
    return {line.op.text for line in _lines(part) if line.op is not None}


def _lines(part: object) -> Iterator[Layer]:
    """Every line, those of structures and joins included."""
    if isinstance(part, tuple):
        for each in part:
            yield from _lines(each)
    elif isinstance(part, BaseModel):
        if isinstance(part, Layer):
            yield part
        for name in type(part).model_fields:
            yield from _lines(getattr(part, name))


def _said(part: object) -> set[str]:
    """Every word in the values of a part of the document; not what is called, nor named."""
    return set(_words(part))


def _words(part: object) -> Iterator[str]:
    match part:
        case Scalar() | Mapping() | Sequence():
            yield from _tree_words(part)
        case Parameter():
            yield from _words(part.default)
        case Loop():
            yield from _each((*(tree for _, tree in part.columns), part.rows))
        case WeightInit():
            yield from _words(part.arguments)
        case Layer():
            yield from _each(getattr(part, name) for name in _VALUES)
            for name in (part.name, *part.names):
                yield from _WORD.findall(" ".join(_TEMPLATE.findall(name.text if name else "")))
        case BaseModel():
            yield from _each(getattr(part, name) for name in type(part).model_fields)
        case tuple():
            yield from _each(part)


def _tree_words(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Scalar):
        yield from _WORD.findall(tree.text)
    elif isinstance(tree, Sequence):
        yield from _each(tree.items)
    else:
        for entry in tree.entries:
            yield from _words(entry.value)
            if isinstance(entry.value, Scalar) and entry.value.value is None:
                yield from _WORD.findall(entry.key.text)  # `unit: {activation}`


def _each(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        yield from _words(part)
