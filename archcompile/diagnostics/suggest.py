"""Did you mean: the closest of the words that would have been right.

A file may hold as many unknown words as it has lines, and as many known ones: a look-up costs what
the word is long, not what is known. Words are filed under the pairs of letters in them, and only
the few that share most pairs with the unknown one are compared with it letter by letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

_LONGEST = 64
"""Longer words are compared with none."""
_ALIKE = 0.7
"""The least likeness, by difflib's measure: twice the letters in common, over all letters."""
_PAIRS = 0.25
"""The least share of pairs in common, of all pairs of both words, for a closer look."""
_FULL = 24
"""The most words that are filed under one pair: the first ones."""
_LOOKS = 2
"""How many words are compared letter by letter."""
_REMEMBERED = 4096
"""The most answers that are kept for who asks again."""


class Words:
    """Words that would be right; more may be added as they come."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._exact: dict[str, str] = {}
        self._filed: dict[str, list[str]] = {}
        self._asked: dict[str, str | None] = {}
        for word in words:
            self.add(word)

    def add(self, word: str) -> None:
        """One word more; a second of the same letters changes nothing."""
        folded = word.casefold()
        if folded in self._exact or len(folded) > _LONGEST:
            return
        self._exact[folded] = word
        self._asked.clear()
        for pair in _pairs(folded):
            held = self._filed.setdefault(pair, [])
            if len(held) < _FULL:
                held.append(folded)

    def closest(self, word: str) -> str | None:
        """The one most like ``word``, letter case aside, or ``None`` if none is close."""
        folded = word.casefold()
        if len(folded) > _LONGEST:
            return None
        if len(self._asked) > _REMEMBERED:
            self._asked.clear()
        if folded not in self._asked:
            self._asked[folded] = self._exact.get(folded) or self._likest(folded)
        return self._asked[folded]

    def _likest(self, folded: str) -> str | None:
        pairs = _pairs(folded)
        found = [other for pair in pairs for other in self._filed.get(pair, ())]
        if not found:
            return None
        shared = Counter(found)
        best, likeness = None, _ALIKE
        shares = [
            (2 * count / (len(pairs) + len(word) + 1), word) for word, count in shared.items()
        ]
        matcher = SequenceMatcher(None, "", folded)
        for share, other in sorted(shares, reverse=True)[:_LOOKS]:
            if share < _PAIRS:
                break
            matcher.set_seq1(other)
            like = matcher.ratio()
            if like > likeness or (like == likeness and best is None):
                best, likeness = other, like
        return None if best is None else self._exact[best]


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like ``word``, letter case aside, or ``None`` if none is close."""
    return _filed(tuple(choices)).closest(word)


@lru_cache(maxsize=256)
def _filed(choices: tuple[str, ...]) -> Words:
    return Words(choices)


def _pairs(folded: str) -> set[str]:
    """The pairs of letters in a word, its ends being a letter too."""
    ended = f"^{folded}$"
    return {ended[index : index + 2] for index in range(len(ended) - 1)}


def listed(words: Iterable[str], limit: int = 12, more: int = 0) -> str:
    """Words for a sentence: ``a, b, c`` and how many more there are; ``more`` are not in it."""
    every = words if isinstance(words, list | tuple | dict) else list(words)
    shown = ", ".join(f"`{word}`" for word in islice(every, limit))
    left = max(0, len(every) - limit) + more
    return f"{shown} and {left} more" if left else shown
