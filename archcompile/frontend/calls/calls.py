"""What a line calls: an op or block by its word, or the layer that a parameter holds."""

from __future__ import annotations

import re

from archcompile.diagnostics import Code, Related
from archcompile.frontend.calls.arguments import Call
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.definition.local import NotGeneric
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expressions.frame import Frame, mentioned
from archcompile.frontend.findings import finding
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.expr import Expr, Literal

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def call_of(layer: Layer, here: Frame) -> Call:
    """The call of a line that has an op key."""
    assert layer.op is not None
    return Call(layer.op, layer.arguments, here, here.layers.get(layer.op.text), layer)


def refuse_value_as_layer(call: Call, catalogue: Catalogue) -> None:
    """Refuse a parameter that holds a text where a layer parameter would be used."""
    word = call.word.text
    value = call.frame.names.get(word)
    if value is None or call.preset is not None or word in {*catalogue.ops, *catalogue.blocks}:
        return
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        return
    shown = value.value if value.value in catalogue.ops else "relu"
    raise finding(
        Code.UNKNOWN_OP,
        f"`{word}` is a parameter that holds {value}, and no op",
        call.word.span,
        help=f"one that holds an op is declared so, e.g. `params: {{{word}: {{layer: {shown}}}}}`",
        related=() if value.span is None else (Related(value.span, "its value"),),
    )


def is_none(layer: Layer, here: Frame) -> bool:
    """Whether the line uses a layer parameter for which ``none`` was handed over."""
    word = "" if layer.op is None else layer.op.text
    return word in here.layers and here.layers[word] is None


def reads_nothing(layer: Layer, here: Frame, catalogue: Catalogue) -> bool:
    """Whether the op makes its value of nothing, as a bare parameter does."""
    if layer.op is None or layer.op.text in here.layers or layer.op.text in catalogue.blocks:
        return False
    kind = catalogue.ops.get(layer.op.text)
    return kind is not None and kind.arity == 0


def condition_of(layer: Layer, here: Frame) -> Expr | None:
    """A layer's condition: ``None`` if it is always there, ``Literal(False)`` if never."""
    if is_none(layer, here):
        return Literal(False)
    if layer.when is None:
        return None
    condition = here.truth(layer.when)
    return None if condition == Literal(True) else condition


def known_text(scalar: Scalar, frame: Frame) -> str:
    """A name with its parts filled in; ``NotGeneric`` if a parameter decides it."""
    known = frame.text(scalar)
    if known is None:
        names: set[str] = set()
        for name in set(_IDENTIFIER.findall(scalar.text)) & frame.names.keys():
            names |= mentioned(frame.names[name])
        raise NotGeneric("a name depends on a parameter", names)
    return known
