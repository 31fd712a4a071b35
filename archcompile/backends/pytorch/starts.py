"""How weights start where the spec says so: the last statements of the network's constructor.

What holds for a whole class of torch's is said in a loop over the modules; else weight by weight.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.literals import literal
from archcompile.backends.pytorch.printer import header, statement
from archcompile.diagnostics import InternalError
from archcompile.ir.order import registered
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import (
    Constant,
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    UniformFanIn,
    Xavier,
)
from archcompile.targets.pytorch import ModuleForm, form

_MOST = 4
"""Of a class whose weights differ, how many must be alike for a loop to set all, others after."""


@dataclass(slots=True)
class _Kind:
    """All weights of one name, of all modules of one of torch's classes."""

    of: str
    weight: str
    keys: list[str] = field(default_factory=list)
    is_optional: bool = False
    """Whether a module of the class may be without it."""


def modules(program: Program) -> tuple[Node, ...]:
    """One node for each module, in the order of registration."""
    nodes: dict[str, Node] = {}
    for node in program.nodes():
        nodes.setdefault(node.path, node)
    return tuple(nodes[path] for path in registered(nodes))


def wanted(program: Program) -> dict[str, Init]:
    """The weights that the spec starts, by key, each with its distribution."""
    found: dict[str, Init] = {}
    for node in modules(program):
        starts = dict(node.starts)
        for weight in node.weights():
            if weight.name not in starts:
                continue
            if weight.kind != "parameter":
                raise InternalError(
                    f"`{node.key(weight)}` is not trained, and starts as torch says"
                )
            found[node.key(weight)] = starts[weight.name]
    return found


def torch_class(node: Node) -> str | None:
    """torch's class of which the module is an object, perhaps by a subclass that the file has."""
    made = form(node.op, *node.types)
    if not isinstance(made, ModuleForm):
        return None
    name = made.construct.function
    bases = {support.name: _base(support.source) for support in made.supports}
    while name in bases:
        name = bases[name]
    return name if name.startswith("nn.") and name != "nn.Module" else None


@lru_cache(maxsize=256)
def _base(source: str) -> str:
    classes = (each for each in ast.parse(source).body if isinstance(each, ast.ClassDef))
    return ast.unparse(next(classes).bases[0])


def start_lines(program: Program, indent: int, taken: Collection[str]) -> list[str]:
    """The statements; ``taken`` are the constructor's own variables."""
    due = wanted(program)
    looped = _looped(program, due)
    lines = _loop(looped, _free("module", taken), indent)
    covered = {key: init for kind, init in looped for key in kind.keys}
    rest: dict[Init, list[str]] = {}
    for key, init in due.items():
        if covered.get(key) != init:
            rest.setdefault(init, []).append(key)
    for init, keys in rest.items():
        lines += _by_name(init, keys, _free("name", taken), indent)
    return lines


def _looped(program: Program, due: dict[str, Init]) -> list[tuple[_Kind, Init]]:
    """The kinds of weights that a loop sets, and to what."""
    found: list[tuple[_Kind, Init]] = []
    for kind in _kinds(program):
        inits = [due[key] for key in kind.keys if key in due]
        if len(inits) < len(kind.keys) or len(inits) < 2:
            continue
        ((init, count),) = Counter(inits).most_common(1)
        if count == len(inits) or (count >= _MOST and 2 * count > len(inits)):
            found.append((kind, init))
    return found


def _kinds(program: Program) -> list[_Kind]:
    """By class and weight; a weight inside a module of a module belongs to no loop."""
    found: dict[tuple[str, str], _Kind] = {}
    count: Counter[str] = Counter()
    for node in modules(program):
        name = torch_class(node)
        weights = [each for each in node.weights() if each.kind == "parameter"]
        if any("." in weight.name for weight in weights):
            return []  # what is inside may be of any of the classes
        if name is None:
            continue
        count[name] += 1
        for weight in weights:
            kind = found.setdefault((name, weight.name), _Kind(name, weight.name))
            kind.keys.append(node.key(weight))
            kind.is_optional |= weight.name in type(node.op).model_fields
    for kind in found.values():
        kind.is_optional |= len(kind.keys) < count[kind.of]
    return list(found.values())


def _loop(looped: list[tuple[_Kind, Init]], variable: str, indent: int) -> list[str]:
    """``for module in self.modules():`` with a branch for classes that start alike."""
    bodies: dict[str, list[str]] = {}
    for kind, init in looped:
        body = bodies.setdefault(kind.of, [])
        body += _of_module(kind, init, variable, indent + 2 * INDENT)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, body in bodies.items():
        alike.setdefault(tuple(body), []).append(name)
    lines: list[str] = []
    for lines_of, names in alike.items():
        of = names[0] if len(names) == 1 else f"({', '.join(names)})"
        branch = header(f"if isinstance({variable}, {of}):", indent + INDENT)
        lines += [*(_as_elif(branch) if lines else branch), *lines_of]
    return header(f"for {variable} in self.modules():", indent) + lines if lines else []


def _as_elif(lines: list[str]) -> list[str]:
    first, *others = lines
    return [first.replace("if ", "elif ", 1), *others]


def _of_module(kind: _Kind, init: Init, variable: str, indent: int) -> list[str]:
    place = f"{variable}.{kind.weight}"
    if not kind.is_optional:
        return statement(call(init, place), indent)
    guard = header(f"if {place} is not None:", indent)
    return guard + statement(call(init, place), indent + INDENT)


def _by_name(init: Init, keys: list[str], variable: str, indent: int) -> list[str]:
    if len(keys) == 1:
        return statement(call(init, f'self.get_parameter("{keys[0]}")'), indent)
    names = ", ".join(f'"{key}"' for key in keys)
    body = statement(call(init, f"self.get_parameter({variable})"), indent + INDENT)
    return header(f"for {variable} in ({names}):", indent) + body


def call(init: Init, weight: str) -> str:
    """``nn.init.normal_(weight, std=0.01)``, without what torch has as default."""
    given = ", ".join((weight, *_arguments(init)))
    return f"nn.init.{_function(init)}({given})"


def _function(init: Init) -> str:
    match init:
        case Constant(value):
            return {0.0: "zeros_", 1.0: "ones_"}.get(value, "constant_")
        case Normal():
            return "normal_"
        case Uniform():
            return "uniform_"
        case TruncatedNormal():
            return "trunc_normal_"
        case Kaiming(form=shape):
            return f"kaiming_{shape}_"
        case Xavier(form=shape):
            return f"xavier_{shape}_"
        case UniformFanIn():
            raise InternalError("torch's own start needs no statement")


def _arguments(init: Init) -> Iterator[str]:
    match init:
        case Constant(value) if value not in (0.0, 1.0):
            yield literal(float(value))
        case Normal(std, mean):
            yield from () if mean == 0 else (f"mean={literal(float(mean))}",)
            yield f"std={literal(float(std))}"
        case Uniform(low, high):
            yield from (literal(float(low)), literal(float(high)))
        case TruncatedNormal(std):
            yield f"std={literal(float(std))}"
        case Kaiming():
            yield from () if init.a == 0 else (f"a={literal(float(init.a))}",)
            yield from () if init.mode == "fan_in" else (f'mode="{init.mode}"',)
            default = init.nonlinearity == "leaky_relu"
            yield from () if default else (f'nonlinearity="{init.nonlinearity}"',)
        case Xavier(gain=gain) if gain != 1:
            yield f"gain={literal(float(gain))}"


def _free(name: str, taken: Collection[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}{number}"
    return candidate
