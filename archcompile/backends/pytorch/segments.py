"""Chains that are cut: which modules a segment runs, and how ``forward`` says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Chain, ChainMember, Definition, Segment, Step


def running(definition: Definition) -> tuple[Step, ...]:
    """The steps that ``forward`` runs: of a cut chain its segments.

    A slice needs an attribute of its own; elsewhere a segment is its members, one by one.
    """
    found: list[Step] = []
    for step in definition.steps:
        if isinstance(step, Segment):
            found += _one_by_one(step)
        elif not isinstance(step, Chain) or not step.is_cut:
            found.append(step)
    return tuple(found)


def _one_by_one(segment: Segment) -> Iterator[Segment]:
    if "." not in segment.chain or segment.stop - segment.start == 1:
        yield segment
        return
    reads = segment.reads
    for place in range(segment.start, segment.stop):
        is_last = place == segment.stop - 1
        name = segment.name if is_last else f"{segment.name}#{place}"
        yield replace(segment, name=name, start=place, stop=place + 1, reads=reads)
        reads = (name,)


def callee(segment: Segment, definition: Definition) -> str:
    """``self.features[:17]``, ``self.features[3]``, ``self.get_submodule("features.3.conv")``."""
    start, stop, chain = segment.start, segment.stop, segment.chain
    if "." in chain:
        return f'self.get_submodule("{chain}.{_name(definition, chain, start)}")'
    if stop - start == 1:
        return f"self.{chain}[{start}]"
    if start == 0 and segment.is_whole:
        return f"self.{chain}"
    return f"self.{chain}[{start or ''}:{'' if segment.is_whole else stop}]"


def _name(definition: Definition, path: str, place: int) -> str:
    """The name of a chain's member; ``path`` leads from a step to a chain inside it."""
    for step in definition.steps:
        if isinstance(step, Chain) and f"{path}.".startswith(f"{step.name}."):
            parts = path.removeprefix(step.name).split(".")[1:]
            return _named(_inside(step, parts).members[place], place)
    raise InternalError(f"`{path}` is no chain of this body")


def _inside(chain: Chain, parts: list[str]) -> Chain:
    for part in parts:
        members = {_named(each, place): each for place, each in enumerate(chain.members)}
        inner = members.get(part)
        if not isinstance(inner, Chain):
            raise InternalError(f"`{part}` is no chain inside of `{chain.name}`")
        chain = inner
    return chain


def _named(member: ChainMember, place: int) -> str:
    name = getattr(member, "name", "")
    return name if isinstance(name, str) and name else str(place)
