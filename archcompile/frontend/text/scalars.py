"""What an unquoted YAML scalar means: the core schema of YAML 1.2, strictly.

Numbers, booleans and null as the core schema has them; any other word is text. What other
versions of YAML, or other languages, read as another number is refused rather than guessed at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from archcompile.diagnostics import Code, Edit, Span, SpecError
from archcompile.frontend.findings import finding

Value: TypeAlias = bool | int | float | str | None

MOST_DIGITS = 18
"""Every integer of this many digits is exact in 64 bits."""
_LONGEST_NUMBER = 64

CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""The words that are no text."""
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_MAYBE_A_NUMBER = re.compile(r"[-+]?(?:\.?[0-9]|\.[iInN])")

_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_PREFIXED = re.compile(r"[-+]?0[xXoObB][0-9a-fA-F_]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
_UNDERSCORED = re.compile(r"[-+]?[0-9]+_[0-9_]*(?:\.[0-9_]*)?")
_WITH_COMMAS = re.compile(r"[-+]?[0-9]+(?:,[0-9]+)+(?:\.[0-9]*)?")
_CLOCK = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


def plain_value(text: str, span: Span) -> Value:
    """The value of an unquoted scalar. Raises a finding where its meaning is ambiguous."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in _NUMBER_STARTS or not _MAYBE_A_NUMBER.match(text):
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
            help=f"write a number of at most {MOST_DIGITS} digits, or quote it if it is a text",
        )
    return int(text)


def real(text: str, span: Span) -> float:
    """A finite float. Raises a finding where the number overflows, or underflows to zero."""
    if len(text) > _LONGEST_NUMBER:
        raise finding(
            Code.NUMBER_RANGE,
            f"this number has {len(text):,} characters, expected at most {_LONGEST_NUMBER}",
            span,
            help="write fewer digits: a float holds 17 at most",
        )
    value = float(text)
    if math.isinf(value):
        help = "the largest float is about 1.8e308"
        raise finding(Code.NUMBER_RANGE, f"`{text}` is too large for a float", span, help=help)
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        help = "the smallest float is about 4.9e-324; write 0 if it is that"
        raise finding(Code.NUMBER_RANGE, f"`{text}` is too small for a float", span, help=help)
    return value


def _refuse_lookalikes(text: str, span: Span) -> None:
    if _SPECIAL.fullmatch(text):
        raise finding(
            Code.NUMBER_RANGE,
            f"`{text}` is not a number that a spec may hold",
            span,
            help="write a finite number, or quote it if it is a text",
        )
    for pattern, reading in _LOOKALIKES:
        if pattern.fullmatch(text):
            raise _ambiguous(text, reading(text), span)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What others read in a text, and the number that is meant, if one is."""

    meanings: str
    number: str | None = None


def _ambiguous(text: str, reading: _Reading, span: Span) -> SpecError:
    quoted = f'"{text}"'
    new = quoted if reading.number is None else reading.number
    help = f"quote this: `{quoted}`"
    if reading.number is not None:
        help = f"write `{reading.number}`, or `{quoted}` if it is a text"
    is_long = len(text) > _LONGEST_NUMBER
    return finding(
        Code.AMBIGUOUS_SCALAR,
        f"`{_short(text)}` is ambiguous: {reading.meanings}",
        span,
        help="quote it if it is a text" if is_long else help,
        fix=() if is_long else (Edit(span, new),),
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}..."


def _prefixed(text: str) -> _Reading:
    try:
        number = str(int(text.replace("_", ""), 0)) if len(text) <= _LONGEST_NUMBER else None
    except ValueError:
        number = None
    if number is None or len(number) > MOST_DIGITS:
        return _Reading("a number in another base to some versions of YAML, a text to others")
    return _Reading(f"{number} to some versions of YAML, a text to others", number)


def _leading_zero(text: str) -> _Reading:
    sign = text[0] if text[0] in "+-" else ""
    rest = text.lstrip("+-").lstrip("0")
    number = sign + (rest if rest and rest[0] in "123456789" else f"0{rest}")
    if len(text) > _LONGEST_NUMBER:
        return _Reading("an octal number to some versions of YAML, a decimal one to others")
    digits = text.lstrip("+-")
    if set(digits) <= set("01234567"):
        octal = f"{sign}{int(digits, 8)}"
        if octal == number:
            return _Reading("an octal number in YAML 1.1, a decimal one in YAML 1.2", number)
        return _Reading(f"{octal} (octal) in YAML 1.1, {number} in YAML 1.2", number)
    return _Reading(f"{number} to some versions of YAML, a text to others", number)


def _underscored(text: str) -> _Reading:
    number = text.replace("_", "")
    return _Reading(f"{_short(number)} in YAML 1.1, a text in YAML 1.2", number)


def _with_commas(text: str) -> _Reading:
    """A comma is a thousands separator to some, a decimal point to others, and a text to YAML."""
    without, point = text.replace(",", ""), text.replace(",", ".")
    if re.fullmatch(r"[-+]?0?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", text):
        also = f", {point} to others" if text.count(",") == 1 and "." not in text else ""
        return _Reading(f"{_short(without)} to some readers{also}, a text to YAML", without)
    if text.count(",") == 1 and "." not in text:
        return _Reading(f"{point} to some readers, a text to YAML", point)
    return _Reading("numbers with commas are texts to YAML")


def _clock(text: str) -> _Reading:
    parts = re.split(":", text.lstrip("+-").split(".")[0])
    if len(text) > _LONGEST_NUMBER:
        return _Reading("a number in base 60 in YAML 1.1, a text in YAML 1.2")
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    sign = "-" if text.startswith("-") else ""
    return _Reading(f"{sign}{total} (in base 60) in YAML 1.1, a text in YAML 1.2")


def _date(text: str) -> _Reading:
    return _Reading("a date in YAML 1.1, a text in YAML 1.2")


_Lookalike: TypeAlias = tuple[re.Pattern[str], Callable[[str], _Reading]]
_LOOKALIKES: tuple[_Lookalike, ...] = (
    (_PREFIXED, _prefixed),
    (_LEADING_ZERO, _leading_zero),
    (_UNDERSCORED, _underscored),
    (_WITH_COMMAS, _with_commas),
    (_CLOCK, _clock),
    (_DATE, _date),
)
