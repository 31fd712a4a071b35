"""Receptive fields: how much of the input one position of a value can see, along each axis."""

from __future__ import annotations

from dataclasses import dataclass

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
    gate) leaves no neighbours, and the jump as it is. Where paths meet, the largest counts.
    """
    known = {
        value.name: ReceptiveField(*((_ONE,) * len(value.type.spatial),) * 2)
        for value in program.inputs
    }
    found = []
    for node in program.nodes():
        field = _through(node, _largest([known[value.name] for value in node.inputs]))
        known[node.output.name] = field
        found.append(field)
    return ReceptiveFields(tuple(found))


def _through(node: Node, seen: ReceptiveField) -> ReceptiveField:
    windows = windows_of(node.op, node.types)
    if windows is None or len(windows) != len(seen.extent):
        return seen
    (x, *_) = node.types
    steps = tuple(zip(windows, seen.extent, seen.jump, x.spatial, strict=True))
    return ReceptiveField(
        tuple([_extent(window, extent, jump) for window, extent, jump, _ in steps]),
        tuple([_jump(window, jump, size) for window, _, jump, size in steps]),
    )


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
