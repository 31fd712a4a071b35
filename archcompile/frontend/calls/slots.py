"""What an op's argument may hold: words of a closed set, sizes, or another kind of value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from archcompile.ir.dim import Dim
from archcompile.ir.op import Op


@dataclass(frozen=True, slots=True)
class Slot:
    """``words`` stand for themselves; where ``is_size``, an expression may stay symbolic.

    ``is_flag``: it is true or false; ``is_optional``: or torch's None, which is `none` here.
    """

    name: str
    words: frozenset[str]
    is_size: bool
    required: bool
    is_flag: bool
    is_optional: bool


@cache
def slots(op: type[Op]) -> dict[str, Slot]:
    """The op's arguments by name, in positional order."""
    return {
        name: Slot(
            name,
            frozenset(_words(field.annotation)),
            _mentions(field.annotation, Dim),
            field.is_required(),
            _mentions(field.annotation, bool),
            _mentions(field.annotation, NoneType),
        )
        for name, field in op.model_fields.items()
    }


def _words(annotation: object) -> set[str]:
    """The texts of every ``Literal`` inside an annotation."""
    if get_origin(annotation) is Literal:
        return {word for word in get_args(annotation) if isinstance(word, str)}
    found: set[str] = set()
    for part in get_args(annotation):
        found |= _words(part)
    return found


def _mentions(annotation: object, wanted: type) -> bool:
    """Whether a type stands anywhere inside an annotation."""
    if annotation is wanted:
        return True
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        parts = parts[:1]
    return any(_mentions(part, wanted) for part in parts)
