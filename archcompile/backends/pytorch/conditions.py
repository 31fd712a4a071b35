"""Conditions said once: what is known at a place is not asked for again."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def opposite(test: ast.expr) -> ast.expr:
    """``a != b`` for ``a == b``; else ``not …``."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(ops=[sign], left=left, comparators=others) if type(sign) in _OPPOSITES:
            return ast.Compare(left, [_OPPOSITES[type(sign)]()], others)
    return ast.UnaryOp(ast.Not(), test)


def fact(test: str) -> ast.expr:
    """A condition that holds, as it is compared with others."""
    node: ast.expr = Settled().visit(ast.parse(test, mode="eval").body)
    return node


class Settled(ast.NodeTransformer):
    """Decides conditional expressions by the conditions that hold where they stand."""

    def __init__(self, facts: Iterable[ast.expr] = ()) -> None:
        self._facts = tuple(facts)
        self._known = frozenset(map(ast.dump, self._facts))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test: ast.expr = self.visit(node.test)
        other = opposite(test)
        if ast.dump(test) in self._known:
            return self._settled(node.body)
        if ast.dump(other) in self._known:
            return self._settled(node.orelse)
        body = Settled((*self._facts, test))._settled(node.body)
        orelse = Settled((*self._facts, other))._settled(node.orelse)
        return body if ast.dump(body) == ast.dump(orelse) else ast.IfExp(test, body, orelse)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand: ast.expr = self.visit(node.operand)
        is_told = isinstance(node.op, ast.Not) and isinstance(operand, ast.UnaryOp | ast.Compare)
        inner = opposite(operand)
        if is_told and not (isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not)):
            return inner
        return ast.UnaryOp(node.op, operand)

    def _settled(self, node: ast.expr) -> ast.expr:
        made: ast.expr = self.visit(node)
        return made
