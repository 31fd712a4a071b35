"""What an unquoted YAML scalar means: the core schema of YAML 1.2, strictly.

Numbers, booleans and null as the core schema has them; any other word is text. What other
versions of YAML, or other languages, read as another number is refused rather than guessed at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

from archcompile.diagnostics import Code, Span
from archcompile.frontend.findings import finding

Value: TypeAlias = bool | int | float | str | None

MOST_DIGITS = 18
"""Every integer of this many digits is exact in 64 bits."""
_LONGEST_NUMBER = 64

_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MAYBE_A_NUMBER = re.compile(r"[-+]?\.?[0-9iInN]")

_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_PREFIXED = re.compile(r"[-+]?0[xXoObB][0-9a-fA-F_]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
_GROUPED = re.compile(r"[-+]?[0-9]+(?:[_,][0-9]+)+(?:\.[0-9_]*)?|[-+]?[0-9]+_+[0-9_]*")
_CLOCK = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


def plain_value(text: str, span: Span) -> Value:
    """The value of an unquoted scalar. Raises a finding where its meaning is ambiguous."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not _MAYBE_A_NUMBER.match(text):
        return text
    if _INT.fullmatch(text):
        return integer(text, span)
    if _FLOAT.fullmatch(text):
        return real(text, span)
    _refuse_lookalikes(text, span)
    return text


def integer(text: str, span: Span) -> int:
    """An exact integer. Raises a finding beyond 18 digits."""
    digits = len(text.lstrip("+-"))
    if digits > MOST_DIGITS:
        raise finding(
            Code.NUMBER_RANGE,
            f"this integer has {digits:,} digits, expected at most {MOST_DIGITS}",
            span,
            help="quote it if it is a text",
        )
    return int(text)


def real(text: str, span: Span) -> float:
    """A finite float. Raises a finding where the number overflows, or underflows to zero."""
    if len(text) > _LONGEST_NUMBER:
        raise finding(
            Code.NUMBER_RANGE,
            f"this number has {len(text):,} characters, expected at most {_LONGEST_NUMBER}",
            span,
        )
    value = float(text)
    if math.isinf(value):
        raise finding(Code.NUMBER_RANGE, f"`{text}` is too large for a float", span)
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        raise finding(Code.NUMBER_RANGE, f"`{text}` is too small for a float", span)
    return value


def _refuse_lookalikes(text: str, span: Span) -> None:
    if _SPECIAL.fullmatch(text):
        raise finding(
            Code.NUMBER_RANGE,
            f"`{text}` is not a number that a spec may hold",
            span,
            help="write a finite number, or quote it if it is a text",
        )
    for pattern, meaning, advice in _LOOKALIKES:
        if pattern.fullmatch(text):
            raise finding(
                Code.AMBIGUOUS_SCALAR,
                f"`{_short(text)}` is ambiguous: {meaning}",
                span,
                help=advice(_short(text)),
            )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}..."


def _write_decimal(text: str) -> str:
    try:
        number = int(text.replace("_", ""), 0)
    except ValueError:
        return _quote(text)
    return f'write {number}, or quote it if it is a text: "{text}"'


def _without_zeros(text: str) -> str:
    sign = text[0] if text[0] in "+-" else ""
    rest = text.lstrip("+-").lstrip("0")
    number = rest if rest and rest[0] in "123456789" else f"0{rest}"
    return f'write {sign}{number}, or quote it if it is a text: "{text}"'


def _without_marks(text: str) -> str:
    return f'write {re.sub("[_,]", "", text)}, or quote it if it is a text: "{text}"'


def _quote(text: str) -> str:
    return f'quote it: "{text}"'


def _spaced(text: str) -> str:
    parts = " - ".join(str(int(part)) for part in text.split("-"))
    return f'quote it: "{text}" (as an expression: {parts})'


_Lookalike: TypeAlias = tuple[re.Pattern[str], str, Callable[[str], str]]
_LOOKALIKES: tuple[_Lookalike, ...] = (
    (_PREFIXED, "some versions of YAML read a number, others a text", _write_decimal),
    (_LEADING_ZERO, "some versions of YAML read an octal number", _without_zeros),
    (_GROUPED, "some versions of YAML read a number, others a text", _without_marks),
    (_CLOCK, "some versions of YAML read a number in base 60", _quote),
    (_DATE, "some versions of YAML read a date", _spaced),
)
