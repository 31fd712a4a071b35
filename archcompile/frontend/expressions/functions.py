"""The functions of the expression language, on constants: exact, bounded, and nothing else.

Each takes plain values (lists as tuples) and raises ``WrongKind`` or ``OutOfRange``, whose
sentence the evaluator puts into a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | None"

MOST_ITEMS = 10_000
"""The most items that a list may have, those of lists in it included."""
LARGEST = 2**63
"""Integers are smaller than this in absolute value."""


class WrongKind(Exception):
    """A value of a kind that the operation does not take."""


class OutOfRange(Exception):
    """A result that is not defined, or too large."""


class DividedByZero(OutOfRange):
    """The divisor is at fault."""


def described(value: Value) -> str:
    """A value for a sentence."""
    match value:
        case tuple():
            return _list_said(value)
        case str():
            return f"the text {value!r}" if len(value) < 40 else "a text"
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case _:
            return f"the number {value}"


def _list_said(value: tuple[Value, ...]) -> str:
    """A short list in full, as it is written; of a long one its length."""
    if len(value) > 8 or any(isinstance(item, tuple | str) for item in value):
        return f"a list of {len(value)}"
    words = ("none" if item is None else str(item) for item in value)
    return f"the list [{', '.join(words)}]".replace("True", "true").replace("False", "false")


def is_number(value: Value) -> bool:
    """Booleans are no numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Value, owner: str) -> int | float:
    """The value, if it is a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise WrongKind(f"{owner} takes numbers, got {described(value)}")


def integer(value: Value, owner: str) -> int:
    """The value, if it is an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise WrongKind(f"{owner} takes integers, got {described(value)}")


def bounded(value: int | float) -> int | float:
    """The number, if it is one that a spec may hold."""
    if isinstance(value, int):
        if abs(value) >= LARGEST:
            raise OutOfRange("the result is beyond 64-bit integers")
    elif value != value or abs(value) == float("inf"):
        raise OutOfRange("the result is beyond the largest float")
    return value


def _several(arguments: tuple[Value, ...], owner: str) -> tuple[int | float, ...]:
    """Numbers given one by one, or as one list."""
    first = arguments[0] if arguments else ()
    values = first if len(arguments) == 1 and isinstance(first, tuple) else arguments
    if not values:
        raise OutOfRange(f"{owner} of nothing")
    if len(arguments) == 1 and not isinstance(first, tuple):
        raise WrongKind(f"{owner} takes a list or several numbers, got {described(first)}")
    return tuple(number(value, owner) for value in values)


def _minimum(*arguments: Value) -> Value:
    return min(_several(arguments, "`min`"))


def _maximum(*arguments: Value) -> Value:
    return max(_several(arguments, "`max`"))


def _list(value: Value, owner: str) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    raise WrongKind(f"{owner} takes a list, got {described(value)}")


def _length(value: Value) -> Value:
    return len(_list(value, "`len`"))


def _total(value: Value) -> Value:
    total: int | float = 0
    for item in _list(value, "`sum`"):
        total = bounded(total + number(item, "`sum`"))
    return total


def _range(*arguments: Value) -> Value:
    numbers = [integer(argument, "`range`") for argument in arguments]
    if len(numbers) == 3 and numbers[2] == 0:
        raise OutOfRange("`range` with a step of 0")
    found = range(*numbers)
    # len() of a range beyond the machine's integers raises
    first, last = found.start, found.stop
    count = -((first - last) // found.step)
    if bool(found) and count > MOST_ITEMS:
        raise OutOfRange(f"`range` of {count:,} numbers; a list has {MOST_ITEMS:,} at most")
    return tuple(found)


def _make_divisible(value: Value, divisor: Value) -> Value:
    """The multiple of the divisor nearest to the value, at least one, never 10 % below the value.

    As in torchvision (``_make_divisible``), after the MobileNet papers' code.
    """
    size, step = number(value, "`make_divisible`"), integer(divisor, "`make_divisible`")
    if step < 1:
        raise OutOfRange(f"`make_divisible` takes a divisor of at least 1, got {step}")
    nearest = max(step, int(size + step / 2) // step * step)
    return bounded(nearest + step if nearest < 0.9 * size else nearest)


_Function: TypeAlias = tuple[Callable[..., Value], int, int]
_FUNCTIONS: dict[str, _Function] = {
    "min": (_minimum, 1, 100),
    "max": (_maximum, 1, 100),
    "len": (_length, 1, 1),
    "range": (_range, 1, 3),
    "sum": (_total, 1, 1),
    "make_divisible": (_make_divisible, 2, 2),
}
FUNCTIONS = frozenset(_FUNCTIONS)


def arity_fault(function: str, count: int) -> str | None:
    """What is wrong with calling the function with so many arguments, or ``None``."""
    _, fewest, most = _FUNCTIONS[function]
    if fewest <= count <= most:
        return None
    wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
    plural = "" if wanted == "1" else "s"
    return f"`{function}` takes {wanted} argument{plural}, got {count}"


def call(function: str, arguments: tuple[Value, ...]) -> Value:
    """The function's value. Raises ``WrongKind`` or ``OutOfRange``."""
    return _FUNCTIONS[function][0](*arguments)
