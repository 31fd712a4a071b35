"""The author's expressions: a small closed tree, printed in the order the author wrote it.

The grammar is a subset of Python's expressions, so the text that ``str`` gives is valid Python.
Spans take no part in equality: two expressions are equal when they say the same.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal as OneOf
from typing import TypeAlias

from archcompile.diagnostics import Span
from archcompile.diagnostics.span import small_value

Scalar: TypeAlias = int | float | bool | str | None
"""What a literal may hold; ``None`` stands for the word ``none`` (an absent layer argument)."""

Constant: TypeAlias = "Scalar | tuple[Constant, ...]"
"""What a constant expression comes to: a scalar, or a list of constants."""

BinaryOperator: TypeAlias = OneOf["+", "-", "*", "/", "//", "%", "**"]
Comparison: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]


@small_value
class Literal:
    """A number, a boolean or a quoted text."""

    value: Scalar
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return repr(self.value) if not isinstance(self.value, str) else ascii(self.value)


@small_value
class Name:
    """A parameter, a loop variable, an input, or ``in``."""

    identifier: str
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.identifier


@small_value
class Attribute:
    """A property of a value's shape: ``in.channels``, ``x.height``."""

    value: Expr
    attribute: str
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{_operand(self.value, 9)}.{self.attribute}"


@small_value
class Unary:
    """``-x``, ``+x`` or ``not x``."""

    operator: OneOf["-", "+", "not"]
    operand: Expr
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if self.operator == "not":
            return f"not {_operand(self.operand, 3)}"
        return f"{self.operator}{_operand(self.operand, 7)}"


@small_value
class Binary:
    """Arithmetic on two operands; integers stay exact."""

    operator: BinaryOperator
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        level = _precedence(self)
        # ** binds to the right, everything else to the left
        towards_right = self.operator == "**"
        left = _operand(self.left, level + towards_right)
        right = _operand(self.right, level + (not towards_right))
        return f"{left} {self.operator} {right}"


@small_value
class Compare:
    """A comparison, chained as in Python: ``0 < a <= b``."""

    first: Expr
    rest: tuple[tuple[Comparison, Expr], ...]
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        parts = [_operand(self.first, 5)]
        parts += [f"{operator} {_operand(operand, 5)}" for operator, operand in self.rest]
        return " ".join(parts)


@small_value
class Logical:
    """``a and b and c`` or ``a or b``."""

    operator: OneOf["and", "or"]
    operands: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        level = _precedence(self) + 1
        return f" {self.operator} ".join(_operand(operand, level) for operand in self.operands)


@small_value
class Conditional:
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        then, test = _operand(self.then, 1), _operand(self.test, 1)
        return f"{then} if {test} else {_operand(self.otherwise, 0)}"


@small_value
class ListOf:
    """A list literal."""

    items: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@small_value
class Call:
    """A call of one of the language's functions: ``min``, ``max``, ``len``, ``range``, ``sum``."""

    function: str
    arguments: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


@small_value
class Subscript:
    """``widths[stage]``."""

    value: Expr
    index: Expr
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{_operand(self.value, 9)}[{self.index}]"


Expr: TypeAlias = (
    Literal
    | Name
    | Attribute
    | Unary
    | Binary
    | Compare
    | Logical
    | Conditional
    | ListOf
    | Call
    | Subscript
)

_BINARY_LEVEL: dict[str, int] = {"+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8}


def _precedence(expr: Expr) -> int:
    """Python's binding strength, from 0 (a conditional) to 9 (an atom)."""
    match expr:
        case Conditional():
            return 0
        case Logical(operator="or"):
            return 1
        case Logical():
            return 2
        case Unary(operator="not"):
            return 3
        case Compare():
            return 4
        case Binary(operator=operator):
            return _BINARY_LEVEL[operator]
        case Unary():
            return 7
        case Literal(value=int() | float() as number) if number < 0:
            return 7
        case _:
            return 9


def _operand(expr: Expr, level: int) -> str:
    """The operand's text, in parentheses if it binds less tightly than ``level``."""
    return str(expr) if _precedence(expr) >= level else f"({expr})"
