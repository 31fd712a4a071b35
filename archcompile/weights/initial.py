"""How a network's weights start: torch's distributions, a seed, and no torch.

Each tensor has a random stream of its own: Philox, keyed with the first 128 bits of
``SHA-256("archcompile <seed> <key>")``. A tensor thus depends on the seed, its key and its
sizes alone; other layers may come and go. The numbers come from the raw stream by arithmetic that
is written out here, so they do not change with NumPy's version. They are not torch's numbers: the
distributions are equal, the streams are not.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from math import prod, sqrt
from typing import TYPE_CHECKING

from archcompile.ir.program import Program
from archcompile.ir.weight import (
    Constant,
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    UniformFanIn,
    Xavier,
)
from archcompile.libraries import numpy
from archcompile.weights.fans import kaiming_deviation, xavier_deviation
from archcompile.weights.quantile import lower_tail, normal_quantile
from archcompile.weights.tensors import Tensor, tensors

if TYPE_CHECKING:
    from numpy import float32, int32, uint64
    from numpy.typing import NDArray

    from archcompile.targets.reference import Array

_PIECE = 2**20
"""Elements that are drawn at once; part of what fixes the numbers, so it stays."""
_CUT = 2.0
"""Where a truncated normal ends on either side: torch's default, whatever the deviation."""


def initial_weights(program: Program, seed: int) -> dict[str, Array]:
    """Every tensor of the state_dict, in its order: float32, and int64 for counters.

    Raises SpecError (TOO_BIG) before anything is made.
    """
    return {tensor.key: _initial(tensor, seed) for tensor in tensors(program)}


def _initial(tensor: Tensor, seed: int) -> Array:
    init: Init = tensor.weight.init
    key, shape = tensor.key, tensor.shape
    match init:
        case Constant(value):
            full: Array = numpy().full(shape, value, dtype=tensor.weight.dtype)
            return full
        case Normal(std, mean):
            return normal(seed, key, shape, std, mean)
        case TruncatedNormal(std):
            return truncated_normal(seed, key, shape, std)
        case Uniform(low, high):
            return between(seed, key, shape, low, high)
        case UniformFanIn(fan_in):
            return uniform(seed, key, shape, 1 / sqrt(int(fan_in)))
        case Kaiming() | Xavier():
            return _scaled(tensor, init, seed)


def _scaled(tensor: Tensor, init: Kaiming | Xavier, seed: int) -> Array:
    """Normal, or uniform with the same deviation, which follows from the tensor's sizes."""
    if isinstance(init, Kaiming):
        std = kaiming_deviation(tensor, init)
    else:
        std = xavier_deviation(tensor, init)
    if init.form == "normal":
        return normal(seed, tensor.key, tensor.shape, std)
    return uniform(seed, tensor.key, tensor.shape, sqrt(3) * std)


def uniform(seed: int, key: str, shape: tuple[int, ...], bound: float) -> NDArray[float32]:
    """Uniform on the open interval ``(-bound, bound)``: odd multiples of ``bound / 2**24``."""
    np = numpy()
    unit = np.float32(bound) * np.float32(2.0**-24)

    def draw(odd: NDArray[int32]) -> NDArray[float32]:
        drawn: NDArray[float32] = odd.astype("float32") * unit  # 24 bits: rounded once
        return drawn

    return _filled(seed, key, shape, draw)


def between(
    seed: int, key: str, shape: tuple[int, ...], low: float, high: float
) -> NDArray[float32]:
    """Uniform between two bounds, in float64, rounded once."""
    middle, unit = (low + high) / 2, (high - low) / 2**25

    def draw(odd: NDArray[int32]) -> NDArray[float32]:
        drawn: NDArray[float32] = (middle + odd * unit).astype("float32")
        return drawn

    return _filled(seed, key, shape, draw)


def normal(
    seed: int, key: str, shape: tuple[int, ...], std: float, mean: float = 0.0
) -> NDArray[float32]:
    """Normal, by Box and Muller (1958) in float64, rounded once.

    The pair is ``sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v)``, u and v uniform on (0, 1).
    """
    np = numpy()

    def draw(odd: NDArray[int32]) -> NDArray[float32]:
        u, v = (odd * 2.0**-25 + 0.5).reshape(2, -1)
        radius, angle = std * np.sqrt(-2 * np.log(u)), 2 * np.pi * v
        drawn: NDArray[float32] = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
        return (drawn + mean).astype("float32")

    return _filled(seed, key, shape, draw)


def truncated_normal(seed: int, key: str, shape: tuple[int, ...], std: float) -> NDArray[float32]:
    """Normal with mean 0, given that it lies between -2 and 2, by its quantile function.

    The cut is absolute, as in ``torch.nn.init.trunc_normal_``: with ``std=0.02`` nothing is cut.
    """
    np = numpy()
    outside = lower_tail(-_CUT / std) if std else 0.0

    def draw(odd: NDArray[int32]) -> NDArray[float32]:
        p = outside + (1 - 2 * outside) * (odd.astype("float64") * 2.0**-25 + 0.5)
        drawn: NDArray[float32] = np.clip(std * normal_quantile(p), -_CUT, _CUT).astype("float32")
        return drawn

    return _filled(seed, key, shape, draw)


def _filled(
    seed: int,
    key: str,
    shape: tuple[int, ...],
    draw: Callable[[NDArray[int32]], NDArray[float32]],
) -> NDArray[float32]:
    """An array of what ``draw`` makes of random odd integers, piece by piece to spare memory."""
    np = numpy()
    digest = sha256(f"archcompile {seed} {key}".encode()).digest()
    stream = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
    values: NDArray[float32] = np.empty(prod(shape), dtype="float32")
    for start in range(0, values.size, _PIECE):
        piece = values[start : start + _PIECE]
        even = piece.size + piece.size % 2
        piece[:] = draw(_odd(stream.random_raw(even // 2)))[: piece.size]
    return values.reshape(shape)


def _odd(raw: NDArray[uint64]) -> NDArray[int32]:
    """Two odd integers between -2**24 and 2**24 for each raw number, each as likely as another."""
    odd: NDArray[int32] = (raw.astype("<u8", copy=False).view("<u4") >> 8).astype("int32")
    odd *= 2
    odd -= 2**24 - 1
    return odd
