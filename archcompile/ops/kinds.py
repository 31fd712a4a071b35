"""Kinds of arguments that several families share: lists of axes and sizes, positions, factors."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, InstanceOf
from pydantic_core import PydanticCustomError

from archcompile.diagnostics import Code
from archcompile.ir.arguments import (
    Integer,
    NaturalSize,
    PositiveSize,
    Real,
    said,
)
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown
from archcompile.ir.requirements import place_of_axis
from archcompile.ir.types import TensorType

Value = TypeVar("Value")


def known(value: Value) -> Value:
    """The argument. Raises ``Undecided`` for one that a block's call will give."""
    if isinstance(value, Unknown):
        raise Undecided(value.text)
    return value


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _position(value: object) -> object:
    if isinstance(value, Dim):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("size", "expected an integer, got {got}", {"got": said(value)})
    return Dim.of(value)


def _above_zero(value: float) -> float:
    if value <= 0:
        raise PydanticCustomError("real", "expected more than 0, got {got}", {"got": f"{value:g}"})
    return value


AxisList: TypeAlias = Annotated[tuple[Integer, ...], BeforeValidator(_listed)]
"""Several axes; one stands for a list of one."""
NaturalSizes: TypeAlias = Annotated[tuple[NaturalSize, ...], BeforeValidator(_listed)]
"""Sizes of at least 0."""
PositiveSizes: TypeAlias = Annotated[tuple[PositiveSize, ...], BeforeValidator(_listed)]
"""Sizes of at least 1."""
Position: TypeAlias = Annotated[InstanceOf[Dim], BeforeValidator(_position)]
"""An integer of either sign, which may be symbolic."""
Positions: TypeAlias = Annotated[tuple[Position, ...], BeforeValidator(_listed)]
"""Integers of either sign."""
PositiveReal: TypeAlias = Annotated[Real, AfterValidator(_above_zero)]
"""A number above 0."""


def places_of_axes(op: Op, argument: str, axes: tuple[int, ...], x: TensorType) -> tuple[int, ...]:
    """The axes counted from 0, in ascending order. Refuses the batch, and an axis named twice."""
    places = tuple(sorted(place_of_axis(op, argument, axis, x) for axis in known(axes)))
    if len(set(places)) == len(places) and places:
        return places
    raise OpError(
        Code.BAD_ARGUMENT,
        f"`{op.key}` needs each axis once, got `{argument}: {said(axes)}`",
        argument=argument,
    )
