"""How a network's weights start: torch's distributions, a seed, and no torch.

Each tensor has a random stream of its own: Philox, keyed with the first 128 bits of
``SHA-256("archcompile <seed> <key>")``. A tensor thus depends on the seed, its key and its
sizes alone; other layers may come and go. The numbers come from the raw stream by arithmetic that
is written out here, so they do not change with NumPy's version. They are not torch's numbers: the
distributions are equal, the streams are not.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod, sqrt
from typing import TYPE_CHECKING

from archcompile.ir.program import Program
from archcompile.ir.weight import Constant, Normal, UniformFanIn
from archcompile.libraries import numpy
from archcompile.weights.tensors import Tensor, tensors

if TYPE_CHECKING:
    from numpy import float32, int32
    from numpy.typing import NDArray

    from archcompile.targets.reference import Array


def initial_weights(program: Program, seed: int) -> dict[str, Array]:
    """Every tensor of the state_dict, in its order: float32, and int64 for counters.

    Raises SpecError (TOO_BIG) before anything is made.
    """
    return {tensor.key: _initial(tensor, seed) for tensor in tensors(program)}


def _initial(tensor: Tensor, seed: int) -> Array:
    match tensor.weight.init:
        case Constant(value):
            full: Array = numpy().full(tensor.shape, value, dtype=tensor.weight.dtype)
            return full
        case Normal(std):
            return normal(seed, tensor.key, tensor.shape, std)
        case UniformFanIn(fan_in):
            return uniform(seed, tensor.key, tensor.shape, 1 / sqrt(int(fan_in)))


def uniform(seed: int, key: str, shape: tuple[int, ...], bound: float) -> NDArray[float32]:
    """Uniform on the open interval ``(-bound, bound)``: odd multiples of ``bound / 2**24``."""
    odd = _odd(seed, key, shape).astype("float32")  # 24 bits: exact
    odd *= numpy().float32(bound) * numpy().float32(2.0**-24)
    return odd


def normal(seed: int, key: str, shape: tuple[int, ...], std: float) -> NDArray[float32]:
    """Normal with mean 0, by Box and Muller (1958) in float64: ``sqrt(-2 ln u) cos(2 pi v)``."""
    np = numpy()
    u, v = (_odd(seed, f"{key} {half}", shape) * 2.0**-25 + 0.5 for half in "uv")
    values: NDArray[float32] = (std * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)).astype(
        "float32"
    )
    return values


def _odd(seed: int, key: str, shape: tuple[int, ...]) -> NDArray[int32]:
    """Random odd integers between -2**24 and 2**24, each as likely as the other."""
    np = numpy()
    count = prod(shape)
    key_bits = int.from_bytes(sha256(f"archcompile {seed} {key}".encode()).digest()[:16], "little")
    raw = np.random.Philox(key=key_bits).random_raw((count + 1) // 2).astype("<u8", copy=False)
    bits = (raw.view("<u4")[:count] >> 8).astype("int32")
    bits *= 2
    bits -= 2**24 - 1
    odd: NDArray[int32] = bits.reshape(shape)
    return odd
