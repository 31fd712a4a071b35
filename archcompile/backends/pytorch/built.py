"""What a generated constructor builds: the tree of modules, read statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

from archcompile.backends.pytorch.nodes import is_same
from archcompile.backends.pytorch.own_tensors import is_parameter, parameter, registered_tensor
from archcompile.backends.pytorch.tree import NOTHING, Leaf, Module, Tree, member, method_of
from archcompile.backends.pytorch.values import evaluate, truth
from archcompile.diagnostics import InternalError


@dataclass(slots=True)
class Builder:
    """Reads constructors of the file's classes. Nothing is executed."""

    classes: Mapping[str, ast.ClassDef]
    leaf_names: frozenset[str]
    """The support classes."""
    placed: set[int] = field(default_factory=set)
    kept: list[Module] = field(default_factory=list)
    """Keeps what is placed alive, so that no two modules have one id."""

    def build(self, name: str, arguments: list[object], keywords: dict[str, object]) -> Tree:
        """An object of the class."""
        definition = self.classes[name]
        base = ast.unparse(definition.bases[0])
        tree = Tree(definition, "sequence" if base == "nn.Sequential" else "body")
        method = method_of(definition, "__init__")
        run = _Run(self, tree, _bound(method, arguments, keywords))
        run.statements(method.body)
        run.finish()
        return tree

    def place(self, tree: Tree, name: str, module: Module) -> None:
        """Register a member, which must be a new module under a new name."""
        if name in tree.members or id(module) in self.placed:
            raise InternalError(f"`{name}` is registered twice")
        self.placed.add(id(module))
        self.kept.append(module)
        tree.members[name] = module


def _bound(
    method: ast.FunctionDef, arguments: list[object], keywords: dict[str, object]
) -> dict[str, object]:
    names = [each.arg for each in method.args.args[1:]]
    defaults = method.args.defaults
    values = {
        name: evaluate(default, {})
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True)
    }
    given = dict(zip(names, arguments, strict=False))
    is_known = len(arguments) <= len(names) and set(keywords) <= set(names) - set(given)
    values |= given | keywords
    if not is_known or set(values) != set(names):
        raise InternalError("a constructor is not called as it is declared")
    return values


@dataclass(slots=True)
class _Run:
    """One constructor being read: its variables, lists of modules and modules included."""

    builder: Builder
    tree: Tree
    names: dict[str, object]
    is_open: bool = False
    """Whether ``super().__init__`` has been read."""
    assigned: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def statements(self, body: list[ast.stmt]) -> None:
        for before, node in zip([None, *body], body, strict=False):
            if isinstance(node, ast.Assign | ast.AnnAssign) and is_same(before, node):
                raise InternalError(f"a constructor says `{ast.unparse(node)}` twice")
            self.read |= {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
            }
            self._statement(node)

    def finish(self) -> None:
        """What is true of a constructor that is all there, and has nothing to spare."""
        if not self.is_open:
            raise InternalError("a constructor does not call its base's")
        if self.assigned - self.read:
            raise InternalError(
                f"a constructor sets {self.assigned - self.read} and never reads it"
            )

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.Expr(value=ast.Call() as call):
                self._do(call)
            case ast.If(test=test, body=body, orelse=[]):
                if truth(test, self.names):
                    self.statements(body)
            case ast.If(test=test, body=body, orelse=[otherwise]):
                _absent_in(otherwise)
                if truth(test, self.names):
                    self.statements(body)
                else:
                    self._leave_out(otherwise)
            case ast.For(target=target, iter=source, body=body, orelse=[]):
                for item in self._items(source):
                    self._bind(target, item)
                    self.statements(body)
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(node)}`")

    def _items(self, source: ast.expr) -> tuple[object, ...]:
        items = evaluate(source, self.names)
        if not isinstance(items, tuple):
            raise InternalError(f"`{ast.unparse(source)}` is nothing to run over")
        return items

    def _bind(self, target: ast.expr, value: object) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = value
                return
            case ast.Tuple(elts=targets) if isinstance(value, tuple) and len(value) == len(targets):
                for each, item in zip(targets, value, strict=True):
                    self._bind(each, item)
                return
        raise InternalError(f"`{ast.unparse(target)}` cannot take what it is given")

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Attribute() if is_parameter(value):
                self._put(target, parameter(value, self.names))
            case ast.Attribute() | ast.Subscript():
                self._put(target, self._module(value))
            case ast.Name(id=name) if isinstance(value, ast.List):
                self.assigned.add(name)
                self.names[name] = self._modules(value.elts)
            case ast.Name(id=name) if _is_module_call(value):
                self.assigned.add(name)
                self.names[name] = self._module(value)
            case ast.Name() | ast.Tuple():
                self.assigned |= {
                    each.id for each in ast.walk(target) if isinstance(each, ast.Name)
                }
                self._bind(target, evaluate(value, self.names))
            case _:
                raise InternalError(f"a constructor sets `{ast.unparse(target)}`")

    def _put(self, target: ast.expr, module: Module) -> None:
        """``self.conv = …``, or ``self.branches["a"] = …``."""
        match target:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if self.is_open:
                self.builder.place(self.tree, name, module)
                return
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() as name)):
                tree = self._owner(owner)
                if isinstance(tree, Tree) and tree.kind == "dict":
                    self.builder.place(tree, name, module)
                    return
        raise InternalError(f"a constructor sets `{ast.unparse(target)}`")

    def _leave_out(self, node: ast.stmt) -> None:
        """The place of a layer that is not there."""
        match node:
            case ast.Assign(targets=[target]):
                self._put(target, _absent_in(node))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):
                self._append(self._owner(owner), _absent_in(node))

    def _do(self, call: ast.Call) -> None:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Call(), attr="__init__"), keywords=[]):
                self._open(call)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="register_buffer" | "register_parameter")
            ) if self.is_open:
                self.builder.place(self._holder(owner), *registered_tensor(call, self.names))
            case ast.Call(func=ast.Attribute(value=owner, attr="append"), args=[made], keywords=[]):
                self._append(self._owner(owner), self._module(made))
            case ast.Call(
                func=ast.Attribute(value=owner, attr="add_module"), args=[name, made], keywords=[]
            ):
                tree, word = self._owner(owner), evaluate(name, self.names)
                is_sequence = isinstance(tree, Tree) and tree.kind == "sequence"
                if not isinstance(tree, Tree) or not is_sequence or not isinstance(word, str):
                    raise InternalError(f"a constructor says `{ast.unparse(call)}`")
                self.builder.place(tree, word, self._module(made))
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(call)}`")

    def _open(self, call: ast.Call) -> None:
        is_sequence = self.tree.kind == "sequence"
        if ast.unparse(call.func) != "super().__init__" or self.is_open:
            raise InternalError(f"a constructor says `{ast.unparse(call)}`")
        if call.args and not is_sequence:
            raise InternalError("`nn.Module` is constructed with arguments")
        self.is_open = True
        for module in self._modules(call.args):
            self.builder.place(self.tree, str(len(self.tree.members)), module)

    def _owner(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name) and node.id == "self" and self.tree.kind == "sequence":
            return self.tree
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            return self.tree.members.get(node.attr)
        return self.names.get(node.id) if isinstance(node, ast.Name) else None

    def _holder(self, node: ast.expr) -> Tree:
        """The module itself, or a container in it, as what holds a parameter or buffer."""
        if isinstance(node, ast.Name) and node.id == "self" and self.tree.kind == "body":
            return self.tree
        found = member(node, self.tree)
        if found is not None and isinstance(found[1], Tree) and found[1].is_container:
            return found[1]
        raise InternalError(f"`{ast.unparse(node)}` holds no parameters of its own")

    def _append(self, owner: object, module: Module) -> None:
        if isinstance(owner, list):
            owner.append(module)
        elif _is_numbered(owner) and owner.of in (None, self.tree.of):
            self.builder.place(owner, str(len(owner.members)), module)
        else:
            raise InternalError("a constructor appends to what is no list")

    def _module(self, node: ast.expr) -> Module:
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                absent = _absent(orelse)
                return self._module(body) if truth(test, self.names) else absent
            case ast.Name(id=name):
                module = self.names.get(name)
                if isinstance(module, Leaf | Tree):
                    return module
            case ast.Call(func=ast.Name() | ast.Attribute()):
                return self._constructed(node)
        raise InternalError(f"`{ast.unparse(node)}` is no module")

    def _constructed(self, call: ast.Call) -> Module:
        function = ast.unparse(call.func)
        if function in _CONTAINERS:
            return self._container(function, call)
        arguments = [evaluate(each, self.names) for each in call.args]
        keywords = {str(each.arg): evaluate(each.value, self.names) for each in call.keywords}
        if function in self.builder.classes:
            return self.builder.build(function, arguments, keywords)
        if function.startswith("nn.") or function in self.builder.leaf_names:
            return Leaf(function, tuple(arguments), tuple(sorted(keywords.items())))
        raise InternalError(f"`{function}` is no module that a constructor makes")

    def _container(self, function: str, call: ast.Call) -> Tree:
        """``nn.Sequential(a, b)``, ``nn.ModuleList([a, b])``, ``nn.ModuleDict({"a": b})``."""
        tree = Tree(None, _CONTAINERS[function])
        members: list[tuple[object, Module]]
        match tree.kind, call.args:
            case "sequence", arguments:
                members = [*enumerate(self._modules(arguments))]
            case "list", [ast.List(elts=items)]:
                members = [*enumerate(map(self._module, items))]
            case "dict", [ast.Dict() as mapping]:
                keys = [evaluate(key, {}) for key in mapping.keys if key is not None]
                members = [*zip(keys, map(self._module, mapping.values), strict=True)]
            case _, []:
                members = []
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(call)}`")
        if call.keywords:
            raise InternalError(f"a constructor says `{ast.unparse(call)}`")
        for name, module in members:
            self.builder.place(tree, str(name), module)
        return tree

    def _modules(self, arguments: list[ast.expr]) -> list[Module]:
        return [module for each in arguments for module in self._argument(each)]

    def _argument(self, node: ast.expr) -> list[Module]:
        """What an argument of an ``nn.Sequential`` puts there."""
        match node:
            case ast.Starred(value=ast.Name(id=name)):
                pile = self.names.get(name)
                if not isinstance(pile, list):
                    raise InternalError(f"`{name}` is no list of modules")
                return pile
            case ast.Starred(value=ast.ListComp(elt=element, generators=[loop])) if (
                not loop.ifs and not loop.is_async
            ):
                return [self._module(element) for _ in self._rounds(loop)]
        return [self._module(node)]

    def _rounds(self, loop: ast.comprehension) -> Iterator[None]:
        """The rounds of a comprehension, whose variables are its own."""
        before = dict(self.names)
        for item in self._items(loop.iter):
            self._bind(loop.target, item)
            yield None
        self.names = before


_CONTAINERS: dict[str, Literal["sequence", "list", "dict"]] = {
    "nn.Sequential": "sequence",
    "nn.ModuleList": "list",
    "nn.ModuleDict": "dict",
}
_NO_IDENTITY = "a layer that is left out is something else than the identity"


def _absent_in(node: ast.stmt) -> Leaf:
    """What a statement puts in the place of a layer that a call leaves out."""
    match node:
        case (
            ast.Assign(value=made)
            | ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[made]))
        ):
            return _absent(made)
    raise InternalError(_NO_IDENTITY)


def _absent(node: ast.expr) -> Leaf:
    """What stands in the place of a layer that is left out: the identity, or nothing at all."""
    if ast.unparse(node) not in ("nn.Identity()", NOTHING):
        raise InternalError(_NO_IDENTITY)
    return Leaf(ast.unparse(node).removesuffix("()"), (), (), is_absent=True)


def _is_numbered(owner: object) -> TypeGuard[Tree]:
    return isinstance(owner, Tree) and owner.kind in ("sequence", "list")


def _is_module_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in _CONTAINERS
