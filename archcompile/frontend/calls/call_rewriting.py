"""Edits of a whole call: an argument taken out, a key put beside the op, a line put behind it.

Each gives a ``Fix``: empty where the text around is of a form that cannot be edited surely.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Fix, Span
from archcompile.frontend.document.document import Layer
from archcompile.frontend.mending.rewriting import without_entry
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

_BLANK = re.compile(r"[\s-]*")
"""What stands before the first key of a block mapping, on its line."""
_ITEM = re.compile(r"\s*- +")


def without_argument(whole: Tree, held: Mapping, key: str) -> Fix:
    """A call without an argument by name; ``held`` is the mapping that it stands in."""
    if len(held.entries) > 1:
        return without_entry(held, key)
    if held is whole:
        inner = held.entries[0]
        braces = "" if held.flow else "{}"
        return (Edit(inner.key.span.to(inner.value.span), braces),)
    if isinstance(whole, Sequence):
        return without_position(whole, held)
    return ()


def without_position(whole: Sequence, item: Tree) -> Fix:
    """A list of arguments without one of them, with the comma or the line that it had."""
    place = next((i for i, each in enumerate(whole.items) if each is item), None)
    if place is None or len(whole.items) == 1:
        return ()
    if place > 0:
        return (Edit(whole.items[place - 1].span.end().to(item.span), ""),)
    return (Edit(item.span.start().to(whole.items[1].span.start()), ""),)


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
    start, before = call.span.start(), _before(call.span)
    if _BLANK.fullmatch(before):
        return (Edit(start, f"{entry}\n{' ' * (call.span.column - 1)}"),)
    if not _starts_together(layer, call):
        return (Edit(start, f"{entry}, "),) if _opens(layer) == "{" else ()
    if before.rstrip().endswith(":") or layer.span.end_line != layer.span.line:
        return ()
    return (Edit(start, f"{{{entry}, "), Edit(layer.span.end(), "}"))


def behind(layer: Layer | None, text: str) -> Fix:
    """One more layer behind a line that is there once, in the list where it stands."""
    if layer is None or layer.is_loop or layer.when is not None:
        return ()
    before = _before(layer.span)
    if _ITEM.fullmatch(before):
        return (Edit(layer.span.end(), f"\n{before}{text}"),)
    if before.rstrip().endswith(("[", ",")):
        return (Edit(layer.span.end(), f", {text}"),)
    return ()


def _before(span: Span) -> str:
    return span.file.line(span.line)[: span.column - 1]


def _starts_together(layer: Layer, call: Scalar) -> bool:
    return (layer.span.line, layer.span.column) == (call.span.line, call.span.column)


def _opens(layer: Layer) -> str:
    line = layer.span.file.line(layer.span.line)
    return line[layer.span.column - 1 : layer.span.column]
