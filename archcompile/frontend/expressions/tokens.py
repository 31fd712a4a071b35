"""The words of an expression: numbers, names, quoted texts and operators, with their columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from archcompile.diagnostics import Code, Edit, Fix, Span, SpecError
from archcompile.diagnostics.span import small_value
from archcompile.frontend.expressions import foreign
from archcompile.frontend.expressions.respelling import respelled
from archcompile.frontend.findings import finding
from archcompile.frontend.text.scalars import MOST_DIGITS, integer, real
from archcompile.frontend.text.source_file import forbidden_character
from archcompile.frontend.text.tree import Scalar


class Kind(Enum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    TEXT = "text"
    OPERATOR = "operator"
    END = "end"


class Token(NamedTuple):
    """One word; ``value`` is what a number or a quoted text means."""

    kind: Kind
    text: str
    start: int
    end: int
    value: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """What to write for some characters of an expression; ``form`` is the help line around it."""

    start: int
    end: int
    text: str
    form: str = "write `{}`"


@small_value
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

    def wrong(
        self, start: int, end: int, message: str, instead: Instead, help: str | None = None
    ) -> SpecError:
        """The same where a program knows what is meant; ``help`` is said where it cannot write."""
        said, fix = self.help(instead)
        place = self.span(start, end)
        return finding(Code.EXPRESSION_SYNTAX, message, place, help=said or help, fix=fix)

    def help(self, instead: Instead) -> tuple[str | None, Fix]:
        """A help line that says what to write, and the edit."""
        text = instead.text
        shown, fix = respelled(
            self.scalar, self.offset + instead.start, self.offset + instead.end, text
        )
        if not fix:
            return None, ()
        form = instead.form if shown == text else "write `{}`"
        return form.format(shown.strip() or instead.form), fix


_TOKEN = re.compile(
    r"(?P<space>[ \t\n]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<foreign>&&|\|\||===|!==|<>|:=|<<|>>|->|=>|[-+*/%]=|=(?!=)|!(?!=)|[&|^~?@:;{}$#\\`])"
    r"|(?P<operator>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],.])",
    re.DOTALL,
)
_KINDS = {kind.value: kind for kind in Kind}
_WORD_TAIL = re.compile(r"[A-Za-z0-9_.]+")

_CURLY = re.compile("[“”„‘’«»`](\\w+)[“”„‘’«»`]")

_ESCAPE = re.compile(
    r"\\(?:([\\'\"nrt])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL
)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_LAST_CODE_POINT = 0x10FFFF


def tokens(text: str, place: Place) -> tuple[Token, ...]:
    """The text's tokens, the last of kind ``END``. Raises a finding where there is none."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        kind = None if match is None else match.lastgroup
        if match is None or kind is None or kind == "foreign":
            raise _unknown(text, position, match.end() if match else position + 1, place)
        start, position = match.span()
        if kind == "number":
            value = _number(text, match, place)
            found.append(Token(Kind.NUMBER, match.group(), start, position, value))
        elif kind == "text":
            unquoted = _unquoted(match, place)
            found.append(Token(Kind.TEXT, match.group(), start, position, unquoted))
        elif kind != "space":
            found.append(Token(_KINDS[kind], match.group(), start, position))
    found.append(Token(Kind.END, "", len(text), len(text)))
    return tuple(found)


def _unknown(text: str, start: int, end: int, place: Place) -> SpecError:
    word = text[start:end]
    if word in ("'", '"'):
        return _open_text(text, start, place)
    message = f"`{word}` is not part of an expression"
    marked = foreign.SHELL.match(text, start)
    if marked is not None:
        name = next(name for name in marked.groups() if name is not None)
        owner, point, rest = name.partition(".")
        name = rest if owner in foreign.OWNERS and point else name
        message = f"`{marked.group()}` is not part of an expression: names stand alone"
        return place.wrong(start, marked.end(), message, Instead(start, marked.end(), name))
    curly = _CURLY.match(text, start)
    if curly is not None:
        instead = Instead(start, curly.end(), f"'{curly[1]}'", "write straight quotes: `{}`")
        return place.wrong(start, curly.end(), f"`{word}` is not part of an expression", instead)
    chosen = foreign.choice(text) if word in ("?", ":") else None
    if chosen is not None:
        return place.wrong(start, end, message, Instead(0, len(text), chosen))
    if word == ":" and (key := _no_space(text, start, place)) is not None:
        return key
    if word[:-1] in "+-*/%" and word.endswith("=") and len(word) == 2:
        return place.error(start, end, message, "nothing is assigned: a name has one value")
    if word not in foreign.OPERATORS:
        return place.error(start, end, message, foreign.IN_WORDS.get(word))
    instead = _operator(text, start, end, foreign.OPERATORS[word])
    return place.wrong(start, end, message, instead)


def _no_space(text: str, colon: int, place: Place) -> SpecError | None:
    """``[16, 3, padding:1]``: an argument by name in a list, which lacks the space."""
    key, value, scalar = text[:colon], text[colon + 1 :], place.scalar
    before = scalar.span.file.line(scalar.span.line)[: scalar.span.column - 1].rstrip()
    in_list = scalar.plain and place.offset == 0 and before.endswith(("[", ","))
    if not in_list or re.fullmatch(r"[A-Za-z_]\w*", key) is None or value[:1].isspace():
        return None
    at = place.span(colon, colon + 1)
    return finding(
        Code.FLOW_TRAP,
        "a space is missing behind this `:`, so that all of it is one text",
        at,
        help=f"write `{key}: {value}`",
        fix=(Edit(at.end(), " "),),
    )


def _operator(text: str, start: int, end: int, operator: str) -> Instead:
    """An operator in the place of another language's; words keep one space around them."""
    written = operator
    if start == 0 or text[start - 1].isspace():
        written = written.lstrip()
    if text[end : end + 1].isspace():
        written = written.rstrip()
    return Instead(start, end, written, f"write `{{}}`{foreign.ADVICE.get(text[start:end], '')}")


def _open_text(text: str, start: int, place: Place) -> SpecError:
    """Where the text is one word, its closing mark is known."""
    message = "this quoted text is not closed"
    word = re.fullmatch(r"\w+", text[start + 1 :])
    if word is None:
        return place.error(start, len(text), message)
    closed = Instead(start, len(text), f"'{word.group()}'")
    return place.wrong(start, len(text), message, closed)


def _number(text: str, match: re.Match[str], place: Place) -> int | float:
    word, start = match.group(), match.start()
    tail = _WORD_TAIL.match(text, match.end())
    if tail is not None:
        whole = word + tail.group()
        meant = _meant(word, tail.group())
        message = f"`{whole}` is not a number"
        if meant is None or (meant.startswith("[") and whole != text.strip()):
            raise place.error(start, tail.end(), message)
        raise place.wrong(start, tail.end(), message, Instead(start, tail.end(), meant))
    if word[0] == "0" and word[1:2].isdigit():
        message = f"`{word}` is ambiguous: some read it as octal"
        instead = Instead(start, match.end(), word.lstrip("0") or "0")
        raise place.wrong(start, match.end(), message, instead)
    if word.isdigit() and len(word) <= MOST_DIGITS:
        return int(word)
    span = place.span(start, match.end())
    return integer(word, span) if word.isdigit() else real(word, span)


def _meant(number: str, tail: str) -> str | None:
    """What is meant by a number with a tail: ``3x3``, ``1_000``, ``64k``, ``0x10``, ``2n``."""
    whole = number + tail
    pair = re.fullmatch("([0-9]+)[xX]([0-9]+)", whole)
    if number == "0" and re.fullmatch("0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+", whole):
        return str(int(whole, 0))
    if pair is not None:
        return f"[{pair[1]}, {pair[2]}]"
    if re.fullmatch("[0-9]+(_[0-9]+)+", whole):
        return whole.replace("_", "")
    if tail in ("k", "K") and number.isdigit():
        return f"{number}000"
    if number.isdigit() and re.fullmatch(r"[A-Za-z]\w*(\.\w+)?", tail):
        return f"{number} * {tail}"
    return None


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
