"""Weights and values with which float32 makes no rounding error, whatever the order of its sums.

Small integers: a product of two is exact, and so is a sum as long as the sum of the magnitudes
stays below 2^24. A batch norm divides by ``sqrt(var + eps)``; its variance is the number that gives
exactly 1 or 4 with the layer's own epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from archcompile.diagnostics import InternalError
from archcompile.ir.program import Node
from archcompile.ir.weight import Constant, Weight
from archcompile.libraries import numpy
from archcompile.proof.fitting import is_statistic
from archcompile.weights import uniform

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_MOST = 2
"""The magnitude of a weight: 1 or 2, never 0."""
_MOST_VALUE = 3
"""The magnitude of an input."""
_VARIANCES = (1.0, 4.0)
"""What ``var + eps`` is: a square, so that its root is exact too."""
_FINEST = 8
"""Halvings of 1 down to which a value's grid may go."""
LARGEST = 2.0**23
"""How many steps of its grid a sum of magnitudes may have: half of what float32 holds exactly."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A weight as the reference has it, and as the artefacts are given it.

    They differ for a variance alone, whose sum with epsilon is exact in either precision.
    """

    double: Array
    single: Array


def whole_weight(node: Node, weight: Weight, shape: tuple[int, ...], seed: int) -> Whole:
    """Integers for one weight of a layer, none of them 0."""
    np, key = numpy(), node.key(weight)
    drawn = uniform(seed, key, shape, 1.0)
    if is_statistic(weight) and weight.init == Constant(1):
        return _variance(np.where(drawn < 0, *_VARIANCES), float(getattr(node.op, "eps", 0.0)))
    whole = np.sign(drawn) * (1 + np.floor(np.abs(drawn) * _MOST))
    return Whole(whole.astype("float64"), whole.astype("float32"))


def whole_values(shape: tuple[int, ...], key: str, seed: int) -> Array:
    """Integers from -3 to 3, as int8: what a network reads, and goes on with behind a cut."""
    drawn = uniform(seed, key, shape, _MOST_VALUE + 0.5)
    values: Array = numpy().rint(drawn).astype("int8")
    return values


def thinned(array: Array, key: str, seed: int, share: float) -> Array:
    """The same with this share of its elements, the others 0; the first is always kept."""
    np = numpy()
    drawn = uniform(seed, f"{key} kept", array.shape, 1.0)
    kept = np.abs(drawn) < share
    kept.flat[0] = True
    found: Array = np.where(kept, array, 0)
    return found


def is_on_grid(made: Array, magnitude: float) -> bool:
    """Whether the values are multiples of one small power of two, and no sum can have rounded.

    ``magnitude`` is the largest sum of magnitudes behind any of them.
    """
    np = numpy()
    if not np.isfinite(made).all() or not np.isfinite(magnitude):
        return False
    for halvings in range(_FINEST + 1):
        steps = made * 2.0**halvings
        if np.array_equal(steps, np.rint(steps)):
            return magnitude * 2.0**halvings <= LARGEST
    return False


def digest(array: Array) -> str:
    """Equal for arrays that are equal, number by number, in float32 (0 and -0 are equal)."""
    np = numpy()
    plain = np.ascontiguousarray(array, dtype="<f4") + np.float32(0)
    return blake2b(repr(plain.shape).encode() + plain.tobytes(), digest_size=16).hexdigest()


def _variance(sums: Array, eps: float) -> Whole:
    """Variances for which ``var + eps`` is ``sums`` exactly, in float64 and in float32."""
    np = numpy()
    double, single = np.empty(sums.shape, "float64"), np.empty(sums.shape, "float32")
    for wanted in _VARIANCES:
        double[sums == wanted] = _addend(np.float64(wanted), np.float64(eps))
        single[sums == wanted] = _addend(np.float32(wanted), np.float32(eps))
    return Whole(double, single)


def _addend(wanted: float, eps: float) -> float:
    """The number next to ``wanted - eps`` that gives ``wanted`` with it, in their precision."""
    np = numpy()
    near = wanted - eps
    for each in (near, np.nextafter(near, 2 * wanted), np.nextafter(near, -wanted)):
        if each + eps == wanted:
            found: float = each
            return found
    raise InternalError(f"no variance gives {wanted} with an epsilon of {eps}")
