"""An ONNX graph as a voice: bound to given weights by name, run in onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archcompile.libraries import numpy, onnx, onnxruntime
from archcompile.proof.batches import Batch
from archcompile.proof.inlining import inlined
from archcompile.proof.run import Run, RunFailed, Shape

if TYPE_CHECKING:
    from onnx import ModelProto

    from archcompile.targets.reference import Array


@dataclass(frozen=True, slots=True)
class Graph:
    """A model as it came, and what it says of itself."""

    model: ModelProto = field(repr=False)
    initialisers: Mapping[str, Shape] = field(repr=False)
    """Every tensor that the graph holds, by name: weights, and constants (``path/label``)."""
    values: frozenset[str] = field(repr=False)
    """What the graph's own nodes make."""
    inputs: Mapping[str, Shape]
    """Graph inputs without an initialiser; a symbolic size is -1."""
    outputs: tuple[str, ...]


def read_graph(content: bytes | str) -> Graph:
    """A model from its bytes, or from ONNX's text syntax (weights as typed inputs).

    Raises ``RunFailed`` when it cannot be read.
    """
    library = onnx()
    try:
        if isinstance(content, str):
            model = library.parser.parse_model(content)
        else:
            model = library.load_model_from_string(content)
    except Exception as error:  # protobuf and the parser each have their own
        raise RunFailed(f"not a valid ONNX model: {_first_line(error)}") from error
    held = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    inputs = {
        value.name: tuple(
            size.dim_value if size.HasField("dim_value") else -1
            for size in value.type.tensor_type.shape.dim
        )
        for value in model.graph.input
        if value.name not in held
    }
    values = frozenset(name for node in model.graph.node for name in node.output)
    outputs = tuple(value.name for value in model.graph.output)
    return Graph(model, held, values, inputs, outputs)


def inlined_graph(graph: Graph) -> Graph:
    """The graph without functions, every value under the name that the spec has for it."""
    if not graph.model.functions:
        return graph
    model = inlined(graph.model)
    values = frozenset(name for node in model.graph.node for name in node.output)
    return replace(graph, model=model, values=values)


def weight_differences(graph: Graph, shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    """What keeps the graph's weights from being the network's, one to one, name and shape."""
    held = {**graph.initialisers, **graph.inputs}
    lines = []
    for key, shape in shapes.items():
        if key not in held:
            lines.append(f"it has no weight `{key}`")
        elif held[key] != shape:
            lines.append(f"weight `{key}` has shape {list(held[key])}, the spec {list(shape)}")
    constants = (key for key in graph.initialisers if "/" in key)
    extra = graph.initialisers.keys() - shapes.keys() - set(constants)
    lines += [f"it holds `{key}`, which the spec does not have" for key in sorted(extra)]
    return tuple(lines)


def interface_differences(
    graph: Graph, weights: Mapping[str, Shape], inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> tuple[str, ...]:
    """Inputs and outputs that are not the network's, by name and in order."""
    lines = []
    free = tuple(name for name in graph.inputs if name not in weights)
    if free != inputs:
        lines.append(f"its inputs are {_listed(free)}, the spec's {_listed(inputs)}")
    if graph.outputs != outputs:
        lines.append(f"its outputs are {_listed(graph.outputs)}, the spec's {_listed(outputs)}")
    return tuple(lines)


def value_differences(graph: Graph, weights: Mapping[str, Array]) -> tuple[str, ...]:
    """Initialisers that do not hold, bit by bit, the weights that the graph was written with."""
    library, np = onnx(), numpy()
    held = {tensor.name: tensor for tensor in graph.model.graph.initializer}
    return tuple(
        f"its weight `{key}` is not the one that it was written with"
        for key, array in weights.items()
        if key in held and not np.array_equal(library.numpy_helper.to_array(held[key]), array)
    )


def bind(
    graph: Graph, weights: Mapping[str, Array], shown: Mapping[str, int] | None = None
) -> bytes:
    """The model with these weights as initialisers of their names, whatever it held before.

    ``shown`` gives the ranks of values that become outputs too, by name.
    """
    library, np = onnx(), numpy()
    model = library.ModelProto()
    model.CopyFrom(graph.model)
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in weights]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.initializer.extend(
        library.numpy_helper.from_array(np.ascontiguousarray(array), name)
        for name, array in weights.items()
    )
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.graph.output.extend(
        library.helper.make_tensor_value_info(name, library.TensorProto.FLOAT, [None] * rank)
        for name, rank in (shown or {}).items()
    )
    content: bytes = model.SerializeToString()
    return content


def cut(graph: Graph, ranks: Mapping[str, int]) -> Graph:
    """The graph with these values read from new inputs; what was made of each is ``<name>/made``.

    ``ranks`` are those of the values, by name.
    """
    library = onnx()
    model = library.ModelProto()
    model.CopyFrom(graph.model)
    for node in model.graph.node:
        node.output[:] = [f"{name}/made" if name in ranks else name for name in node.output]
    kept = [value for value in model.graph.value_info if value.name not in ranks]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    shown = [value for value in model.graph.output if value.name not in ranks]
    del model.graph.output[:]
    model.graph.output.extend(shown)
    model.graph.input.extend(
        library.helper.make_tensor_value_info(name, library.TensorProto.FLOAT, [None] * rank)
        for name, rank in ranks.items()
    )
    values = frozenset(name for node in model.graph.node for name in node.output)
    inputs = {**graph.inputs, **{name: (-1,) * rank for name, rank in ranks.items()}}
    outputs = tuple(name for name in graph.outputs if name not in ranks)
    return Graph(model, graph.initialisers, values, inputs, outputs)


def run_graph(content: bytes, batches: tuple[Batch, ...], outputs: tuple[str, ...]) -> Run:
    """Run the model on every batch, on the CPU, one thread, with the optimisations users get.

    Raises ``RunFailed`` for whatever the checker or onnxruntime refuses, and ``MissingLibrary``.
    """
    library, runtime = onnx(), onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        library.checker.check_model(content, full_check=True)
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        found = tuple(tuple(session.run(list(outputs), dict(batch.inputs))) for batch in batches)
    except Exception as error:  # onnxruntime has an exception class for each of its statuses
        raise RunFailed(f"it does not run: {_first_line(error)}") from error
    return Run(found)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:400]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
