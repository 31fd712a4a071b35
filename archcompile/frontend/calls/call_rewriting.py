"""A call in its line: the bare word, one that reads by ``from``, one with a key beside the op.

Each gives a ``Fix``: empty where the text around is of a form that cannot be edited surely.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Fix
from archcompile.frontend.document.document import Layer
from archcompile.frontend.text.tree import Scalar, Sequence, Tree

_BLANK = re.compile(r"[\s-]*")
"""What stands before the first key of a block mapping, on its line."""


def without_arguments(call: Scalar, arguments: Tree, layer: Layer | None) -> Fix:
    """The bare word; its colon stays where a mapping in block style needs one."""
    is_alone = layer is not None and _starts_together(layer, call)
    between = call.span.end().to(arguments.span.start()).text()
    flow = layer is not None and _opens(layer) == "{"
    if is_alone or flow:
        return (Edit(call.span.end().to(arguments.span), ""),)
    return (Edit(call.span.end().to(arguments.span), between.rstrip()),)


def reading(call: Scalar, arguments: Tree, layer: Layer | None) -> tuple[str, Fix] | None:
    """A call whose arguments are the names of layers, as one that reads them by ``from``."""
    items = arguments.items if isinstance(arguments, Sequence) else ()
    words = [item.text for item in items if isinstance(item, Scalar) and item.value == item.text]
    if layer is None or layer.sources is not None or len(words) < max(2, len(items)):
        return None
    entry = f"from: [{', '.join(words)}]"
    if _starts_together(layer, call):
        text = f"{{{entry}, {call.text}}}"
        return text, (Edit(call.span.to(arguments.span), text),)
    if _opens(layer) != "{":
        return None
    return f"{entry}, {call.text}", (Edit(call.span.to(arguments.span), f"{entry}, {call.text}"),)


def beside(call: Scalar, layer: Layer | None, entry: str) -> Fix:
    """The call with ``key: value`` before it in its line."""
    if layer is None:
        return ()
    start = call.span.start()
    before = call.span.file.line(call.span.line)[: call.span.column - 1]
    if _BLANK.fullmatch(before):
        return (Edit(start, f"{entry}\n{' ' * (call.span.column - 1)}"),)
    if not _starts_together(layer, call):
        return (Edit(start, f"{entry}, "),) if _opens(layer) == "{" else ()
    if before.rstrip().endswith(":") or layer.span.end_line != layer.span.line:
        return ()
    return (Edit(start, f"{{{entry}, "), Edit(layer.span.end(), "}"))


def _starts_together(layer: Layer, call: Scalar) -> bool:
    return (layer.span.line, layer.span.column) == (call.span.line, call.span.column)


def _opens(layer: Layer) -> str:
    line = layer.span.file.line(layer.span.line)
    return line[layer.span.column - 1 : layer.span.column]
