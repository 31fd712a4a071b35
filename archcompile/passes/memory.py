"""Activation memory: the bytes of each value, and the most that are alive at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TypeAlias

from archcompile.ir.dim import Dim
from archcompile.ir.program import Program
from archcompile.ir.types import TensorType
from archcompile.passes.costs import FLOAT_BYTES
from archcompile.passes.inference import for_inference

_FLOAT = Dim.of(FLOAT_BYTES)

Load: TypeAlias = dict[tuple[Dim, ...], int]
"""Elements alive at a moment: for each combination of open sizes, the factor in front of it."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one float32 sample (batch 1) in evaluation mode.

    ``outputs`` holds the bytes of each node's output, in the order of ``Program.nodes``. ``peak``
    is that of inference, so what only training needs is no part of it: the largest sum of values
    alive at once, which are, while a node runs, its inputs, its output, and every earlier value
    (the network's inputs included) that a later node or the network's outputs still need. Every
    node writes a tensor of its own: no in-place activation and no view (``flatten``) is assumed.
    Weights, gradients and the workspace inside an op are not counted; a bare parameter is a value
    like others.
    """

    outputs: tuple[Dim, ...]
    peak: Dim


def memory(program: Program) -> Memory:
    """Liveness over the execution order."""
    outputs = tuple(activation_bytes(node.output.type) for node in program.nodes())
    peaks = _peaks(for_inference(program))
    return Memory(outputs, Dim.maximum(*map(_bytes, peaks)))


def _peaks(program: Program) -> list[Load]:
    """The largest loads of the whole run."""
    last = _last_uses(program)
    alive = {value.name: value.type for value in program.inputs}
    now: Load = {}
    for type in alive.values():
        _take(now, type, 1)
    peaks = _keep_largest([], now)
    for step, node in enumerate(program.nodes()):
        alive[node.output.name] = node.output.type
        _take(now, node.output.type, 1)
        peaks = _keep_largest(peaks, now)
        for name in {value.name for value in (*node.inputs, node.output)}:
            if last.get(name, -1) <= step:
                _take(now, alive.pop(name), -1)
    return peaks


def activation_bytes(type: TensorType) -> Dim:
    """The float32 bytes of one sample of a tensor."""
    return Dim.product((_FLOAT, *type.sample))


def _last_uses(program: Program) -> dict[str, int]:
    """For each value the step that reads it last; the network's outputs outlive every step."""
    last = {}
    step = 0
    for step, node in enumerate(program.nodes()):
        last.update({value.name: step for value in node.inputs})
    last.update({output.value.name: step + 1 for output in program.outputs})
    return last


def _take(load: Load, type: TensorType, times: int) -> None:
    """Add one tensor's elements: the product of its known sizes, under its open ones."""
    unknown, known = _elements(type)
    load[unknown] = load.get(unknown, 0) + times * known


@lru_cache(maxsize=4096)
def _elements(type: TensorType) -> tuple[tuple[Dim, ...], int]:
    """A tensor's open sizes and the product of its known ones; asked once more when it dies."""
    sizes = [(size, size.constant) for size in type.sample]
    unknown = tuple([size for size, number in sizes if number is None])
    return unknown, prod([number for _, number in sizes if number is not None])


def _keep_largest(peaks: list[Load], load: Load) -> list[Load]:
    """The loads that no other one covers: a single one where every size is known.

    That leaves few to the maximum of expressions, which is slow and hard to read.
    """
    if any(_covers(peak, load) for peak in peaks):
        return peaks
    return [*(peak for peak in peaks if not _covers(load, peak)), dict(load)]


def _covers(large: Load, small: Load) -> bool:
    """Whether each element of ``small`` has one of its own in ``large`` that counts as much."""
    if len(large) == len(small) == 1 and large.keys() == small.keys():
        return next(iter(large.values())) >= next(iter(small.values()))
    left = dict(large)
    for sizes, count in small.items():
        for other in (sizes, *left):
            if count and left.get(other) and _at_least(other, sizes):
                taken = min(left[other], count)
                left[other] -= taken
                count -= taken
        if count:
            return False
    return True


@lru_cache(maxsize=4096)
def _at_least(large: tuple[Dim, ...], small: tuple[Dim, ...]) -> bool:
    """Whether one product of sizes is never below another. Sizes are at least 1."""
    if large == small or not small:
        return True
    if len(large) != len(small):
        return False
    return all(a.always_at_least(b) for a, b in zip(large, small, strict=True))


def _bytes(load: Load) -> Dim:
    products = (Dim.product((Dim.of(count), *sizes)) for sizes, count in load.items())
    return Dim.total(products) * FLOAT_BYTES
