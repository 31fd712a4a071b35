"""What a law claims of two specs, and whether it holds: values, sizes, weights, costs, reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from random_specs import spec_text
from spec_text import compile_text

from archcompile.ir.dim import Dim
from archcompile.network import Network
from archcompile.proof import interpret
from archcompile.proof.interpreter import float_weights
from archcompile.weights import random_tensor, tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archcompile.ir.program import Program

Spec = dict[str, Any]
Weights = dict[str, "NDArray[Any]"]
Compile = Callable[[Spec], Network]

SIZES = {"N": 2, "H": 2, "W": 3, "T": 3}
"""What open sizes stand for."""
CLOSE = 1e-12
"""How far two orders of one sum may lie apart, relative to the largest number."""


def compiled(spec: Spec) -> Network:
    """The network of a spec that has one; the text stands with whatever is wrong with it."""
    text = spec_text(spec)
    try:
        return compile_text(text)
    except Exception as error:
        error.add_note(text)
        raise


@dataclass
class Side:
    """A spec, its network, and what it computes with its weights."""

    spec: Spec
    network: Network
    given: Weights | None = field(default=None, repr=False)
    """Its weights; ``None``: random ones."""

    @property
    def program(self) -> Program:
        return self.network.program

    @cached_property
    def weights(self) -> Weights:
        """In float64, by key: every weight that is computed with."""
        if self.given is not None:
            return self.given
        found = {each.key: random_tensor(each, 1) for each in tensors(self.program)}
        return {key: found[key].astype("float64") for key in float_weights(self.program)}

    @cached_property
    def inputs(self) -> dict[str, NDArray[Any]]:
        return {
            value.name: np.random.default_rng(list(value.name.encode())).normal(
                size=[dim.evaluate({each: SIZES[each] for each in dim.symbols}) for dim in dims]
            )
            for value in self.program.inputs
            for dims in [value.type.dims]
        }

    @cached_property
    def outputs(self) -> dict[str, NDArray[Any]]:
        return interpret(self.program, self.inputs, self.weights)

    @cached_property
    def graph(self) -> list[tuple[Any, ...]]:
        """Every node: its path, what it is called with, what it reads and makes, its start."""
        return [
            (
                node.path,
                node.op,
                tuple(value.name for value in node.inputs),
                node.name,
                node.output.type.dims,
                node.starts,
            )
            for node in self.program.nodes()
        ]


@dataclass(frozen=True)
class Rewritten:
    """What a law makes of a spec."""

    spec: Spec
    count: int
    """At how many places it was applied."""
    weights: Callable[[Weights], Weights] = dict
    """The weights of the new network, of those of the old one."""
    in_order: bool = False
    """Whether the weights have other keys, and stand in the order of the old ones."""
    exact: bool = True
    """Whether every sum is taken in the same order."""
    graph: bool = False
    """Whether the very same nodes come of it."""
    text: bool = False
    """Whether the source and the ONNX text stay the same, byte for byte."""
    more: tuple[Dim, Dim] = (Dim.of(0), Dim.of(0))
    """Parameters and multiply-accumulates that come in addition."""
    read: Compile = compiled


def side(spec: Spec) -> Side:
    """One side of a law."""
    return Side(spec, compiled(spec))


def hold(before: Side, law: Rewritten) -> Side:
    """Raise ``AssertionError`` where the two sides differ; the new one."""
    network = law.read(law.spec)
    moved = _moved(before, network.program, law)
    after = Side(law.spec, network, moved)
    try:
        _hold(before, after, law)
    except AssertionError as error:
        error.add_note(f"{spec_text(before.spec)}\nbecame\n{spec_text(law.spec)}")
        raise
    return after


def _moved(before: Side, program: Program, law: Rewritten) -> Weights:
    if not law.in_order:
        return law.weights(before.weights)
    keys = _keys_in_order(program)
    old = _keys_in_order(before.program)
    assert len(keys) == len(old), "another number of weights"
    return {key: before.weights[each] for key, each in zip(keys, old, strict=True)}


def _keys_in_order(program: Program) -> list[str]:
    """Keys by first use."""
    keys = (
        node.key(weight)
        for node in program.nodes()
        for weight in node.weights()
        if weight.dtype == "float32"
    )
    return list(dict.fromkeys(keys))


def _hold(before: Side, after: Side, law: Rewritten) -> None:
    wanted = float_weights(after.program)
    assert {key: array.shape for key, array in after.weights.items()} == wanted
    if law.graph:
        assert after.graph == before.graph
    _same_sizes(before, after)
    assert after.inputs.keys() == before.inputs.keys()
    for name, array in before.outputs.items():
        assert np.isfinite(array).all()
        made = after.outputs[name]
        assert made.shape == array.shape
        if law.exact:
            assert np.array_equal(made, array), name
        else:
            assert np.abs(made - array).max() <= CLOSE * np.abs(array).max(), name
    _same_facts(before.network, after.network, law.more)
    if law.text:
        assert after.network.source() == before.network.source()
        assert after.network.onnx_text() == before.network.onnx_text()


def _same_sizes(before: Side, after: Side) -> None:
    """Outputs of the same names, sizes and use."""
    shown = [
        [(each.name, each.value.type, each.training, each.loss_weight) for each in program.outputs]
        for program in (before.program, after.program)
    ]
    assert shown[0] == shown[1]


def _same_facts(before: Network, after: Network, more: tuple[Dim, Dim]) -> None:
    """Costs, and what each output sees of the input."""
    one, two = before.facts.costs, after.facts.costs
    assert two.total.parameters == one.total.parameters + more[0]
    assert two.total.trainable == one.total.trainable + more[0]
    assert two.total.buffers == one.total.buffers
    assert two.total.macs == one.total.macs + more[1]
    if more == (Dim.of(0), Dim.of(0)):
        assert two.total.connections == one.total.connections
        assert two.inference == one.inference
    assert _reach(before) == _reach(after)


def _reach(network: Network) -> list[Any]:
    """The receptive field of each output."""
    fields = network.facts.receptive_fields
    nodes = {node.output.name: node for node in network.program.nodes()}
    order = [node.name for node in network.program.nodes()]
    return [
        fields.nodes[order.index(nodes[output.value.name].name)]
        for output in network.program.outputs
        if output.value.name in nodes
    ]
