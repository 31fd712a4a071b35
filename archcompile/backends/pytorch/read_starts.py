"""How weights start, read from the last statements of the network's constructor."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from archcompile.backends.pytorch.read_init import distribution
from archcompile.backends.pytorch.starts import modules, torch_class, wanted
from archcompile.backends.pytorch.tree import method_of
from archcompile.diagnostics import InternalError
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import Init


def take_starts(definition: ast.ClassDef) -> list[ast.stmt]:
    """Take the statements that start weights off the end of the class's constructor."""
    body = method_of(definition, "__init__").body
    count = len(body)
    while count and _is_start(body[count - 1]):
        count -= 1
    taken = body[count:]
    del body[count:]
    return taken


def _is_start(node: ast.stmt) -> bool:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return any(ast.unparse(each.func).startswith("nn.init.") for each in calls)


def compare_starts(statements: list[ast.stmt], program: Program) -> None:
    """Every weight that the spec starts, and no other, starts as it says."""
    nodes = modules(program)
    reader = _Reader(nodes, frozenset(_trained(nodes)))
    for node in statements:
        reader.statement(node)
    due = wanted(program)
    for key in (*due, *reader.found):
        if due.get(key) != reader.found.get(key):
            raise InternalError(
                f"`{key}` is expected to start as {due.get(key)}, got {reader.found.get(key)}"
            )


@dataclass(slots=True)
class _Reader:
    """Follows the statements; a later one may set a weight otherwise than a loop before it."""

    nodes: tuple[Node, ...]
    keys: frozenset[str]
    """The weights that are trained."""
    found: dict[str, Init] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """The weights that are set by their own name."""

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.For(
                target=ast.Name(id=variable), iter=ast.Call() as source, body=[inner], orelse=[]
            ) if ast.unparse(source) == "self.modules()":
                self._branches(variable, inner)
            case ast.For(
                target=ast.Name(id=variable),
                iter=ast.Tuple(elts=names),
                body=[ast.Expr(value=ast.Call() as call)],
                orelse=[],
            ):
                for name in names:
                    self._by_name(call, {variable: name})
            case ast.Expr(value=ast.Call() as call):
                self._by_name(call, {})
            case _:
                raise InternalError(f"a constructor says `{ast.unparse(node)}`")

    def _branches(self, variable: str, node: ast.stmt) -> None:
        """``if isinstance(module, nn.Conv2d):``, and an ``elif`` for every other class."""
        seen: set[str] = set()
        rest = [node]
        while rest:
            match rest:
                case [
                    ast.If(test=ast.Call(args=[ast.Name(), of]) as test, body=body, orelse=rest)
                ] if ast.unparse(test) == f"isinstance({variable}, {ast.unparse(of)})":
                    for each in of.elts if isinstance(of, ast.Tuple) else [of]:
                        self._branch(variable, ast.unparse(each), body, seen)
                case _:
                    raise InternalError(f"a constructor says `{ast.unparse(node)}`")

    def _branch(self, variable: str, name: str, body: list[ast.stmt], seen: set[str]) -> None:
        own = [node for node in self.nodes if torch_class(node) == name]
        if not own or name in seen:
            raise InternalError(f"no module is left that is an `{name}`")
        seen.add(name)
        for statement in body:
            attribute, init, is_guarded = _of_module(statement, variable)
            for node in own:
                keys = [node.key(each) for each in node.weights() if each.name == attribute]
                if not keys and not is_guarded:
                    raise InternalError(f"`{node.path}` has no `{attribute}` that could start")
                for key in keys:
                    self._loop(key, init)

    def _loop(self, key: str, init: Init) -> None:
        if key in self.found:
            raise InternalError(f"a loop starts `{key}` a second time")
        self.found[key] = init

    def _by_name(self, call: ast.Call, names: Mapping[str, ast.expr]) -> None:
        """``nn.init.zeros_(self.get_parameter("fc.bias"))``."""
        match call.args:
            case [ast.Call(args=[given], keywords=[]) as place, *_] if (
                ast.unparse(place.func) == "self.get_parameter"
            ):
                name = names.get(given.id) if isinstance(given, ast.Name) else given
            case _:
                name = None
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            raise InternalError(f"a constructor says `{ast.unparse(call)}`")
        key, init = name.value, distribution(call)
        if key not in self.keys or key in self.named or self.found.get(key) == init:
            raise InternalError(f"`{key}` is no weight that could start here")
        self.named.add(key)
        self.found[key] = init


def _trained(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        yield from (node.key(each) for each in node.weights() if each.kind == "parameter")


def _of_module(node: ast.stmt, variable: str) -> tuple[str, Init, bool]:
    """``nn.init.zeros_(module.bias)``, perhaps under ``if module.bias is not None:``."""
    match node:
        case ast.If(test=test, body=[ast.Expr() as inner], orelse=[]):
            attribute, init, _ = _of_module(inner, variable)
            if ast.unparse(test) == f"{variable}.{attribute} is not None":
                return attribute, init, True
        case ast.Expr(
            value=ast.Call(args=[ast.Attribute(value=ast.Name(id=owner), attr=attribute), *_])
        ) if owner == variable and isinstance(node.value, ast.Call):
            return attribute, distribution(node.value), False
    raise InternalError(f"a constructor says `{ast.unparse(node)}`")
