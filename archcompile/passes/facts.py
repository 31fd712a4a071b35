"""Facts: everything that is known of a program without running it, computed once."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.ir.dim import DimTooLarge
from archcompile.ir.program import Program
from archcompile.passes.costs import Costs, costs
from archcompile.passes.inference import training_only
from archcompile.passes.memory import Memory, memory
from archcompile.passes.receptive_field import ReceptiveFields, receptive_fields


@dataclass(frozen=True, slots=True)
class Facts:
    """Costs, receptive fields and activation memory, each in the order of ``Program.nodes``."""

    costs: Costs
    receptive_fields: ReceptiveFields
    memory: Memory
    training: frozenset[str] = frozenset()
    """The names of the nodes that only training needs."""


def facts(program: Program) -> Facts:
    """Run every pass that computes facts.

    Raises ``SpecError`` for a network whose open sizes make them too many to compare.
    """
    training = training_only(program)
    try:
        return Facts(costs(program, training), receptive_fields(program), memory(program), training)
    except DimTooLarge as error:
        help = "give the input numbers for its sizes"
        message = f"what this network needs depends on its open sizes in too many ways: {error}"
        raise SpecError([Diagnostic(Code.TOO_BIG, message, program.span, help=help)]) from error
