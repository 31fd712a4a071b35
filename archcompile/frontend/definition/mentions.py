"""Which names the source of a definition's member will say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcompile.ir.definition import Apply, BlockUse, Chain, ChainMember, OpUse
from archcompile.ir.dim import Dim
from archcompile.targets.python import (
    CallOf,
    Constant,
    Infix,
    Item,
    ListOf,
    Python,
    Size,
    TupleOf,
    Verbatim,
    Word,
)
from archcompile.targets.pytorch import AttributeForm, ModuleForm, form

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def words(members: Iterable[ChainMember]) -> set[str]:
    """Every identifier in the arguments, conditions and loops of these members."""
    found: set[str] = set()
    for member in members:
        found |= _member(member)
    return found


def _member(member: ChainMember) -> set[str]:
    found = _text(str(member.condition)) if member.condition is not None else set()
    if isinstance(member, Apply):
        return found | _use(member.use)
    found |= words(member.members)
    if isinstance(member, Chain):
        return found
    for expr in (*member.columns, *((member.count,) if member.count is not None else ())):
        found |= _text(str(expr))
    for carry in member.carries:
        found |= dim_words(carry.start) | dim_words(carry.after)
    return found - set(member.variables)


def _use(use: OpUse | BlockUse) -> set[str]:
    if isinstance(use, BlockUse):
        return set().union(*(_text(str(value)) for _, value in use.arguments))
    made = form(use.op, *use.inputs)
    found = _python(made.construct) if isinstance(made, ModuleForm | AttributeForm) else set()
    return found.union(*(_text(str(expr)) for _, expr in use.written))


def _python(tree: Python) -> set[str]:
    match tree:
        case Size(dim=dim):
            return dim_words(dim)
        case Verbatim(text=text):
            return _text(text)
        case Word() | Constant():
            return set()
        case TupleOf(items=parts) | ListOf(items=parts) | Infix(operands=parts):
            return set().union(*map(_python, parts))
        case Item(value=value):
            return _python(value)
        case CallOf(arguments=arguments, keywords=keywords):
            return set().union(*map(_python, (*arguments, *(value for _, value in keywords))))


def dim_words(dim: Dim) -> set[str]:
    """The identifiers in a size's symbols; a symbol may be an expression."""
    return set().union(*map(_text, dim.symbols))


def _text(text: str) -> set[str]:
    return set(_IDENTIFIER.findall(text))
