"""The printer: expression trees as text, and statements broken into lines as ``ruff format`` does.

Text of one line goes in as Python and comes out laid out for 88 columns: whoever builds source here
composes plain lines and leaves their breaking to this file.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from keyword import iskeyword

from archcompile.backends.pytorch.expressions import flat, laid_out, splits_at_operators
from archcompile.backends.pytorch.layout import (
    Break,
    Choice,
    IfBroken,
    Layout,
    Nest,
    group,
    loosened,
    write,
)
from archcompile.backends.pytorch.literals import literal
from archcompile.backends.pytorch.parentheses import may_go_without
from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.targets.python import (
    CallOf,
    Constant,
    Infix,
    Item,
    ListOf,
    Python,
    Size,
    TupleOf,
    Verbatim,
    Word,
)

SizeText = Callable[[Dim], str]
"""How a size is said: as the author wrote it, or in normal form."""
_Spell = Callable[[str], str]


def one_line(tree: Python, size: SizeText = str, spell: _Spell = str) -> str:
    """The tree as Python text on one line, however long.

    ``spell`` says the spec's names, which must not hide the ones that the source needs.
    """

    def inner(each: Python) -> str:
        return one_line(each, size, spell)

    match tree:
        case TupleOf(items):
            listed = ", ".join(map(inner, items))
            return f"({listed},)" if len(items) == 1 else f"({listed})"
        case ListOf(items):
            return f"[{', '.join(map(inner, items))}]"
        case Item(value, index):
            return f"{inner(value)}[{index}]"
        case Infix(operator, operands):
            return f" {operator} ".join(map(inner, operands))
        case CallOf(function, arguments, keywords):
            given = [*map(inner, arguments)]
            given += [f"{name}={inner(value)}" for name, value in keywords]
            return f"{function}({', '.join(given)})"
        case Word() | Verbatim() | Constant() | Size():
            return _atom(tree, size, spell)


def _atom(tree: Word | Verbatim | Constant | Size, size: SizeText, spell: _Spell) -> str:
    match tree:
        case Word(text):
            return text
        case Verbatim(text):
            return respelled(text, spell)
        case Constant(value):
            return literal(value)
        case Size(dim):
            return respelled(size(dim), spell)


def statement(text: str, indent: int) -> list[str]:
    """The lines of a simple statement (an assignment, a call, ``return``) at ``indent`` columns."""
    return [*_statement(text, indent)]


@lru_cache(maxsize=4096)
def _statement(text: str, indent: int) -> tuple[str, ...]:
    """The same, remembered: networks say ``x = self.act(x)`` again and again."""
    return tuple(_laid_out(text, indent))


def _laid_out(text: str, indent: int) -> list[str]:
    node = _parsed(text)
    match node:
        case ast.Assign(targets=[target], value=value):
            return write((f"{_target(target)} = ", _standing(value)), indent)
        case ast.AnnAssign(target=target, annotation=annotation, value=ast.expr() as value):
            start = f"{ast.unparse(target)}: {ast.unparse(annotation)} = "
            return write((start, _standing(value)), indent)
        case ast.Return(value=ast.expr() as value):
            return write(("return ", _standing(value)), indent)
        case ast.Expr(value=value):
            return write((_standing(value),), indent)
    raise InternalError(f"no layout for the statement `{text}`")


def header(text: str, indent: int) -> list[str]:
    """The lines of ``if …:``, ``for … in …:`` or ``def …:``, which end where the body begins."""
    node = _parsed(f"{text}\n    pass")
    match node:
        case ast.If(test=test):
            return write(("if ", _standing(test), ":"), indent)
        case ast.For(target=target, iter=source):
            return write((f"for {_target(target)} in ", _standing(source), ":"), indent)
        case ast.FunctionDef(name=name, args=arguments, returns=ast.expr() as returns):
            end = f" -> {ast.unparse(returns)}:"
            return write((f"def {name}", _parameters(arguments), end), indent)
    raise InternalError(f"no layout for the header `{text}`")


def respelled(text: str, spell: Callable[[str], str]) -> str:
    """An expression on one line in the printer's own form, its names (not functions) respelled."""
    if text.isascii() and text.isidentifier() and not iskeyword(text):
        return spell(text)
    return flat(laid_out(_Respelled(spell).visit(ast.parse(text, mode="eval").body)))


class _Respelled(ast.NodeTransformer):
    def __init__(self, spell: Callable[[str], str]) -> None:
        self._spell = spell

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._spell(node.id), node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        arguments: list[ast.expr] = [self.visit(each) for each in node.args]
        return ast.Call(node.func, arguments, node.keywords)


def _standing(node: ast.expr) -> Layout:
    """An expression that stands free, so that it needs parentheses before it can be broken."""
    inner = laid_out(node)
    if not splits_at_operators(node):
        return inner
    whole = group(IfBroken("("), Nest((Break(), inner)), Break(), IfBroken(")"))
    return Choice(whole, loosened(inner)) if may_go_without(flat(inner)) else whole


def _parameters(arguments: ast.arguments) -> Layout:
    plain = arguments.args
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    parts: list[Layout] = []
    for argument, default in zip(plain, [*defaults, *arguments.defaults], strict=True):
        kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
        value = f" = {flat(laid_out(default))}" if default else ""
        parts += [",", Break(" ")] if parts else []
        parts.append(f"{argument.arg}{kind}{value}")
    return group("(", Nest((Break(), group(*parts, IfBroken(",")))), Break(), ")")


def _target(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return flat(laid_out(node))
    if isinstance(node, ast.Name):
        return node.id
    return ast.unparse(node).removeprefix("(").removesuffix(")")


def _parsed(text: str) -> ast.stmt:
    (node,) = ast.parse(text).body
    return node
