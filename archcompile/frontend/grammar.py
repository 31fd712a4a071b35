"""The grammar of expressions, by precedence climbing over tokens.

A closed part of Python's expressions: arithmetic, comparisons, ``and or not``, ``a if c else b``,
lists, calls of the language's own functions, indexing, and properties of shapes.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias, TypeVar

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.findings import finding
from archcompile.frontend.functions import FUNCTIONS, arity_fault
from archcompile.frontend.tokens import Kind, Place, Token
from archcompile.ir.expr import (
    Attribute,
    Binary,
    BinaryOperator,
    Call,
    Compare,
    Comparison,
    Conditional,
    Expr,
    ListOf,
    Literal,
    Logical,
    Name,
    Subscript,
    Unary,
)

MOST_NODES = 500
DEEPEST = 50

_OR, _AND, _NOT, _COMPARISON, _SIGN, _POWER = 1, 2, 3, 4, 7, 8
_BINARY: dict[str, tuple[BinaryOperator, int]] = {
    "+": ("+", 5),
    "-": ("-", 5),
    "*": ("*", 6),
    "/": ("/", 6),
    "//": ("//", 6),
    "%": ("%", 6),
    "**": ("**", _POWER),
}
_COMPARISONS: dict[str, Comparison] = {
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_LEVELS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(_COMPARISONS, _COMPARISON),
    **{operator: level for operator, (_, level) in _BINARY.items()},
}
_CONSTANTS: dict[str, bool | None] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "none": None,
    "None": None,
}
_FOREIGN_FUNCTIONS = {
    "int": "`//` divides and rounds down",
    "floor": "`//` divides and rounds down",
    "ceil": "`(a + b - 1) // b` divides and rounds up",
    "round": "`(a + b // 2) // b` divides and rounds",
    "abs": "`max(a, -a)` is the absolute value",
    "pow": "a power is `a ** b`",
}
_FOREIGN_WORDS = {
    "in": "to choose among values, compare with each: `a == 1 or a == 2`",
    "is": "write `==`",
    "for": "a list is written out, or is `range(n)`",
    "not": "write `not (a == b)`, or `a != b`",
    "if": "a choice is `a if condition else b`",
}

Sign: TypeAlias = OneOf["-", "+", "not"]
_SORTED = sorted(FUNCTIONS)
_NodeT = TypeVar("_NodeT", bound=Expr)


@dataclass(slots=True)
class Parser:
    """One parse of one expression's tokens. Every method reads on from ``position``."""

    place: Place
    tokens: tuple[Token, ...]
    position: int = 0
    nesting: int = 0
    heights: dict[int, tuple[Expr, int]] = field(default_factory=dict)
    """The height of every node, by identity: a chain of operators grows deep without nesting."""

    def whole(self) -> Expr:
        """The expression that all tokens make. Raises a finding."""
        if self._next.kind is Kind.END:
            span = self.place.span(0, self._next.end)
            raise finding(Code.EXPRESSION_SYNTAX, "expected an expression, got nothing", span)
        expr = self._expression()
        if self.position < len(self.tokens) - 1:
            raise self._unexpected()
        return expr

    def _expression(self) -> Expr:
        start = self._next.start
        self._deeper()
        expr = self._operand(_OR)
        if self._accept("if"):
            test = self._operand(_OR)
            if not self._accept("else"):
                raise self._error(f"expected `else`, got {self._shown()}", _FOREIGN_WORDS["if"])
            otherwise = self._expression()
            made = Conditional(test, expr, otherwise, self._span(start))
            expr = self._made(made, test, expr, otherwise)
        self.nesting -= 1
        return expr

    def _operand(self, level: int) -> Expr:
        """What binds at least as tightly as ``level``."""
        start = self._next.start
        left = self._prefix(level)
        while self._next.kind in (Kind.OPERATOR, Kind.NAME):
            found = _LEVELS.get(self._next.text, 0)
            if found < level or found == 0:
                break
            left = self._joined(left, found, start)
        return left

    def _joined(self, left: Expr, level: int, start: int) -> Expr:
        if level == _COMPARISON:
            return self._comparison(left, start)
        word = self._take().text
        if level in (_OR, _AND):
            operands = [left, self._operand(level + 1)]
            while self._accept(word):
                operands.append(self._operand(level + 1))
            either: OneOf["and", "or"] = "or" if level == _OR else "and"
            return self._made(Logical(either, tuple(operands), self._span(start)), *operands)
        # a power's right side may have a sign, and binds to the right
        right = self._operand(_SIGN if level == _POWER else level + 1)
        return self._made(Binary(_BINARY[word][0], left, right, self._span(start)), left, right)

    def _comparison(self, first: Expr, start: int) -> Expr:
        rest: list[tuple[Comparison, Expr]] = []
        while self._next.kind is Kind.OPERATOR and self._next.text in _COMPARISONS:
            operator = _COMPARISONS[self._take().text]
            rest.append((operator, self._operand(_COMPARISON + 1)))
        made = Compare(first, tuple(rest), self._span(start))
        return self._made(made, first, *(operand for _, operand in rest))

    def _prefix(self, level: int) -> Expr:
        start = self._next.start
        if level > _NOT and self._next.text == "not" and self._next.kind is Kind.NAME:
            raise self._error("`not` needs parentheses here", "write `(not ...)`")
        if self._accept("not"):
            return self._signed("not", _NOT, start)
        if self._accept("-"):
            return self._signed("-", _SIGN, start)
        if self._accept("+"):
            return self._signed("+", _SIGN, start)
        return self._postfix(self._atom(), start)

    def _signed(self, operator: Sign, level: int, start: int) -> Expr:
        self._deeper()
        operand = self._operand(level)
        self.nesting -= 1
        return self._made(Unary(operator, operand, self._span(start)), operand)

    def _postfix(self, expr: Expr, start: int) -> Expr:
        while True:
            if self._accept("["):
                index = self._expression()
                self._close("]", "[")
                expr = self._made(Subscript(expr, index, self._span(start)), expr, index)
            elif self._next.text == "." and self._next.kind is Kind.OPERATOR:
                expr = self._property(expr, start)
            elif self._next.text == "(" and self._next.kind is Kind.OPERATOR:
                expr = self._call(expr, start)
            else:
                return expr

    def _property(self, owner: Expr, start: int) -> Expr:
        if not isinstance(owner, Name):
            raise self._error("only an input has properties", "e.g. `in.channels`, `x.height`")
        self._take()
        if self._next.kind is not Kind.NAME:
            raise self._error(f"expected a property after `.`, got {self._shown()}")
        attribute = self._take().text
        if self._next.text == "(":
            raise self._error(f"`{attribute}` cannot be called", "a property has no parentheses")
        return self._made(Attribute(owner, attribute, self._span(start)), owner)

    def _call(self, function: Expr, start: int) -> Expr:
        if not isinstance(function, Name):
            raise self._error("only functions can be called", f"there are {listed(_SORTED)}")
        name = function.identifier
        if name not in FUNCTIONS:
            raise self._unknown_function(name, self._span(start))
        self._take()
        arguments = self._items(")", "(")
        fault = arity_fault(name, len(arguments))
        if fault is not None:
            raise finding(Code.EXPRESSION_TYPE, fault, self._span(start))
        return self._made(Call(name, arguments, self._span(start)), *arguments)

    def _unknown_function(self, name: str, span: Span) -> SpecError:
        near = closest(name, _SORTED)
        known = f"did you mean `{near}`?" if near else f"there are {listed(_SORTED)}"
        return finding(
            Code.UNKNOWN_NAME,
            f"there is no function `{name}`",
            span,
            help=_FOREIGN_FUNCTIONS.get(name, known),
        )

    def _atom(self) -> Expr:
        token = self._next
        if token.kind in (Kind.NUMBER, Kind.TEXT):
            self._take()
            return self._made(Literal(token.value, self._span(token.start)))
        if token.kind is Kind.NAME:
            return self._word(token)
        if self._accept("("):
            expr = self._expression()
            if self._next.text == ",":
                raise self._error("a list is written in brackets", "e.g. `[1, 2]`")
            self._close(")", "(")
            return expr
        if self._accept("["):
            items = self._items("]", "[")
            return self._made(ListOf(items, self._span(token.start)), *items)
        raise self._error(f"expected a value, got {self._shown()}")

    def _word(self, token: Token) -> Expr:
        if token.text in _CONSTANTS:
            self._take()
            return self._made(Literal(_CONSTANTS[token.text], self._span(token.start)))
        if keyword.iskeyword(token.text) and token.text != "in":
            raise self._error(f"expected a value, got `{token.text}`")
        self._take()
        return self._made(Name(token.text, self._span(token.start)))

    def _items(self, closing: str, opening: str) -> tuple[Expr, ...]:
        """Expressions between commas, up to the closing bracket; a last comma is allowed."""
        items: list[Expr] = []
        while not self._accept(closing):
            items.append(self._expression())
            if not self._accept(","):
                self._close(closing, opening)
                break
        return tuple(items)

    def _made(self, node: _NodeT, *parts: Expr) -> _NodeT:
        height = 1 + max((self.heights[id(part)][1] for part in parts), default=0)
        self.heights[id(node)] = (node, height)
        if len(self.heights) > MOST_NODES:
            raise self._too_large(f"has more than {MOST_NODES} parts")
        if height > DEEPEST:
            raise self._too_large(f"is nested more than {DEEPEST} levels deep")
        return node

    def _deeper(self) -> None:
        self.nesting += 1
        if self.nesting > DEEPEST:
            raise self._too_large(f"is nested more than {DEEPEST} levels deep")

    def _too_large(self, how: str) -> SpecError:
        span = self.place.span(0, self.tokens[-1].end)
        return finding(Code.EXPRESSION_TOO_LARGE, f"this expression {how}", span)

    @property
    def _next(self) -> Token:
        return self.tokens[self.position]

    def _take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def _accept(self, text: str) -> bool:
        """Take the next token if it is this operator or word."""
        token = self._next
        accepted = token.text == text and token.kind in (Kind.OPERATOR, Kind.NAME)
        self.position += accepted
        return accepted

    def _close(self, closing: str, opening: str) -> None:
        if self._accept(closing):
            return
        if self._next.kind is Kind.END:
            raise self._error(f"`{opening}` is not closed", f"add `{closing}`")
        raise self._unexpected()

    def _unexpected(self) -> SpecError:
        """Behind a complete value something stands that cannot go on."""
        token = self._next
        if token.text in _FOREIGN_WORDS and token.kind is Kind.NAME:
            message = f"`{token.text}` cannot stand here"
            return self._error(message, _FOREIGN_WORDS[token.text])
        if token.kind in (Kind.NAME, Kind.NUMBER, Kind.TEXT):
            return self._error(f"an operator is missing before {self._shown()}")
        return self._error(f"{self._shown()} cannot stand here")

    def _error(self, message: str, help: str | None = None) -> SpecError:
        token = self._next
        return self.place.error(token.start, max(token.end, token.start + 1), message, help)

    def _shown(self) -> str:
        return f"`{self._next.text}`" if self._next.text else "the end"

    def _span(self, start: int) -> Span:
        """From ``start`` to the end of the token read last."""
        return self.place.span(start, self.tokens[self.position - 1].end)
