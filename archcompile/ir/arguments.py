"""The types of an op's arguments (sizes, pairs, flags, numbers, words), and how each is refused."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.ir.dim import Dim


def _size(value: object) -> object:
    """An integer or a size; booleans and numbers with a point are refused by name."""
    if isinstance(value, Dim):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("size", "expected an integer, got {got}", {"got": said(value)})
    return Dim.of(value)


def said(value: object) -> str:
    """A value as its author would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value}'"
    if isinstance(value, tuple | list):
        return f"[{', '.join(said(item) for item in value)}]"
    return "nothing" if value is None else str(value)


def _at_least(bound: int, value: object) -> object:
    size = _size(value)
    if isinstance(size, Dim) and size.always_at_least(bound) is False:
        raise PydanticCustomError(
            "size", "expected at least {bound}, got {got}", {"bound": bound, "got": str(size)}
        )
    return size


def _positive(value: object) -> object:
    return _at_least(1, value)


def _natural(value: object) -> object:
    return _at_least(0, value)


def _pair(value: object) -> object:
    """``3`` means ``(3, 3)``."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise PydanticCustomError(
                "pair",
                "expected one integer or two (height, width), got {count}",
                {"count": len(value)},
            )
        return tuple(value)
    return (value, value)


PositiveSize: TypeAlias = Annotated[InstanceOf[Dim], BeforeValidator(_positive)]
"""An integer of at least 1."""
NaturalSize: TypeAlias = Annotated[InstanceOf[Dim], BeforeValidator(_natural)]
"""An integer of at least 0."""
PositivePair: TypeAlias = Annotated[tuple[PositiveSize, PositiveSize], BeforeValidator(_pair)]
"""(height, width), each at least 1; one integer stands for both."""
NaturalPair: TypeAlias = Annotated[tuple[NaturalSize, NaturalSize], BeforeValidator(_pair)]
"""(height, width), each at least 0; one integer stands for both."""


def _flag(value: object) -> object:
    if not isinstance(value, bool):
        raise PydanticCustomError("flag", "expected true or false, got {got}", {"got": said(value)})
    return value


def _plain_integer(value: object) -> object:
    """A size without symbols is the integer that it is."""
    number = value.constant if isinstance(value, Dim) else value
    if isinstance(number, bool) or not isinstance(number, int):
        raise PydanticCustomError("integer", "expected an integer, got {got}", {"got": said(value)})
    return number


def _real(value: object) -> object:
    """An integer is a number too (``p: 0``); booleans, infinities and texts are not."""
    number = value.constant if isinstance(value, Dim) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
        raise PydanticCustomError("real", "expected a number, got {got}", {"got": said(value)})
    return float(number)


Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag)]
"""True or false."""
Integer: TypeAlias = Annotated[int, BeforeValidator(_plain_integer)]
"""An integer of either sign that no symbol is part of: an axis."""
Real: TypeAlias = Annotated[float, BeforeValidator(_real)]
"""A finite number, written as an integer or with a point."""


def word_of(*words: str) -> BeforeValidator:
    """Behind a ``Literal``: refuses what is none of its words, and lists them."""

    def check(value: object) -> object:
        if value not in words:
            raise PydanticCustomError(
                "word",
                "expected one of {words}, got {got}",
                {"words": ", ".join(words), "got": said(value)},
            )
        return value

    return BeforeValidator(check)
