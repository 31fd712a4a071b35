"""A partial evaluator: what is known is put in and folded, the rest stays as its author wrote it.

Integers are exact and bounded, booleans are no numbers, and a branch that is not taken is not
evaluated. Nothing here can call code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from archcompile.diagnostics import Code, Span
from archcompile.frontend.expressions import functions
from archcompile.frontend.expressions.arithmetic import UNKNOWN, Unknown, calculate, compare, negate
from archcompile.frontend.expressions.blame import (
    AXES,
    RANKS,
    as_condition,
    is_constant,
    no_property,
    no_shape,
    origins,
    refuse_bare_text,
    unknown,
    value_of,
    wrong_comparison,
    wrong_index,
)
from archcompile.frontend.expressions.functions import (
    MOST_ITEMS,
    DividedByZero,
    OutOfRange,
    Value,
    WrongKind,
    described,
)
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.findings import finding
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

_SAME = ("==", "<=", ">=")
"""Comparisons that hold between a value and itself."""


def evaluate(expr: Expr, scope: Scope) -> Expr:
    """The expression with everything known put in: a constant where nothing is left.

    Raises a finding for an unknown name, a wrong kind of value, or arithmetic without a result.
    """
    return _Evaluation(scope).visit(expr)


@dataclass(slots=True)
class _Evaluation:
    scope: Scope

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
                return self._list(expr)
            case Call():
                return self._call(expr)
            case Subscript():
                return self._subscript(expr)

    def _list(self, expr: ListOf) -> Expr:
        items = self._visited(expr.items)
        count = len(items)
        for item in items:
            if isinstance(item, ListOf):
                count += _leaves(item)
                if count > MOST_ITEMS:
                    fault = OutOfRange(f"lists of more than {MOST_ITEMS:,} items")
                    self._fail(fault, expr.span, expr)
        self.scope.meter.count(count, expr.span)
        return replace(expr, items=items)

    def _visited(self, parts: Iterable[Expr]) -> tuple[Expr, ...]:
        return tuple(self.visit(part) for part in parts)

    def _name(self, expr: Name) -> Expr:
        name = expr.identifier
        bound = self.scope.names.get(name)
        if bound is None:
            raise unknown(expr, self.scope)
        if isinstance(bound, ListOf):
            self.scope.meter.count(len(bound.items), expr.span)
            return replace(bound, span=expr.span)
        # what is put in is blamed where it is used
        return replace(bound, span=expr.span) if isinstance(bound, Literal) else bound

    def _attribute(self, expr: Attribute) -> Expr:
        owner = expr.value
        if not isinstance(owner, Name) or owner.identifier not in self.scope.shapes:
            raise no_shape(expr, self.scope)
        shape = self.scope.shapes[owner.identifier]
        size = self._property(expr, owner.identifier, shape)
        return replace(size, span=expr.span) if isinstance(size, Literal | ListOf) else size

    def _property(self, expr: Attribute, owner: str, shape: tuple[Expr, ...]) -> Expr:
        wanted = expr.attribute
        if wanted == "shape":
            return ListOf(shape)
        if wanted not in AXES or len(shape) not in RANKS[wanted]:
            raise no_property(expr, owner, shape)
        return shape[AXES[wanted]]

    def _unary(self, expr: Unary) -> Expr:
        operand = self.visit(expr.operand)
        if expr.operator == "not":
            if is_constant(operand):
                return Literal(not self._truth(operand, "`not`", expr.operand), expr.span)
            return replace(expr, operand=operand)
        if not is_constant(operand):
            return replace(expr, operand=operand)
        try:
            return Literal(negate(value_of(operand), expr.operator), expr.span)
        except (WrongKind, OutOfRange) as fault:
            self._fail(fault, expr.span, expr)

    def _binary(self, expr: Binary) -> Expr:
        left, right = self.visit(expr.left), self.visit(expr.right)
        try:
            result = calculate(expr.operator, _known(left), _known(right))
        except WrongKind as fault:
            is_left = is_constant(left) and not functions.is_number(value_of(left))
            self._fail(fault, (expr.left if is_left else expr.right).span, expr)
        except DividedByZero as fault:
            said = "" if isinstance(expr.right, Literal) else f": `{expr.right}` is 0"
            self._fail(DividedByZero(f"{fault}{said}"), expr.right.span, expr.right)
        except OutOfRange as fault:
            self._fail(fault, expr.span, expr)
        if result is None:
            kept = _neutral(expr.operator, left, right)
            return replace(expr, left=left, right=right) if kept is None else kept
        return Literal(result, expr.span)

    def _compare(self, expr: Compare) -> Expr:
        """Pairs from left to right; one that is false decides, all that are true are needed."""
        for _, operand in expr.rest[:1]:
            refuse_bare_text(operand, expr.first, self.scope)
        first, undecided = self.visit(expr.first), False
        left, rest = first, list[tuple[Comparison, Expr]]()
        for operator, operand in expr.rest:
            refuse_bare_text(left, operand, self.scope)
            right = self.visit(operand)
            rest.append((operator, right))
            if isinstance(left, Name) and left == right:
                if operator not in _SAME:
                    return Literal(False, expr.span)
            elif not (is_constant(left) and is_constant(right)):
                undecided = True
            elif not self._holds(operator, left, right, expr):
                return Literal(False, expr.span)
            left = right
        if undecided:
            return Compare(first, tuple(rest), expr.span)
        return Literal(True, expr.span)

    def _holds(self, operator: Comparison, left: Expr, right: Expr, expr: Compare) -> bool:
        try:
            return compare(operator, value_of(left), value_of(right))
        except WrongKind as fault:
            raise wrong_comparison(str(fault), expr, (left, right), self.scope) from None

    def _logical(self, expr: Logical) -> Expr:
        """What decides ends it; what cannot is left out."""
        decisive = expr.operator == "or"
        left: list[Expr] = []
        for part in expr.operands:
            operand = self.visit(part)
            if not is_constant(operand):
                left.append(operand)
            elif self._truth(operand, f"`{expr.operator}`", part) is decisive:
                return Literal(decisive, expr.span)
        if len(left) > 1:
            return replace(expr, operands=tuple(left))
        return left[0] if left else Literal(not decisive, expr.span)

    def _truth(self, operand: Expr, owner: str, written: Expr) -> bool:
        value = value_of(operand)
        if isinstance(value, bool):
            return value
        help, fix = as_condition(value, written)
        raise finding(
            Code.EXPRESSION_TYPE,
            f"{owner} takes true or false, got {described(value)}",
            operand.span,
            help=help,
            related=origins(written, self.scope.names),
            fix=fix,
        )

    def _conditional(self, expr: Conditional) -> Expr:
        test = self.visit(expr.test)
        if is_constant(test):
            taken = self._truth(test, "a choice's condition", expr.test)
            return self.visit(expr.then if taken else expr.otherwise)
        then, otherwise = self.visit(expr.then), self.visit(expr.otherwise)
        if then == otherwise:
            return then
        return Conditional(test, then, otherwise, expr.span)

    def _call(self, expr: Call) -> Expr:
        arguments = self._visited(expr.arguments)
        known = all(map(is_constant, arguments))
        if expr.function == "len" and isinstance(arguments[0], ListOf):
            return Literal(len(arguments[0].items), expr.span)
        if not known:
            return replace(expr, arguments=arguments)
        try:
            result = functions.call(expr.function, tuple(map(value_of, arguments)))
        except (WrongKind, OutOfRange) as fault:
            self._fail(fault, expr.span, expr)
        return self._constant(result, expr.span)

    def _constant(self, value: Value, span: Span | None) -> Expr:
        if not isinstance(value, tuple):
            return Literal(value, span)
        self.scope.meter.count(len(value), span)
        return ListOf(tuple(self._constant(item, span) for item in value), span)

    def _subscript(self, expr: Subscript) -> Expr:
        value, index = self.visit(expr.value), self.visit(expr.index)
        if isinstance(value, Literal):
            fault = WrongKind(f"only a list has items, got {described(value.value)}")
            self._fail(fault, expr.value.span, expr.value)
        if is_constant(index):
            place = value_of(index)
            if isinstance(place, bool) or not isinstance(place, int):
                raise wrong_index(place, expr.index, self.scope)
            if isinstance(value, ListOf):
                return self._item(value, place, expr)
        return replace(expr, value=value, index=index)

    def _item(self, value: ListOf, index: int, expr: Subscript) -> Expr:
        count = len(value.items)
        if not -count <= index < count:
            last = f" of {count}; the last is item {count - 1}" if count else " that is empty"
            fault = OutOfRange(f"there is no item {index} in a list{last}")
            self._fail(fault, expr.index.span, expr)
        item = value.items[index]
        return replace(item, span=expr.span) if isinstance(item, Literal | ListOf) else item

    def _fail(self, fault: _Fault, span: Span | None, expr: Expr) -> NoReturn:
        code = Code.EXPRESSION_TYPE if isinstance(fault, WrongKind) else Code.ARITHMETIC
        raise finding(code, str(fault), span, related=origins(expr, self.scope.names)) from None


_Fault: TypeAlias = WrongKind | OutOfRange


def _leaves(value: ListOf) -> int:
    """How many items a list has, those of lists in it included."""
    return len(value.items) + sum(_leaves(each) for each in value.items if isinstance(each, ListOf))


def _neutral(operator: str, left: Expr, right: Expr) -> Expr | None:
    """What is left of ``x // 1``, ``1 * x``, ``x + 0`` and their like: ``x``."""
    if _is_number(right, {"*": 1, "//": 1, "+": 0, "-": 0}.get(operator)):
        return left
    return right if _is_number(left, {"*": 1, "+": 0}.get(operator)) else None


def _is_number(expr: Expr, number: int | None) -> bool:
    return isinstance(expr, Literal) and type(expr.value) is int and expr.value == number


def _known(expr: Expr) -> Value | Unknown:
    return value_of(expr) if is_constant(expr) else UNKNOWN
