"""Random tensors that hide nothing, from which ``verify`` makes its weights.

torch's own start is no good for comparing: biases and batch statistics of 0 and 1 hide whoever
forgets them. So matrices and kernels are normal with variance ``1 / fan_in``, whatever starts as 0
becomes small and random, and whatever starts as another constant becomes random around it.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import TYPE_CHECKING

from archcompile.ir.weight import Constant, Init
from archcompile.libraries import numpy
from archcompile.weights.initial import normal, uniform
from archcompile.weights.tensors import Tensor

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_SMALL = 0.25
"""The standard deviation of what starts as 0."""
_BARE = 0.5
"""The same of a bare parameter that starts random."""
_SPREAD = 0.5
"""How far scales and variances lie from their constant, relative to it."""
_FAINT = 0.1
"""A constant nearer to 0 (a layer scale of 1e-5) would hide its layer: 1 stands for it."""


def random_tensor(tensor: Tensor, seed: int) -> Array:
    """float32, by seed, key and sizes alone; a counter (int64) as it starts."""
    init = _own(tensor)
    if isinstance(init, Constant):
        return _around(tensor, init.value, seed)
    is_bare = tensor.key == tensor.node.path  # what it is multiplied with is not known
    if len(tensor.shape) < 2 or is_bare:
        return normal(seed, tensor.key, tensor.shape, _BARE if is_bare else _SMALL)
    return normal(seed, tensor.key, tensor.shape, 1 / sqrt(prod(tensor.shape[1:])))


def _own(tensor: Tensor) -> Init:
    """How the op itself starts the weight: what kind it is does not change by a spec's ``init``."""
    node = tensor.node
    own = (each for each in node.op.weights(*node.types) if each.name == tensor.weight.name)
    return next(own).init


def _around(tensor: Tensor, value: float, seed: int) -> Array:
    if tensor.weight.dtype != "float32":
        counter: Array = numpy().full(tensor.shape, value, dtype=tensor.weight.dtype)
        return counter
    if value == 0:
        return normal(seed, tensor.key, tensor.shape, _SMALL)
    middle = value if abs(value) >= _FAINT else 1.0
    return middle * (1 + uniform(seed, tensor.key, tensor.shape, _SPREAD))
