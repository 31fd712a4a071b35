"""What the program says of the module, held against the module that runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program, Region, Value
from archcompile.ir.uses import Uses, base
from archcompile.passes.inference import training_only
from archcompile.proof.batches import Batch, concrete
from archcompile.proof.run import Inventory, Shape
from archcompile.weights import tensors

IDENTITY = "Identity()"
"""``nn.Identity`` as torch prints it."""
EMPTY = "Sequential()"
"""What ``nn.Sequential`` is in an inventory, which has its members by themselves."""
_CHAINS = ("sequence", "repeat")


def inventory_differences(
    program: Program, seen: Inventory, batches: tuple[Batch, ...], *, complete: bool = True
) -> tuple[str, ...]:
    """state_dict keys and shapes, parameter count, module paths, the shape each module makes.

    ``complete`` says that the module ran to its end, so that every layer must have run.
    """
    return (
        *_state(program, seen),
        *_parameters(program, seen),
        *_modules(program, seen),
        *_shapes(program, seen, batches, complete),
    )


def report_differences(report: Mapping[str, object], seen: Inventory) -> Iterator[str]:
    """What the report's JSON form says and the running module does not: totals, rows, shapes."""
    totals = {
        "parameters": sum(seen.parameters.values()),
        "trainable_parameters": seen.trainable,
        "buffers": sum(seen.buffers.values()),
    }
    for word, count in totals.items():
        if report[word] != count:
            yield f"says {report[word]} {word}, the module has {count}"
    layers = report["layers"]
    parameters, buffers = _by_module(seen.parameters), _by_module(seen.buffers)
    calls = Uses()
    for row in layers if isinstance(layers, list) else ():
        yield from _weight_differences(row, parameters, buffers)
        if not row["training"]:
            called = calls.name(str(row["shares"] or row["name"]))
            yield from _shape_differences(row, called, seen)


def _by_module(held: Mapping[str, int]) -> dict[str, int]:
    """What each module, and each parameter by itself, has with all that is below it."""
    found: dict[str, int] = {}
    for key, size in held.items():
        parts = key.split(".")
        for end in range(1, len(parts) + 1):
            path = ".".join(parts[:end])
            found[path] = found.get(path, 0) + size
    return found


def _weight_differences(
    row: Mapping[str, object], parameters: Mapping[str, int], buffers: Mapping[str, int]
) -> Iterator[str]:
    """A row that shares its weights with one before it has none of its own."""
    name = str(row["name"])
    for word, held in (("parameters", parameters), ("buffers", buffers)):
        count = 0 if row["shares"] else held.get(name, 0)
        if row[word] != count:
            yield f"says that `{name}` has {row[word]} {word}, the module has {count}"


def _shape_differences(row: Mapping[str, object], called: str, seen: Inventory) -> Iterator[str]:
    name, shape = row["name"], row["output_shape"]
    if not isinstance(shape, list):
        raise InternalError(f"the report's row `{name}` has no shape")
    for made in seen.shapes:
        if called not in made:
            return  # a function, or a module that is not run: found elsewhere
        if not any(_fits(shape, each[1:]) for each in made[called]):
            yield f"says that `{name}` makes {shape}, the module makes {_listed(made[called])}"
            return


def _fits(stated: Sequence[object], made: Shape) -> bool:
    """A size that is text stands for a symbolic one, which the program's own check evaluates."""
    return len(stated) == len(made) and all(
        isinstance(size, str) or size == number for size, number in zip(stated, made, strict=True)
    )


def module_differences(program: Program, emitted: Inventory, found: Inventory) -> tuple[str, ...]:
    """Layers that another source builds with other arguments than the source emitted now.

    This sees what evaluation cannot: dropout's probability, batch norm's momentum.
    """
    both = emitted.modules.keys() & found.modules.keys()
    layers = {node.path: node for node in program.nodes() if node.path in both}
    return tuple(
        f"`{path}` {what} ({node.span.file.path}:{node.span.line})"
        for path, node in layers.items()
        for what in _otherwise(path, emitted, found)
    )


def _otherwise(path: str, emitted: Inventory, found: Inventory) -> Iterator[str]:
    """Of the same class each argument that is another; of another class, that."""
    ours, theirs = emitted.arguments[path], found.arguments[path]
    is_alike = emitted.modules[path].partition("(")[0] == found.modules[path].partition("(")[0]
    if is_alike and ours != theirs:
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                yield f"has {name}={theirs.get(name)}, the spec's is {ours.get(name)}"
    elif emitted.modules[path] != found.modules[path]:
        yield f"is {found.modules[path]}, the spec's is {emitted.modules[path]}"


def output_differences(
    program: Program, outputs: tuple[Shape, ...], batch: Batch
) -> tuple[str, ...]:
    """Outputs of inference whose shape in a run is not the one that the program states."""
    if len(outputs) != len(program.outputs):
        return (f"{len(outputs)} outputs, the spec has {len(program.outputs)}",)
    stated = [(each.name, concrete(each.value.type, batch.sizes)) for each in program.outputs]
    return tuple(
        f"output `{name}` has shape {list(made)}, the spec {list(shape)}"
        for (name, shape), made in zip(stated, outputs, strict=True)
        if made != shape
    )


def dtype_differences(program: Program, dtypes: Sequence[str]) -> tuple[str, ...]:
    """Outputs of inference that are not the float32 that weights and inputs are."""
    return tuple(
        f"output `{each.name}` is {dtype}, the spec's is float32"
        for each, dtype in zip(program.outputs, dtypes, strict=True)
        if dtype != "float32"
    )


def state_shapes(program: Program) -> dict[str, Shape]:
    """Key to shape of the whole state_dict, buffers and counters included."""
    return {tensor.key: tensor.shape for tensor in tensors(program)}


def _state(program: Program, seen: Inventory) -> Iterator[str]:
    stated = state_shapes(program)
    for key in sorted(stated.keys() - seen.state.keys()):
        yield f"the state_dict lacks `{key}`"
    for key in sorted(seen.state.keys() - stated.keys()):
        yield f"the state_dict has `{key}`, which the spec does not have"
    for key, shape in stated.items():
        if seen.state.get(key, shape) != shape:
            yield f"`{key}` has shape {list(seen.state[key])}, the spec {list(shape)}"


def _parameters(program: Program, seen: Inventory) -> Iterator[str]:
    held = tensors(program)
    for tensor in held:
        is_parameter = tensor.key in seen.parameters
        if tensor.key in seen.state and is_parameter != (tensor.weight.kind == "parameter"):
            kind = "parameter" if is_parameter else "buffer"
            yield f"`{tensor.key}` is a {kind}, the spec's is a {tensor.weight.kind}"
    total = sum(tensor.elements for tensor in held if tensor.weight.kind == "parameter")
    if seen.trainable != total:
        yield f"{seen.trainable:,} trainable parameters, the spec has {total:,}"


def _modules(program: Program, seen: Inventory) -> Iterator[str]:
    nodes = {node.path for node in program.nodes() if node.op.is_module}
    regions = {region.path for region in program.regions() if region.kind != "group"}
    stated = nodes | regions
    for path in sorted(stated - seen.modules.keys()):
        yield f"there is no module `{path}`"
    allowed = stated | _containers(program)
    for path in sorted(seen.modules.keys() - allowed):
        # a layer that torch.nn lacks may be made of parts
        is_part = any(path.startswith(f"{node}.") for node in nodes)
        if not is_part and not _is_left_out(seen, path):
            yield f"there is a module `{path}`, which the spec does not have"


def _containers(program: Program) -> set[str]:
    """Paths that only hold what lies below them: named structures, the parts of a path."""
    found = {region.path for region in program.regions()}
    for path in [*found, *(node.path for node in program.nodes())]:
        while "." in path:
            path = path.rpartition(".")[0]
            found.add(path)
    return found


def _is_left_out(seen: Inventory, path: str) -> bool:
    """Where a block's call leaves a layer or a loop out, its class holds one without anything."""
    is_empty = not any(key.startswith(f"{path}.") for key in (*seen.state, *seen.modules))
    return seen.modules[path] in (IDENTITY, EMPTY) and is_empty


def _shapes(
    program: Program, seen: Inventory, batches: tuple[Batch, ...], complete: bool
) -> Iterator[str]:
    stated, tapped = dict(_stated(program)), _tapped(program)
    # the source may run a chain member by member; those are asked for themselves
    chains = frozenset(each.path for each in program.regions() if each.kind in _CHAINS)
    for batch, made in zip(batches, seen.shapes, strict=False):
        asked = {
            name: values
            for name, values in stated.items()
            if base(name) in seen.modules and (name in made or base(name) not in chains)
        }
        if not complete:
            asked = {path: values for path, values in asked.items() if path in made}
        wrong = tuple(_wrong(asked, made, batch.sizes, tapped))
        yield from wrong
        if wrong:  # the other batches would say the same again
            return


def _stated(program: Program) -> Iterable[tuple[str, tuple[Value, ...]]]:
    """What inference calls, each call by its name (``path``, ``path#2``), with what it makes.

    A chain inside which values are read is run member by member, and never called itself.
    """
    training, calls, tapped = training_only(program), Uses(), _tapped(program)
    for node in program.nodes():
        if node.op.is_module and node.name not in training:
            yield calls.name(node.path), (node.output,)
    for region in program.regions():
        is_cut = region.kind in _CHAINS and region.path in tapped
        if region.kind != "group" and not is_cut and _is_called(region, training):
            yield calls.name(region.path), region.outputs


def _tapped(program: Program) -> frozenset[str]:
    """The regions inside which values are read that are none of their outputs."""
    shown = {region.path: {value.name for value in region.outputs} for region in program.regions()}
    reads = [(value.name, node.path) for node in program.nodes() for value in node.inputs]
    reads += [(output.value.name, "") for output in program.outputs]
    found: set[str] = set()
    for value, reader in reads:
        front = base(value).rpartition(".")[0]
        while front:
            is_outside = not reader.startswith(f"{front}.")
            if is_outside and front in shown and value not in shown[front]:
                found.add(front)
            front = front.rpartition(".")[0]
    return frozenset(found)


def _is_called(region: Region, training: frozenset[str]) -> bool:
    made = [*_made(region)] or [value.name for value in region.outputs]
    return any(name not in training for name in made)


def _made(region: Region) -> Iterator[str]:
    for member in region.members:
        if isinstance(member, Region):
            yield from _made(member)
        else:
            yield member.name


def _wrong(
    stated: Mapping[str, tuple[Value, ...]],
    made: Mapping[str, tuple[Shape, ...]],
    sizes: Mapping[str, int],
    given: frozenset[str],
) -> Iterator[str]:
    """``given``: modules that give values from inside them, behind their own outputs."""
    for path, values in stated.items():
        shapes = tuple(concrete(value.type, sizes) for value in values)
        if path not in made:
            yield f"`{path}` is {'run too few times' if '#' in path else 'built and never run'}"
        elif made[path][: len(shapes)] != shapes or (
            base(path) not in given and made[path] != shapes
        ):
            yield f"`{path}` makes {_listed(made[path])}, the report says {_listed(shapes)}"


def _listed(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(str(list(shape)) for shape in shapes) or "nothing"
