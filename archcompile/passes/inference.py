"""Inference: the network without what only training needs, as auxiliary heads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcompile.ir.program import Member, Node, Program, Value


def for_inference(program: Program) -> Program:
    """The program without its training-only outputs and without the members that only they need.

    What no output reads at all stays, unless it hangs on such a member. The program itself where
    nothing is for training only.
    """
    dropped = training_only(program)
    outputs = tuple(output for output in program.outputs if not output.training)
    if len(outputs) == len(program.outputs):
        return program
    return replace(program, outputs=outputs, members=tuple(_kept(program.members, dropped)))


def training_only(program: Program) -> frozenset[str]:
    """The names of the nodes that only training needs."""
    if not any(output.training for output in program.outputs):
        return frozenset()
    nodes = tuple(program.nodes())
    needed = _ancestors(nodes, {each.value.name for each in program.outputs if not each.training})
    wanted = _ancestors(nodes, {each.value.name for each in program.outputs if each.training})
    found: set[str] = set()
    for node in nodes:
        hangs_on_one = any(value.name in found for value in node.inputs)
        if node.name not in needed and (node.name in wanted or hangs_on_one):
            found.add(node.name)
    return frozenset(found)


def _ancestors(nodes: tuple[Node, ...], read: set[str]) -> set[str]:
    """The values that these depend on, and they themselves."""
    found = set(read)
    for node in reversed(nodes):
        if node.name in found:
            found.update(value.name for value in node.inputs)
    return found


def _kept(members: tuple[Member, ...], dropped: frozenset[str]) -> Iterator[Member]:
    """A region goes with its last member; one that keeps some gives on what is left."""
    for member in members:
        if isinstance(member, Node):
            if member.name not in dropped:
                yield member
            continue
        inner = tuple(_kept(member.members, dropped))
        inputs, outputs = _left(member.inputs, dropped), _left(member.outputs, dropped)
        if inner or outputs:
            yield replace(member, members=inner, inputs=inputs, outputs=outputs)


def _left(values: tuple[Value, ...], dropped: frozenset[str]) -> tuple[Value, ...]:
    return tuple(value for value in values if value.name not in dropped)
