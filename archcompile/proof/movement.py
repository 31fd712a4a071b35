"""The guard against empty comparisons: does the output depend on what it is compared for?

Two voices agree on anything when their outputs hardly depend on input or weights: with torch's
default initialisation GoogLeNet's float32 output does not depend on its input at all. So a
comparison counts only if another input, and a 10 % change of any one weight tensor, moves the
output by a hundred times the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from archcompile.ir.program import Program
from archcompile.libraries import numpy
from archcompile.proof.batches import Batch, widest
from archcompile.proof.comparison import distance
from archcompile.proof.run import Movement
from archcompile.weights import tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

FACTOR = 100
"""How many tolerances the output has to move by."""

Forward: TypeAlias = "Callable[[Mapping[str, Array], Mapping[str, Array]], tuple[Array, ...]]"
"""``forward(inputs, weights)``: the outputs in order."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The weakest movements seen, and what moved too little (``dull``) for a comparison."""

    voice: str
    """Which voice it was measured in; one is enough, since those that agree move alike."""
    asked: float
    input: float
    weight: float
    weakest: str
    """Key of the weight tensor whose change moves the output least; empty without weights."""
    dull: tuple[str, ...]
    unread: int = 0
    """How many of ``dull`` no weights can help, since no output reads the layer."""
    tried: int | None = None
    """How many of ``tensors`` were changed in fact, the weakest; of the others the movement is that
    of first order."""
    tensors: int = 0
    """How many weight tensors there are."""

    @property
    def is_by_chance(self) -> bool:
        """Whether other weights might do."""
        return len(self.dull) > self.unread

    @property
    def enough(self) -> bool:
        """Whether the comparisons count."""
        return not self.dull

    def lines(self) -> tuple[str, ...]:
        """For people: what moves the output how far, and what was asked for."""
        head = f"another input moves the output by {self.input:.1e}"
        if not self.weakest:
            return (f"{head} ({self.asked:.0e} is asked for, measured in {self.voice})",)
        partly = self.tried is not None and self.tried < self.tensors
        how = f"; the weakest {self.tried} of {self.tensors} changed, others to first order"
        return (
            f"{head}, a 10 % change of any one weight by {self.weight:.1e} or more",
            f"(least: {self.weakest}; {self.asked:.0e} is asked for, measured in {self.voice}"
            f"{how if partly else ''})",
        )


def needed(tolerance: float) -> float:
    """How far, norm-wise, an output has to move."""
    return FACTOR * tolerance


def judge(
    voice: str,
    moved: Movement,
    outputs: tuple[str, ...],
    tolerance: float,
    unread: Sequence[str] = (),
) -> Sensitivity:
    """Hold every input, every output and every weight tensor against the demand.

    ``unread`` are weights of layers that no output reads.
    """
    asked = needed(tolerance)
    weights = {key: max(values, default=0.0) for key, values in moved.by_weight.items()}
    inputs = {name: max(values, default=0.0) for name, values in moved.by_input.items()}
    shown = {
        name: max((values[place] for values in moved.by_input.values()), default=0.0)
        for place, name in enumerate(outputs)
    }
    dull = [f"the input `{name}` moves no output" for name, by in inputs.items() if not by >= asked]
    dull += [f"no input moves the output `{name}`" for name, by in shown.items() if not by >= asked]
    dull += [
        f"a 10 % change of `{key}` moves the output by {by:.1e} only"
        for key, by in weights.items()
        if not by >= asked
    ]
    dull += [f"no output reads the layer of `{key}`" for key in unread]
    weakest = min(weights, key=lambda key: weights[key], default="")
    least = min((*inputs.values(), *shown.values()), default=0.0)
    weight = weights.get(weakest, 0.0)
    return Sensitivity(
        voice, asked, least, weight, weakest, tuple(dull), len(unread), moved.tried, len(weights)
    )


def unread_weights(program: Program) -> tuple[str, ...]:
    """Keys of the weights that no output depends on, whatever the numbers are."""
    read = {output.value.name for output in program.outputs}
    alive: set[str] = set()
    for node in reversed(tuple(program.nodes())):
        if node.output.name in read:
            read |= {value.name for value in node.inputs}
            alive.add(node.path)  # a module that is used twice needs one reader
    return tuple(
        tensor.key
        for tensor in tensors(program)
        if tensor.node.path not in alive and tensor.weight.dtype == "float32"
    )


def read_inputs(program: Program) -> frozenset[str]:
    """The inputs that a layer or an output reads."""
    read = {value.name for node in program.nodes() for value in node.inputs}
    read |= {output.value.name for output in program.outputs}
    return frozenset(value.name for value in program.inputs if value.name in read)


def measure(
    forward: Forward,
    batches: Sequence[Batch],
    other: Batch,
    weights: Mapping[str, Array],
    asked: float,
) -> Movement:
    """The movements of any voice: one more forward pass for each input and each weight tensor.

    Inputs are exchanged in the batch with the most samples, by those of ``other``. A weight is
    tried on that batch, then on the others, until an output moves as far as is asked for.
    """
    base = [forward(batch.inputs, weights) for batch in batches]

    def moved(
        place: int, inputs: Mapping[str, Array], held: Mapping[str, Array]
    ) -> tuple[float, ...]:
        made = forward(inputs, held)
        return tuple(distance(new, old) for new, old in zip(made, base[place], strict=True))

    wide = widest(batches)

    def most(held: Mapping[str, Array]) -> tuple[float, ...]:
        far = (0.0,) * len(base[0])
        for place in sorted(range(len(batches)), key=lambda place: place != wide):
            far = tuple(map(max, far, moved(place, batches[place].inputs, held)))
            if max(far, default=0.0) >= asked:
                break
        return far

    inputs = batches[wide].inputs
    return Movement(
        {name: moved(wide, {**inputs, name: other.inputs[name]}, weights) for name in inputs},
        {key: most({**weights, key: changed(array)}) for key, array in weights.items()},
    )


def changed(array: Array) -> Array:
    """Every element 10 % up or down, in turn: a common factor would pass through a later norm."""
    np = numpy()
    signs = 1 - 2 * (np.arange(array.size) % 2).reshape(array.shape)
    moved: Array = np.asarray(array * (1 + 0.1 * signs), dtype=array.dtype)
    return moved
