"""The words of an expression: numbers, names, quoted texts and operators, with their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.frontend.findings import finding
from archcompile.frontend.scalars import integer, real
from archcompile.frontend.source_file import forbidden_character
from archcompile.frontend.tree import Scalar


class Kind(Enum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    TEXT = "text"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word; ``value`` is what a number or a quoted text means."""

    kind: Kind
    text: str
    start: int
    end: int
    value: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Turns positions in an expression's text into spans, exact where the scalar allows it."""

    scalar: Scalar
    offset: int = 0

    def span(self, start: int, end: int) -> Span:
        """The span of characters of the text; of the whole scalar where it is no plain copy."""
        exact = self.scalar.span if self.scalar.plain else self.scalar.inner
        if exact is None:
            return self.scalar.span
        return exact.within(self.offset + start, self.offset + end)

    def error(self, start: int, end: int, message: str, help: str | None = None) -> SpecError:
        """A finding about the syntax at these characters, to raise."""
        return finding(Code.EXPRESSION_SYNTAX, message, self.span(start, end), help=help)


_TOKEN = re.compile(
    r"(?P<space>[ \t\n]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<foreign>&&|\|\||===|!==|<>|:=|<<|>>|->|=>|[-+*/%]=|=(?!=)|!(?!=)|[&|^~?@:;{}$#\\`])"
    r"|(?P<operator>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],.])",
    re.DOTALL,
)
_WORD_TAIL = re.compile(r"[A-Za-z0-9_.]+")

_INSTEAD = {
    "&&": "write `and`",
    "||": "write `or`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "=": "a comparison is `==`",
    "===": "write `==`",
    "!==": "write `!=`",
    "<>": "write `!=`",
    "^": "a power is `**`",
    "?": "a choice is `a if condition else b`",
    ":": "a choice is `a if condition else b`; slices are not supported",
    "{": "an expression has no braces; a list is `[1, 2]`",
    "}": "an expression has no braces; a list is `[1, 2]`",
    "×": "write `*`",
    "·": "write `*`",
    "÷": "write `/`, or `//` to round down",
    "−": "write `-`",
    "–": "write `-`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    **dict.fromkeys("“”„‘’«»", "write straight quotes: `'A'`"),
}

_ESCAPE = re.compile(
    r"\\(?:([\\'\"nrt])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL
)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_LAST_CODE_POINT = 0x10FFFF


def tokens(text: str, place: Place) -> Iterator[Token]:
    """The text's tokens, the last of kind ``END``. Raises a finding where there is none."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup == "foreign":
            raise _unknown(text, position, match.end() if match else position + 1, place)
        if match.lastgroup != "space":
            yield _token(text, match, place)
        position = match.end()
    yield Token(Kind.END, "", len(text), len(text))


def _token(text: str, match: re.Match[str], place: Place) -> Token:
    kind, word = Kind(match.lastgroup), match.group()
    value: int | float | str | None = None
    if kind is Kind.NUMBER:
        value = _number(text, match, place)
    elif kind is Kind.TEXT:
        value = _unquoted(match, place)
    return Token(kind, word, match.start(), match.end(), value)


def _unknown(text: str, start: int, end: int, place: Place) -> SpecError:
    word = text[start:end]
    if word in ("'", '"'):
        return place.error(start, len(text), "this quoted text is not closed")
    message = f"`{word}` is not part of an expression"
    return place.error(start, end, message, _INSTEAD.get(word))


def _number(text: str, match: re.Match[str], place: Place) -> int | float:
    word, start = match.group(), match.start()
    tail = _WORD_TAIL.match(text, match.end())
    if tail is not None:
        whole = word + tail.group()
        is_product = word.isdigit() and re.match("[A-Za-z]", tail.group())
        help = f"write `{word} * {tail.group()}`" if is_product else None
        if "_" in whole and whole.replace("_", "").isdigit():
            help = f"write `{whole.replace('_', '')}`"
        raise place.error(start, tail.end(), f"`{whole}` is not a number", help)
    if re.match("0[0-9]", word):
        help = f"write `{word.lstrip('0') or 0}`"
        raise place.error(start, match.end(), f"`{word}` is ambiguous: some read it as octal", help)
    span = place.span(start, match.end())
    return integer(word, span) if word.isdigit() else real(word, span)


def _unquoted(match: re.Match[str], place: Place) -> str:
    start = match.start() + 1

    def character(escape: re.Match[str]) -> str:
        simple, *codes, wrong = escape.groups()
        if simple is not None:
            return _SIMPLE_ESCAPES.get(simple, simple)
        code = int(next((digits for digits in codes if digits), "FFFFFFFF"), 16)
        if wrong is not None or code > _LAST_CODE_POINT:
            raise place.error(
                start + escape.start(),
                start + escape.end(),
                f"`{escape.group()}` is not an escape that a text can hold",
                "a backslash is written `\\\\`",
            )
        return chr(code)

    text = _ESCAPE.sub(character, match.group()[1:-1])
    forbidden = forbidden_character(text)
    if forbidden is not None:
        message = f"this text holds the character U+{ord(forbidden):04X}, which no spec may hold"
        raise place.error(match.start(), match.end(), message)
    return text
