"""What an expression can see, and how much its lists may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcompile.diagnostics import Code, Span
from archcompile.diagnostics.span import small_value
from archcompile.frontend.findings import finding
from archcompile.ir.expr import Expr

MOST_LIST_WORK = 2_000_000
"""The most items of lists that a network's expressions make and read, each time they do."""


@dataclass(slots=True)
class Meter:
    """How much lists have cost so far, in a whole network: a short text must not take long."""

    items: int = 0

    def count(self, items: int, span: Span | None) -> None:
        """Some items more. Raises a finding beyond the limit."""
        self.items += items
        if self.items > MOST_LIST_WORK:
            raise finding(
                Code.EXPRESSION_TOO_LARGE,
                f"the lists of this network come to more than {MOST_LIST_WORK:,} items",
                span,
                help="shorter lists, or one list that is named under `let`",
            )


@small_value
class Scope:
    """What an expression can see: names with what they stand for, and the shapes of inputs.

    A name that stays symbolic stands for an expression with itself in it; ``shapes`` holds ``in``
    and the body's inputs, each with the sizes of all axes.
    """

    names: Mapping[str, Expr]
    shapes: Mapping[str, tuple[Expr, ...]]
    meter: Meter = field(default_factory=Meter)
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Names that are known elsewhere, and what is said where one of them is mentioned here."""
