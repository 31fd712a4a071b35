"""Limits: counts that a 64-bit signed integer cannot hold are refused before any is allocated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from archcompile.diagnostics import Code, Diagnostic, Span
from archcompile.ir.dim import Dim
from archcompile.ir.program import Program
from archcompile.passes.costs import Cost
from archcompile.passes.facts import Facts

LIMIT = 2**63
"""The first count that torch, ONNX and NumPy cannot hold."""

_READABLE = 10**24

Counts: TypeAlias = tuple[tuple[str, Dim], ...]
"""What is counted, by what it is called."""


def check_limits(program: Program, facts: Facts) -> tuple[Diagnostic, ...]:
    """A finding for each layer with too large a count; for the network if only the sum is."""
    total = _counts(facts.costs.total, facts.memory.peak)
    sizes = (("bytes of activations", size) for size in facts.memory.outputs)
    if not any(map(_may_be_too_big, (*total, *sizes))):
        return ()  # no layer has more of anything than all have together
    found: list[Diagnostic] = []
    for node, cost, size in zip(
        program.nodes(), facts.costs.nodes, facts.memory.outputs, strict=True
    ):
        found += _first_too_big(f"`{node.name}`", node.span, _counts(cost, size))
    return tuple(found or _first_too_big(f"`{program.name}`", program.span, total))


def _counts(cost: Cost, activation_bytes: Dim) -> Counts:
    return (
        ("parameters", cost.parameters),
        ("bytes of weights", cost.weight_bytes),
        ("multiply-accumulates", cost.macs),
        ("connections", cost.connections),
        ("bytes of activations", activation_bytes),
    )


def _may_be_too_big(count: tuple[str, Dim]) -> bool:
    """Whether it is too large, or open, so that a part of it may be."""
    known = count[1].constant
    return known is None or known >= LIMIT


def _first_too_big(subject: str, span: Span, counts: Counts) -> Iterator[Diagnostic]:
    for quantity, count in counts:
        if count.constant is not None and count.constant >= LIMIT:
            yield Diagnostic(
                Code.TOO_BIG,
                f"{subject} has {_about(count.constant)} {quantity}, and 2^63 or more cannot be "
                "counted",
                span,
                help="make a size or the number of channels smaller",
            )
            return


def _about(count: int) -> str:
    """A number in full, or the first digits of one that nobody reads."""
    if count < _READABLE:
        return f"{count:,}"
    digits = str(count)
    return f"{digits[0]}.{digits[1:3]}e{len(digits) - 1}"
