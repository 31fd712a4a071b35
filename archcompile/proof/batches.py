"""What the voices are run on: legal sizes for symbolic axes, random inputs of several batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING

from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError
from archcompile.ir.program import Program
from archcompile.ir.types import TensorType
from archcompile.libraries import numpy

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

BATCH_SIZES = (1, 3, 5)
"""Sizes of the batches; odd, as few channel counts are, so that a swapped axis shows."""
LARGE_BATCH_SIZES = (1, 2, 3)
"""The same for large inputs, which take long."""
LARGE_INPUT = 1 << 16
"""Elements of one sample from which on an input is large: 148 x 148 in three channels."""

_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Batch:
    """One set of inputs (float32, by name) and the number that each symbol stands for in it."""

    sizes: Mapping[str, int]
    inputs: Mapping[str, Array]

    @property
    def count(self) -> int:
        """The number of samples."""
        return int(next(iter(self.inputs.values())).shape[0])


def sample_batches(program: Program, seed: int) -> tuple[Batch, ...]:
    """Batches of 1, 3 and 5 samples of a standard normal distribution; of large ones 1, 2 and 3.

    Symbolic image sizes get their smallest legal numbers; a fourth batch has larger ones.
    """
    sizes = concrete_sizes(program)
    largest = max(sample_elements(program, each) for each in sizes)
    counts = BATCH_SIZES if largest < LARGE_INPUT else LARGE_BATCH_SIZES
    plan = [(count, sizes[0]) for count in counts]
    plan += [(counts[1], larger) for larger in sizes[1:]]
    return tuple(
        sample_batch(program, count, chosen, (seed, place))
        for place, (count, chosen) in enumerate(plan)
    )


def sample_batch(
    program: Program, count: int, sizes: Mapping[str, int], seed: tuple[int, ...]
) -> Batch:
    """``count`` random samples; the same seed gives the same numbers."""
    np = numpy()
    rng = np.random.default_rng(seed)
    known = {**sizes, **dict.fromkeys(batch_symbols(program), count)}
    inputs = {
        value.name: rng.standard_normal(concrete(value.type, known), dtype=np.float32)
        for value in program.inputs
    }
    return Batch(MappingProxyType(known), MappingProxyType(inputs))


def widest(batches: Sequence[Batch]) -> int:
    """Which batch has the most samples."""
    return max(range(len(batches)), key=lambda place: batches[place].count)


def sample_elements(program: Program, sizes: Mapping[str, int]) -> int:
    """The number of elements in one sample of the largest input."""
    return max(
        (prod(dim.evaluate(sizes) for dim in value.type.dims[1:]) for value in program.inputs),
        default=0,
    )


def concrete_sizes(program: Program) -> tuple[Mapping[str, int], ...]:
    """Numbers for the symbols of the inputs' spatial axes: the smallest legal, and larger.

    Different symbols get different numbers, so that exchanged axes show. The larger ones leave each
    window a map as large as itself, where an input that is not large can: on a map of one position
    a kernel is its middle alone. Without such symbols there is one choice, the empty one.
    """
    symbols = _spatial_symbols(program)
    if not symbols:
        return ({},)
    smallest = _smallest(program, symbols)
    first = _staggered(symbols, smallest)
    roomy = _roomy(program, symbols, smallest)
    larger = next(
        (
            chosen
            for size in range(roomy, roomy + 64)
            if is_legal(program, chosen := _staggered(symbols, size))
        ),
        None,
    )
    return (first,) if larger is None else (first, larger)


def is_legal(program: Program, sizes: Mapping[str, int]) -> bool:
    """Whether every op accepts these sizes and makes what the program says it makes."""
    known = {**dict.fromkeys(batch_symbols(program), 1), **sizes}
    for node in program.nodes():
        inputs = tuple(TensorType.of(*concrete(value, known)) for value in node.types)
        if any(int(size) < 1 for value in inputs for size in value.dims):
            return False
        try:
            made = node.op.infer(*inputs)
        except OpError:
            return False
        if made != TensorType.of(*concrete(node.output.type, known)):
            return False
        if any(int(size) < 1 for size in made.dims):
            return False
    return True


def concrete(value: TensorType, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The type's sizes as numbers."""
    return tuple(dim.evaluate(sizes) for dim in value.dims)


def batch_symbols(program: Program) -> tuple[str, ...]:
    """The symbols of the inputs' first axes."""
    return tuple(
        dict.fromkeys(symbol for value in program.inputs for symbol in value.type.dims[0].symbols)
    )


def _spatial_symbols(program: Program) -> tuple[str, ...]:
    batch = batch_symbols(program)
    found = [
        symbol
        for value in program.inputs
        for dim in value.type.dims[1:]
        for symbol in sorted(dim.symbols)
        if symbol not in batch
    ]
    return tuple(dict.fromkeys(found))


def _smallest(program: Program, symbols: tuple[str, ...]) -> int:
    """The least number from which on the sizes are legal, by doubling and bisection."""
    high = 1
    while not is_legal(program, _staggered(symbols, high)):
        high *= 2
        if high > _LARGEST:
            raise InternalError(f"no sizes up to {_LARGEST} are legal for {', '.join(symbols)}")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if is_legal(program, _staggered(symbols, middle)):
            high = middle
        else:
            low = middle
    return high


def _roomy(program: Program, symbols: tuple[str, ...], smallest: int) -> int:
    """Half as large again, and on until each window fits into what it reads without its padding."""
    asked = dict.fromkeys(_windows(program))
    first = size = smallest + smallest // 2 + 2
    while sample_elements(program, sizes := _staggered(symbols, size)) < LARGE_INPUT:
        if all(map_size.evaluate(sizes) >= extent for map_size, extent in asked):
            return size
        size += 1
    return first


def _windows(program: Program) -> Iterator[tuple[Dim, int]]:
    """Each open size that a window of known size moves along, with that size."""
    for node in program.nodes():
        for x in node.types[:1]:
            for size, window in zip(x.spatial, node.op.windows(x) or (), strict=False):
                if not size.is_constant and window.extent.is_constant:
                    yield size, int(window.extent)


def _staggered(symbols: tuple[str, ...], size: int) -> dict[str, int]:
    return {symbol: size + place for place, symbol in enumerate(symbols)}
