"""What the program says of the module, held against the module that runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program, Value
from archcompile.proof.batches import Batch, concrete
from archcompile.proof.run import Inventory, Shape
from archcompile.weights import tensors

IDENTITY = "Identity()"
"""``nn.Identity`` as torch prints it."""


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
    for row in layers if isinstance(layers, list) else ():
        yield from _row_differences(row, seen)


def _row_differences(row: Mapping[str, object], seen: Inventory) -> Iterator[str]:
    name = str(row["name"])
    for word, held in (("parameters", seen.parameters), ("buffers", seen.buffers)):
        count = sum(size for key, size in held.items() if key.startswith(f"{name}."))
        if row[word] != count:
            yield f"says that `{name}` has {row[word]} {word}, the module has {count}"
    shape = row["output_shape"]
    if not isinstance(shape, list):
        raise InternalError(f"the report's row `{name}` has no shape")
    for made in seen.shapes:
        if name not in made:
            return  # a function, or a module that is not run: found elsewhere
        if not any(_fits(shape, each[1:]) for each in made[name]):
            yield f"says that `{name}` makes {shape}, the module makes {_listed(made[name])}"
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
    both = (node.path for node in program.nodes() if node.path in emitted.modules)
    return tuple(
        f"`{path}` is {found.modules[path]}, the spec's is {emitted.modules[path]}"
        for path in dict.fromkeys(both)
        if path in found.modules and found.modules[path] != emitted.modules[path]
    )


def output_differences(
    program: Program, outputs: tuple[Shape, ...], batch: Batch
) -> tuple[str, ...]:
    """Outputs whose shape in a run is not the one that the program states."""
    if len(outputs) != len(program.outputs):
        return (f"{len(outputs)} outputs, the spec has {len(program.outputs)}",)
    stated = [(each.name, concrete(each.value.type, batch.sizes)) for each in program.outputs]
    return tuple(
        f"output `{name}` has shape {list(made)}, the spec {list(shape)}"
        for (name, shape), made in zip(stated, outputs, strict=True)
        if made != shape
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
    trainable = (each for each in tensors(program) if each.weight.kind == "parameter")
    total = sum(tensor.elements for tensor in trainable)
    if seen.trainable != total:
        yield f"{seen.trainable:,} trainable parameters, the spec has {total:,}"


def _modules(program: Program, seen: Inventory) -> Iterator[str]:
    nodes = {node.path for node in program.nodes() if node.op.is_module}
    stated = nodes | {region.path for region in program.regions()}
    for path in sorted(stated - seen.modules.keys()):
        yield f"there is no module `{path}`"
    for path in sorted(seen.modules.keys() - stated):
        # a layer that torch.nn lacks may be made of parts
        is_part = any(path.startswith(f"{node}.") for node in nodes)
        if not is_part and not _is_left_out(seen, path):
            yield f"there is a module `{path}`, which the spec does not have"


def _is_left_out(seen: Inventory, path: str) -> bool:
    """Where a block's call leaves a layer out, its class holds an identity without anything."""
    is_empty = not any(key.startswith(f"{path}.") for key in (*seen.state, *seen.modules))
    return seen.modules[path] == IDENTITY and is_empty


def _shapes(
    program: Program, seen: Inventory, batches: tuple[Batch, ...], complete: bool
) -> Iterator[str]:
    stated = dict(_stated(program))
    for batch, made in zip(batches, seen.shapes, strict=False):
        asked = {path: values for path, values in stated.items() if path in seen.modules}
        if not complete:
            asked = {path: values for path, values in asked.items() if path in made}
        wrong = tuple(_wrong(asked, made, batch.sizes))
        yield from wrong
        if wrong:  # the other batches would say the same again
            return


def _stated(program: Program) -> Iterable[tuple[str, tuple[Value, ...]]]:
    for node in program.nodes():
        if node.op.is_module:
            yield node.path, (node.output,)
    for region in program.regions():
        yield region.path, region.outputs


def _wrong(
    stated: Mapping[str, tuple[Value, ...]],
    made: Mapping[str, tuple[Shape, ...]],
    sizes: Mapping[str, int],
) -> Iterator[str]:
    for path, values in stated.items():
        shapes = tuple(concrete(value.type, sizes) for value in values)
        if path not in made:
            yield f"`{path}` is built and never run"
        elif made[path] != shapes:
            yield f"`{path}` makes {_listed(made[path])}, the report says {_listed(shapes)}"


def _listed(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(str(list(shape)) for shape in shapes) or "nothing"
