"""What the exact comparison runs: integer weights, and the stretches in which all is exact.

No network of any depth stays exact from end to end: sums grow beyond 2^24, and ``tanh`` or a mean
over 49 positions is rounded. So the reference runs it once and cuts it into stretches. Behind each
layer whose value is rounded, has grown large, or is what the layer read (a dropout's), the network
goes on with new small integers, in every voice alike: a module's result is exchanged by a forward
hook, a value of a graph by an input. Inside a stretch every number is exact, so what stands at its
end is compared bit by bit. Of an op only its rule is known, and that an interpolation may hide its
rounding: a value is exact if what it was made of is, if it lies on a grid of small steps, and if
the same op, run on all magnitudes, stays within float32's integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from archcompile.ir.program import Node, Program
from archcompile.ir.uses import Uses
from archcompile.libraries import numpy
from archcompile.proof.batches import Batch, concrete
from archcompile.proof.integers import (
    LARGEST,
    Whole,
    digest,
    is_on_grid,
    thinned,
    whole_values,
    whole_weight,
)
from archcompile.proof.interpreter import walk
from archcompile.targets.reference import compute
from archcompile.weights import tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_LARGE = 1024.0
"""The magnitude from which on a value is exchanged for small integers."""
_ROOM = LARGEST / 8
"""How far a layer's weights may bring its sums."""
_THINNINGS = 8


@dataclass(frozen=True, slots=True)
class Stretches:
    """One batch of the exact comparison."""

    batch: Batch
    resumed: Mapping[str, Array] = field(repr=False)
    """What the network goes on with behind a layer, by the layer's name: int8."""
    digests: Mapping[str, str] = field(repr=False)
    """Of every value that is exact, by the name of the layer that makes it."""
    ends: tuple[str, ...]
    """Exact values that nothing exact stands behind: they show all that is before them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What every voice is given, and which layers are not exact."""

    weights: Mapping[str, Array] = field(repr=False)
    batches: tuple[Stretches, ...]
    calls: Mapping[str, str] = field(repr=False)
    """For each layer's name that of its module's call in the source; functions have none."""
    rounded: tuple[Node, ...]
    """Layers that round: where a tolerance must do."""
    dull: tuple[str, ...]
    """Layers whose value does not move with one of its weights or inputs."""


def plan(program: Program, batches: tuple[Batch, ...], seed: int) -> Plan:
    """Integer weights and inputs for the network, and its stretches for batches of these sizes.

    Weights are drawn as the first batch reaches their layers, so that sums stay within bounds. A
    saturated layer, which what it reads does not move, is given small integers instead.
    """
    pilot = _Pilot(program, seed)
    with numpy().errstate(all="ignore"):
        first = pilot.run(batches[0], 0)
        while pilot.saturating - pilot.cuts:
            pilot = _Pilot(program, seed, pilot.saturating | pilot.cuts)
            first = pilot.run(batches[0], 0)
        others = (pilot.run(batch, place) for place, batch in enumerate(batches[1:], start=1))
        found = (first, *others)
    return Plan(
        MappingProxyType({key: whole.single for key, whole in pilot.weights.items()}),
        found,
        pilot.calls,
        tuple(pilot.rounded.values()),
        tuple(pilot.dull),
    )


class _Pilot:
    """The reference's run, in which weights are drawn and cuts are made."""

    def __init__(self, program: Program, seed: int, asked: frozenset[str] = frozenset()) -> None:
        self.program, self.seed, self.asked = program, seed, asked
        self.shapes = {tensor.key: tensor.shape for tensor in tensors(program)}
        self.weights: dict[str, Whole] = {}
        self.rounded: dict[str, Node] = {}
        self.dull: list[str] = []
        self.cuts: frozenset[str] = frozenset()
        self.saturating: frozenset[str] = frozenset()
        """Values that may be exchanged, and that a layer behind them does not move with."""
        nodes = tuple(program.nodes())
        uses = Uses()
        called = ((node.name, uses.name(node.path), node.op.is_module) for node in nodes)
        self.calls = {name: call for name, call, is_module in called if is_module}
        self.read = {value.name for node in nodes for value in node.inputs}
        self.shown = {output.value.name for output in program.outputs}

    def run(self, batch: Batch, place: int) -> Stretches:
        """One batch: the first decides on the cuts, those after it keep them."""
        key = f"batch {place}"
        inputs = {
            value.name: whole_values(
                concrete(value.type, batch.sizes), f"{key} {value.name}", self.seed
            )
            for value in self.program.inputs
        }
        exact = set(inputs)
        resumed: dict[str, Array] = {}
        digests: dict[str, str] = {}
        ends: dict[str, None] = {}

        def step(node: Node, arguments: tuple[Array, ...]) -> Array:
            held = self._held(node, arguments)
            made = compute(node.op, arguments, held)
            reads = all(value.name in exact for value in node.inputs)
            is_exact = reads and is_on_grid(made, _magnitude(node, arguments, held, made))
            is_exact = is_exact and not _hides_rounding(node, arguments, made, self.seed)
            if is_exact:
                digests[node.name] = digest(made)
                if not place:
                    self._look_dull(node, arguments, held, made)
            else:
                ends.update((value.name, None) for value in node.inputs if value.name in digests)
                if reads:
                    self.rounded[node.name] = node
            # whether the source goes on with what a dropout made shows in other numbers alone
            passes_on = len(arguments) == 1 and numpy().array_equal(arguments[0], made)
            if self._is_cut(node, made, is_exact and not passes_on, place):
                if is_exact:
                    ends[node.name] = None
                exact.add(node.name)
                resumed[node.name] = whole_values(made.shape, f"{key} {node.name}", self.seed)
                return resumed[node.name].astype("float64")
            if is_exact:
                exact.add(node.name)
            return made

        doubles = {name: array.astype("float64") for name, array in inputs.items()}
        for _ in walk(self.program, doubles, step):
            pass
        ends.update((name, None) for name in digests if name in self.shown)
        singles = {name: array.astype("float32") for name, array in inputs.items()}
        given = Batch(batch.sizes, MappingProxyType(singles))
        return Stretches(given, resumed, digests, tuple(ends))

    def _is_cut(self, node: Node, made: Array, is_exact: bool, place: int) -> bool:
        """Whether the network goes on with other numbers behind the layer."""
        if place:
            return node.name in self.cuts
        is_large = not is_exact or float(numpy().abs(made).max(initial=0)) > _LARGE
        is_cut = (is_large or node.name in self.asked) and self._may_cut(node.name)
        if is_cut:
            self.cuts |= {node.name}
        return is_cut

    def _may_cut(self, name: str) -> bool:
        return name in self.calls and name in self.read

    def _look_dull(
        self, node: Node, arguments: tuple[Array, ...], held: Mapping[str, Array], made: Array
    ) -> None:
        """Find what the layer's value does not move with."""
        self.dull += _dull_weights(node, arguments, held, made, self.seed)
        for place in _dull_inputs(node, arguments, held, made, self.seed):
            name = node.inputs[place].name
            self.dull.append(f"the value of `{node.name}` does not move with `{name}`")
            if self._may_cut(name):
                self.saturating |= {name}

    def _held(self, node: Node, arguments: tuple[Array, ...]) -> dict[str, Array]:
        """The layer's weights; drawn where this is the first use of its module."""
        own = [weight for weight in node.weights() if weight.dtype == "float32"]
        keys = {weight.name: node.key(weight) for weight in own}
        new = [weight for weight in own if keys[weight.name] not in self.weights]
        for weight in new:
            key = keys[weight.name]
            self.weights[key] = whole_weight(node, weight, self.shapes[key], self.seed)
        held = {name: self.weights[key].double for name, key in keys.items()}
        kernels = [weight.name for weight in new if len(weight.shape) > 1]
        for _ in range(_THINNINGS if kernels else 0):
            excess = _magnitude(node, arguments, held) / _ROOM
            if not excess > 1:
                break
            for name in kernels:
                thin = thinned(held[name], keys[name], self.seed, 1 / excess)
                self.weights[keys[name]] = Whole(thin, thin.astype("float32"))
                held[name] = thin
        return held


def _magnitude(
    node: Node,
    arguments: tuple[Array, ...],
    held: Mapping[str, Array],
    made: Array | None = None,
) -> float:
    """The largest sum of magnitudes behind any element: the op on magnitudes alone."""
    np = numpy()
    sizes = tuple(np.abs(x) for x in arguments)
    found = compute(node.op, sizes, {name: np.abs(array) for name, array in held.items()})
    most = float(np.abs(found).max(initial=0))
    return most if made is None else max(most, float(np.abs(made).max(initial=0)))


def _hides_rounding(node: Node, arguments: tuple[Array, ...], made: Array, seed: int) -> bool:
    """Whether it interpolates with weights that voices round, though these values do not show it.

    One voice multiplies positions by ``in / out``, another divides them by ``out / in``: both are
    exact for a power of two alone. And the mean of a position with itself shows no weight.
    """
    if node.op.key != "upsample" or getattr(node.op, "mode", "nearest") == "nearest":
        return False
    pairs = zip(arguments[0].shape[2:], made.shape[2:], strict=True)
    if any(new != old and new not in (2 * old, 4 * old, 8 * old) for old, new in pairs):
        return True
    shape = tuple(2 if size == 1 else size for size in arguments[0].shape)
    wide = whole_values(shape, f"{node.name} wide", seed).astype("float64")
    return 1 in arguments[0].shape[2:] and not is_on_grid(compute(node.op, (wide,), {}), 1.0)


def _dull_weights(
    node: Node, arguments: tuple[Array, ...], held: Mapping[str, Array], made: Array, seed: int
) -> Iterator[str]:
    """Weights that the value does not move with: its equality would show nothing of them."""
    for name, array in held.items():
        other = {**held, name: _moved(array, f"{node.name} {name}", seed)}
        if numpy().array_equal(compute(node.op, arguments, other), made):
            yield f"the value of `{node.name}` does not move with its `{name}`"


def _dull_inputs(
    node: Node, arguments: tuple[Array, ...], held: Mapping[str, Array], made: Array, seed: int
) -> Iterator[int]:
    """The places of the inputs that the layer's value does not depend on."""
    for place, x in enumerate(arguments):
        other = _moved(x, f"{node.name} input {place}", seed)
        others = (*arguments[:place], other, *arguments[place + 1 :])
        if numpy().array_equal(compute(node.op, others, held), made):
            yield place


def _moved(array: Array, key: str, seed: int) -> Array:
    """By unequal steps: equal ones may add up to nothing."""
    steps: Array = array + 1 + numpy().abs(whole_values(array.shape, key, seed))
    return steps
