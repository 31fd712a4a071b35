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
        if alone and (_is_open(pieces) or _surplus(entry.key) < 0):
            pieces.append(entry.key)
            continue
        _report(pieces, kept[-1].key.text if kept else None, findings)
        pieces = [entry.value] if isinstance(entry.value, Scalar) and entry.value.plain else []
        kept.append(entry)
    _report(pieces, kept[-1].key.text if kept else None, findings)
    return kept


def items_without_traps(items: list[Tree], findings: Findings) -> list[Tree]:
    """The items of a flow sequence without the later pieces of cut expressions."""
    kept: list[Tree] = []
    pieces: list[Scalar] = []
    for item in items:
        if isinstance(item, Scalar) and item.plain and _is_open(pieces):
            pieces.append(item)
            continue
        _report(pieces, None, findings)
        tail = _tail(item)
        pieces = [tail] if tail is not None and tail.plain else []
        kept.append(item)
    _report(pieces, None, findings)
    return kept


def _tail(item: Tree) -> Scalar | None:
    """The text that a comma ended: the item itself, or the value of ``key: value`` in a list."""
    if isinstance(item, Mapping) and not item.flow and item.entries:
        item = item.entries[-1].value
    return item if isinstance(item, Scalar) else None


def _is_empty(value: Scalar) -> bool:
    return value.plain and not value.text


def _surplus(text: Scalar) -> int:
    """How many parentheses the text opens and leaves open; negative if it closes others'."""
    return text.text.count("(") - text.text.count(")")


def _is_open(pieces: list[Scalar]) -> bool:
    return sum(map(_surplus, pieces)) > 0


def _report(pieces: list[Scalar], key: str | None, findings: Findings) -> None:
    if len(pieces) < 2 and not any(_surplus(piece) < 0 for piece in pieces):
        return
    whole = ", ".join(piece.text for piece in pieces)
    quoted = f'"{whole}"' if key is None else f'{key}: "{whole}"'
    findings.add(
        Code.FLOW_TRAP,
        "YAML ends an unquoted text at a comma inside brackets",
        pieces[0].span.to(pieces[-1].span),
        help=f"quote this: {quoted}",
    )
