"""The encoder for the terminal: text of any origin as characters that only occupy cells.

Control characters (C0, DEL, C1), format characters (bidirectional overrides, zero-width
spaces, tags), what is not seen, line separators and lone surrogates are shown as escapes: a spec's
text can neither move the cursor, nor change a colour or a title, nor hide that it is there.
"""

from __future__ import annotations

import unicodedata

from archcompile.diagnostics.characters import acts

TAB = "    "
"""A tab is shown as four spaces wherever it stands, so that a caret below it is exact."""

_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""What a newer Unicode adds to them is escaped too."""
_SHORT = {"\n": "\\n", "\r": "\\r"}
_COMBINING = frozenset({"Mn", "Me"})


def shown(character: str) -> str:
    """One character as a terminal may have it: itself, four spaces for a tab, or an escape."""
    if character == "\t":
        return TAB
    if not acts(character) and unicodedata.category(character) not in _ESCAPED:
        return character
    if character in _SHORT:
        return _SHORT[character]
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def terminal_text(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would act on."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(shown, text))


def cells(character: str) -> int:
    """How many terminal cells the character, as shown, occupies: 0, 1 or 2; more for an escape."""
    if " " <= character <= "~":
        return 1
    text = shown(character)
    if text != character:
        return len(text)
    if unicodedata.category(character) in _COMBINING or "\u1161" <= character <= "\u11ff":
        return 0  # a combining mark, or the later part of a Hangul syllable
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
