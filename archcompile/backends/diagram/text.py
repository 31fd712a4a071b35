"""Text in an SVG: the encoder, and the room that a text takes."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape

_QUOTES = {'"': "&quot;", "'": "&#39;"}
_ASCII_WIDTH, _WIDE_WIDTH = 0.56, 1.0


def encode(text: str) -> str:
    """Text for an element or a quoted attribute.

    What XML 1.0 cannot hold, and what would reorder the text around it (controls, surrogates,
    bidirectional marks, non-characters), becomes U+FFFD.
    """
    return escape("".join(map(_allowed, text)), _QUOTES)


def _allowed(character: str) -> str:
    if character in "\n\t":
        return " "
    unusable = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn")
    return "\ufffd" if unusable else character


def width(text: str, size: float) -> float:
    """About how many pixels a text takes in a sans-serif font of ``size`` pixels."""
    return size * sum(map(_width_of, text))


def _width_of(character: str) -> float:
    wide = unicodedata.east_asian_width(character) in "WF"
    return _WIDE_WIDTH if wide else _ASCII_WIDTH


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
