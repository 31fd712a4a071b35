"""What is wrong with an expression that cannot be read, and what its author meant by it."""

from __future__ import annotations

import re

from archcompile.diagnostics import SpecError
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.expressions import foreign
from archcompile.frontend.expressions.functions import FUNCTIONS
from archcompile.frontend.expressions.tokens import Instead, Kind, Place, Token
from archcompile.ir.expr import Compare, Comparison, Expr, ListOf, Literal, Logical

_POWER = re.compile(r"[\d.]+\s+[eE]\s*(?P<sign>-?)\s*(?P<power>\d+)\b")
"""A number of ten's powers that was written with a space in it."""
_SORTED = sorted(FUNCTIONS)

COMPARISONS = {
    "in": "to choose among values, compare with each: `a == 1 or a == 2`",
    "not in": "to choose among values, compare with each: `a != 1 and a != 2`",
    "is": "a comparison is `==`",
    "is not": "a comparison is `!=`",
}
"""Python's comparisons by words."""

_ADVICE = {
    **COMPARISONS,
    "for": "a list is written out, or is `range(n)`",
    "not": "e.g. `not (a == b)`, or `a != b`",
    "if": "e.g. `a if condition else b`",
    "else": "e.g. `a if condition else b`",
    "then": "e.g. `a if condition else b`",
    "lambda": "there are no functions of one's own; derived values are named under `let`",
}


def comparison(word: str, left: Expr, right: Expr) -> str | None:
    """The comparison as it is written here; ``None`` where the right side is no written list."""
    found = _comparison(word, left, right)
    return None if found is None else foreign.in_words(found)


def _comparison(word: str, left: Expr, right: Expr) -> str | None:
    sign: Comparison = "!=" if "not" in word else "=="
    if word.startswith("is"):
        return str(Compare(left, ((sign, right),)))
    if not isinstance(right, ListOf) or not right.items:
        return None
    pairs = tuple(Compare(left, ((sign, item),)) for item in right.items)
    if len(pairs) == 1:
        return str(pairs[0])
    return str(Logical("and" if sign == "!=" else "or", pairs))


def method(owner: str, name: str, arguments: tuple[Expr, ...]) -> str | None:
    """What a call of a module's function or of a tensor's method means."""
    if owner in foreign.MODULES:
        return foreign.function(name, arguments)
    match name, arguments:
        case ("size", ()):
            return f"{owner}.shape"
        case ("size", (Literal(value=int()) as axis,)):
            return f"{owner}.shape[{axis}]"
        case ("dim" | "ndimension", ()):
            return f"len({owner}.shape)"
        case (word, ()) if word in foreign.AXES:
            return f"{owner}.{word}"
        case _:
            return None


def call(name: str, arguments: tuple[Expr, ...]) -> str | None:
    """What a call of another language's function means."""
    return foreign.function(name, arguments)


def near_function(name: str) -> str | None:
    """The function that is written like this."""
    return None if name in foreign.FUNCTION_ADVICE else closest(name, _SORTED)


def advice(name: str) -> str:
    """What is said of a function that there is not."""
    word = name.rpartition(".")[2]
    return foreign.FUNCTION_ADVICE.get(word, f"there are {listed(_SORTED)}")


def no_value(place: Place, tokens: tuple[Token, ...], position: int) -> SpecError:
    """Where a value is due, something else stands."""
    token, text = tokens[position], _text(place, tokens)
    message = f"expected a value, got {shown(token)}"
    end = max(token.end, token.start + 1)
    marked = foreign.SHELL.match(text, token.start) if token.text == "%" else None
    if marked is not None:
        instead = Instead(token.start, marked.end(), marked["percent"] or marked.group())
        return place.wrong(token.start, end, message, instead)
    chosen = foreign.choice(text) if token.text == "if" else None
    if chosen is not None:
        return place.wrong(token.start, end, message, Instead(0, len(text), chosen))
    return place.error(token.start, end, message, _ADVICE.get(token.text))


def unexpected(place: Place, tokens: tuple[Token, ...], position: int) -> SpecError:
    """Behind a complete value something stands that cannot go on."""
    token, before = tokens[position], tokens[position - 1]
    text = _text(place, tokens)
    if token.text == "," and _is_flat(tokens):
        instead = Instead(0, len(text), f"[{text.strip()}]")
        message = "a list is written in brackets"
        return place.wrong(token.start, token.end, message, instead)
    if token.text in (")", "]"):
        message = f"`{token.text}` closes nothing"
        instead = Instead(token.start, token.end, "", f"leave `{token.text}` out")
        return place.wrong(token.start, token.end, message, instead)
    if token.text in _ADVICE and token.kind is Kind.NAME:
        message = f"`{token.text}` cannot stand here"
        return place.error(token.start, token.end, message, _ADVICE[token.text])
    if token.kind not in (Kind.NAME, Kind.NUMBER, Kind.TEXT):
        return place.error(token.start, token.end, f"{shown(token)} cannot stand here")
    message = f"an operator is missing before {shown(token)}"
    power = _POWER.match(text, before.start)
    if before.kind is Kind.NUMBER and power is not None:
        number = f"{before.text}e{power['sign']}{power['power']}"
        return place.wrong(
            token.start, token.end, message, Instead(before.start, power.end(), number)
        )
    if before.kind is Kind.NUMBER and token.kind is Kind.NAME:
        product = Instead(before.start, token.end, f"{before.text} * {token.text}")
        return place.wrong(token.start, token.end, message, product)
    return place.error(token.start, token.end, message)


def shown(token: Token) -> str:
    """A token for a sentence."""
    return f"`{token.text}`" if token.text else "the end"


def _text(place: Place, tokens: tuple[Token, ...]) -> str:
    return place.scalar.text[place.offset : place.offset + tokens[-1].end]


def _is_flat(tokens: tuple[Token, ...]) -> bool:
    """Values between commas, without brackets of their own."""
    return not any(token.text in ("(", "[", ")", "]") for token in tokens)
