"""YAML's flow syntax cuts ``{c: max(8, c // 4)}`` in two at the comma: found, and said.

A text with an open parenthesis, followed by texts that stand alone, up to the one that closes it,
is one expression that its author had to quote.
"""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.frontend.findings import Findings
from archcompile.frontend.tree import Entry, Mapping, Scalar, Tree


def entries_without_traps(entries: list[Entry], findings: Findings) -> list[Entry]:
    """The entries of a flow mapping without the pieces of cut expressions; each is a finding."""
    kept: list[Entry] = []
    pieces: list[Scalar] = []
    for entry in entries:
        alone = entry.key.plain and isinstance(entry.value, Scalar) and _is_empty(entry.value)
        if alone and _is_open(pieces):
            pieces.append(entry.key)
            continue
        _report(pieces, kept, findings)
        pieces = []
        if alone and _surplus(entry.key) < 0:
            _trap([entry.key], None, findings)
            continue
        kept.append(entry)
        if isinstance(entry.value, Scalar) and entry.value.plain:
            pieces = [entry.value]
    _report(pieces, kept, findings)
    return kept


def items_without_traps(items: list[Tree], findings: Findings) -> list[Tree]:
    """The items of a flow sequence without the later pieces of cut expressions."""
    kept: list[Tree] = []
    pieces: list[Scalar] = []
    for item in items:
        if isinstance(item, Scalar) and item.plain and _is_open(pieces):
            pieces.append(item)
            continue
        _report(pieces, [], findings)
        tail = _tail(item)
        pieces = [tail] if tail is not None and tail.plain else []
        kept.append(item)
    _report(pieces, [], findings)
    return kept


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


def _is_open(pieces: list[Scalar]) -> bool:
    return sum(map(_surplus, pieces)) > 0


def _report(pieces: list[Scalar], kept: list[Entry], findings: Findings) -> None:
    """Of a text without an open parenthesis there is one piece: no finding."""
    if len(pieces) > 1:
        _trap(pieces, kept[-1].key.text if kept else None, findings)


def _trap(pieces: list[Scalar], key: str | None, findings: Findings) -> None:
    whole = ", ".join(piece.text for piece in pieces)
    quoted = f'"{whole}"' if key is None else f'{key}: "{whole}"'
    findings.add(
        Code.FLOW_TRAP,
        "YAML ends an unquoted text at a comma inside brackets",
        pieces[0].span.to(pieces[-1].span),
        help=f"quote this: {quoted}",
    )
