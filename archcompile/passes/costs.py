"""Costs: parameters, buffers, multiply-accumulates and weight bytes, per node and in all."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.ir.dim import Dim
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import Weight

FLOAT_BYTES = 4
"""Bytes of one float32 element."""

_ZERO = Dim.of(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a node, a region or a network costs.

    ``parameters`` and ``buffers`` count elements. A buffer is a running statistic or a constant;
    integer counters (batch norm's ``num_batches_tracked``) are no part of it. ``macs`` are
    multiply-accumulates of one sample, for convolutions, linear layers and their like only: half
    of what torch.utils.flop_counter calls FLOPs. ``weight_bytes`` is float32 storage of
    parameters and buffers.
    """

    parameters: Dim = _ZERO
    trainable: Dim = _ZERO
    buffers: Dim = _ZERO
    macs: Dim = _ZERO

    @property
    def weight_bytes(self) -> Dim:
        """Four bytes for each parameter and each counted buffer element."""
        return (self.parameters + self.buffers) * FLOAT_BYTES

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.parameters + other.parameters,
            self.trainable + other.trainable,
            self.buffers + other.buffers,
            self.macs + other.macs,
        )


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of each node, in the order of ``Program.nodes``, and their sum.

    A module that is applied twice has its weights counted at its first use; its
    multiply-accumulates count at every use.
    """

    nodes: tuple[Cost, ...]
    total: Cost


def costs(program: Program) -> Costs:
    """Count every node once."""
    counted: set[str] = set()
    found = []
    for node in program.nodes():
        weights = () if node.path in counted else node.weights()
        counted.add(node.path)
        found.append(_cost(node, weights))
    return Costs(tuple(found), sum(found, Cost()))


def _cost(node: Node, weights: tuple[Weight, ...]) -> Cost:
    parameters = _elements(weights, "parameter")
    return Cost(
        parameters=parameters,
        trainable=parameters,  # nothing in the language freezes a parameter yet
        buffers=_elements(weights, "buffer"),
        macs=node.op.macs(*node.types),
    )


def _elements(weights: tuple[Weight, ...], kind: str) -> Dim:
    counted = (w.elements() for w in weights if w.kind == kind and w.dtype == "float32")
    return sum(counted, _ZERO)
