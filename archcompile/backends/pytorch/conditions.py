"""Conditions said once: what is known at a place is not asked for again."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}


def settled(text: str, facts: Iterable[str]) -> str:
    """A statement or condition, its conditional expressions decided where ``facts`` hold.

    It says ``a != b`` for ``not a == b``. Whatever it says else stays as it is.
    """
    if "if" not in text and "not" not in text:
        return text
    known = frozenset(ast.dump(ast.parse(each, mode="eval").body) for each in facts)
    return ast.unparse(_Settled(known).visit(ast.parse(text)))


def _opposite(test: ast.expr) -> ast.expr:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(ops=[sign], left=left, comparators=others) if type(sign) in _OPPOSITES:
            return ast.Compare(left, [_OPPOSITES[type(sign)]()], others)
    return ast.UnaryOp(ast.Not(), test)


class _Settled(ast.NodeTransformer):
    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test: ast.expr = self.visit(node.test)
        yes, no = ast.dump(test), ast.dump(_opposite(test))
        if yes in self._known or no in self._known:
            chosen: ast.expr = self.visit(node.body if yes in self._known else node.orelse)
            return chosen
        body: ast.expr = _Settled(self._known | {yes}).visit(node.body)
        orelse: ast.expr = _Settled(self._known | {no}).visit(node.orelse)
        return body if ast.dump(body) == ast.dump(orelse) else ast.IfExp(test, body, orelse)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand: ast.expr = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return _opposite(operand)
        return ast.UnaryOp(node.op, operand)
