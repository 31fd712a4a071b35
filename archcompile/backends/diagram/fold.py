"""Folding: neighbours that are equal but for their names, drawn once with "×3"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.ir.program import Member, Node, Value

Form: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A member and how often it follows itself; ``copies`` maps a copy's values to the first's."""

    first: Member
    last: Member
    times: int
    copies: dict[str, str] = field(default_factory=dict)


def runs(members: tuple[Member, ...], fold: bool) -> Iterator[Run]:
    """Maximal runs of equal members, each fed by nothing but the one before it."""
    start = 0
    while start < len(members):
        end = start + 1
        while fold and end < len(members) and _follows(members[end - 1], members[end]):
            end += 1
        yield _run(members[start:end])
        start = end


def _run(copies: tuple[Member, ...]) -> Run:
    first = tuple(_made(copies[0]))
    names = {
        copy: original
        for member in copies[1:]
        for copy, original in zip(_made(member), first, strict=True)
    }
    return Run(copies[0], copies[-1], len(copies), names)


def _follows(before: Member, member: Member) -> bool:
    read = {value.name for value in member.inputs}
    given = {value.name for value in _outputs(before)}
    return read <= given and _form(before, {}) == _form(member, {})


def _outputs(member: Member) -> tuple[Value, ...]:
    return (member.output,) if isinstance(member, Node) else member.outputs


def _made(member: Member) -> Iterator[str]:
    """The names of the values made inside, in order."""
    if isinstance(member, Node):
        yield member.output.name
        return
    for inner in member.members:
        yield from _made(inner)


def _form(member: Member, numbers: dict[str, int]) -> Form:
    """What a member is without its names: values are numbered in the order they are met."""
    reads = tuple(
        (numbers.setdefault(value.name, len(numbers)), value.type) for value in member.inputs
    )
    if isinstance(member, Node):
        made = numbers.setdefault(member.output.name, len(numbers))
        return (member.op, reads, made, member.output.type)
    inner = tuple(_form(each, numbers) for each in member.members)
    made_out = tuple(numbers[value.name] for value in member.outputs)
    return (member.kind, member.block, reads, inner, made_out)
