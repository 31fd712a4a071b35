"""Did you mean: the closest of the words that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like ``word``, letter case aside, or ``None`` if none is close."""
    by_folded = {choice.casefold(): choice for choice in choices}
    matches = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[matches[0]] if matches else None


def listed(words: Iterable[str], limit: int = 12) -> str:
    """Words for a sentence: ``a, b, c`` and how many more there are."""
    every = list(words)
    shown = ", ".join(f"`{word}`" for word in every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
