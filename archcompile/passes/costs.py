"""Costs: parameters, buffers, multiply-accumulates, connections: for each node, and in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archcompile.diagnostics.span import small_value
from archcompile.ir.dim import Dim
from archcompile.ir.outcome import work_of
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import Weight

FLOAT_BYTES = 4
"""Bytes of one float32 element."""

_ZERO = Dim.of(0)


@small_value
class Cost:
    """What a node, a region or a network costs.

    ``parameters`` and ``buffers`` count elements. A buffer is a running statistic or a constant;
    integer counters (batch norm's ``num_batches_tracked``) are no part of it. ``macs`` are
    multiply-accumulates of one sample, for convolutions, linear layers and their like only: half
    of what torch.utils.flop_counter calls FLOPs. ``connections`` are counted as LeCun et al. 1998
    do: what every output unit reads, and one for its bias. Both are those of inference: a node that
    only training needs has none. ``weight_bytes`` is float32 storage of parameters and buffers.
    """

    parameters: Dim = _ZERO
    trainable: Dim = _ZERO
    buffers: Dim = _ZERO
    macs: Dim = _ZERO
    connections: Dim = _ZERO

    @property
    def weight_bytes(self) -> Dim:
        """Four bytes for each parameter and each counted buffer element."""
        return (self.parameters + self.buffers) * FLOAT_BYTES

    @classmethod
    def total(cls, costs: Sequence[Cost]) -> Cost:
        """The sum."""
        return cls(
            parameters=Dim.total(each.parameters for each in costs),
            trainable=Dim.total(each.trainable for each in costs),
            buffers=Dim.total(each.buffers for each in costs),
            macs=Dim.total(each.macs for each in costs),
            connections=Dim.total(each.connections for each in costs),
        )


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of each node, in the order of ``Program.nodes``, and their sum.

    A module that is applied twice has its weights counted at its first use; its
    multiply-accumulates and connections count at every use.
    """

    nodes: tuple[Cost, ...]
    total: Cost
    """Of the whole network: every weight, and what inference computes."""
    inference: Cost
    """The same without the weights that only training needs."""


def costs(program: Program, training: frozenset[str] = frozenset()) -> Costs:
    """Count every node once; ``training`` names those that only training needs."""
    counted: set[str] = set()
    needed: set[str] = set()
    found: list[Cost] = []
    inference: list[Cost] = []
    for node in program.nodes():
        weights = node.weights()
        own = _cost(node, weights, training_only=node.name in training)
        each = _without_weights(own) if node.path in counted else own
        if node.name not in training:
            inference.append(_without_weights(own) if node.path in needed else own)
            needed.add(node.path)
        counted.add(node.path)
        found.append(each)
    total = Cost.total(found)
    return Costs(tuple(found), total, Cost.total(inference) if training else total)


def _cost(node: Node, weights: tuple[Weight, ...], *, training_only: bool) -> Cost:
    parameters = _elements(weights, "parameter")
    macs, connections = (_ZERO, _ZERO) if training_only else work_of(node.op, node.types)
    return Cost(
        parameters=parameters,
        trainable=parameters,  # nothing in the language freezes a parameter yet
        buffers=_elements(weights, "buffer"),
        macs=macs,
        connections=connections,
    )


def _without_weights(cost: Cost) -> Cost:
    return Cost(macs=cost.macs, connections=cost.connections)


def _elements(weights: tuple[Weight, ...], kind: str) -> Dim:
    return Dim.total([w.elements() for w in weights if w.kind == kind and w.dtype == "float32"])
