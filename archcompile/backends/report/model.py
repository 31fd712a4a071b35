"""The report as data: a row for each layer, a group for each block, and the totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from archcompile.ir.dim import Dim
from archcompile.ir.printer import printed_arguments
from archcompile.ir.program import Node, Program, Region, Value
from archcompile.passes.costs import Cost
from archcompile.passes.facts import Facts
from archcompile.passes.receptive_field import ReceptiveField

SCHEMA = 1
"""The version of the JSON form; a key that changes its meaning raises it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One use of an op."""

    name: str
    """The module's path."""
    op: str
    arguments: tuple[tuple[str, str], ...]
    """Required arguments and those that differ from their default, as text."""
    inputs: tuple[str, ...]
    output: Value
    cost: Cost
    activation_bytes: Dim
    field: ReceptiveField


@dataclass(frozen=True, slots=True)
class Group:
    """A block's call, a ``sequence`` or a named ``repeat``, with what its layers cost together."""

    name: str
    kind: str
    block: str | None
    inputs: tuple[str, ...]
    outputs: tuple[Value, ...]
    cost: Cost
    rows: tuple[Row, ...]


Row: TypeAlias = Layer | Group


@dataclass(frozen=True, slots=True)
class ReportModel:
    """Everything that a report says, before it is laid out."""

    name: str
    """The file's name."""
    variant: str
    """The network's name."""
    title: str | None
    overridden: tuple[str, ...]
    """Parameters that the caller set; the spec's claims were not checked then."""
    inputs: tuple[Value, ...]
    outputs: tuple[tuple[str, Value], ...]
    total: Cost
    peak_activation_bytes: Dim
    rows: tuple[Row, ...]


def model(program: Program, facts: Facts) -> ReportModel:
    """Join a program with its facts."""
    layers = {
        node.output.name: Layer(
            node.path,
            node.op.key,
            printed_arguments(node.op),
            _names(node.inputs),
            node.output,
            cost,
            size,
            field,
        )
        for node, cost, size, field in zip(
            program.nodes(),
            facts.costs.nodes,
            facts.memory.outputs,
            facts.receptive_fields.nodes,
            strict=True,
        )
    }
    return ReportModel(
        name=program.family,
        variant=program.name,
        title=program.title,
        overridden=program.overridden,
        inputs=program.inputs,
        outputs=tuple((output.name, output.value) for output in program.outputs),
        total=facts.costs.total,
        peak_activation_bytes=facts.memory.peak,
        rows=tuple(_row(member, layers) for member in program.members),
    )


def _row(member: Node | Region, layers: dict[str, Layer]) -> Row:
    if isinstance(member, Node):
        return layers[member.output.name]
    rows = tuple(_row(inner, layers) for inner in member.members)
    return Group(
        member.path,
        member.kind,
        member.block,
        _names(member.inputs),
        member.outputs,
        sum((row.cost for row in rows), Cost()),
        rows,
    )


def _names(values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(value.name for value in values)
