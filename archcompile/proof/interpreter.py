"""The NumPy reference: a Program run node by node, in float64 or exact integers.

It shares nothing with the other voices but the Program: each op's rule stands in the op's own
file, in plain array code. Evaluation mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from archcompile.ir.program import Node, Program
from archcompile.libraries import numpy
from archcompile.targets.reference import compute
from archcompile.weights import tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def interpret(
    program: Program, inputs: Mapping[str, Array], weights: Mapping[str, Array]
) -> dict[str, Array]:
    """The network's outputs by name. ``weights`` is keyed as the state_dict is.

    Integer inputs and weights are computed with in int64, anything else in float64.
    """
    wanted = {output.value.name for output in program.outputs}
    exact = _is_exact(inputs, weights, program)
    shown = {name: _raised(inputs[name], exact) for name in wanted & inputs.keys()}
    for node, result in trace(program, inputs, weights):
        if node.output.name in wanted:
            shown[node.output.name] = result
    return {output.name: shown[output.value.name] for output in program.outputs}


def trace(
    program: Program, inputs: Mapping[str, Array], weights: Mapping[str, Array]
) -> Iterator[tuple[Node, Array]]:
    """Every node with what it makes, in execution order."""
    exact = _is_exact(inputs, weights, program)

    def run(node: Node, arguments: tuple[Array, ...]) -> Array:
        own = {
            weight.name: _raised(weights[node.key(weight)], exact)
            for weight in node.weights()
            if weight.dtype == "float32"
        }
        return compute(node.op, arguments, own)

    return walk(program, {name: _raised(array, exact) for name, array in inputs.items()}, run)


def walk(
    program: Program, inputs: Mapping[str, Array], run: Callable[[Node, tuple[Array, ...]], Array]
) -> Iterator[tuple[Node, Array]]:
    """Every node with what ``run`` makes of it; a value goes after its last reader."""
    values = {value.name: inputs[value.name] for value in program.inputs}
    readers = Counter(value.name for node in program.nodes() for value in node.inputs)
    for node in program.nodes():
        result = run(node, tuple(values[value.name] for value in node.inputs))
        for value in node.inputs:
            readers[value.name] -= 1
            if not readers[value.name]:
                values.pop(value.name, None)
        values[node.output.name] = result
        yield node, result


def float_weights(program: Program) -> dict[str, tuple[int, ...]]:
    """Key to shape of every weight that the network computes with: all but BN's batch counters."""
    return {
        tensor.key: tensor.shape for tensor in tensors(program) if tensor.weight.dtype == "float32"
    }


def _is_exact(inputs: Mapping[str, Array], weights: Mapping[str, Array], program: Program) -> bool:
    """Whether everything that takes part is of an integer dtype."""
    parts = [inputs[value.name] for value in program.inputs]
    parts += [weights[key] for key in float_weights(program)]
    return all(part.dtype.kind in "iu" for part in parts)


def _raised(array: Array, exact: bool) -> Array:
    np = numpy()
    return array.astype(np.int64 if exact else np.float64)
