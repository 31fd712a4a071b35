"""Receptive fields: how much of the input one position of a value can see, along each axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from archcompile.diagnostics.span import small_value
from archcompile.ir.dim import Dim, ceil_div
from archcompile.ir.op import Window
from archcompile.ir.outcome import windows_of
from archcompile.ir.program import Node, Program

_ONE = Dim.of(1)


@small_value
class ReceptiveField:
    """Along each spatial axis of the input: the positions seen, and the step between neighbours.

    ``extent`` is r and ``jump`` is the product of all strides so far, both in input positions. They
    are kept when the axes themselves are gone (behind ``flatten``); an input without spatial axes
    has none. Padding counts as seen, so r may be larger than the input.
    """

    extent: tuple[Dim, ...] = ()
    jump: tuple[Dim, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceptiveFields:
    """One for each node, in the order of ``Program.nodes``."""

    nodes: tuple[ReceptiveField, ...]


def receptive_fields(program: Program) -> ReceptiveFields:
    """Follow every value from the inputs on.

    With a window of extent k and stride s: ``r_out = r_in + (k - 1) jump_in`` and
    ``jump_out = s jump_in`` (Araujo, Norris, Sim: Computing receptive fields of convolutional
    neural networks, Distill 2019, eq. 1 and 2). Where an op enlarges its input u times, the jump is
    divided by u, and rounded up to a whole position. One window over a whole axis (the pooling of a
    gate) leaves no neighbours, and the jump as it is. Where paths meet, the largest counts. A
    window along axes that have been made one sees all of the faster ones.
    """
    known = {}
    for value in program.inputs:
        count = len(value.type.spatial)
        known[value.name] = (ReceptiveField((_ONE,) * count, (_ONE,) * count), _own(count))
    found = []
    for node in program.nodes():
        read = [known[value.name] for value in node.inputs]
        field = _largest([each for each, _ in read])
        runs = max((each for _, each in read), key=len, default=())
        field = _through(node, field, runs)
        known[node.output.name] = (field, _behind(node, field, runs))
        found.append(field)
    return ReceptiveFields(tuple(found))


_Run: TypeAlias = tuple[tuple[int, Dim], ...]
"""The input's axes along which an axis of a value runs, the slowest first.

Of several, each has the size with which it became part of it.
"""


def _own(count: int) -> tuple[_Run, ...]:
    return tuple(((axis, _ONE),) for axis in range(count))


def _behind(node: Node, field: ReceptiveField, runs: tuple[_Run, ...]) -> tuple[_Run, ...]:
    """Along what the axes of the output run; where they are new, they count as the input's."""
    made = node.op.runs_over(*node.types)
    count = len(node.output.type.spatial)
    if made is not None and len(runs) == len(node.types[0].spatial):
        spatial = node.types[0].spatial
        whole = [
            tuple((axis, spatial[at]) for axis, _ in run) if len(run) == 1 else run
            for at, run in enumerate(runs)
        ]
        runs = tuple(sum((whole[at] for at in axes), ()) for axes in made)
    if len(runs) == count:
        return runs
    return _own(count) if count == len(field.extent) else ()


def _through(node: Node, seen: ReceptiveField, runs: tuple[_Run, ...]) -> ReceptiveField:
    windows = windows_of(node.op, node.types)
    if windows is None or len(windows) != len(runs):
        return seen
    extents, jumps = list(seen.extent), list(seen.jump)
    for window, run, size in zip(windows, runs, node.types[0].spatial, strict=True):
        if len(run) == 1:
            ((axis, _),) = run
            extents[axis] = _extent(window, seen.extent[axis], seen.jump[axis])
            jumps[axis] = _jump(window, seen.jump[axis], size)
        elif window.extent != _ONE:
            for (axis, _), reach in zip(run, _reaches(window, run, size), strict=True):
                extents[axis] = seen.extent[axis] + reach * seen.jump[axis]
    return ReceptiveField(tuple(extents), tuple(jumps))


def _reaches(window: Window, run: _Run, size: Dim) -> list[Dim]:
    """How many positions further a window along several axes reads on each of them."""
    (_, slowest), *faster = run
    reach = window.extent - 1
    for _, each in reversed(faster):
        reach = ceil_div(reach, each)
    most = slowest - 1
    first = most if window.extent == size else Dim.minimum(reach, most)
    return [first, *(each - 1 for _, each in faster)]


def _extent(window: Window, extent: Dim, jump: Dim) -> Dim:
    return extent + (window.extent - 1) * jump


def _jump(window: Window, jump: Dim, size: Dim) -> Dim:
    if window.extent == window.stride == size:
        return jump  # a window over the whole axis
    step = window.stride * jump
    return step if window.grown == _ONE else ceil_div(step, window.grown)


def _largest(fields: list[ReceptiveField]) -> ReceptiveField:
    """Axis by axis; a vector that meets a map (a gate, say) leaves the map's axes as they are."""
    if not fields:
        return ReceptiveField()
    axes = max(len(field.extent) for field in fields)
    alike = [field for field in fields if len(field.extent) == axes]
    if len(alike) == 1:
        return alike[0]
    return ReceptiveField(
        tuple(Dim.maximum(*sizes) for sizes in zip(*(f.extent for f in alike), strict=True)),
        tuple(Dim.maximum(*sizes) for sizes in zip(*(f.jump for f in alike), strict=True)),
    )
