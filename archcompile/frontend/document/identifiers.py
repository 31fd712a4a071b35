"""Identifiers: what keeps a word from being one, and the nearest word that is one."""

from __future__ import annotations

import re
import unicodedata
from keyword import iskeyword

LONGEST = 100
_SPELT = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKALIKES = {
    **dict(zip("АВЕЅІЈКМНОРСТХаеорсухіјѕԁһ", "ABESIJKMHOPCTXaeopcyxijsdh", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναρυτκι", "ABEZHIKMNOPTYXovaputki", strict=True)),
    **dict(zip("ıℓ‐‑‒–—−×", "il------x", strict=True)),
}
"""Letters of other scripts, and dashes, that look like one of ASCII's (``confusables.txt``)."""


def is_identifier(word: str) -> bool:
    """Whether a word has only what Python's names have in ASCII; its own words are not asked."""
    return _WORD.fullmatch(word) is not None


def character_fault(word: str, allowed: str = "_") -> str | None:
    """Which character a name cannot have; ``allowed`` may stand beside letters and digits."""
    if "_" in allowed and is_identifier(word):
        return None  # nearly always, and told without a look at each character
    if word[:1].isascii() and word[:1].isdigit():
        return "it starts with a digit"
    for character in word:
        if character.isascii() and (character.isalnum() or character in allowed):
            continue
        if character == " ":
            return "it has a space in it"
        if character.isascii():
            return f"it has a `{character}` in it"
        return f"`{character}` ({_said(character)}) is no letter of ASCII"
    if word and not (word[0].isalpha() or word[0] == "_"):
        return f"it starts with `{word[0]}`"
    return None if word else "it is empty"


def nearest_identifier(word: str, prefix: str = "layer", allowed: str = "_") -> str | None:
    """The word that was likely meant, in ASCII; ``None`` if nothing of it is left."""
    spelt = "".join(_LOOKALIKES.get(c, _SPELT.get(c, c)) for c in word)
    decomposed = unicodedata.normalize("NFKD", spelt)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    kept = re.escape(allowed)
    near = re.sub(rf"[^A-Za-z0-9{kept}]+", "_", plain).strip("_-")[:LONGEST].rstrip("_-")
    if near[:1].isdigit():
        near = f"{prefix}_{near}"[:LONGEST]
    if iskeyword(near):
        near += "_"
    return near or None


def _said(character: str) -> str:
    """``CYRILLIC SMALL LETTER ES, which looks like `c```."""
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    like = _LOOKALIKES.get(character)
    return f"{name}, which looks like `{like}`" if like else name
