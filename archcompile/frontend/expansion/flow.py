"""What flows between layers during expansion: values, or ``None`` where a finding left one open."""

from __future__ import annotations

from typing import TypeAlias

from archcompile.frontend.expressions.sizes import shape_of
from archcompile.ir.expr import Expr
from archcompile.ir.program import Value

Open_: TypeAlias = Value | None
Flow: TypeAlias = tuple[Open_, ...]


def shapes(reads: Flow) -> tuple[tuple[Expr, ...] | None, ...]:
    """The sizes of what a layer reads."""
    return tuple(None if value is None else shape_of(value.type) for value in reads)
