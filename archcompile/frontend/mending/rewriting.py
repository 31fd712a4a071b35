"""What an author would change in a spec to mend it: values, entries and items, as edits.

Each gives a ``Fix``: empty where the text around is of a form that cannot be edited surely.
Texts that are put in are YAML as it stands in flow style (``yaml_text`` makes one of a word).
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Fix, Span
from archcompile.frontend.text.plain_text import double_quoted
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_PLAIN = re.compile(r"[A-Za-z0-9_./*+()= -]*[A-Za-z0-9_)]")
_ITEM = re.compile(r"\s*- +")
"""What stands before an item of a block list, on its line."""


def yaml_text(word: str) -> str:
    """A text as a value in flow style: quoted unless it is surely plain."""
    if _PLAIN.fullmatch(word) and not word.startswith((" ", "-", "*", "=")):
        return word
    return double_quoted(word)


def replaced(tree: Tree, text: str) -> Fix:
    """Another value in the place of this one."""
    return (Edit(tree.span, text),)


def quoted(tree: Scalar) -> Fix:
    """The same text between quotes."""
    return (Edit(tree.span, double_quoted(tree.text)),)


def with_entry(collection: Mapping | Sequence, added: str) -> Fix:
    """A mapping or list with one more entry at its end."""
    parts = _parts(collection)
    if collection.flow:
        end = collection.span.end()
        place = Span(end.file, end.line, end.column - 1, end.line, end.column - 1)
        comma = "" if not parts else " " if _ends_in_comma(collection) else ", "
        return (Edit(place, f"{comma}{added}"),)
    if not parts:
        return ()
    first, last = parts[0], parts[-1].end()
    before = first.file.line(first.line)[: first.column - 1]
    if "|" in parts[-1].text() or ">" in parts[-1].text():
        return ()  # a block scalar ends where its lines end, not where its text does
    lead = before if isinstance(collection, Sequence) else " " * len(before)
    if isinstance(collection, Sequence) and not _ITEM.fullmatch(before):
        return ()
    return (Edit(behind_comment(last), f"\n{lead}{added}"),)


def without_entry(mapping: Mapping, key: str) -> Fix:
    """A mapping without an entry, with the comma or the line that it had."""
    place = next((i for i, entry in enumerate(mapping.entries) if entry.key.text == key), None)
    if place is None or len(mapping.entries) == 1:
        return ()
    span = _entry_span(mapping.entries[place])
    if place > 0:
        return (Edit(_entry_span(mapping.entries[place - 1]).end().to(span), ""),)
    following = _entry_span(mapping.entries[1])
    return (Edit(span.start().to(following.start()), ""),)


def without_item(sequence: Sequence, item: Tree) -> Fix:
    """A list without an item that is not its only one, with the comma or the line that it had."""
    place = next((i for i, each in enumerate(sequence.items) if each is item), None)
    if place is None or len(sequence.items) == 1:
        return ()
    if place > 0:
        return (Edit(sequence.items[place - 1].span.end().to(item.span), ""),)
    return (Edit(item.span.start().to(sequence.items[1].span.start()), ""),)


def is_one_line(span: Span) -> bool:
    """Whether a text stands on one line, so that it can be put on another."""
    return span.line == span.end_line


def behind_comment(end: Span) -> Span:
    """The end of a value, or of its line where nothing but a comment is behind it."""
    line = end.file.line(end.line)
    if re.fullmatch(r"\s*(?:\s#.*)?", line[end.column - 1 :]) is None:
        return end
    return Span(end.file, end.line, len(line) + 1, end.line, len(line) + 1)


def _parts(collection: Mapping | Sequence) -> tuple[Span, ...]:
    if isinstance(collection, Sequence):
        return tuple(item.span for item in collection.items)
    return tuple(map(_entry_span, collection.entries))


def _entry_span(entry: Entry) -> Span:
    return entry.key.span.to(entry.value.span)


def _ends_in_comma(collection: Mapping | Sequence) -> bool:
    return collection.span.text()[:-1].rstrip().endswith(",")
