"""The report as data: a row for each layer, a group for each block, and the totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from archcompile.backends.report.start import start_text
from archcompile.ir.dim import Dim
from archcompile.ir.printer import printed_arguments
from archcompile.ir.program import Member, Node, Program, ProgramOutput, Value
from archcompile.ir.uses import Uses
from archcompile.passes.costs import Cost
from archcompile.passes.facts import Facts
from archcompile.passes.receptive_field import ReceptiveField

SCHEMA = 1
"""The version of the JSON form; a key that changes its meaning raises it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One use of an op."""

    name: str
    """The module's path; ``path#2`` where it is used once more."""
    path: str
    op: str
    arguments: tuple[tuple[str, str], ...]
    """Required arguments and those that differ from their default, as text."""
    inputs: tuple[str, ...]
    output: Value
    cost: Cost
    activation_bytes: Dim
    field: ReceptiveField
    training: bool
    """Whether only training needs it; then it computes nothing in inference."""
    starts: tuple[tuple[str, str], ...]
    """How weights start where the spec says so, by their names, as text."""

    @property
    def is_shared(self) -> bool:
        """Whether it is a further use of weights that count elsewhere."""
        return self.name != self.path


@dataclass(frozen=True, slots=True)
class Group:
    """A block's call, a ``sequence`` or a named ``repeat``, with what its layers cost together."""

    name: str
    """The path; ``path#2`` for a block that is called once more."""
    kind: str
    block: str | None
    inputs: tuple[str, ...]
    outputs: tuple[Value, ...]
    cost: Cost
    rows: tuple[Row, ...]
    training: bool
    """Whether only training needs any of it."""


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
    outputs: tuple[ProgramOutput, ...]
    total: Cost
    inference: Cost
    """Without the weights that only training needs."""
    claims_connections: bool
    """Whether the spec says how many connections there are, as LeCun et al. 1998 do."""
    peak_activation_bytes: Dim
    rows: tuple[Row, ...]


def model(program: Program, facts: Facts) -> ReportModel:
    """Join a program with its facts."""
    layers = {
        node.output.name: Layer(
            node.name,
            node.path,
            node.op.key,
            printed_arguments(node.op),
            _names(node.inputs),
            node.output,
            cost,
            size,
            field,
            node.name in facts.training,
            tuple((name, start_text(start)) for name, start in node.starts),
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
        outputs=program.outputs,
        total=facts.costs.total,
        inference=facts.costs.inference,
        claims_connections=any(each.subject == "connections" for each in program.claims),
        peak_activation_bytes=facts.memory.peak,
        rows=_rows(program.members, layers, Uses()),
    )


def _rows(members: tuple[Member, ...], layers: dict[str, Layer], uses: Uses) -> tuple[Row, ...]:
    return tuple(_row(member, layers, uses) for member in members)


def _row(member: Member, layers: dict[str, Layer], uses: Uses) -> Row:
    if isinstance(member, Node):
        return layers[member.output.name]
    name = uses.name(member.path)
    rows = _rows(member.members, layers, uses)
    return Group(
        name,
        member.kind,
        member.block,
        _names(member.inputs),
        member.outputs,
        Cost.total([row.cost for row in rows]),
        rows,
        bool(rows) and all(row.training for row in rows),
    )


def _names(values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(value.name for value in values)
