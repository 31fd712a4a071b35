"""The verifier: what must hold of every Program, after elaboration and after every pass."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from keyword import iskeyword

from archcompile.diagnostics import InternalError
from archcompile.ir.op import Op, OpError
from archcompile.ir.outcome import output_of
from archcompile.ir.program import Member, Node, Program, Region, Value
from archcompile.ir.types import TensorType

_USE = re.compile(r"#([2-9]|[1-9][0-9]+)\Z")
"""The mark of a further use of shared weights: ``encoder#2``."""


def verify(program: Program) -> None:
    """Hold the program against the rules below; the first broken one raises ``InternalError``.

    Names obey the grammar. A value is made once, before it is read, and has one size everywhere; a
    node's sizes are those that its op infers. A tensor that is split over GPUs may be read whole
    (they exchange their parts), a whole one not as if it were split. A path belongs to one module:
    a second use has the same op and weights, and no module lies below a node's path. Members lie
    below their region's path, and a block reads only its inputs and what it makes itself. Outputs
    exist, have different names, and one at least is not for training only.
    """
    for name in (program.name, program.family):
        _require_name(name)
    scope = _Scope()
    for value in program.inputs:
        scope.define(value)
    for member in program.members:
        _member(member, "", scope)
    _no_module_inside_a_node(scope)
    _outputs(program, scope)


@dataclass(slots=True)
class _Scope:
    """The values made so far, and the module at each path."""

    types: dict[str, TensorType] = field(default_factory=dict)
    modules: dict[str, tuple[Op, tuple[object, ...]] | None] = field(default_factory=dict)
    used_again: frozenset[str] = frozenset()
    """The modules that lines may use whatever region they stand in."""

    def define(self, value: Value) -> None:
        _require_name(_path_of(value.name))
        if value.name in self.types:
            raise InternalError(f"two values are called `{value.name}`")
        self.types[value.name] = value.type

    def read(self, value: Value, reader: str) -> None:
        if value.name not in self.types:
            raise InternalError(f"`{reader}` reads `{value.name}`, which is not made before it")
        made = self.types[value.name]
        if made.dims != value.type.dims:
            raise InternalError(
                f"`{reader}` reads `{value.name}` as {value.type}, but it is {made}"
            )
        if value.type.parts not in (1, made.parts):
            raise InternalError(
                f"`{reader}` reads `{value.name}` split in {value.type.parts}, "
                f"but it is made in {made.parts}"
            )


def _member(member: Member, parent: str, scope: _Scope) -> None:
    _require_name(member.path)
    if not (member.path.startswith(parent) or member.path in scope.used_again):
        raise InternalError(f"`{member.path}` lies in `{parent[:-1]}` but not below its path")
    for value in member.inputs:
        scope.read(value, member.path)
    if isinstance(member, Region):
        _region(member, scope)
    else:
        _node(member, scope)


def _node(node: Node, scope: _Scope) -> None:
    _claim_path(node, scope)
    try:
        inferred = output_of(node.op, node.types)
    except OpError as error:
        raise InternalError(f"`{node.path}` refuses its inputs: {error}") from error
    if inferred.dims != node.output.type.dims:
        raise InternalError(
            f"`{node.path}` is stored as {node.output.type}, but its op infers {inferred}"
        )
    scope.define(node.output)
    if _path_of(node.name) != node.path:
        raise InternalError(f"`{node.path}` makes a value that is called `{node.name}`")


def _claim_path(node: Node, scope: _Scope) -> None:
    """A path that is used again must be the same module: the same op with the same weights."""
    module = (node.op, node.weights())
    if scope.modules.setdefault(node.path, module) != module:
        raise InternalError(f"two different modules are called `{node.path}`")


def _no_module_inside_a_node(scope: _Scope) -> None:
    for path in scope.modules:
        parts = path.split(".")
        for end in range(1, len(parts)):
            around = ".".join(parts[:end])
            if scope.modules.get(around) is not None:
                raise InternalError(f"`{path}` lies inside `{around}`, which is one layer")


def _region(region: Region, scope: _Scope) -> None:
    if scope.modules.setdefault(region.path, None) is not None:
        raise InternalError(f"two different modules are called `{region.path}`")
    before = frozenset(scope.types)
    around = scope.used_again
    if region.kind == "group":  # no module of its own: its lines may use those around once more
        scope.used_again = around | scope.modules.keys()
    for member in region.members:
        _member(member, f"{region.path}.", scope)
    scope.used_again = around
    if region.kind == "block":
        _require_closed(region, before)
    for value in region.outputs:
        scope.read(value, region.path)


def _require_closed(region: Region, before: frozenset[str]) -> None:
    """A block is a function: nothing reaches its members but what it is called with."""
    outside = before - {value.name for value in region.inputs}
    for reader, value in _reads(region.members):
        if value.name in outside:
            raise InternalError(
                f"`{reader}` in the block `{region.path}` reads `{value.name}`, "
                "which the block is not called with"
            )


def _reads(members: Iterable[Member]) -> Iterable[tuple[str, Value]]:
    for member in members:
        yield from ((member.path, value) for value in member.inputs)
        if isinstance(member, Region):
            yield from _reads(member.members)


def _outputs(program: Program, scope: _Scope) -> None:
    if not program.outputs:
        raise InternalError(f"`{program.name}` has no output")
    if all(output.training for output in program.outputs):
        raise InternalError(f"`{program.name}` has outputs for training only")
    seen: set[str] = set()
    for output in program.outputs:
        _require_name(output.name)
        if output.name in seen:
            raise InternalError(f"two outputs are called `{output.name}`")
        seen.add(output.name)
        scope.read(output.value, f"output {output.name}")


def _path_of(name: str) -> str:
    """A value's name without the mark of a further use."""
    return _USE.sub("", name) if "#" in name else name


@lru_cache(maxsize=64)  # a layer's path is its value's name too
def _require_name(name: str) -> None:
    """A path of words and numbers, joined by points; ``-`` may stand inside a part."""
    if not all(map(_is_part, name.split("."))):
        raise InternalError(f"{name!a} is no name")


def _is_part(part: str) -> bool:
    word = "_" + part.replace("-", "")
    stable = unicodedata.normalize("NFKC", part) == part
    return bool(part) and part[0] != "-" and word.isidentifier() and stable and not iskeyword(part)
