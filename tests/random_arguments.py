"""The forms that an op's arguments have, worked out from the ops themselves.

A form is a way to give an argument: a flag's two values, each word of a closed choice, one number
or one for each axis, sides that differ, an expression. A new op or argument has its forms at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from archcompile.ir.dim import Dim
from archcompile.ops import all_ops

NUMBERS = ("default", "other")
"""A number as it would be anyway, written out, and another one."""
EACH = "one for each axis"
SIDES = "uneven sides"
LISTED = "list"
EXPRESSION = "expression"


def forms(field: FieldInfo) -> dict[str, None]:
    """Every form of an argument, in order."""
    found = dict.fromkeys(_forms(field.annotation))
    if field.is_required() or field.default is None:
        found.pop("default", None)
    is_of_sizes = LISTED in found and "Dim" in str(field.annotation)
    if found.keys() & {*NUMBERS, "true", EACH} or _words(found) or is_of_sizes:
        found[EXPRESSION] = None
    return found


def _words(found: dict[str, None]) -> list[str]:
    """The words of a closed choice, where there are several."""
    words = [each for each in found if each not in (*NUMBERS, EACH, SIDES, LISTED)]
    return words if len(words) > 1 else []


def _forms(annotation: Any) -> Iterator[str]:
    origin, given = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _forms(given[0])
    elif origin in (Union, UnionType):
        for each in given:
            yield from _forms(each)
    elif origin is Literal:
        yield from given
    elif origin is tuple:
        yield from _of_tuple(given)
    elif annotation is NoneType:
        yield "none"
    elif annotation is bool:
        yield from ("true", "false")
    elif annotation in (int, float, Dim):
        yield from NUMBERS
    else:
        raise TypeError(f"an argument of a kind that has no forms yet: {annotation}")


def _of_tuple(given: tuple[Any, ...]) -> Iterator[str]:
    inner = [each for each in given if each is not Ellipsis]
    if any(_is_pair(each) for each in inner) and Ellipsis not in given:
        yield SIDES
    elif Ellipsis in given:
        yield LISTED
    elif len(given) == 1:
        yield from _forms(given[0])
    else:
        yield from _forms(given[0])
        yield EACH


def _is_pair(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_pair(get_args(annotation)[0])
    return get_origin(annotation) is tuple


def form_of(given: Any, field: FieldInfo) -> str:
    """The form in which an argument is given."""
    known = forms(field)
    if given is None or (given == "none" and "none" in known):
        return "none"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str) and (LISTED not in known or EXPRESSION in known):
        return given if given in known and given != "default" else EXPRESSION
    if isinstance(given, list) or LISTED in known:
        return _form_of_list(given if isinstance(given, list) else [given], known)
    return "default" if "default" in known and _is_default(given, field.default) else "other"


def _form_of_list(given: list[Any], known: dict[str, None]) -> str:
    if LISTED in known:
        return LISTED
    if any(isinstance(each, list) for each in given):
        uneven = any(isinstance(each, list) and each[0] != each[-1] for each in given)
        even = EACH if EACH in known else "other"
        return SIDES if uneven else even
    if len(given) == 1 or (EACH in known and given[0] == given[-1]):
        return "other"
    return EACH


def _is_default(given: Any, default: Any) -> bool:
    whole = default[0] if isinstance(default, tuple) else default
    number = whole.constant if isinstance(whole, Dim) else whole
    return number is not None and given == number


def every_form() -> Iterator[str]:
    """``op.argument: form`` of every op, argument and form; an op alone for itself."""
    for key, op in all_ops().items():
        yield key
        for name, field in op.model_fields.items():
            for form in forms(field):
                yield f"{key}.{name}: {form}"


def bound(key: str, given: Any) -> dict[str, Any]:
    """What a call of an op gives, by argument: positions first, then names, as in Python."""
    op = all_ops()[key]
    order = list(op.model_fields)
    if given is None:
        return {}
    if isinstance(given, dict):
        return dict(given)
    if not isinstance(given, list):
        return {order[0]: given}
    named = [each for each in given if isinstance(each, dict)]
    positions = [each for each in given if not isinstance(each, dict)]
    is_one = len(order) == 1 and len(positions) > 1
    is_whole = op.takes_list and (len(order) == 1 or not any(map(_is_nested, given)))
    if not named and (is_one or is_whole):
        return {order[0]: given}
    found = dict(zip(order, positions, strict=False))
    for each in named:
        found |= each
    return found


def _is_nested(given: Any) -> bool:
    return isinstance(given, list | dict)
