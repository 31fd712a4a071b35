"""What a generated ``forward`` does: which modules and functions run, in order, on which values."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.backends.pytorch.tree import (
    NOTHING,
    Leaf,
    Module,
    Tree,
    member,
    method_of,
    own_tensors,
)
from archcompile.diagnostics import InternalError


@dataclass(frozen=True, slots=True)
class Token:
    """A tensor, known by the number of the event that made it."""

    number: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """A ``NamedTuple`` of tensors: the class, and its fields in order."""

    class_name: str
    fields: tuple[tuple[str, Token], ...]


Traced: TypeAlias = Token | Outputs
Shape: TypeAlias = "tuple[object, ...] | Token | int | float | bool | str | None"
"""An expression over tensors as nested tuples."""


@dataclass(frozen=True, slots=True)
class Event:
    """One call of a module (``callee`` is its path), or an expression over tensors (no callee)."""

    callee: str | None
    reads: Shape
    made: Token


@dataclass(slots=True)
class Tracer:
    """Follows ``forward`` through the tree of modules. Nothing is executed."""

    classes: Mapping[str, ast.ClassDef]
    events: list[Event] = field(default_factory=list)
    count: int = 0
    attributes: dict[str, Token] = field(default_factory=dict)
    """The parameters and buffers that are read by themselves, by path."""
    early: tuple[Traced, int] | None = None
    """What the network returns in evaluation, and how many events there are before it."""

    def attribute(self, path: str) -> Token:
        """The parameter or buffer of that path."""
        if path not in self.attributes:
            self.attributes[path] = self.token()
        return self.attributes[path]

    def token(self) -> Token:
        """A new tensor."""
        self.count += 1
        return Token(self.count)

    def call(self, module: Module, path: str, inputs: tuple[Traced, ...]) -> Traced:
        """What the module gives for these inputs."""
        if isinstance(module, Leaf):
            return self._leaf(module, path, inputs)
        if module.kind == "sequence":
            for name, each in module.members.items():
                inputs = (self.call(each, _below(path, name), inputs),)
            (result,) = inputs
            return result
        if module.of is None:
            raise InternalError(f"`forward` calls `{path}`, which is a container")
        return self._body(module, module.of, path, inputs)

    def _leaf(self, leaf: Leaf, path: str, inputs: tuple[Traced, ...]) -> Traced:
        if leaf.is_tensor:
            raise InternalError(f"`forward` calls `{path}`, which is no module")
        if leaf.function == NOTHING:
            raise InternalError(f"`forward` calls `{path}`, which is not there")
        if leaf.is_absent and len(inputs) == 1:
            return inputs[0]
        tensors = tuple(each for each in inputs if isinstance(each, Token))
        if len(tensors) != len(inputs):
            raise InternalError(f"`{path}` is called with a tuple")
        return self._event(path, tensors)

    def _event(self, callee: str | None, reads: Shape) -> Token:
        made = self.token()
        self.events.append(Event(callee, reads, made))
        return made

    def _body(
        self, tree: Tree, definition: ast.ClassDef, path: str, inputs: tuple[Traced, ...]
    ) -> Traced:
        method = method_of(definition, "forward")
        names = [each.arg for each in method.args.args[1:]]
        if len(names) != len(inputs):
            raise InternalError(f"`{path}` is called with {len(inputs)} inputs, not {len(names)}")
        frame: dict[str, Traced] = dict(zip(names, inputs, strict=True))
        for name, text in own_tensors(tree):
            frame[text] = self.attribute(_below(path, name))
        *statements, last = method.body
        for node in statements:
            self._statement(node, frame, tree, path)
        if not isinstance(last, ast.Return) or last.value is None:
            raise InternalError("`forward` does not end with what it returns")
        return self._returned(last.value, frame)

    def _statement(self, node: ast.stmt, frame: dict[str, Traced], tree: Tree, path: str) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if not isinstance(value, ast.Name):
                frame[name] = self._value(value, frame, tree, path)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Call() as value):
                whole = shape(value, frame)
                pieces = [self._event(None, ("item", whole, at)) for at in range(len(targets))]
                names = [each.id for each in targets if isinstance(each, ast.Name)]
                frame |= dict(zip(names, pieces, strict=True))
            case ast.If(test=test, body=[ast.Return(value=ast.expr() as value)], orelse=[]) if (
                ast.unparse(test) == "not self.training" and not path and self.early is None
            ):
                self.early = self._returned(value, frame), len(self.events)
            case _:
                raise InternalError(f"`forward` says `{ast.unparse(node)}`")

    def _value(self, node: ast.expr, frame: Mapping[str, Traced], tree: Tree, path: str) -> Traced:
        match node:
            case ast.IfExp(
                test=ast.Compare(left=asked, ops=[ast.Is()], comparators=[ast.Constant(None)]),
                body=ast.Name() as instead,
                orelse=ast.Call(func=function) as call,
            ) if ast.unparse(asked) == ast.unparse(function):
                found = member(asked, tree)
                if found is None:
                    raise InternalError(f"`forward` says `{ast.unparse(node)}`")
                is_absent = isinstance(found[1], Leaf) and found[1].function == NOTHING
                chosen = _tensor(instead, frame)
                return chosen if is_absent else self._value(call, frame, tree, path)
            case ast.Call(func=function, args=arguments, keywords=[]):
                found = member(function, tree)
                if found is not None:
                    name, module = found
                    inputs = tuple(_tensor(each, frame) for each in arguments)
                    return self.call(module, _below(path, name), inputs)
        return self._event(None, shape(node, frame))

    def _returned(self, node: ast.expr, frame: Mapping[str, Traced]) -> Traced:
        match node:
            case ast.Name() | ast.Attribute():
                return _tensor(node, frame)
            case _ if ast.unparse(node) in frame:
                return _tensor(node, frame)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
                name in self.classes
            ):
                values = [_tensor(each, frame) for each in arguments]
                tensors = [value for value in values if isinstance(value, Token)]
                names = field_names(self.classes[name])
                if len(tensors) == len(values) <= len(names):
                    return Outputs(name, tuple(zip(names, tensors, strict=False)))
        raise InternalError(f"`forward` returns `{ast.unparse(node)}`")


def field_names(definition: ast.ClassDef) -> tuple[str, ...]:
    """The fields of a ``NamedTuple``."""
    fields = [node.target for node in definition.body if isinstance(node, ast.AnnAssign)]
    return tuple(target.id for target in fields if isinstance(target, ast.Name))


def shape(node: ast.expr, frame: Mapping[str, Traced]) -> Shape:
    """An expression over tensors, for comparison: calls of torch's functions, and operators."""
    if isinstance(node, ast.Name | ast.Attribute) or ast.unparse(node) in frame:
        tensor = _tensor(node, frame)
        if isinstance(tensor, Token):
            return tensor
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float | str | None):
            return ("constant", type(value).__name__, value)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return ("items", *(shape(item, frame) for item in items))
        case ast.Subscript(value=value, slice=ast.Constant(value=place)) if type(place) is int:
            return ("item", shape(value, frame), place)
        case ast.UnaryOp(op=sign, operand=operand):
            return (type(sign).__name__, shape(operand, frame))
        case ast.BinOp(left=left, op=sign, right=right):
            return (type(sign).__name__, shape(left, frame), shape(right, frame))
        case ast.Call(func=ast.Attribute() as function, args=arguments, keywords=keywords):
            called = ast.unparse(function)
            if called.startswith(("torch.", "F.", "nn.functional.")):
                positions = tuple(shape(each, frame) for each in arguments)
                named = tuple((str(each.arg), shape(each.value, frame)) for each in keywords)
                return ("call", called, positions, named)
    raise InternalError(f"`forward` says `{ast.unparse(node)}`")


def _tensor(node: ast.expr, frame: Mapping[str, Traced]) -> Traced:
    """A variable, or a field of one that holds several outputs."""
    match node:
        case ast.Name(id=name) if name in frame:
            return frame[name]
        case ast.Attribute() | ast.Call() if ast.unparse(node) in frame:
            return frame[ast.unparse(node)]
        case ast.Attribute(value=ast.Name(id=name), attr=part):
            whole = frame.get(name)
            if isinstance(whole, Outputs) and part in dict(whole.fields):
                return dict(whole.fields)[part]
    raise InternalError(f"`forward` reads `{ast.unparse(node)}`, which is no tensor of its own")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
