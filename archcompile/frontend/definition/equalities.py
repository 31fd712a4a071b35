"""Sizes that a class takes for equal, as far as it does not know them, and whether a call's are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.frontend.definition.local import NotGeneric
from archcompile.frontend.definition.mentions import dim_words
from archcompile.frontend.expressions.evaluate import evaluate
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.expressions.sizes import to_dim, to_expr
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, Name

Pair: TypeAlias = tuple[Dim, Dim]


@dataclass(slots=True)
class Equalities:
    """Those of one class body. A sum of two sizes is of one size, unless one of them is 1."""

    call: Mapping[str, Expr] = field(default_factory=dict)
    """What the body's names stand for in the call that the class is made for."""
    pairs: dict[Pair, None] = field(default_factory=dict)

    def take(self, pairs: Iterable[Pair]) -> None:
        """Rest on these too. Raises ``NotGeneric`` if they differ in the call."""
        for pair in pairs:
            if pair not in self.pairs and pair[0].always_equal(pair[1]) is not True:
                require_equal(pair, self.call)
                self.pairs[pair] = None


def require_equal(pair: Pair, call: Mapping[str, Expr]) -> None:
    """Raises ``NotGeneric`` for sizes that differ in a call: it is known then which is repeated."""
    first, second = in_call(pair, call)
    if first.always_equal(second) is False:
        raise NotGeneric(f"`{pair[0]}` and `{pair[1]}` differ", _words(pair))


def in_call(pair: Pair, call: Mapping[str, Expr]) -> Pair:
    """A class's sizes by the names of whoever calls it."""
    scope = Scope({word: Name(word) for word in _words(pair)} | dict(call), {})
    first, second = (to_dim(evaluate(to_expr(size), scope)) for size in pair)
    return first, second


def _words(pair: Pair) -> set[str]:
    return dim_words(pair[0]) | dim_words(pair[1])
