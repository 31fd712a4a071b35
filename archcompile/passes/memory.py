"""Activation memory: the bytes of each value, and the most that are alive at once."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.ir.dim import Dim
from archcompile.ir.program import Program
from archcompile.ir.types import TensorType
from archcompile.passes.costs import FLOAT_BYTES


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one float32 sample (batch 1) in evaluation mode.

    ``outputs`` holds the bytes of each node's output, in the order of ``Program.nodes``. ``peak``
    is the largest sum of values alive at once: while a node runs, its inputs, its output, and every
    earlier value (the network's inputs included) that a later node or the network's outputs still
    need. Every node writes a tensor of its own: no in-place activation and no view (``flatten``)
    is assumed. Weights, gradients and the workspace inside an op are not counted.
    """

    outputs: tuple[Dim, ...]
    peak: Dim


def memory(program: Program) -> Memory:
    """Liveness over the execution order."""
    nodes = tuple(program.nodes())
    outputs = tuple(activation_bytes(node.output.type) for node in nodes)
    last = _last_uses(program)
    alive = {value.name: activation_bytes(value.type) for value in program.inputs}
    now = sum(alive.values(), Dim.of(0))
    peaks = {now: None}  # in order, each once: with symbols a maximum keeps what it cannot decide
    for step, (node, size) in enumerate(zip(nodes, outputs, strict=True)):
        alive[node.output.name] = size
        now = now + size
        peaks[now] = None
        for name in {value.name for value in (*node.inputs, node.output)}:
            if last.get(name, -1) <= step:
                now = now - alive.pop(name)
    return Memory(outputs, Dim.maximum(*peaks))


def activation_bytes(type: TensorType) -> Dim:
    """The float32 bytes of one sample of a tensor."""
    return type.elements() * FLOAT_BYTES


def _last_uses(program: Program) -> dict[str, int]:
    """For each value the step that reads it last; the network's outputs outlive every step."""
    last = {}
    step = 0
    for step, node in enumerate(program.nodes()):
        last.update({value.name: step for value in node.inputs})
    last.update({output.value.name: step + 1 for output in program.outputs})
    return last
