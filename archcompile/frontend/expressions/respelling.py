"""Another spelling for a part of an expression: the edit that writes it, and the text it shows.

Where a character of the expression is exactly one of the file, the edit changes only that part. In
a quoted text with escapes, or where the new text would not be plain YAML, it writes the whole.
"""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit, Fix
from archcompile.diagnostics.span import Span
from archcompile.frontend.text.tree import Scalar

_BREAKS_PLAIN = re.compile(r"[,\[\]{}]|: |:$| #")
_LONGEST = 120


def respelled(scalar: Scalar, start: int, end: int, text: str) -> tuple[str, Fix]:
    """What to write for the characters from ``start`` to ``end`` of the scalar's text, as an edit.

    The shown text is empty, and there is no edit, where neither the part nor the whole can be
    written surely.
    """
    exact = scalar.span if scalar.plain else scalar.inner
    quote = _quote(scalar)
    whole = scalar.text[:start] + text + scalar.text[end:]
    if exact is not None and _fits(text, whole, quote):
        return text, (Edit(exact.within(start, end), text),)
    if quote is None and not scalar.plain:
        return "", ()  # a block scalar: where it ends is not known
    if len(whole) > _LONGEST or "\n" in whole:
        return "", ()
    if _is_list(whole):
        return whole, (Edit(scalar.span, whole),)
    shown = '"' + whole.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return shown, (Edit(scalar.span, shown),)


def respelled_at(span: Span | None, old: str, text: str) -> tuple[str, Fix]:
    """The same for a span that reads ``old`` in the file; nothing where it reads otherwise."""
    if span is None or span.text() != old or _BREAKS_PLAIN.search(text):
        return "", ()
    return text, (Edit(span, text),)


def _fits(text: str, whole: str, quote: str | None) -> bool:
    """Whether a text can stand in the middle of the scalar as it is."""
    if quote == "'":
        return "'" not in text
    if quote == '"':
        return '"' not in text and "\\" not in text
    return not (_BREAKS_PLAIN.search(text) or _starts_badly(whole))


def _starts_badly(whole: str) -> bool:
    return bool(re.match(r"[-?:\[\]{},#&*!|>'\"%@`]", whole)) and not re.match(r"-[^ ]", whole)


def _is_list(whole: str) -> bool:
    """Whether it is a list of plain numbers, which YAML reads as what it means."""
    return re.fullmatch(r"\[\d+(, \d+)*\]", whole) is not None


def _quote(scalar: Scalar) -> str | None:
    """The mark that the scalar stands between, or ``None``."""
    if scalar.plain:
        return None
    first = scalar.span.text()[:1]
    return first if first in ("'", '"') else None
