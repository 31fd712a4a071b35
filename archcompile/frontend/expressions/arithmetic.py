"""Operators on constants: Python's meaning, on numbers only, exact and bounded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from typing import Literal

from archcompile.frontend.expressions.functions import (
    DividedByZero,
    OutOfRange,
    Value,
    WrongKind,
    bounded,
    described,
    is_number,
    number,
)
from archcompile.ir.expr import BinaryOperator, Comparison


class Unknown(Enum):
    """An operand whose value is not known yet."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
_LARGEST_EXPONENT = 64

_PLAIN: dict[BinaryOperator, Callable[[int | float, int | float], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: dict[Comparison, Callable[[int | float, int | float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def calculate(
    sign: BinaryOperator, left: Value | Unknown, right: Value | Unknown
) -> int | float | None:
    """The result, ``None`` while an operand is unknown. Raises for what can have no result."""
    for operand in (left, right):
        if not isinstance(operand, Unknown):
            _check_operand(sign, operand)
    if sign in ("/", "//", "%") and right == 0:
        raise DividedByZero("division by zero")
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    return _calculated(sign, number(left, sign), number(right, sign))


def _check_operand(sign: BinaryOperator, operand: Value) -> None:
    if not is_number(operand):
        raise WrongKind(f"`{sign}` takes numbers, got {described(operand)}")


def _calculated(sign: BinaryOperator, left: int | float, right: int | float) -> int | float:
    try:
        result = _power(left, right) if sign == "**" else _PLAIN[sign](left, right)
    except OverflowError:
        raise OutOfRange("the result is beyond the largest float") from None
    return bounded(result)


def _power(base: int | float, exponent: int | float) -> int | float:
    if base == 0 and exponent < 0:
        raise OutOfRange("division by zero: 0 to a negative power")
    if base < 0 and exponent != int(exponent):
        raise OutOfRange("a negative number has no real power of this exponent")
    exact = isinstance(base, int) and isinstance(exponent, int)
    if exact and abs(base) > 1 and abs(exponent) > _LARGEST_EXPONENT:
        if exponent < 0:
            return float(base) ** exponent
        raise OutOfRange("the result is beyond 64-bit integers")
    result: int | float = base**exponent
    return result


def negate(value: Value, sign: Literal["-", "+", "not"]) -> int | float:
    """A number with a sign before it."""
    found = number(value, f"`{sign}`")
    return bounded(-found if sign == "-" else found)


def compare(sign: Comparison, left: Value, right: Value) -> bool:
    """Whether a comparison holds; both sides must be of one kind."""
    if sign in ("==", "!="):
        _check_same_kind(left, right)
        return (left == right) is (sign == "==")
    if not (is_number(left) and is_number(right)):
        wrong = right if is_number(left) else left
        raise WrongKind(f"`{sign}` takes numbers, got {described(wrong)}")
    return _ORDER[sign](number(left, sign), number(right, sign))


def _check_same_kind(left: Value, right: Value) -> None:
    if left is None or right is None or _kind(left) == _kind(right):
        return
    raise WrongKind(f"{described(left)} is compared with {described(right)}")


def _kind(value: Value) -> str:
    if is_number(value):
        return "number"
    return type(value).__name__
