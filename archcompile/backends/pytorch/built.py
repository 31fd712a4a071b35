"""What a generated constructor builds: the tree of modules, read statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.backends.pytorch.values import evaluate, truth
from archcompile.diagnostics import InternalError


@dataclass(slots=True, eq=False)
class Leaf:
    """A module of torch's, or of a support class, and what it is constructed with."""

    function: str
    arguments: tuple[object, ...]
    keywords: tuple[tuple[str, object], ...]
    is_absent: bool = False
    """Whether it is the identity in the place of a layer that a condition leaves out."""


@dataclass(slots=True, eq=False)
class Tree:
    """A module with members: an ``nn.Sequential``, or an object of one of the file's classes."""

    of: ast.ClassDef | None
    members: dict[str, Module] = field(default_factory=dict)
    runs_members: bool = True
    """Whether calling it calls its members in order; else its class says what it does."""


Module: TypeAlias = Leaf | Tree
Pile: TypeAlias = "list[Module]"


def leaves(module: Module, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its path, in the order of registration."""
    if isinstance(module, Leaf):
        yield path, module
        return
    for name, member in module.members.items():
        yield from leaves(member, f"{path}.{name}" if path else name)


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
        tree = Tree(definition, runs_members=base == "nn.Sequential")
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


def method_of(definition: ast.ClassDef, name: str) -> ast.FunctionDef:
    """A method of the class."""
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise InternalError(f"the class `{definition.name}` has no `{name}`")


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
            is_assignment = isinstance(node, ast.Assign | ast.AnnAssign)
            if is_assignment and before is not None and ast.dump(before) == ast.dump(node):
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
            case ast.If(test=test, body=body, orelse=[ast.Assign(targets=[left], value=made)]):
                if truth(test, self.names):
                    self.statements(body)
                else:
                    self._leave_out(left, made)
            case ast.For(target=target, iter=source, body=body, orelse=[]):
                for item in self._items(source):
                    self._bind(target, item)
                    self.statements(body)
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(node)}`")

    def _leave_out(self, target: ast.expr, made: ast.expr) -> None:
        """The attribute of a layer that is not there."""
        if not isinstance(target, ast.Attribute) or ast.unparse(target.value) != "self":
            raise InternalError(f"a constructor sets `{ast.unparse(target)}`")
        if ast.unparse(made) != "nn.Identity()":
            raise InternalError("a layer that is left out is something else than the identity")
        self.builder.place(self.tree, target.attr, Leaf("nn.Identity", (), (), is_absent=True))

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
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if self.is_open:
                self.builder.place(self.tree, name, self._module(value))
            case ast.Name(id=name) if isinstance(value, ast.List):
                self.assigned.add(name)
                self.names[name] = [self._module(each) for each in value.elts]
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

    def _do(self, call: ast.Call) -> None:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Call(), attr="__init__"), keywords=[]):
                self._open(call)
            case ast.Call(func=ast.Attribute(value=owner, attr="append"), args=[made], keywords=[]):
                self._append(self._owner(owner), self._module(made))
            case ast.Call(
                func=ast.Attribute(value=owner, attr="add_module"), args=[name, made], keywords=[]
            ):
                tree, word = self._owner(owner), evaluate(name, self.names)
                if not isinstance(tree, Tree) or not isinstance(word, str):
                    raise InternalError(f"a constructor says `{ast.unparse(call)}`")
                self.builder.place(tree, word, self._module(made))
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(call)}`")

    def _open(self, call: ast.Call) -> None:
        is_sequence = self.tree.runs_members
        if ast.unparse(call.func) != "super().__init__" or self.is_open:
            raise InternalError(f"a constructor says `{ast.unparse(call)}`")
        if call.args and not is_sequence:
            raise InternalError("`nn.Module` is constructed with arguments")
        self.is_open = True
        for module in self._modules(call.args):
            self.builder.place(self.tree, str(len(self.tree.members)), module)

    def _owner(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name) and node.id == "self" and self.tree.runs_members:
            return self.tree
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            return self.tree.members.get(node.attr)
        return self.names.get(node.id) if isinstance(node, ast.Name) else None

    def _append(self, owner: object, module: Module) -> None:
        if isinstance(owner, list):
            owner.append(module)
        elif isinstance(owner, Tree) and owner.runs_members and owner.of in (None, self.tree.of):
            self.builder.place(owner, str(len(owner.members)), module)
        else:
            raise InternalError("a constructor appends to what is no list")

    def _module(self, node: ast.expr) -> Module:
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                if truth(test, self.names):
                    return self._module(body)
                if ast.unparse(orelse) != "nn.Identity()":
                    raise InternalError(
                        "a layer that is left out is something else than the identity"
                    )
                return Leaf("nn.Identity", (), (), is_absent=True)
            case ast.Name(id=name):
                module = self.names.get(name)
                if isinstance(module, Leaf | Tree):
                    return module
            case ast.Call(func=ast.Name() | ast.Attribute()):
                return self._constructed(node)
        raise InternalError(f"`{ast.unparse(node)}` is no module")

    def _constructed(self, call: ast.Call) -> Module:
        function = ast.unparse(call.func)
        if function == "nn.Sequential" and not call.keywords:
            tree = Tree(None)
            for module in self._modules(call.args):
                self.builder.place(tree, str(len(tree.members)), module)
            return tree
        arguments = [evaluate(each, self.names) for each in call.args]
        keywords = {str(each.arg): evaluate(each.value, self.names) for each in call.keywords}
        if function in self.builder.classes:
            return self.builder.build(function, arguments, keywords)
        if function.startswith("nn.") or function in self.builder.leaf_names:
            return Leaf(function, tuple(arguments), tuple(sorted(keywords.items())))
        raise InternalError(f"`{function}` is no module that a constructor makes")

    def _modules(self, arguments: list[ast.expr]) -> list[Module]:
        match arguments:
            case [ast.Starred(value=ast.Name(id=name))]:
                pile = self.names.get(name)
                if not isinstance(pile, list):
                    raise InternalError(f"`{name}` is no list of modules")
                return pile
            case [ast.Starred(value=ast.ListComp(elt=element, generators=[loop]))] if (
                not loop.ifs and not loop.is_async
            ):
                return [self._module(element) for _ in self._rounds(loop)]
        return [self._module(each) for each in arguments]

    def _rounds(self, loop: ast.comprehension) -> Iterator[None]:
        """The rounds of a comprehension, whose variables are its own."""
        before = dict(self.names)
        for item in self._items(loop.iter):
            self._bind(loop.target, item)
            yield None
        self.names = before


def _is_module_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "nn.Sequential"
