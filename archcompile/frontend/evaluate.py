"""A partial evaluator: what is known is put in and folded, the rest stays as its author wrote it.

Integers are exact and bounded, booleans are no numbers, and a branch that is not taken is not
evaluated. Nothing here can call code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from archcompile.diagnostics import Code, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend import functions
from archcompile.frontend.arithmetic import UNKNOWN, Unknown, calculate, compare, negate
from archcompile.frontend.findings import finding
from archcompile.frontend.functions import MOST_ITEMS, OutOfRange, Value, WrongKind, described
from archcompile.ir.expr import (
    Attribute,
    Binary,
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

_AXES = {"channels": 1, "height": 2, "width": 3, "length": 2, "features": -1}
_RANKS = {"channels": range(2, 6), "height": (4,), "width": (4,), "length": (3,), "features": (2,)}
_PROPERTIES = (*_AXES, "shape")

_SAME = ("==", "<=", ">=")
"""Comparisons that hold between a value and itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see: names with what they stand for, and the shapes of inputs.

    A name that stays symbolic stands for an expression with itself in it; ``shapes`` holds ``in``
    and the body's inputs, each with the sizes of all axes.
    """

    names: Mapping[str, Expr]
    shapes: Mapping[str, tuple[Expr, ...]]


def evaluate(expr: Expr, scope: Scope) -> Expr:
    """The expression with everything known put in: a constant where nothing is left.

    Raises a finding for an unknown name, a wrong kind of value, or arithmetic without a result.
    """
    return _Evaluation(scope).visit(expr)


@dataclass(slots=True)
class _Evaluation:
    scope: Scope
    items: int = 0
    """List items made so far: a short text must not fill the memory."""

    def visit(self, expr: Expr) -> Expr:
        match expr:
            case Literal():
                return expr
            case Name():
                return self._name(expr)
            case Attribute():
                return self._attribute(expr)
            case Unary():
                return self._unary(expr)
            case Binary():
                return self._binary(expr)
            case Compare():
                return self._compare(expr)
            case _:
                return self._structure(expr)

    def _structure(self, expr: Logical | Conditional | ListOf | Call | Subscript) -> Expr:
        match expr:
            case Logical():
                return self._logical(expr)
            case Conditional():
                return self._conditional(expr)
            case ListOf():
                return replace(expr, items=self._visited(expr.items))
            case Call():
                return self._call(expr)
            case Subscript():
                return self._subscript(expr)

    def _visited(self, parts: Iterable[Expr]) -> tuple[Expr, ...]:
        return tuple(self.visit(part) for part in parts)

    def _name(self, expr: Name) -> Expr:
        name = expr.identifier
        bound = self.scope.names.get(name)
        if bound is None:
            raise self._unknown(expr)
        # what is put in is blamed where it is used
        return replace(bound, span=expr.span) if isinstance(bound, Literal | ListOf) else bound

    def _unknown(self, expr: Name) -> Exception:
        name = expr.identifier
        if name in self.scope.shapes:
            message = f"`{name}` is a whole input, expected one of its sizes"
            help = f"write `{name}.channels`, say"
            return finding(Code.EXPRESSION_TYPE, message, expr.span, help=help)
        visible = sorted({*self.scope.names, *self.scope.shapes})
        near = closest(name, visible)
        help = f"did you mean `{near}`?" if near else f"known here: {listed(visible)}"
        if not visible:
            help = "no names are known here"
        return finding(Code.UNKNOWN_NAME, f"unknown name `{name}`", expr.span, help=help)

    def _attribute(self, expr: Attribute) -> Expr:
        owner = expr.value
        if not isinstance(owner, Name) or owner.identifier not in self.scope.shapes:
            return self._no_shape(expr)
        shape = self.scope.shapes[owner.identifier]
        size = self._property(expr, owner.identifier, shape)
        return replace(size, span=expr.span) if isinstance(size, Literal | ListOf) else size

    def _property(self, expr: Attribute, owner: str, shape: tuple[Expr, ...]) -> Expr:
        wanted = expr.attribute
        if wanted == "shape":
            return ListOf(shape)
        if wanted not in _AXES:
            near = closest(wanted, _PROPERTIES)
            raise finding(
                Code.UNKNOWN_NAME,
                f"an input has no property `{wanted}`",
                expr.span,
                help=f"did you mean `{near}`?" if near else f"there are {listed(_PROPERTIES)}",
            )
        if len(shape) not in _RANKS[wanted]:
            fitting = [name for name in _AXES if len(shape) in _RANKS[name]]
            sizes = ", ".join(map(str, shape))
            raise finding(
                Code.EXPRESSION_TYPE,
                f"`{owner}` has the shape [{sizes}], which has no {wanted}",
                expr.span,
                help=f"it has {listed([*fitting, 'shape'])}",
            )
        return shape[_AXES[wanted]]

    def _no_shape(self, expr: Attribute) -> Expr:
        owner = expr.value
        if isinstance(owner, Name) and owner.identifier not in self.scope.names:
            raise self._unknown(owner)
        raise finding(
            Code.EXPRESSION_TYPE,
            f"`{owner}` is no input and has no property `{expr.attribute}`",
            expr.span,
            help=f"inputs here: {listed(self.scope.shapes)}" if self.scope.shapes else None,
        )

    def _unary(self, expr: Unary) -> Expr:
        operand = self.visit(expr.operand)
        if expr.operator == "not":
            if _is_constant(operand):
                return Literal(not self._truth(operand, "`not`"), expr.span)
            return replace(expr, operand=operand)
        if not _is_constant(operand):
            return replace(expr, operand=operand)
        try:
            return Literal(negate(_value(operand), expr.operator), expr.span)
        except (WrongKind, OutOfRange) as fault:
            self._fail(fault, expr.span)

    def _binary(self, expr: Binary) -> Expr:
        left, right = self.visit(expr.left), self.visit(expr.right)
        try:
            result = calculate(expr.operator, _known(left), _known(right))
        except (WrongKind, OutOfRange) as fault:
            self._fail(fault, expr.span)
        if result is None:
            kept = _neutral(expr.operator, left, right)
            return replace(expr, left=left, right=right) if kept is None else kept
        return Literal(result, expr.span)

    def _compare(self, expr: Compare) -> Expr:
        """Pairs from left to right; one that is false decides, all that are true are needed."""
        first, undecided = self.visit(expr.first), False
        left, rest = first, list[tuple[Comparison, Expr]]()
        for operator, operand in expr.rest:
            right = self.visit(operand)
            rest.append((operator, right))
            if isinstance(left, Name) and left == right:
                if operator not in _SAME:
                    return Literal(False, expr.span)
            elif not (_is_constant(left) and _is_constant(right)):
                undecided = True
            elif not self._holds(operator, left, right, expr.span):
                return Literal(False, expr.span)
            left = right
        if undecided:
            return Compare(first, tuple(rest), expr.span)
        return Literal(True, expr.span)

    def _holds(self, operator: Comparison, left: Expr, right: Expr, span: Span | None) -> bool:
        try:
            return compare(operator, _value(left), _value(right))
        except WrongKind as fault:
            self._fail(fault, span)

    def _logical(self, expr: Logical) -> Expr:
        """What decides ends it; what cannot is left out."""
        decisive = expr.operator == "or"
        left: list[Expr] = []
        for part in expr.operands:
            operand = self.visit(part)
            if not _is_constant(operand):
                left.append(operand)
            elif self._truth(operand, f"`{expr.operator}`") is decisive:
                return Literal(decisive, expr.span)
        if len(left) > 1:
            return replace(expr, operands=tuple(left))
        return left[0] if left else Literal(not decisive, expr.span)

    def _truth(self, operand: Expr, owner: str) -> bool:
        value = _value(operand)
        if isinstance(value, bool):
            return value
        raise finding(
            Code.EXPRESSION_TYPE,
            f"{owner} takes true or false, got {described(value)}",
            operand.span,
            help="write a comparison, e.g. `> 0`" if functions.is_number(value) else None,
        )

    def _conditional(self, expr: Conditional) -> Expr:
        test = self.visit(expr.test)
        if _is_constant(test):
            taken = self._truth(test, "a choice's condition")
            return self.visit(expr.then if taken else expr.otherwise)
        then, otherwise = self.visit(expr.then), self.visit(expr.otherwise)
        if then == otherwise:
            return then
        return Conditional(test, then, otherwise, expr.span)

    def _call(self, expr: Call) -> Expr:
        arguments = self._visited(expr.arguments)
        known = all(map(_is_constant, arguments))
        if expr.function == "len" and isinstance(arguments[0], ListOf):
            return Literal(len(arguments[0].items), expr.span)
        if not known:
            return replace(expr, arguments=arguments)
        try:
            result = functions.call(expr.function, tuple(map(_value, arguments)))
        except (WrongKind, OutOfRange) as fault:
            self._fail(fault, expr.span)
        return self._constant(result, expr.span)

    def _constant(self, value: Value, span: Span | None) -> Expr:
        if not isinstance(value, tuple):
            return Literal(value, span)
        self.items += len(value)
        if self.items > MOST_ITEMS:
            self._fail(OutOfRange(f"lists of more than {MOST_ITEMS:,} items"), span)
        return ListOf(tuple(self._constant(item, span) for item in value), span)

    def _subscript(self, expr: Subscript) -> Expr:
        value, index = self.visit(expr.value), self.visit(expr.index)
        if isinstance(value, Literal):
            fault = WrongKind(f"only a list has items, got {described(value.value)}")
            self._fail(fault, expr.span)
        if _is_constant(index):
            place = _value(index)
            if isinstance(place, bool) or not isinstance(place, int):
                self._fail(WrongKind(f"an index is an integer, got {described(place)}"), index.span)
            if isinstance(value, ListOf):
                return self._item(value, place, expr.span)
        return replace(expr, value=value, index=index)

    def _item(self, value: ListOf, index: int, span: Span | None) -> Expr:
        count = len(value.items)
        if not -count <= index < count:
            self._fail(OutOfRange(f"there is no item {index} in a list of {count}"), span)
        item = value.items[index]
        return replace(item, span=span) if isinstance(item, Literal | ListOf) else item

    @staticmethod
    def _fail(fault: _Fault, span: Span | None) -> NoReturn:
        code = Code.EXPRESSION_TYPE if isinstance(fault, WrongKind) else Code.ARITHMETIC
        raise finding(code, str(fault), span) from None


_Fault: TypeAlias = WrongKind | OutOfRange


def _is_constant(expr: Expr) -> bool:
    """Whether nothing is left to be known."""
    if isinstance(expr, ListOf):
        return all(map(_is_constant, expr.items))
    return isinstance(expr, Literal)


def _value(expr: Expr) -> Value:
    """What a constant expression holds."""
    if isinstance(expr, ListOf):
        return tuple(map(_value, expr.items))
    assert isinstance(expr, Literal)  # only constants come here
    return expr.value


def _neutral(operator: str, left: Expr, right: Expr) -> Expr | None:
    """What is left of ``x // 1``, ``1 * x``, ``x + 0`` and their like: ``x``."""
    if _is_number(right, {"*": 1, "//": 1, "+": 0, "-": 0}.get(operator)):
        return left
    return right if _is_number(left, {"*": 1, "+": 0}.get(operator)) else None


def _is_number(expr: Expr, number: int | None) -> bool:
    return isinstance(expr, Literal) and type(expr.value) is int and expr.value == number


def _known(expr: Expr) -> Value | Unknown:
    return _value(expr) if _is_constant(expr) else UNKNOWN
