"""Shapes that do not meet: the change of one layer upstream with which they do.

Each proposal is tried on what has been made so far: the changed ops and all that depends on them
are inferred again, and the first proposal with which nothing is refused is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from archcompile.diagnostics import Span
from archcompile.frontend.mending.proposals import (
    Change,
    Expressed,
    Proposal,
    channel_changes,
    every_padding,
    proposals,
)
from archcompile.frontend.mending.record import Made, Record
from archcompile.ir.dim import Dim, DimTooLarge
from archcompile.ir.op import Op, OpError, Undecided, decided
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType

MOST_EFFORT = 2_000
"""How often ops' rules are asked in one run: beyond, findings have no proposals."""

_ASKS_SHAPE = re.compile(r"\.(channels|features|height|width|length|shape)\b")


@dataclass(frozen=True, slots=True)
class Mended:
    """Changes, and the types that the join's inputs have with them."""

    changes: Proposal
    types: tuple[TensorType, ...]


def mended(
    op: Op, reads: tuple[Value, ...], record: Record, pair: tuple[int, int]
) -> Mended | None:
    """The first proposal with which ``op`` takes its inputs; ``pair`` are two that do not meet."""
    if record.effort > MOST_EFFORT:
        return None
    behind = [record.behind(reads[place]) for place in pair]
    common = behind[0].keys() & behind[1].keys()
    own = [_own(each, common) for each in behind]
    for proposal in proposals(own, (reads[pair[0]].type, reads[pair[1]].type)):
        types = retyped(reads, proposal, record)
        record.effort += 1
        if types is not None and takes(op, types):
            return Mended(proposal, types)
    return None


def padded(op: Op, reads: tuple[Value, ...], record: Record) -> Proposal:
    """The padding that keeps the size, at every layer that only some of the inputs come from."""
    if record.effort > MOST_EFFORT:
        return ()
    behind = [record.behind(value) for value in reads]
    common = set(behind[0]).intersection(*behind)
    proposal = every_padding([_own(each, common) for each in behind])
    types = retyped(reads, proposal, record) if proposal else None
    return proposal if types is not None and takes(op, types) else ()


def takes(op: Op, types: tuple[TensorType, ...]) -> bool:
    """Whether an op accepts inputs of these types."""
    return _inferred(op, types) is not None


def with_channels(op: Op, reads: tuple[Value, ...], number: int, record: Record) -> Proposal:
    """The change with which the layer behind an op's first input makes so many channels."""
    nodes = _own(record.behind(reads[0]), ())
    for proposal in channel_changes(nodes, Dim.of(number)):
        types = retyped(reads, proposal, record)
        if types is not None and takes(op, types):
            return proposal
    return ()


def retyped(
    reads: tuple[Value, ...], proposal: Proposal, record: Record
) -> tuple[TensorType, ...] | None:
    """The types of values after changes; ``None`` where these cannot be, or cannot be known."""
    changes = {change.made.text: change for change in proposal}
    made: dict[str, TensorType] = {}
    for each in record.since(_first(changes, record)):
        types = tuple(_type(value, made) for value in each.node.inputs)
        change = changes.get(each.text)
        if change is None and types == each.node.types:
            continue
        record.effort += 1
        op = None if _is_beyond(each, change, record) else _changed(each, change)
        kind = None if op is None else _inferred(op, types)
        if kind is None:
            return None
        made[each.node.output.name] = kind
    return tuple(_type(value, made) for value in reads)


def _own(behind: dict[int, Made], common: Iterable[int]) -> tuple[Made, ...]:
    """What only one of two values comes from, the nearest first."""
    return tuple(behind[number] for number in sorted(behind.keys() - common, reverse=True))


def _first(changes: Iterable[Span], record: Record) -> int:
    return min(record.first_of[text] for text in changes)


def _type(value: Value, made: dict[str, TensorType]) -> TensorType:
    """A value's type now; where an ``exchange`` made it whole it stays so."""
    kind = made.get(value.name)
    return value.type if kind is None else kind.split(value.type.parts)


def _is_beyond(made: Made, change: Change | None, record: Record) -> bool:
    """Whether the search costs too much, or the author's arguments would change with a shape."""
    if record.effort > MOST_EFFORT:
        return True
    asks = any(_ASKS_SHAPE.search(tree.span.text()) for tree in made.built.given.values())
    return change is None and asks


def _changed(made: Made, change: Change | None) -> Op | None:
    """A node's op after a change; ``None`` where its expression has no value in this call."""
    if change is None:
        return made.node.op
    frame = made.call.frame
    values = {name: value for name, value, _ in change.values}
    for name, value in values.items():
        if isinstance(value, Expressed):
            values[name] = value.held(frame)
            if values[name] is None:
                return None
    return made.node.op.updated(values)


def _inferred(op: Op, types: tuple[TensorType, ...]) -> TensorType | None:
    try:
        with decided():
            return op.infer(*types)
    except (OpError, Undecided, DimTooLarge):
        return None
