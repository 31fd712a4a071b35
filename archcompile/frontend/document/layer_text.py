"""Layers written anew: the YAML of one line, from parts that the author wrote otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from archcompile.diagnostics import Edit, Fix, Span
from archcompile.frontend.mending.rewriting import is_one_line
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree


def flow_text(tree: Tree) -> str | None:
    """A value as it can stand in flow style; ``None`` if it takes several lines or a comment."""
    written = tree.span.text()
    if not is_one_line(tree.span) or " #" in written:
        return None
    if isinstance(tree, Mapping) and not written.startswith("{"):
        return f"{{{written}}}"
    if isinstance(tree, Scalar) and tree.plain and any(mark in written for mark in ",[]{}"):
        return f'"{written}"' if '"' not in written and "\\" not in written else None
    return None if isinstance(tree, Sequence) and not tree.flow else written


def call_text(op: str, arguments: str) -> str:
    """``relu`` or ``conv2d: [64, 3]``: what stands in a mapping or in a list."""
    return f"{op}: {arguments}" if arguments else op


def flow_layer(beside: Iterable[Entry], call: str) -> str | None:
    """A layer in one line: what stands beside the op, and the call."""
    parts = []
    for entry in beside:
        value = flow_text(entry.value)
        if value is None:
            return None
        parts.append(f"{entry.key.text}: {value}")
    return f"{{{', '.join((*parts, call))}}}" if parts or ": " in call else call


def with_arguments(op: Entry, added: Iterable[Entry]) -> str | None:
    """An op's arguments and some more, as they stand behind its key in flow style."""
    more = []
    for entry in added:
        value = flow_text(entry.value)
        if value is None:
            return None
        more.append(f"{entry.key.text}: {value}" if value else entry.key.text)
    given = flow_text(op.value)
    if given is None:
        return None
    if isinstance(op.value, Scalar) and op.value.value is None:
        return f"{{{', '.join(more)}}}"
    if isinstance(op.value, Scalar):
        return f"[{', '.join((given, *more))}]"
    inner = given[1:-1].strip().rstrip(",")
    return given[0] + ", ".join((inner, *more) if inner else more) + given[-1]


def indented(entries: Iterable[Entry]) -> Fix:
    """Entries of a block mapping, two columns further in; each starts a line of its own."""
    lines = sorted(
        number
        for entry in entries
        for number in range(entry.key.span.line, entry.value.span.end_line + 1)
    )
    file = next((entry.key.span.file for entry in entries), None)
    if file is None:
        return ()
    places = (Span(file, line, 1, line, 1) for line in dict.fromkeys(lines))
    return tuple(Edit(place, "  ") for place in places)


def listed_layers(tree: Mapping, ops: frozenset[str]) -> tuple[Fix, str]:
    """A mapping of layers as a list of them, and its first line; nothing where that is unsure.

    ``{relu: , conv2d: [64, 3]}`` has ops as keys, ``{conv1: {conv2d: [64, 3]}}`` the layers' names.
    """
    if not all(_is_layer(entry, ops) for entry in tree.entries):
        return (), ""
    if tree.flow:
        every = [_item(entry, ops) for entry in tree.entries]
        written = [each for each in every if each is not None]
        text = f"[{', '.join(written)}]"
        return ((Edit(tree.span, text),), text) if len(written) == len(every) else ((), "")
    edits = [edit for entry in tree.entries for edit in _as_item(entry, ops)]
    first = tree.entries[0]
    shown = first.key.text if first.key.text in ops else named_layer(first, ops)
    return tuple(edits), f"- {shown or f'name: {first.key.text}'}"


def _is_layer(entry: Entry, ops: frozenset[str]) -> bool:
    return entry.key.text in ops or named_call(entry, ops) is not None


def _item(entry: Entry, ops: frozenset[str]) -> str | None:
    if entry.key.text not in ops:
        return named_layer(entry, ops)
    value = flow_text(entry.value)
    return None if value is None else call_text(entry.key.text, value)


def _as_item(entry: Entry, ops: frozenset[str]) -> list[Edit]:
    """An entry of a block mapping as an item of a list, with the lines below it moved in."""
    key, value = entry.key.span, entry.value.span
    colon = key.end().within(0, 1)
    if entry.key.text not in ops and named_layer(entry, ops) is not None and key.line == value.line:
        opening = value.start().within(0, 1) if value.text()[:1] == "{" else value.start()
        closing = () if value.text()[:1] == "{" else (Edit(value.end(), "}"),)
        return [Edit(key.start(), "- {name: "), Edit(colon.to(opening), ", "), *closing]
    lines = range(key.line + 1, value.end_line + 1)
    moved = [Edit(Span(key.file, line, 1, line, 1), "  ") for line in lines]
    if entry.key.text in ops:
        return [Edit(key.start(), "- "), *moved]
    stays = value.column == key.column + 2
    return [Edit(key.start(), "- name: "), Edit(colon, ""), *(() if stays else moved)]


def named_call(entry: Entry, ops: frozenset[str]) -> Mapping | Scalar | None:
    """``conv1: {conv2d: [64, 3]}`` or ``relu1: relu``: a layer under its name."""
    value = entry.value
    if entry.key.text in ops:
        return None
    if isinstance(value, Scalar):
        return value if value.text in ops else None
    if not isinstance(value, Mapping) or any(e.key.text == "name" for e in value.entries):
        return None
    calls = [each for each in value.entries if each.key.text in ops]
    beside = {"from", "when", "init"}
    alone = all(each in calls or each.key.text in beside for each in value.entries)
    return value if len(calls) == 1 and alone and calls[0].key.text not in _ARGUMENTS else None


def named_layer(entry: Entry, ops: frozenset[str]) -> str | None:
    """The same as a layer: ``{name: conv1, conv2d: [64, 3]}``; ``None`` over several lines."""
    if named_call(entry, ops) is None:
        return None
    value = flow_text(entry.value)
    if value is None:
        return None
    inner = value[1:-1].strip() if isinstance(entry.value, Mapping) else value
    return f"{{name: {entry.key.text}, {inner}}}"


_ARGUMENTS = frozenset(("pad", "dropout", "normalize", "constant", "slice", "mean", "parameter"))
"""Ops whose words are arguments elsewhere: alone under an unknown key they say nothing sure."""
