"""YAML's flow syntax cuts ``{c: max(8, c // 4)}`` in two at the comma: found, and said.

A text with an open parenthesis, followed by texts that stand alone, up to the one that closes it,
is one expression that its author had to quote. So is ``{stride:2}``, a key without a value.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Code, Edit
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.plain_text import quoted_text
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Tree

_NO_SPACE = re.compile(r"(?P<key>[A-Za-z_]\w*):(?P<value>[^\s:/].*)")

_TUPLE = re.compile(r"\(\s*(-?[\w.]+(?:\s*,\s*-?[\w.]+)*)\s*,?\s*\)")
"""Numbers and names between parentheses."""


def entries_without_traps(entries: list[Entry], findings: Findings) -> list[Entry]:
    """The entries of a flow mapping without the pieces of cut expressions; each is a finding."""
    if not _may_be_cut(entries):
        return entries
    kept: list[Entry] = []
    cut = _Cut()
    for entry in entries:
        alone = entry.key.plain and isinstance(entry.value, Scalar) and _is_empty(entry.value)
        if alone and cut.is_open():
            cut.add(entry.key)
            continue
        _report(cut, kept, findings)
        cut = _Cut()
        if alone and (_surplus(entry.key) < 0 or _has_no_space(entry.key, findings)):
            if _surplus(entry.key) < 0:
                _trap([entry.key], None, findings)
            continue
        kept.append(entry)
        if isinstance(entry.value, Scalar) and entry.value.plain:
            cut.add(entry.value)
    _report(cut, kept, findings)
    return kept


def _may_be_cut(entries: list[Entry]) -> bool:
    """Whether a key without a value can be a piece, or ``key:value``; nearly never."""
    has_open = has_alone = False
    for entry in entries:
        value = entry.value
        if isinstance(value, Scalar):
            if value.text:
                has_open = has_open or "(" in value.text
            elif value.plain:
                has_alone = True
                has_open = has_open or ")" in entry.key.text or ":" in entry.key.text
    return has_alone and has_open


def items_without_traps(items: list[Tree], findings: Findings) -> list[Tree]:
    """The items of a flow sequence without the later pieces of cut expressions."""
    for item in items:
        if isinstance(item, Mapping) or (isinstance(item, Scalar) and "(" in item.text):
            break
    else:
        return items
    items = [_without_choice(item, findings) for item in items]
    tails = (_tail(item) for item in items)
    if not any(tail is not None and "(" in tail.text for tail in tails):
        return items
    kept: list[Tree] = []
    cut = _Cut()
    for item in items:
        if isinstance(item, Scalar) and item.plain and cut.is_open():
            cut.add(item)
            continue
        _report(cut, [], findings)
        tail = _tail(item)
        cut = _Cut()
        if tail is not None and tail.plain:
            cut.add(tail)
        kept.append(item)
    _report(cut, [], findings)
    return kept


def _without_choice(item: Tree, findings: Findings) -> Tree:
    """``[a == 1 ? 16 : 32, 3]``, whose first item is a key and its value; a finding then."""
    if not isinstance(item, Mapping) or len(item.entries) != 1:
        return item
    entry = item.entries[0]
    if "?" not in entry.key.text or "?" not in item.span.text():
        return item
    test, mark, then = (part.strip() for part in entry.key.text.partition("?"))
    value = entry.value
    if not (entry.key.plain and isinstance(value, Scalar) and value.plain and mark and then):
        return item
    span = entry.key.span.to(value.span)
    written = f"{then} if {test} else {value.text}"
    findings.add(
        Code.FLOW_TRAP,
        "a choice is `a if condition else b`, and YAML takes this `:` for a key's",
        span,
        help=f"write `{written}`",
        fix=(Edit(span, written),),
    )
    return entry.key


class _Cut:
    """The pieces of a text so far, and how many of its parentheses are open."""

    def __init__(self) -> None:
        self.pieces: list[Scalar] = []
        self._open = 0

    def add(self, piece: Scalar) -> None:
        self.pieces.append(piece)
        self._open += _surplus(piece)

    def is_open(self) -> bool:
        return self._open > 0


def _tail(item: Tree) -> Scalar | None:
    """The text that a comma ended: the item itself, or the value of ``key: value`` in a list."""
    if isinstance(item, Mapping) and item.entries:
        value = item.entries[-1].value
        end = (item.span.end_line, item.span.end_column)
        has_braces = end != (value.span.end_line, value.span.end_column)
        return value if isinstance(value, Scalar) and not has_braces else None
    return item if isinstance(item, Scalar) else None


def _is_empty(value: Scalar) -> bool:
    return value.plain and not value.text


def _surplus(text: Scalar) -> int:
    """How many parentheses the text opens and leaves open; negative if it closes others'."""
    return text.text.count("(") - text.text.count(")")


def _has_no_space(key: Scalar, findings: Findings) -> bool:
    """Whether a key without a value is ``key:value``; a finding then."""
    match = _NO_SPACE.fullmatch(key.text)
    if match is None:
        return False
    colon = key.span.within(match.end("key"), match.end("key") + 1)
    findings.add(
        Code.FLOW_TRAP,
        "a space is missing behind this `:`, so that all of it is a key",
        colon,
        help=f"write `{match['key']}: {match['value']}`",
        fix=(Edit(colon.end(), " "),),
    )
    return True


def _report(cut: _Cut, kept: list[Entry], findings: Findings) -> None:
    """Of a text without an open parenthesis there is one piece: no finding."""
    if len(cut.pieces) > 1:
        _trap(cut.pieces, kept[-1].key.text if kept else None, findings)


def _trap(pieces: list[Scalar], key: str | None, findings: Findings) -> None:
    span = pieces[0].span.to(pieces[-1].span)
    one_line = span.line == span.end_line
    text = span.text() if one_line else ", ".join(piece.text for piece in pieces)
    found = _TUPLE.fullmatch(text)
    values = () if found is None else tuple(re.split(r"\s*,\s*", found[1]))
    meant = f"[{', '.join(values)}]" if len(values) > 1 else "".join(values)
    new = meant or quoted_text(text)
    shown = new if key is None else f"{key}: {new}"
    findings.add(
        Code.FLOW_TRAP,
        "a list is written in brackets, got a tuple as in Python"
        if meant
        else "YAML ends an unquoted text at a comma inside brackets",
        span,
        help=f"write `{shown}`" if meant else f"quote this: `{shown}`",
        fix=(Edit(span, new),),
    )
