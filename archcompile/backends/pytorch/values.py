"""Values of the read-back: what a constructor's expressions come to, without Python running them.

A closed set of expressions, walked by hand; anything else is an ``InternalError``.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping

from archcompile.diagnostics import InternalError

_BINARY: dict[type[ast.operator], Callable[[int | float, int | float], int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_ORDER: dict[type[ast.cmpop], Callable[[int | float, int | float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_LARGEST = 1 << 16
"""The longest ``range``, and the highest power, that a generated constructor may have."""


def evaluate(node: ast.expr, names: Mapping[str, object]) -> object:
    """The value: a number, boolean, text, ``None``, or a tuple; ``names`` holds variables."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float | str | None):
            return value
        case ast.Name(id=name):
            return _lookup(name, names)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(evaluate(item, names) for item in items)
        case ast.BinOp(left=left, op=sign, right=right):
            return _arithmetic(sign, evaluate(left, names), evaluate(right, names))
        case ast.UnaryOp(op=sign, operand=operand):
            return _signed(sign, evaluate(operand, names))
        case ast.Compare() | ast.BoolOp() | ast.IfExp():
            return _choice(node, names)
        case _:
            return _compound(node, names)


def truth(node: ast.expr, names: Mapping[str, object]) -> bool:
    """A condition's value, which must be a boolean."""
    value = evaluate(node, names)
    if not isinstance(value, bool):
        raise InternalError(f"`{ast.unparse(node)}` is a condition, but no boolean: {value!r}")
    return value


def agrees(wanted: object, found: object) -> bool:
    """Whether an argument is the wanted one: a pair of equal numbers may be one number.

    So may sides that are all equal, ``((1, 1), (1, 1))``.

    A boolean is no number, and a real number does not stand for a whole one, though torch's classes
    may take both.
    """
    wanted, found = _single(wanted), _single(found)
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return len(wanted) == len(found) and all(map(agrees, wanted, found))
    is_real = type(wanted) is float and type(found) is int
    return wanted == found and (is_real or type(wanted) is type(found))


def _single(value: object) -> object:
    match value:
        case (first, second) if not isinstance(first, tuple) and agrees(first, second):
            return first
        case ((_, _) as sides,) | ((_, _) as sides, (_, _)) if _are_one(value):
            return _single(sides)
    return value


def _are_one(sides: Iterable[object]) -> bool:
    first, *rest = map(_single, sides)
    return not isinstance(first, tuple) and all(agrees(first, each) for each in rest)


def _lookup(name: str, names: Mapping[str, object]) -> object:
    if name not in names:
        raise InternalError(f"the source reads `{name}`, which it does not define")
    return names[name]


def _compound(node: ast.expr, names: Mapping[str, object]) -> object:
    match node:
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=keywords):
            values = [evaluate(argument, names) for argument in arguments]
            given = [(each.arg, evaluate(each.value, names)) for each in keywords]
            return _call(function, values, given)
        case ast.Subscript(value=value, slice=index):
            items, place = evaluate(value, names), evaluate(index, names)
            if (
                isinstance(items, tuple)
                and type(place) is int
                and -len(items) <= place < len(items)
            ):
                return items[place]
        case ast.JoinedStr(values=parts):
            return "".join(_template_part(part, names) for part in parts)
    raise InternalError(f"`{ast.unparse(node)}` is nothing that a generated constructor says")


def _template_part(part: ast.expr, names: Mapping[str, object]) -> str:
    match part:
        case ast.Constant(value=str() as text):
            return text
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            result = evaluate(value, names)
            if type(result) in (int, str):
                return str(result)
    raise InternalError("a name's template holds something other than whole numbers and text")


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InternalError(f"the source computes with {value!r}, which is no number")
    return value


def _arithmetic(sign: ast.operator, left: object, right: object) -> int | float:
    first, second = _number(left), _number(right)
    if type(sign) not in _BINARY or (isinstance(sign, ast.Pow) and abs(second) > _LARGEST):
        raise InternalError("the source computes with an operator that it should not have")
    try:
        return _BINARY[type(sign)](first, second)
    except (ZeroDivisionError, OverflowError) as error:
        raise InternalError(f"the source computes what cannot be: {error}") from error


def _signed(sign: ast.unaryop, value: object) -> object:
    if isinstance(sign, ast.Not) and isinstance(value, bool):
        return not value
    if isinstance(sign, ast.USub):
        return -_number(value)
    if isinstance(sign, ast.UAdd):
        return _number(value)
    raise InternalError(f"the source puts a sign before {value!r}")


def _choice(node: ast.Compare | ast.BoolOp | ast.IfExp, names: Mapping[str, object]) -> object:
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return evaluate(body if truth(test, names) else orelse, names)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(truth(value, names) for value in values)
        case ast.BoolOp(values=values):
            return any(truth(value, names) for value in values)
    left = evaluate(node.left, names)
    for comparison, other in zip(node.ops, node.comparators, strict=True):
        right = evaluate(other, names)
        if not _holds(comparison, left, right):
            return False
        left = right
    return True


def _holds(comparison: ast.cmpop, left: object, right: object) -> bool:
    if isinstance(comparison, ast.Eq):
        return left == right
    if isinstance(comparison, ast.NotEq):
        return left != right
    if type(comparison) in _ORDER:
        return _ORDER[type(comparison)](_number(left), _number(right))
    raise InternalError("the source compares in a way that it should not")


def _call(function: str, values: list[object], given: list[tuple[str | None, object]]) -> object:
    if function == "zip" and given == [("strict", True)]:
        return _zipped([_items(value) for value in values])
    if given:
        raise InternalError(f"`{function}` is called with keywords")
    match function, values:
        case "range", _:
            return _range([value for value in values if type(value) is int], len(values))
        case "min" | "max", [_, *_]:
            return _extreme(function, _items(values[0]) if len(values) == 1 else tuple(values))
        case "sum", [items]:
            return sum(map(_number, _items(items)))
        case "len", [items]:
            return len(_items(items))
        case "float", ["inf" | "-inf" | "nan" as word]:
            return {"inf": math.inf, "-inf": -math.inf}.get(word, math.nan)
    raise InternalError(f"`{function}` is no function that a generated constructor calls")


def _extreme(function: str, values: tuple[object, ...]) -> int | float:
    numbers = list(map(_number, values))
    if not numbers:
        raise InternalError(f"`{function}` of nothing")
    return min(numbers) if function == "min" else max(numbers)


def _items(value: object) -> tuple[object, ...]:
    if not isinstance(value, tuple):
        raise InternalError(f"the source takes {value!r} for a tuple")
    return value


def _zipped(columns: list[tuple[object, ...]]) -> tuple[object, ...]:
    if len({len(column) for column in columns}) != 1:
        raise InternalError("the source runs over columns of different lengths")
    return tuple(zip(*columns, strict=True))


def _range(bounds: list[int], count: int) -> tuple[object, ...]:
    if not 1 <= count <= 3 or len(bounds) != count or (count == 3 and bounds[2] == 0):
        raise InternalError("`range` takes one to three whole numbers")
    numbers = range(*bounds)
    if len(numbers) > _LARGEST:
        raise InternalError(f"a loop of the source has {len(numbers)} rounds")
    return tuple(numbers)
