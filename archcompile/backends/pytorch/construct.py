"""How a layer is constructed: the text of ``nn.Conv2d(…)`` or of a call of a block's class."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from archcompile.backends.pytorch.names import spelled
from archcompile.backends.pytorch.printer import one_line, respelled
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import (
    BlockUse,
    Chain,
    ChainMember,
    Definition,
    LoopOf,
    OpUse,
    Parameter,
)
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf
from archcompile.ir.op import Op
from archcompile.targets.python import CallOf, Python, Verbatim
from archcompile.targets.pytorch import Form, ModuleForm, form


@dataclass(frozen=True, slots=True)
class Classes:
    """The blocks by name, the class that each of them becomes, and the names of all classes."""

    definitions: Mapping[str, Definition]
    names: Mapping[str, str]
    all: frozenset[str]


def construction(use: OpUse | BlockUse, classes: Classes) -> str:
    """The text of the constructor call; ``InternalError`` for an op that is no module."""
    if isinstance(use, BlockUse):
        return _block_call(use, classes)
    made = form(use.op, *use.inputs)
    if not isinstance(made, ModuleForm):
        raise InternalError(f"`{use.op.key}` is no module and has no constructor")
    return in_python(made.construct, use)


def in_python(tree: Python, use: OpUse) -> str:
    """The tree as text, sizes as the author wrote them."""
    written = dict(use.written)

    def size(dim: Dim) -> str:
        return str(written[dim] if dim in written and not dim.is_constant else dim)

    return one_line(tree, size, spelled)


def said(expr: Expr) -> str:
    """An author's expression as Python text; a list is a tuple, since nothing changes it."""
    if isinstance(expr, ListOf):
        items = [said(item) for item in expr.items]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    return respelled(str(expr), spelled)


def in_order(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Inferred ones first, then those without a default, as Python demands."""
    return tuple(sorted(parameters, key=lambda each: (not each.inferred, each.default is not None)))


def form_of(use: OpUse | BlockUse) -> Form | None:
    """The op's form; a block is a module."""
    return form(use.op, *use.inputs) if isinstance(use, OpUse) else None


def ops_in(members: tuple[ChainMember, ...]) -> list[tuple[Op, OpUse]]:
    """Every op that these members use, in order, those in chains and loops too."""
    found: list[tuple[Op, OpUse]] = []
    for member in members:
        if isinstance(member, Chain | LoopOf):
            found += ops_in(member.members)
        elif isinstance(member.use, OpUse):
            found.append((member.use.op, member.use))
    return found


@lru_cache(maxsize=4096)
def names_in(text: str) -> frozenset[str]:
    """The names that a piece of source reads or sets."""
    return frozenset(node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name))


def _block_call(use: BlockUse, classes: Classes) -> str:
    """Required arguments by position, the others by keyword."""
    arguments = dict(use.arguments)
    positions: list[Python] = []
    keywords: list[tuple[str, Python]] = []
    for parameter in in_order(classes.definitions[use.definition].parameters):
        given = arguments.pop(parameter.name, None)
        if given is None and parameter.default is None:
            raise InternalError(f"`{use.definition}` is called without `{parameter.name}`")
        if given is None:
            continue
        value = Verbatim(said(given))
        if parameter.default is None:
            positions.append(value)
        else:
            keywords.append((spelled(parameter.name), value))
    if arguments:
        raise InternalError(f"`{use.definition}` has no parameter {', '.join(arguments)}")
    return one_line(CallOf(classes.names[use.definition], tuple(positions), tuple(keywords)))
