"""The weights that ``verify`` compares with: seeded, random everywhere, keeping the variance.

Under torch's own start the output of a deep network hardly depends on its input, and biases and
batch statistics of 0 and 1 hide whoever forgets them: a comparison would show nothing. So matrices
and kernels are normal with variance ``1.96 / fan_in`` (between what a ReLU needs, 2, and what a
linear layer needs, 1; He et al. 2015, Glorot and Bengio 2010), whatever starts as 0 becomes small
and random, and whatever starts as another constant becomes random around it.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

from archcompile.ir.program import Program
from archcompile.ir.weight import Constant
from archcompile.libraries import numpy
from archcompile.weights.initial import normal, uniform
from archcompile.weights.tensors import Tensor, tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

GAIN = 1.4
_SMALL = 0.25
"""The standard deviation of biases and shifts."""
_SPREAD = 0.5
"""How far scales and variances lie from their constant, relative to it."""


def verification_weights(program: Program, seed: int) -> dict[str, Array]:
    """Every tensor of the state_dict, in its order, float32; counters (int64) as they start.

    Raises SpecError (TOO_BIG) before anything is made.
    """
    return {tensor.key: _lively(tensor, seed) for tensor in tensors(program)}


def _lively(tensor: Tensor, seed: int) -> Array:
    init = tensor.weight.init
    if isinstance(init, Constant):
        return _around(tensor, init.value, seed)
    if len(tensor.shape) < 2:
        return normal(seed, tensor.key, tensor.shape, _SMALL)
    return normal(seed, tensor.key, tensor.shape, GAIN / sqrt(prod(tensor.shape[1:])))


def _around(tensor: Tensor, value: float, seed: int) -> Array:
    if tensor.weight.dtype != "float32":
        counter: Array = numpy().full(tensor.shape, value, dtype=tensor.weight.dtype)
        return counter
    if value == 0:
        return normal(seed, tensor.key, tensor.shape, _SMALL)
    return value * (1 + uniform(seed, tensor.key, tensor.shape, _SPREAD))
