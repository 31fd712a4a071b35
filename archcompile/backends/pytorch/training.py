"""What only training needs: it runs behind all that evaluation needs too."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from archcompile.ir.definition import Segment
from archcompile.ir.program import Member, Node, Program, Region


@dataclass(frozen=True, slots=True)
class Work:
    """A step, or a whole call of a block: the values that it makes and reads."""

    makes: frozenset[str]
    reads: frozenset[str]


def only_training(
    work: Sequence[Work], inference: Collection[str], training: Collection[str]
) -> frozenset[int]:
    """The places of the work that only training's outputs need, or that hangs on such work.

    What nothing needs at all is no part of it.
    """
    needed, wanted = _ancestors(work, inference), _ancestors(work, training)
    found: set[int] = set()
    made: set[str] = set()
    for place, each in enumerate(work):
        if place not in needed and (place in wanted or each.reads & made):
            found.add(place)
            made |= each.makes
    return frozenset(found)


def _ancestors(work: Sequence[Work], read: Collection[str]) -> set[int]:
    values = set(read)
    found: set[int] = set()
    for place in reversed(range(len(work))):
        if work[place].makes & values:
            found.add(place)
            values |= work[place].reads
    return found


def in_order(program: Program) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The network's nodes that evaluation runs, and those that follow in training, in order.

    A block's call is run as a whole.
    """
    steps = program.definitions[-1].steps
    cut = {step.chain for step in steps if isinstance(step, Segment)}
    units = tuple(_units(program.members, cut))
    work = [_work(unit) for unit in units]
    later = only_training(
        work,
        {output.value.name for output in program.outputs if not output.training},
        {output.value.name for output in program.outputs if output.training},
    )
    first: list[Node] = []
    last: list[Node] = []
    for place, unit in enumerate(units):
        (last if place in later else first).extend(_nodes(unit))
    return tuple(first), tuple(last)


def _units(members: tuple[Member, ...], cut: Collection[str]) -> Iterator[Member]:
    """The steps of the network's own class: members of groups and of chains that are cut, too."""
    for member in members:
        if isinstance(member, Region) and (member.kind == "group" or member.path in cut):
            yield from _units(member.members, cut)
        else:
            yield member


def _work(unit: Member) -> Work:
    return Work(
        frozenset(node.name for node in _nodes(unit)),
        frozenset(value.name for value in unit.inputs),
    )


def _nodes(member: Member) -> Iterator[Node]:
    if isinstance(member, Node):
        yield member
        return
    for inner in member.members:
        yield from _nodes(inner)
