"""Text in an SVG: the encoder, and the room that a text takes."""

from __future__ import annotations

from xml.sax.saxutils import escape

from archcompile.diagnostics.characters import is_wide, seen

_QUOTES = {'"': "&quot;", "'": "&#39;"}
_ASCII_WIDTH, _WIDE_WIDTH = 0.56, 1.0


def encode(text: str) -> str:
    """Text for an element or a quoted attribute.

    What XML 1.0 cannot hold, and what would reorder the text around it (controls, surrogates,
    bidirectional marks, non-characters), becomes U+FFFD.
    """
    return escape(seen(text), _QUOTES)


def width(text: str, size: float) -> float:
    """About how many pixels a text takes in a sans-serif font of ``size`` pixels."""
    return size * sum(map(_width_of, text))


def _width_of(character: str) -> float:
    return _WIDE_WIDTH if is_wide(character) else _ASCII_WIDTH


def fit(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it would be wider than ``room`` pixels."""
    if width(text, size) <= room:
        return text
    kept = room - size
    used = 0.0
    for place, character in enumerate(text):
        used += _width_of(character) * size
        if used > kept:
            return f"{text[:place].rstrip()}…"
    return text
