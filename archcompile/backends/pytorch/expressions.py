"""Python expressions laid out as ``ruff format`` lays them out.

What comes in is Python's own syntax tree of a closed set of expressions; parentheses stand where
the tree needs them, and where a mixed product reads better with them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archcompile.backends.pytorch.layout import (
    Break,
    Choice,
    Group,
    IfBroken,
    Layout,
    Nest,
    Row,
    group,
)
from archcompile.backends.pytorch.literals import literal
from archcompile.diagnostics import InternalError

_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", 6),
    ast.Sub: ("-", 6),
    ast.Mult: ("*", 7),
    ast.Div: ("/", 7),
    ast.FloorDiv: ("//", 7),
    ast.Mod: ("%", 7),
    ast.Pow: ("**", 9),
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.IsNot: "is not",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not "}
_POSTFIX = 10
_COMPARISON, _NEGATION, _BOOLEAN = 5, 4, 3


def laid_out(node: ast.expr) -> Layout:
    """The expression's layout where brackets around it allow line breaks."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=value):
            return literal(value)
        case ast.JoinedStr(values=parts):
            return _text_template(parts)
        case ast.UnaryOp(op=sign, operand=operand):
            return _unary(_UNARY[type(sign)], operand)
        case ast.IfExp():
            return group(*_conditional(node))
        case ast.BinOp() | ast.Compare() | ast.BoolOp():
            return group(*_flat(node))
        case _:
            return _with_brackets(node)


def _with_brackets(node: ast.expr) -> Layout:
    """Calls and collections, whose own brackets allow line breaks."""
    match node:
        case ast.Attribute(value=value, attr=name):
            return _joined(_operand(value, _POSTFIX), f".{name}")
        case ast.Subscript(value=value, slice=index):
            return _joined(_operand(value, _POSTFIX), _bracketed("[", (laid_out(index),), "]"))
        case ast.Call():
            return _call(node)
        case ast.Tuple(elts=items):
            return _collection("(", items, ")")
        case ast.List(elts=items):
            return _collection("[", items, "]")
        case ast.Dict(keys=keys, values=values):
            return _mapping(keys, values)
        case ast.ListComp(elt=element, generators=[ast.comprehension() as loop]):
            return _comprehension(element, loop)
        case ast.Slice(lower=lower, upper=upper, step=None):
            first, last = (laid_out(each) if each else "" for each in (lower, upper))
            return _joined(first, ":", last)
        case ast.Starred(value=value):
            return _joined("*", laid_out(value))
    raise InternalError(f"no layout for `{ast.unparse(node)}`")


def splits_at_operators(node: ast.expr) -> bool:
    """Whether a statement must put the expression in parentheses before it can break it."""
    return isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.UnaryOp)


def _call(node: ast.Call) -> Layout:
    arguments = [laid_out(each) for each in node.args]
    for keyword in node.keywords:
        if keyword.arg is None:
            raise InternalError("a call with ** has no layout")
        arguments.append(_joined(f"{keyword.arg}=", laid_out(keyword.value)))
    function = _operand(node.func, _POSTFIX)
    if not arguments:
        return _joined(function, "()")
    is_exploded = _is_list_of_modules(node)
    # a formatter puts no comma behind an only argument
    is_alone = len(arguments) == 1 and not is_exploded
    parts = arguments if is_alone else _listed(arguments)
    inner = group(*parts, exploded=is_exploded)
    return _joined(function, _bracketed("(", (inner,), ")"))


def _is_list_of_modules(node: ast.Call) -> bool:
    """A sequence of modules stands one a line, however short: it reads like the spec."""
    match node.func:
        case ast.Attribute(attr="Sequential" | "__init__") as function:
            name = ast.unparse(function)
        case _:
            return False
    is_sequence = name in ("nn.Sequential", "super().__init__")
    return is_sequence and not any(isinstance(each, ast.Starred) for each in node.args)


def _collection(start: str, items: list[ast.expr], end: str) -> Layout:
    if not items:
        return start + end
    if start == "(" and len(items) == 1:
        # the comma of a tuple of one is no request to explode it
        alone = laid_out(items[0])
        return _joined("(", group(Nest((Break(), alone, ",")), Break()), ")")
    return _bracketed(start, tuple(_listed([laid_out(each) for each in items])), end)


def _mapping(keys: Sequence[ast.expr | None], values: list[ast.expr]) -> Layout:
    items: list[Layout] = [
        _joined(laid_out(key), ": ", laid_out(value))
        for key, value in zip(keys, values, strict=True)
        if key is not None
    ]
    return _bracketed("{", tuple(_listed(items)), "}") if items else "{}"


def _comprehension(element: ast.expr, loop: ast.comprehension) -> Layout:
    target, source = laid_out(loop.target), laid_out(loop.iter)
    parts: tuple[Layout, ...] = (laid_out(element), Break(" "), "for ", target, " in ", source)
    return _bracketed("[", parts, "]")


def _listed(items: list[Layout]) -> list[Layout]:
    """Items with commas between them, and one at the end where they stand one a line."""
    parts: list[Layout] = []
    for item in items:
        parts += [",", Break(" "), item] if parts else [item]
    return [*parts, IfBroken(",")]


def _text_template(parts: list[ast.expr]) -> str:
    """``f"layer{index + 1}"``."""
    body = ""
    for part in parts:
        match part:
            case ast.Constant(value=str() as text):
                body += ascii(text)[1:-1].replace("{", "{{").replace("}", "}}")
            case ast.FormattedValue(value=value):
                body += f"{{{flat(laid_out(value))}}}"
    return f'f"{body}"'


def flat(part: Layout) -> str:
    """The text on one line, however long."""
    match part:
        case str():
            return part
        case Break(text):
            return text
        case IfBroken():
            return ""
        case Row(parts) | Nest(parts) | Group(parts):
            return "".join(map(flat, parts))
        case Choice(whole):
            return flat(whole)


def _bracketed(start: str, parts: tuple[Layout, ...], end: str) -> Layout:
    return group(start, Nest((Break(), *parts)), Break(), end)


def _joined(*parts: Layout) -> Layout:
    """Parts that stand together; a plain text if all of them are."""
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return Row(parts)


def _unary(sign: str, operand: ast.expr) -> Layout:
    level = _NEGATION if sign == "not " else _POSTFIX - 1
    # a formatter writes -(a**2), though Python needs no parentheses there
    is_bare = _level(operand) >= level and not (
        level > _NEGATION and isinstance(operand, ast.BinOp)
    )
    return _joined(sign, laid_out(operand) if is_bare else _parenthesized_of(operand))


def _conditional(node: ast.IfExp) -> list[Layout]:
    """``then if test else otherwise``; an ``else`` that is a condition again goes on in the row."""
    parts: list[Layout] = [_operand(node.body, 2), Break(" "), "if ", _operand(node.test, 2)]
    parts += [Break(" "), "else "]
    if isinstance(node.orelse, ast.IfExp):
        return parts + _conditional(node.orelse)
    return [*parts, laid_out(node.orelse)]


def _flat(node: ast.expr) -> list[Layout]:
    """A row of operands of one strength, broken before each operator; tighter rows are groups."""
    match node:
        case ast.BoolOp(op=operator, values=[first, *others]):
            word = "and" if isinstance(operator, ast.And) else "or"
            parts = _row_operand(first, node)
            for other in others:
                parts += [Break(" "), f"{word} ", *_row_operand(other, node)]
            return parts
        case ast.Compare(left=first, ops=comparisons, comparators=others):
            parts = [_operand(first, _COMPARISON + 1)]
            for comparison, other in zip(comparisons, others, strict=True):
                sign = _COMPARE[type(comparison)]
                parts += [Break(" "), f"{sign} ", _operand(other, _COMPARISON + 1)]
            return parts
        case ast.BinOp(op=ast.Pow()):
            return _power(node)
        case ast.BinOp(left=first, op=operator, right=other):
            sign, level = _BINARY[type(operator)]
            return [*_left(first, node), Break(" "), f"{sign} ", _operand(other, level + 1)]
    raise InternalError(f"`{ast.unparse(node)}` is no row of operands")


def _row_operand(operand: ast.expr, around: ast.BoolOp) -> list[Layout]:
    """``and`` and ``or`` break together, so an ``and`` inside an ``or`` belongs to its row."""
    if isinstance(operand, ast.BoolOp) and isinstance(around.op, ast.Or):
        return _flat(operand) if isinstance(operand.op, ast.And) else [_parenthesized_of(operand)]
    return [_operand(operand, _NEGATION)]


def _left(operand: ast.expr, around: ast.BinOp) -> list[Layout]:
    """The left operand: of the same strength it goes on in the row."""
    _, level = _BINARY[type(around.op)]
    if not isinstance(operand, ast.BinOp) or _level(operand) != level:
        return [_operand(operand, level)]
    is_mixed_product = level == 7 and type(operand.op) is not type(around.op)
    return [_parenthesized_of(operand)] if is_mixed_product else _flat(operand)


def _power(node: ast.BinOp) -> list[Layout]:
    left = _operand(node.left, _POSTFIX)
    is_tower = isinstance(node.right, ast.BinOp) and isinstance(node.right.op, ast.Pow)
    first = node.right.left if isinstance(node.right, ast.BinOp) and is_tower else node.right
    right = _flat(node.right) if is_tower else [_operand(node.right, _POSTFIX - 2)]
    # a negative base is in parentheses, which keep their distance
    is_close = _is_simple(node.left) and not isinstance(node.left, ast.UnaryOp)
    if is_close and _is_simple(first):
        return [left, "**", *right]
    return [left, Break(" "), "** ", *right]


def _is_simple(node: ast.expr) -> bool:
    """A name, a number or an attribute of names: what stands close to ``**``."""
    match node:
        case ast.Name():
            return True
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.Attribute(value=value):
            return isinstance(value, ast.Name | ast.Attribute) and _is_simple(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_simple(operand) and not isinstance(operand, ast.UnaryOp)
        case _:
            return False


def _operand(node: ast.expr, level: int) -> Layout:
    return laid_out(node) if _level(node) >= level else _parenthesized_of(node)


def _parenthesized_of(node: ast.expr) -> Layout:
    return _bracketed("(", (laid_out(node),), ")")


def _level(node: ast.expr) -> int:
    """How tightly Python binds the expression, from 1 (a condition) to 10 (an atom)."""
    match node:
        case ast.IfExp():
            return 1
        case ast.BoolOp(op=operator):
            return _BOOLEAN if isinstance(operator, ast.And) else _BOOLEAN - 1
        case ast.UnaryOp(op=operator):
            return _NEGATION if isinstance(operator, ast.Not) else _POSTFIX - 2
        case ast.Compare():
            return _COMPARISON
        case ast.BinOp(op=operator):
            return _BINARY[type(operator)][1]
        case _:
            return _POSTFIX
