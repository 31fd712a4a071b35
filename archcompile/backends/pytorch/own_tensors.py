"""Parameters and buffers that stand in a module by themselves, read from its constructor."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from archcompile.backends.pytorch.tree import BUFFER, PARAMETER, Leaf
from archcompile.backends.pytorch.values import evaluate
from archcompile.diagnostics import InternalError


def is_parameter(node: ast.expr) -> bool:
    """Whether it is an ``nn.Parameter(…)``."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == PARAMETER


def parameter(node: ast.expr, names: Mapping[str, object]) -> Leaf:
    """``nn.Parameter(torch.zeros(width, 1, 1))``."""
    match node:
        case ast.Call(args=[ast.Call() as made], keywords=[]):
            return _leaf(PARAMETER, made, names)
    raise InternalError(f"a constructor says `{ast.unparse(node)}`")


def registered_tensor(node: ast.Call, names: Mapping[str, object]) -> tuple[str, Leaf]:
    """What a module registers, with its name.

    ``self.register_buffer("mask", torch.tensor([1.0]), persistent=False)``, or
    ``self.block.register_parameter("gamma", nn.Parameter(torch.ones(4)))``.
    """
    match node:
        case ast.Call(
            func=ast.Attribute(attr="register_buffer"),
            args=[ast.Constant(value=str() as name), ast.Call() as made],
            keywords=[ast.keyword(arg="persistent", value=ast.Constant(value=False))],
        ):
            return name, _leaf(BUFFER, made, names)
        case ast.Call(
            func=ast.Attribute(attr="register_parameter"),
            args=[ast.Constant(value=str() as name), ast.Call() as made],
            keywords=[],
        ) if is_parameter(made):
            return name, parameter(made, names)
    raise InternalError(f"a constructor says `{ast.unparse(node)}`")


def tensor_call(node: ast.expr, names: Mapping[str, object]) -> tuple[object, ...]:
    """The function that makes a tensor, and what it is called with."""
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith("torch."):
        raise InternalError(f"`{ast.unparse(node)}` makes no tensor")
    arguments = tuple(evaluate(each, names) for each in node.args)
    keywords = tuple((each.arg, evaluate(each.value, names)) for each in node.keywords)
    return ast.unparse(node.func), arguments, keywords


def _leaf(kind: str, made: ast.Call, names: Mapping[str, object]) -> Leaf:
    return Leaf(kind, tensor_call(made, names), ())
