"""The weights that ``verify`` compares with: made for the network, layer by layer, by a pilot run.

Two artefacts agree on anything where the output hardly depends on input or weights, and in a deep
network that is what most weights give: the signal dies, or drowns in constants, or every rounding
error grows until nothing can be compared. So the network is run once on a few random samples, and
each layer's weights are set when its inputs are known (as Mishkin and Matas 2016, LSUV, do for
training):

- batch statistics lie about those of the layer's own input;
- a scale (kernel, matrix, a norm's weight) is such that the output has unit spread around the mean
  of its channel, where that does not blow up the mean;
- a shift (bias) puts that mean to a random place 0.3 to 0.7 from 0, or, where the output is added
  to something, that of the sum; a layer without one, which no norm and no sum follows, gets its
  mean by a constant added to the kernel.

By Poincare's inequality a small difference never shrinks against the spread in an elementwise
function, and grows the more the function bends. The pilot batch therefore carries a sample twice,
the second time with a little noise: where the two have come apart, spreads become smaller beside
their means, so that functions bend less, and neither rounding nor a change of one early weight is
blown up beyond measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcompile.ir.program import Node, Program
from archcompile.libraries import numpy
from archcompile.proof.batches import concrete_sizes, sample_batch, sample_elements
from archcompile.proof.fitting import NOISE, Layer, Level, is_statistic, level
from archcompile.proof.interpreter import walk
from archcompile.weights import random_tensor, tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_SAMPLES = (16, 5)
"""Samples of the pilot run, the noisy twin among them: for small inputs, and for large ones."""
_LARGE = 8192
"""Elements of an input sample from which on it is large."""


def verification_weights(program: Program, seed: int) -> dict[str, Array]:
    """The whole state_dict in its order: float32, and int64 for counters. No torch needed.

    Raises SpecError (TOO_BIG) before anything is made.
    """
    every = tensors(program)
    weights = {tensor.key: random_tensor(tensor, seed) for tensor in every}
    normed, company = _normed(program), _company(program)
    summands = frozenset(company.values())
    levels: dict[str, Level] = {}
    done: set[str] = set()

    def run(node: Node, arguments: tuple[Array, ...]) -> Array:
        layer = Layer(node, arguments, seed, levels.get(company.get(node.name, "")))
        held = layer.held(weights)
        # a bare parameter stays random; a module that is used again keeps its weights
        if held and arguments and node.path not in done:
            held = layer.fitted(held, has_norm=node.output.name in normed)
            weights.update({layer.keys[name]: array for name, array in held.items()})
        done.add(node.path)
        made = layer.run(held)
        if node.name in summands and made.ndim > 1:
            levels[node.name] = level(made)
        return made

    with numpy().errstate(all="ignore"):
        for _ in walk(program, _pilot(program, seed), run):
            pass
    return weights


def _pilot(program: Program, seed: int) -> dict[str, Array]:
    """Random samples as ``sample_batches`` has them; the last is the first with a little noise."""
    np = numpy()
    sizes = concrete_sizes(program)[-1]
    large = sample_elements(program, sizes) > _LARGE
    batch = sample_batch(program, _SAMPLES[large], sizes, (seed, 1 << 20))
    noise = sample_batch(program, 1, sizes, (seed, 1 << 21))
    inputs = {name: np.array(array) for name, array in batch.inputs.items()}
    for name, array in inputs.items():
        array[-1] = array[0] + NOISE * noise.inputs[name][0]
    return inputs


def _normed(program: Program) -> frozenset[str]:
    """Values that only layers with statistics read: their means are taken out anyway."""
    free = {output.value.name for output in program.outputs}
    read: set[str] = set()
    for node in program.nodes():
        has_statistics = any(is_statistic(weight) for weight in node.weights())
        (read if has_statistics else free).update(value.name for value in node.inputs)
    return frozenset(read - free)


def _company(program: Program) -> dict[str, str]:
    """For each value that is added to one other, that other."""
    found: dict[str, str] = {}
    for node in program.nodes():
        if node.op.key == "add" and len(node.inputs) == 2:
            left, right = (value.name for value in node.inputs)
            found |= {left: right, right: left}
    return found
