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
from archcompile.diagnostics.suggest import listed
from archcompile.frontend.expressions import misread
from archcompile.frontend.expressions.functions import FUNCTIONS, arity_fault
from archcompile.frontend.expressions.tokens import Instead, Kind, Place, Token
from archcompile.frontend.findings import finding
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

_TOO_DEEP = f"has more than {DEEPEST} operators or parentheses around one another"

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
Sign: TypeAlias = OneOf["-", "+", "not"]
_SIGNS: dict[str, tuple[Sign, int]] = {"not": ("not", _NOT), "-": ("-", _SIGN), "+": ("+", _SIGN)}
_NodeT = TypeVar("_NodeT", bound=Expr)


def is_reserved(word: str) -> bool:
    """Whether a word that looks like a name is a constant or part of the grammar."""
    return word in _CONSTANTS or (keyword.iskeyword(word) and word != "in")


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
                raise self._error(
                    f"expected `else`, got {self._shown()}", "e.g. `a if condition else b`"
                )
            otherwise = self._expression()
            made = Conditional(test, expr, otherwise, self._span(start))
            expr = self._made(made, test, expr, otherwise)
        self.nesting -= 1
        return expr

    def _operand(self, level: int) -> Expr:
        """What binds at least as tightly as ``level``."""
        start = self._next.start
        left = self._prefix(level)
        while (token := self._next).kind in (Kind.OPERATOR, Kind.NAME):
            found = _LEVELS.get(token.text, 0)
            if found == 0 and level <= _COMPARISON:
                self._refuse_word(left, start)
            if found < level or found == 0:
                break
            left = self._joined(left, found, start)
        return left

    def _refuse_word(self, left: Expr, start: int) -> None:
        """``a in [1, 2]`` and ``a is b``: Python's comparisons by words."""
        first = self._next
        words = [first.text]
        if self.position + 1 < len(self.tokens) and first.text in ("not", "is"):
            words += [self.tokens[self.position + 1].text]
        word = " ".join(words) if words[-1] in ("in", "not") else first.text
        if word not in misread.COMPARISONS or first.kind is not Kind.NAME:
            return
        self.position += len(word.split())
        last = self.tokens[self.position - 1]
        right = self._operand(_COMPARISON + 1)
        text = misread.comparison(word, left, right)
        is_part = start > 0 or self._next.kind is not Kind.END
        if text is not None and " or " in text and is_part:
            text = f"({text})"
        instead = Instead(start, self.tokens[self.position - 1].end, text or "")
        message = f"`{word}` cannot stand here"
        advice = misread.COMPARISONS[word]
        if text is None:
            raise self.place.error(first.start, last.end, message, advice)
        raise self.place.wrong(first.start, last.end, message, instead, advice)

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
        token = self._next
        start = token.start
        if token.text not in _SIGNS or token.kind not in (Kind.OPERATOR, Kind.NAME):
            return self._postfix(self._atom(), start)
        if token.text == "not" and level > _NOT:
            raise self._error("`not` needs parentheses here", "write `(not ...)`")
        self._take()
        sign, binds = _SIGNS[token.text]
        return self._signed(sign, binds, start)

    def _signed(self, operator: Sign, level: int, start: int) -> Expr:
        self._deeper()
        operand = self._operand(level)
        self.nesting -= 1
        return self._made(Unary(operator, operand, self._span(start)), operand)

    def _postfix(self, expr: Expr, start: int) -> Expr:
        while self._next.kind is Kind.OPERATOR:
            if self._accept("["):
                index = self._expression()
                self._close("]", "[")
                expr = self._made(Subscript(expr, index, self._span(start)), expr, index)
            elif self._next.text == ".":
                expr = self._property(expr, start)
            elif self._next.text == "(":
                expr = self._call(expr, start)
            else:
                break
        return expr

    def _property(self, owner: Expr, start: int) -> Expr:
        if not isinstance(owner, Name):
            raise self._error("only an input has properties", "e.g. `in.channels`, `x.height`")
        self._take()
        if self._next.kind is not Kind.NAME:
            raise self._error(f"expected a property after `.`, got {self._shown()}")
        word = self._take()
        if self._next.text == "(":
            self._take()
            arguments = self._items(")", "(")
            text = misread.method(owner.identifier, word.text, arguments)
            raise self._foreign(f"{owner}.{word.text}", text, start, word)
        return self._made(Attribute(owner, word.text, self._span(start)), owner)

    def _call(self, function: Expr, start: int) -> Expr:
        opening = self._next
        if not isinstance(function, Name):
            message = "only functions can be called"
            if isinstance(function, Literal):
                place = Instead(opening.start, opening.end, " * (", "write `{}` for a product")
                raise self.place.wrong(opening.start, opening.end, message, place)
            raise self._error(message, f"there are {listed(sorted(FUNCTIONS))}")
        name, word = function.identifier, self.tokens[self.position - 1]
        self._take()
        arguments = self._items(")", "(")
        if name not in FUNCTIONS:
            raise self._foreign(name, misread.call(name, arguments), start, word)
        fault = arity_fault(name, len(arguments))
        if fault is not None:
            raise finding(Code.EXPRESSION_TYPE, fault, self._span(start))
        return self._made(Call(name, arguments, self._span(start)), *arguments)

    def _foreign(self, name: str, text: str | None, start: int, word: Token) -> SpecError:
        """A function that there is not; ``text`` says the same in the language's own words."""
        end = self.tokens[self.position - 1].end
        help, fix = (None, ()) if text is None else self.place.help(Instead(start, end, text))
        near = None if text is not None else misread.near_function(name)
        if near is not None:
            instead = Instead(start, word.end, near, "did you mean `{}`?")
            help, fix = self.place.help(instead)
        return finding(
            Code.UNKNOWN_NAME,
            f"there is no function `{name}`",
            self.place.span(start, word.end),
            help=help or misread.advice(name),
            fix=fix,
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
                raise self._tuple(expr, token.start)
            self._close(")", "(")
            return expr
        if self._accept("["):
            items = self._items("]", "[")
            return self._made(ListOf(items, self._span(token.start)), *items)
        raise misread.no_value(self.place, self.tokens, self.position)

    def _tuple(self, first: Expr, start: int) -> SpecError:
        """``(3, 3)``, which is a list, in brackets."""
        at = self._take()
        items = (first, *self._items(")", "("))
        instead = Instead(start, self.tokens[self.position - 1].end, str(ListOf(items)))
        return self.place.wrong(at.start, at.end, "a list is written in brackets", instead)

    def _word(self, token: Token) -> Expr:
        if token.text in _CONSTANTS:
            self._take()
            return self._made(Literal(_CONSTANTS[token.text], self._span(token.start)))
        if is_reserved(token.text):
            raise misread.no_value(self.place, self.tokens, self.position)
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
        height = 1 + max([self.heights[id(part)][1] for part in parts]) if parts else 1
        self.heights[id(node)] = (node, height)
        if len(self.heights) > MOST_NODES:
            raise self._too_large(f"has more than {MOST_NODES} parts")
        if height > DEEPEST:
            raise self._too_large(_TOO_DEEP)
        return node

    def _deeper(self) -> None:
        self.nesting += 1
        if self.nesting > DEEPEST:
            raise self._too_large(_TOO_DEEP)

    def _too_large(self, how: str) -> SpecError:
        """At the word that is one too many."""
        token = self._next if self._next.kind is not Kind.END else self.tokens[self.position - 1]
        return finding(
            Code.EXPRESSION_TOO_LARGE,
            f"this expression {how}",
            self.place.span(token.start, token.end),
            help="name a part of it under `let`",
        )

    @property
    def _next(self) -> Token:
        return self.tokens[self.position]

    def _take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def _accept(self, text: str) -> bool:
        """Take the next token if it is this operator or word."""
        token = self.tokens[self.position]
        if token.text != text or token.kind not in (Kind.OPERATOR, Kind.NAME):
            return False
        self.position += 1
        return True

    def _close(self, closing: str, opening: str) -> None:
        if self._accept(closing):
            return
        if self._next.kind is not Kind.END:
            raise self._unexpected()
        end = self._next.end
        instead = Instead(end, end, closing, "add `{}`")
        place = self.place.span(end, end + 1)
        help, fix = self.place.help(instead)
        message = f"`{opening}` is not closed"
        raise finding(Code.EXPRESSION_SYNTAX, message, place, help=help, fix=fix)

    def _unexpected(self) -> SpecError:
        """Behind a complete value something stands that cannot go on."""
        return misread.unexpected(self.place, self.tokens, self.position)

    def _error(self, message: str, help: str | None = None) -> SpecError:
        token = self._next
        return self.place.error(token.start, max(token.end, token.start + 1), message, help)

    def _shown(self) -> str:
        return f"`{self._next.text}`" if self._next.text else "the end"

    def _span(self, start: int) -> Span:
        """From ``start`` to the end of the token read last."""
        return self.place.span(start, self.tokens[self.position - 1].end)
