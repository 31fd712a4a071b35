"""What may import what, read from the syntax trees: the rules that ``test_floors`` holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "archcompile"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("version",),
    ("diagnostics",),
    ("libraries",),
    ("ir",),
    ("targets",),
    ("ops",),
    ("frontend", "passes"),
    ("schema", "weights"),
    ("backends",),
    ("outputs",),
    ("proof",),
    ("network",),
    ("verification",),
    ("driver",),
    ("",),
    ("cli",),
    ("__main__",),
)
"""From the ground up: each sees those before it, none beside it. ``""`` is the package's face."""

HEAVY = frozenset({"torch", "onnx", "onnxruntime", "numpy", "safetensors"})
HEAVY_DOORS = frozenset({"libraries", "proof.child"})
"""``proof.child`` is no part of the running package: it is the program of a fresh interpreter."""
LATE_DOORS = ("cli", "proof.child")
"""Where an import may stand inside a function: the command line, whose help needs nothing."""
DYNAMIC_DOORS = frozenset({"", "libraries", "ops", "backends", "proof", "cli.door"})
"""Where ``import_module`` is called, each time with a name from a list of ours."""
EXEC_FLOOR = "backends.pytorch."
"""Where ``exec`` stands, once, for source that was emitted and read back."""

_PICKLES = frozenset({"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"})
_CODE = frozenset({"eval", "exec", "compile", "__import__"})
_YAML_LOADS = frozenset(
    f"{kind}{verb}{all_}"
    for kind in ("", "safe_", "full_", "unsafe_")
    for verb in ("load",)
    for all_ in ("", "_all")
)


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the package; ``name`` is dotted and starts behind the package's own."""

    name: str
    tree: ast.Module

    @property
    def floor(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: its full name, and what stands around the statement."""

    target: str
    line: int
    is_late: bool
    is_for_types: bool


def modules(package: Path) -> tuple[Module, ...]:
    """Every file of a package."""
    found: list[Module] = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def imports(module: Module, names: frozenset[str]) -> Iterator[Import]:
    """The imports of a module; ``names`` are the modules that the package has."""
    for node, is_late, is_for_types in _statements(module.tree.body, False, False):
        for target in _targets(node, names):
            yield Import(target, node.lineno, is_late, is_for_types)


_Statement = ast.Import | ast.ImportFrom


def _statements(
    body: Iterable[ast.AST], is_late: bool, is_for_types: bool
) -> Iterator[tuple[_Statement, bool, bool]]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, is_late, is_for_types
            continue
        inside = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _statements(node.body, inside, True)
            yield from _statements(node.orelse, inside, is_for_types)
            continue
        yield from _statements(ast.iter_child_nodes(node), inside, is_for_types)


def _targets(node: _Statement, names: frozenset[str]) -> list[str]:
    """``from archcompile import driver`` means the module ``driver``, not the package's face."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = "." * node.level + (node.module or "")
    if base.partition(".")[0] != PACKAGE:
        return [base]
    found = [f"{base}.{alias.name}" for alias in node.names]
    return [name if _inside(name) in names else base for name in found]


def _inside(target: str) -> str:
    return target.removeprefix(PACKAGE).removeprefix(".")


def violations(package: Path) -> list[str]:
    """Every rule that a package breaks, as sentences with a file and a line."""
    every = modules(package)
    names = frozenset(module.name for module in every)
    found: list[str] = []
    for module in every:
        for each in imports(module, names):
            where = f"{module.name or '__init__'}:{each.line}"
            found += [f"{where}: {fault}" for fault in _import_faults(module, each)]
        found += _code_faults(module)
    found += _execs(every)
    found += [f"a cycle: {' -> '.join(cycle)}" for cycle in _cycles(every, names)]
    return found


def _import_faults(module: Module, each: Import) -> Iterator[str]:
    library = each.target.partition(".")[0]
    if each.target.startswith("."):
        yield "a relative import"
    if library in HEAVY and not each.is_for_types and module.name not in HEAVY_DOORS:
        yield f"{library} is loaded by libraries.py alone"
    if library in _PICKLES:
        yield f"{library} runs what it reads"
    if each.is_late and not _is_below(module.name, LATE_DOORS):
        yield f"{each.target} is imported inside a function"
    if library == PACKAGE:
        yield from _floor_faults(module, _inside(each.target).partition(".")[0])


def _floor_faults(module: Module, other: str) -> Iterator[str]:
    heights = {name: height for height, floor in enumerate(FLOORS) for name in floor}
    unknown = [name for name in (module.floor, other) if name not in heights]
    if unknown:
        yield from (f"`{name}` stands on no floor" for name in unknown)
    elif module.floor != other and heights[other] >= heights[module.floor]:
        yield f"{module.floor or '__init__'} imports {other or '__init__'}, which is not below it"


def _is_below(name: str, doors: tuple[str, ...]) -> bool:
    return any(name == door or name.startswith(f"{door}.") for door in doors)


def _code_faults(module: Module) -> Iterator[str]:
    """Calls that run what they are given: none, but for the declared doors."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        options = {option.arg: ast.unparse(option.value) for option in node.keywords}
        where = f"{module.name or '__init__'}:{node.lineno}"
        if called in _CODE and not module.name.startswith(EXEC_FLOOR):
            yield f"{where}: {called} runs what it is given"
        if called.split(".")[-1] == "import_module" and module.name not in DYNAMIC_DOORS:
            yield f"{where}: import_module is called at its doors alone"
        if called.startswith("yaml.") and called.removeprefix("yaml.") in _YAML_LOADS:
            yield f"{where}: {called} constructs what it reads"
        if options.get("allow_pickle", "False") != "False":
            yield f"{where}: {called} with allow_pickle runs what it reads"
        if called.endswith("torch.load") and options.get("weights_only") != "True":
            yield f"{where}: {called} without weights_only=True runs what it reads"
        if called.endswith("torch().load") and options.get("weights_only") != "True":
            yield f"{where}: {called} without weights_only=True runs what it reads"


def _execs(every: tuple[Module, ...]) -> list[str]:
    places = [
        f"{module.name}:{node.lineno}"
        for module in every
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "exec"
    ]
    return [f"exec stands in several places: {', '.join(places)}"] if len(places) > 1 else []


def _cycles(every: tuple[Module, ...], names: frozenset[str]) -> list[list[str]]:
    """The circles of imports that run; an import for types alone does not."""
    edges = {
        module.name: sorted(
            {
                _inside(each.target)
                for each in imports(module, names)
                if _runs_inside(each) and _inside(each.target) != module.name
            }
        )
        for module in every
    }
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, line: list[str]) -> None:
        if name in line:
            found.append([*line[line.index(name) :], name])
            return
        if name in done:
            return
        for other in edges.get(name, ()):
            visit(other, [*line, name])
        done.add(name)

    for name in edges:
        visit(name, [])
    return found


def _runs_inside(each: Import) -> bool:
    return each.target.partition(".")[0] == PACKAGE and not (each.is_for_types or each.is_late)
