"""How one layer's weights are set in the pilot run, once what it reads is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcompile.ir.program import Node
from archcompile.ir.weight import Constant, Weight
from archcompile.libraries import numpy
from archcompile.targets.reference import compute
from archcompile.weights import uniform

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

NOISE = 0.01
"""How far the twin is from its sample at first, in standard deviations of the input."""
_GROWTH = 1.5
"""How far twins may come apart, relative to the start, until spreads are made smaller."""
_LEAST_SPREAD = 0.1
_LOUDEST_MEAN = 5.0
"""The root mean square of a layer's output before its shift, at most, in spreads."""
_DROWNED = 16.0
"""How many spreads it must be by itself until that is made less."""
_GENTLE = 0.5
"""The root mean square of a pooled map's layers: sums over a whole map are not exact to 1e-6."""
_NARROW = 64
"""Rows or columns up to which a kernel is made orthogonal."""
_TILT = 0.3
"""The largest constant added to a kernel, relative to its root mean square."""
_OFFSET = (0.3, 0.7)
_OPEN = 2.0
"""How many spreads the mean of a sum is above that."""
_NEGATIVE = 4
"""Of so many channels one has its mean below zero: behind a ReLU most channels stay open."""


def is_statistic(weight: Weight) -> bool:
    """Whether it is a mean or variance that training gathers."""
    return weight.kind == "buffer" and weight.dtype == "float32"


def _is_shift(weight: Weight) -> bool:
    """A vector that starts at zero, or (a convolution's bias) random."""
    init = weight.init
    starts_at_zero = not isinstance(init, Constant) or init.value == 0
    return weight.kind == "parameter" and len(weight.shape) == 1 and starts_at_zero


def _is_scale(weight: Weight) -> bool:
    """A kernel or matrix, or a vector that starts at one."""
    if weight.kind == "buffer":
        return False
    return len(weight.shape) > 1 or weight.init == Constant(1)


@dataclass(frozen=True, slots=True)
class Level:
    """The mean of each channel of a value, and its spread."""

    means: Array
    spread: float


def level(x: Array) -> Level:
    """Of a value with samples and channels."""
    return Level(_channel_means(x, 1), _spread(x))


@dataclass(frozen=True, slots=True)
class Layer:
    """One use of an op in the pilot run, with what it reads."""

    node: Node
    arguments: tuple[Array, ...]
    seed: int
    company: Level | None = None
    """What the output is added to, as far as that is known: the other way round a residual."""

    @property
    def own(self) -> tuple[Weight, ...]:
        """The weights as the op starts them: what each is does not change by a spec's ``init``."""
        return self.node.op.weights(*self.node.types)

    @property
    def keys(self) -> dict[str, str]:
        """Of what takes part in the computation, names below the layer to state_dict keys."""
        return {each.name: self.node.key(each) for each in self.own if each.dtype == "float32"}

    def held(self, weights: Mapping[str, Array]) -> dict[str, Array]:
        """The layer's own weights, by their names below it."""
        return {name: weights[key] for name, key in self.keys.items()}

    def run(self, held: Mapping[str, Array]) -> Array:
        """The reference's output, rounded to float32, which is enough here."""
        made: Array = compute(self.node.op, self.arguments, held).astype("float32", copy=False)
        return made

    def fitted(self, held: dict[str, Array], *, has_norm: bool) -> dict[str, Array]:
        """The same weights, set to what the layer reads."""
        held = {**held, **self._statistics(held)}
        shift = next((each.name for each in self.own if _is_shift(each)), None)
        scale = next((each.name for each in self.own if _is_scale(each)), None)
        if scale is None:
            return held
        held[scale] = _conditioned(held[scale])
        if shift is not None:
            held[shift] = numpy().zeros_like(held[shift])
        made = self.run(held)
        axis = _channel_axis(made, len(held[shift if shift is not None else scale]))
        spread = _spread_wanted(self._samples())
        factor = _factor(made) * spread
        held[scale] = held[scale] * numpy().float32(factor)
        if axis is None:
            return held
        means, spread = _channel_means(made, axis) * factor, _spread(made) * factor
        if shift is not None:
            held[shift] = self._offsets(shift, means, spread)
        elif not has_norm and self.company is None:
            held[scale] = self._tilted(held, scale, means, axis, spread)
        return held

    def _samples(self) -> tuple[Array, ...]:
        """What it reads of each sample: a bare parameter is the same for all."""
        pairs = zip(self.arguments, self.node.types, strict=True)
        return tuple(x for x, type in pairs if type.sample != type.dims)

    def _statistics(self, held: Mapping[str, Array]) -> dict[str, Array]:
        """Means and variances of the input's channels, each a little off."""
        np, found = numpy(), {}
        for weight in filter(is_statistic, self.own):
            x, off = self.arguments[0], held[weight.name]
            if off.shape != x.shape[1:2]:
                continue
            means = _channel_means(x, 1)
            variances = _channel_means(np.square(x - _along(means, x.ndim, 1)), 1)
            floor = 0.01 * np.mean(np.square(x, dtype=np.float64)) + 1e-12
            if weight.init == Constant(0):
                found[weight.name] = means + off * np.sqrt(variances + floor)
            else:
                found[weight.name] = (variances + floor) * off
        return {name: array.astype("float32") for name, array in found.items()}

    def _offsets(self, name: str, means: Array, spread: float) -> Array:
        """A shift that takes the means to random places, and is not itself near zero.

        What is added to something has its place as the sum, far enough from zero for a function
        behind it to bend little. Else the means along a hundred residuals add up and drown the
        spread, or what is cut off a hundred times is lost.
        """
        np = numpy()
        wanted = self._places(name, len(means), spread)
        target = wanted
        if self.company is not None and len(self.company.means) == len(means):
            target = wanted + _OPEN * float(np.hypot(spread, self.company.spread))
            means = means + self.company.means
        shift = target - means
        found: Array = np.where(np.abs(shift) < 0.1, shift + wanted, shift).astype("float32")
        return found

    def _places(self, name: str, channels: int, spread: float) -> Array:
        """Where the channels' means shall be."""
        np = numpy()
        low, high = _OFFSET
        key = f"{self.node.path}.{name} place"
        size = (low + high) / 2 + uniform(self.seed, key, (channels,), (high - low) / 2)
        is_negative = np.arange(channels) % _NEGATIVE == 1
        places: Array = np.where(is_negative, -spread * size, size)
        return places

    def _tilted(
        self, held: Mapping[str, Array], name: str, means: Array, axis: int, spread: float
    ) -> Array:
        """The kernel with a constant added for each output channel, which moves its mean.

        The output is linear in the kernel, so a kernel of ones says what a constant does.
        """
        np = numpy()
        kernel = held[name]
        ones = self.run({**held, name: np.ones_like(kernel)})
        reach = _channel_means(ones, axis)
        missing = self._places(name, len(means), spread) - means
        most = _TILT * float(np.sqrt(np.mean(np.square(kernel, dtype=np.float64))))
        constant = np.clip(np.nan_to_num(missing / reach), -most, most)
        tilted: Array = kernel + constant.reshape(-1, *[1] * (kernel.ndim - 1))
        found: Array = tilted.astype("float32")
        found *= spread / (_spread(self.run({**held, name: found})) or spread)
        return found


def _conditioned(kernel: Array) -> Array:
    """A small matrix made orthogonal, so that a chain of them loses no direction.

    Large random ones are near enough to it (Saxe, McClelland and Ganguli 2014).
    """
    np = numpy()
    matrix = kernel.reshape(len(kernel), -1) if kernel.ndim > 1 else kernel[:, None]
    if kernel.ndim < 2 or min(matrix.shape) > _NARROW:
        return kernel
    rows = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    basis = np.linalg.qr(rows.T.astype("float64"))[0].T
    found = basis if len(matrix) <= matrix.shape[1] else basis.T
    shaped: Array = found.reshape(kernel.shape).astype("float32")
    return shaped


def _spread_wanted(arguments: tuple[Array, ...]) -> float:
    """1, and less where twins have come apart, or together, in what the layer reads."""
    growth = max((_apart(x) for x in arguments), default=0.0) / NOISE
    return max(_LEAST_SPREAD, min(1.0, _GROWTH * growth, _GROWTH / growth)) if growth else 1.0


def _apart(x: Array) -> float:
    """How far the twins are apart, relative to the spread."""
    np = numpy()
    spread = _spread(x)
    if len(x) < 2 or spread == 0:
        return 0.0
    return float(np.sqrt(np.mean(np.square(x[-1] - x[0], dtype=np.float64)))) / spread


def _factor(made: Array) -> float:
    """What gives the output unit spread, unless its means are too loud for that.

    Behind a global pool they drown the spread; little is then won by a factor that raises the
    rounding of the means as well, so it makes them less loud.
    """
    np = numpy()
    rms = float(np.sqrt(np.mean(np.square(made, dtype=np.float64))))
    spread = _spread(made)
    if not 0 < rms < float("inf"):
        return 1.0
    if made.ndim > 2 and made[0].size == made.shape[1]:
        return _GENTLE / rms  # the gate of a map: it passes on whatever pooling has lost
    if rms <= _LOUDEST_MEAN * spread:
        return 1 / spread
    is_pooled = made.ndim > 1 and made[0].size == made.shape[1]  # one position
    drowned = _DROWNED * spread / rms if is_pooled else 1.0
    return _LOUDEST_MEAN * min(1.0, max(0.3, drowned)) / rms


def _spread(x: Array) -> float:
    """The standard deviation of an element from sample to sample, the twin left out."""
    np = numpy()
    samples = x[:-1] if len(x) > 2 else x
    around = samples - samples.mean(axis=0, dtype=np.float64)
    freedom = max(1, len(samples) - 1) * max(1, x[0].size)
    return float(np.sqrt(np.square(around).sum(dtype=np.float64) / freedom))


def _channel_axis(x: Array, channels: int) -> int | None:
    """The first axis behind the samples' that has this many channels."""
    return next((axis for axis in range(1, x.ndim) if x.shape[axis] == channels), None)


def _channel_means(x: Array, axis: int) -> Array:
    others = tuple(each for each in range(x.ndim) if each != axis)
    means: Array = x.mean(axis=others, dtype="float64")
    return means


def _along(vector: Array, rank: int, axis: int) -> Array:
    """The vector as an array of this rank that varies along the axis alone."""
    return vector.reshape([-1 if each == axis else 1 for each in range(rank)])
