"""The tree of modules that a generated constructor builds, as the read-back knows it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from archcompile.diagnostics import InternalError

NOTHING = "None"
"""What stands in the place of a layer that is left out, where ``forward`` asks for it."""
PARAMETER, BUFFER = "nn.Parameter", "nn.Buffer"


@dataclass(slots=True, eq=False)
class Leaf:
    """A module of torch's, or of a support class, and what it is constructed with.

    Or a parameter or buffer that stands in the module itself, and the call that makes it.
    """

    function: str
    arguments: tuple[object, ...]
    keywords: tuple[tuple[str, object], ...]
    is_absent: bool = False
    """Whether it stands in the place of a layer that a condition leaves out.

    ``function`` is then the identity, or ``NOTHING``.
    """

    @property
    def is_tensor(self) -> bool:
        """Whether it is no module but a parameter or buffer; ``function`` is then one of these."""
        return self.function in (PARAMETER, BUFFER)


@dataclass(slots=True, eq=False)
class Tree:
    """A module with members: torch's, or an object of one of the file's classes."""

    of: ast.ClassDef | None
    kind: Literal["sequence", "body", "list", "dict"]
    """An ``nn.Sequential``, a class with a ``forward``, an ``nn.ModuleList``, ``nn.ModuleDict``."""
    members: dict[str, Module] = field(default_factory=dict)

    @property
    def is_container(self) -> bool:
        """Whether it holds members and cannot be called."""
        return self.kind in ("list", "dict")


Module: TypeAlias = Leaf | Tree


def leaves(module: Module, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its path, in the order of registration."""
    if isinstance(module, Leaf):
        yield path, module
        return
    for name, member in module.members.items():
        yield from leaves(member, f"{path}.{name}" if path else name)


def own_tensors(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """The parameters and buffers of the module and of containers in it.

    Each by its path in the module, and as ``forward`` says it.
    """
    for name, inner in tree.members.items():
        below = f"{path}.{name}" if path else name
        if isinstance(inner, Tree) and inner.is_container:
            yield from own_tensors(inner, below)
        elif isinstance(inner, Leaf) and inner.is_tensor:
            kind = "get_parameter" if inner.function == PARAMETER else "get_buffer"
            yield below, f"self.{kind}({below!r})" if path else f"self.{name}"


def method_of(definition: ast.ClassDef, name: str) -> ast.FunctionDef:
    """A method of the class."""
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise InternalError(f"the class `{definition.name}` has no `{name}`")


def member(node: ast.expr, tree: Tree) -> tuple[str, Module] | None:
    """The module that ``self.a``, ``self.a[0]`` or ``self.get_submodule("a.b.c")`` means, by path.

    None for any other expression; ``InternalError`` for a module that is not there.
    """
    way = _way(node)
    if way is None:
        return None
    path: list[str] = []
    found: Module | None = tree
    for key, kinds in way:
        is_open = isinstance(found, Tree) and found.kind in kinds
        name, found = _below(found, key) if isinstance(found, Tree) and is_open else ("", None)
        path += [name] if name else []
    if found is None:
        raise InternalError(f"`forward` calls `{ast.unparse(node)}`, which is not there")
    return ".".join(path), found


def _below(tree: Tree, key: str | int | slice) -> tuple[str, Module | None]:
    """A member by its name or place; a slice is a chain of its own that has no name."""
    names = list(tree.members)
    if isinstance(key, slice):
        return "", Tree(None, "sequence", {name: tree.members[name] for name in names[key]})
    if isinstance(key, int):
        key = names[key] if 0 <= key < len(names) else ""
    return key, tree.members.get(key)


_BODY, _DICT = frozenset({"body"}), frozenset({"dict"})
_NUMBERED, _SEQUENCE = frozenset({"list", "sequence"}), frozenset({"sequence"})
_Key: TypeAlias = str | int | slice


def _way(node: ast.expr) -> tuple[tuple[_Key, frozenset[str]], ...] | None:
    """The keys on the way to a member, each with the kinds of module that it may stand in."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return ((name, _BODY),)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id="self"), attr=name), slice=ast.Constant(value=key)
        ):
            if type(key) is int or type(key) is str:
                return (name, _BODY), (key, _NUMBERED if type(key) is int else _DICT)
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id="self"), attr=name), slice=ast.Slice() as part
        ):
            return (name, _BODY), (_slice(part), _SEQUENCE)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="self"), attr="get_submodule"),
            args=[ast.Constant(value=str() as path)],
            keywords=[],
        ):
            first, *others = path.split(".")
            return (first, _BODY), *((each, _NUMBERED | _DICT) for each in others)
    return None


def _slice(node: ast.Slice) -> slice:
    """``[:17]``, ``[3:17]``, ``[17:]``."""
    match node:
        case ast.Slice(
            lower=ast.Constant(value=int()) | None as lower,
            upper=ast.Constant(value=int()) | None as upper,
            step=None,
        ):
            bounds = [None if each is None else each.value for each in (lower, upper)]
            if not any(isinstance(each, bool) for each in bounds):
                return slice(*bounds)
    raise InternalError(f"`forward` cuts a chain by `{ast.unparse(node)}`")
