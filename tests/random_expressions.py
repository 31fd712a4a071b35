"""The words of expressions, and numbers and flags said as expressions that come to the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from archcompile.frontend.expressions.functions import FUNCTIONS

OPERATORS = ("+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=")
WORDS = ("and", "or", "not", "if", "true", "false")
OTHERS = ("a minus before", "a list", "an index", "a quoted text", "parentheses", "a chain of two")
ATTRIBUTES = ("channels", "height", "width", "length", "features", "shape")
_TOKEN = re.compile(r"'[^']*'|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+|//|[=!<>]=|[-+*/%<>()\[\],.]")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def every_word() -> Iterator[str]:
    """All that an expression may be made of."""
    yield from (f"expression: {each}" for each in (*OPERATORS, *WORDS, *OTHERS))
    yield from (f"expression: {each}()" for each in sorted(FUNCTIONS))
    yield from (f"expression: in.{each}" for each in ATTRIBUTES)
    yield "expression: an input's channels"


def words_of(text: str) -> Iterator[str]:
    """What an expression is made of."""
    tokens = _TOKEN.findall(text)
    pairs = zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    for before, token, after in pairs:
        found = _word(before, token, after)
        if found is not None:
            yield f"expression: {found}"
    for owner, attribute in re.findall(r"(\w+)\.([a-z]+)\b", text):
        if owner == "in" and attribute in ATTRIBUTES:
            yield f"expression: in.{attribute}"
        elif attribute == "channels":
            yield "expression: an input's channels"
    if re.search(r"\w+ <=? \w+ <=? \w+", text):
        yield "expression: a chain of two"


def _word(before: str, token: str, after: str) -> str | None:
    """What one word is, between its neighbours."""
    is_operand = before not in ("", "(", "[", ",", "else", *OPERATORS, *WORDS)
    if token in FUNCTIONS and after == "(":
        return f"{token}()"
    if token == "(":
        return None if before in FUNCTIONS else "parentheses"
    if token == "[":
        return "an index" if is_operand else "a list"
    if token == "-" and not is_operand:
        return "a minus before"
    if token.startswith("'"):
        return "a quoted text"
    return token if token in OPERATORS or token in WORDS else None


def number(rng: Random, value: int) -> str:
    """An expression that comes to an integer."""
    more = rng.randint(1, 4)
    forms = (
        f"{value + more} - {more}",
        f"{value * more} // {more}",
        f"{value} * 1",
        f"-{more} + {value + more}",
        f"min({value}, {value + more})",
        f"max({value}, {value - more})",
        f"[{more}, {value}][1]",
        f"{value} if {more} > 0 else {more}",
        f"sum([{value - 1}, 1])",
        f"{value + 7 * max(value + 1, 1)} % 7" if 0 <= value < 7 else f"{value} + 0",
        f"({value} + {more}) - {more}",
        f"len([1, 2]) - 2 + {value}",
        f"range({value}, {value + 2})[0]",
    )
    return rng.choice(forms)


def flag(rng: Random, value: bool) -> str:
    """An expression that comes to a truth."""
    true = ("1 < 2", "2 >= 2", "1 == 1", "1 != 2 and 3 > 1", "0 < 1 <= 2", "not 1 > 2")
    false = ("2 < 1", "1 == 2", "1 > 2 or 3 <= 2", "not 2 != 1", "1 == 1 and 2 < 2")
    return rng.choice((*true, "true and 1 < 2") if value else (*false, "false or 2 < 1"))
