"""Between what authors write and what inference knows: ``Expr`` to ``Dim`` and back."""

from __future__ import annotations

import re
from functools import cache

from archcompile.diagnostics import SourceFile, Span
from archcompile.frontend.expressions.expressions import parse_expression
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.dim import Dim, DimTooLarge
from archcompile.ir.expr import Binary, Call, Constant, Expr, ListOf, Literal, Name, Unary
from archcompile.ir.types import TensorType

_NOWHERE = Span(SourceFile("<inferred>", ""), 1, 1, 1, 1)


_LARGEST = 10**18
_MANY_DIGITS = re.compile(r"\d{19}")


def symbol(name: str) -> Dim:
    """An unknown size. A shape's capital letter is at least 1; of a parameter nothing is known."""
    return Dim.symbol(name, positive=len(name) == 1 and name.isupper())


def to_dim(expr: Expr) -> Dim:
    """The size that an integer expression means.

    What a ``Dim`` has no form for (a choice, a lookup) becomes a symbol named by its own text.
    """
    match expr:
        case Literal(value=int() as number) if not isinstance(number, bool):
            return Dim.of(number)
        case Name(identifier=name):
            return symbol(name)
        case Unary(operator="-", operand=operand):
            return -to_dim(operand)
        case Binary(operator="+" | "-" | "*" | "//" | "%"):
            return _arithmetic(expr)
        case Call(function="min", arguments=arguments) if len(arguments) > 1:
            return Dim.minimum(*map(to_dim, arguments))
        case Call(function="max", arguments=arguments) if len(arguments) > 1:
            return Dim.maximum(*map(to_dim, arguments))
        case _:
            return symbol(f"({expr})")


def _arithmetic(expr: Binary) -> Dim:
    left, right = to_dim(expr.left), to_dim(expr.right)
    match expr.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right
        case _:
            return left % right


@cache
def to_expr(dim: Dim) -> Expr:
    """The expression that says a size; its text is the size's own."""
    constant = dim.constant
    if constant is not None:
        return Literal(constant)
    text = str(dim)
    return parse_expression(Scalar(_NOWHERE, text, text, plain=True))


def shape_of(value: TensorType) -> tuple[Expr, ...]:
    """A type's sizes as expressions, for ``in`` and ``x``."""
    return tuple(map(to_expr, value.dims))


def require_countable(made: TensorType) -> None:
    """Refuse a size with a number that no spec could write. Raises ``DimTooLarge``."""
    for size in made.dims:
        number = size.constant
        if number is None and _MANY_DIGITS.search(str(size)):
            raise DimTooLarge("a size with numbers of more than 18 digits cannot be counted")
        if number is not None and abs(number) >= _LARGEST:
            raise DimTooLarge(f"a size of {len(str(number))} digits cannot be counted")


def to_python(expr: Expr) -> Constant:
    """What a constant expression comes to. Raises ``ValueError`` if a name is left."""
    match expr:
        case Literal(value=value):
            return value
        case ListOf(items=items):
            return tuple(map(to_python, items))
        case _:
            raise ValueError(f"{expr} is not constant")


def is_constant(expr: Expr) -> bool:
    """Whether no name is left in an evaluated expression."""
    match expr:
        case Literal():
            return True
        case ListOf(items=items):
            return all(map(is_constant, items))
        case _:
            return False
