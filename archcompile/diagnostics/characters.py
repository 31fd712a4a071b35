"""Which characters of a text act instead of being seen, and which are wide.

The ranges are written out: what Python's tables say changes with its version, and what an artefact
holds must not.
"""

from __future__ import annotations

import re

_ACTING = (
    (0x00, 0x1F),  # C0
    (0x7F, 0x9F),  # DEL, C1
    (0xAD, 0xAD),  # soft hyphen
    (0x34F, 0x34F),  # combining grapheme joiner
    (0x600, 0x605),  # Arabic number signs
    (0x61C, 0x61C),  # Arabic letter mark
    (0x6DD, 0x6DD),
    (0x70F, 0x70F),
    (0x890, 0x891),
    (0x8E2, 0x8E2),
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian selectors
    (0x200B, 0x200F),  # zero width, direction marks
    (0x2028, 0x202E),  # line separators, direction
    (0x2060, 0x206F),  # word joiner, invisible operators, isolates
    (0x3164, 0x3164),  # Hangul filler
    (0xD800, 0xDFFF),  # surrogates
    (0xFDD0, 0xFDEF),  # non-characters
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFFB),  # interlinear annotation
    (0xFFFE, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),  # Egyptian joiners
    (0x1BCA0, 0x1BCA3),  # shorthand controls
    (0x1D173, 0x1D17A),  # musical beams
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0x10000, 0xE0000, 0x10000)),
    (0xE0000, 0xE0FFF),  # tags, further selectors
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0xE0000, 0x110000, 0x10000)),
)
"""Unicode's control, format, separator and surrogate characters, its non-characters, and what is
to be ignored by default. The selectors of a text or emoji form (U+FE0E, U+FE0F) are left alone."""

_WIDE = (
    (0x1100, 0x115E),
    (0x2E80, 0x303E),
    (0x3041, 0x3163),
    (0x3165, 0xA4CF),
    (0xA960, 0xA97C),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE6F),
    (0xFF01, 0xFF60),
    (0xFFE0, 0xFFE6),
    (0x1F300, 0x1F64F),
    (0x1F680, 0x1F6FF),
    (0x1F900, 0x1FAFF),
    (0x20000, 0x3FFFD),
)
"""East Asian wide and full-width characters, and emoji: about, for the room that a text takes."""


def _one_of(ranges: tuple[tuple[int, int], ...]) -> re.Pattern[str]:
    return re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in ranges)}]")


_IS_ACTING, _IS_WIDE = _one_of(_ACTING), _one_of(_WIDE)


def acts(character: str) -> bool:
    """Whether it moves a cursor, breaks a line, changes a direction, cannot be seen, or is none."""
    return _IS_ACTING.match(character) is not None


def is_wide(character: str) -> bool:
    """Whether it takes the room of two."""
    return _IS_WIDE.match(character) is not None


def seen(text: str) -> str:
    """The text with U+FFFD in the place of each character that acts; a line break is a space."""
    if text.isascii() and text.isprintable():
        return text
    return _IS_ACTING.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))
