"""What of a call is not decided yet while sizes and parameters are symbols."""

from __future__ import annotations

import re

from archcompile.frontend.calls.arguments import Call
from archcompile.frontend.definition.local import NotGeneric
from archcompile.frontend.definition.structure import words_in
from archcompile.frontend.expressions.frame import mentioned
from archcompile.ir.definition import BlockUse, OpUse
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr
from archcompile.ir.op import Unknown

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def require_settled(use: OpUse | BlockUse, condition: Expr | None) -> None:
    """A function stands in ``forward``, which does not see the constructor's parameters."""
    if not isinstance(use, OpUse) or use.op.is_module:
        return
    if use.op.arity == 0 and condition is None:
        return  # a tensor of the module's own, which the constructor makes
    open_values = [value for value in dict(use.op).values() if _is_open(value)]
    if condition is None and not open_values:
        return
    names = set() if condition is None else mentioned(condition)
    for value in open_values:
        names |= set(_IDENTIFIER.findall(value.text if isinstance(value, Unknown) else str(value)))
    raise NotGeneric("a function in `forward` cannot see the constructor's parameters", names)


def _is_open(value: object) -> bool:
    """Whether an argument of an op is left for a call to decide."""
    if isinstance(value, tuple):
        return any(map(_is_open, value))
    return isinstance(value, Unknown) or (isinstance(value, Dim) and not value.is_constant)


def open_words(call: Call) -> set[str]:
    """The parameters that a call's arguments depend on."""
    found: set[str] = set()
    for name in words_in(call.arguments) & call.frame.names.keys():
        found |= mentioned(call.frame.names[name])
    return found
