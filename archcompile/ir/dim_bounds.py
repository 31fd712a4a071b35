"""Bounds of a form over all admissible symbol values: what makes comparison decidable.

Two relaxations are tried and the better bound taken. *Opaque*: a floor division is an unknown
within its own bounds. *Relaxed*: ``x // d`` is ``(x - r) / d`` with ``0 <= r < d``, so that floors
of related numerators cancel. Either way the form becomes a polynomial over unknowns that are free,
not negative, or boxed; as a form is an integer, a fractional bound rounds inwards. A minimum or
maximum is one of its operands, so a sum that holds one is decided case by case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import TypeAlias

from archcompile.ir.dim_form import (
    Atom,
    Extreme,
    FloorDiv,
    Form,
    Symbol,
    add,
    degree,
    from_atom,
    scale,
    subtract,
)

_CASES = 64
"""Combinations of operands of minima and maxima that one bound may look at."""
_MAX_DEGREE = 8
_MAX_PRODUCTS = 4000


class _TooWide(Exception):
    """The polynomial would cost too much; the bound is given up."""


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A real in ``[0, limit]`` (``None``: no upper end), or any real if ``free``."""

    key: str
    limit: int | None = None
    free: bool = False


_Product: TypeAlias = tuple[tuple[_Unknown, int], ...]
_Polynomial: TypeAlias = dict[_Product, Fraction]


def lower_bound(form: Form) -> int | None:
    """An integer that the form never falls below, or None if none is known."""
    return form.offset if not form.terms else _lower(form, _CASES)


def upper_bound(form: Form) -> int | None:
    """An integer that the form never exceeds, or None if none is known."""
    lowest = lower_bound(scale(form, -1))
    return _negated(lowest)


@lru_cache(maxsize=4096)
def _lower(form: Form, cases: int) -> int | None:
    for monomial, coefficient in form.terms:
        atom, power = monomial[0]
        if len(monomial) == 1 and power == 1 and isinstance(atom, Extreme):
            remaining = cases // len(atom.operands)
            if remaining:
                return _lower_by_cases(form, atom, coefficient, remaining)
    return highest(_lower_of_polynomial(form, relax) for relax in (True, False))


def _lower_by_cases(form: Form, atom: Extreme, coefficient: int, cases: int) -> int | None:
    """Bound ``form`` with each operand in the place of ``atom``.

    ``min`` counted positively is at least what its worst operand gives; counted negatively it is
    at least what every operand gives, so the best of them serves. ``max`` the other way round.
    """
    rest = subtract(form, scale(from_atom(atom), coefficient))
    bounds = [_lower(add(rest, scale(operand, coefficient)), cases) for operand in atom.operands]
    worst = (atom.kind == "min") == (coefficient > 0)
    return _lowest(bounds) if worst else highest(bounds)


def highest(bounds: Iterable[int | None]) -> int | None:
    """The best of several lower bounds."""
    return max((bound for bound in bounds if bound is not None), default=None)


def _lowest(bounds: list[int | None]) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if len(known) == len(bounds) else None


def _lower_of_polynomial(form: Form, relax: bool) -> int | None:
    try:
        polynomial = _expand(form, relax)
    except _TooWide:
        return None
    # Σ (coefficient over boxed unknowns) × (product of unbounded unknowns)
    grouped: dict[_Product, Fraction] = {(): Fraction(0)}
    for product, coefficient in polynomial.items():
        greatest, unbounded = _halves(product)
        is_boxed = len(unbounded) < len(product)
        lowest = min(coefficient * greatest, Fraction(0)) if is_boxed else coefficient
        grouped[unbounded] = grouped.get(unbounded, Fraction(0)) + lowest
    constant = grouped.pop(())
    if all(lowest >= 0 and _never_negative(product) for product, lowest in grouped.items()):
        return ceil(constant)
    return None


def _halves(product: _Product) -> tuple[int, _Product]:
    """The greatest value of the product's boxed unknowns, and its other unknowns."""
    greatest = 1
    for unknown, power in product:
        if unknown.limit is not None:
            greatest *= unknown.limit**power
    return greatest, tuple(factor for factor in product if factor[0].limit is None)


def _never_negative(product: _Product) -> bool:
    return all(not unknown.free or power % 2 == 0 for unknown, power in product)


def _expand(form: Form, relax: bool) -> _Polynomial:
    total: _Polynomial = {(): Fraction(form.offset)}
    for monomial, coefficient in form.terms:
        if degree(monomial) > _MAX_DEGREE:
            raise _TooWide
        product: _Polynomial = {(): Fraction(coefficient)}
        for atom, power in monomial:
            image = _image(atom, relax)
            for _ in range(power):
                product = _times(product, image)
        _accumulate(total, product, Fraction(1))
    return total


def _accumulate(total: _Polynomial, polynomial: _Polynomial, factor: Fraction) -> None:
    for product, coefficient in polynomial.items():
        value = total.get(product, Fraction(0)) + coefficient * factor
        if value or not product:
            total[product] = value
        else:
            total.pop(product, None)


def _times(left: _Polynomial, right: _Polynomial) -> _Polynomial:
    if len(left) * len(right) > _MAX_PRODUCTS:
        raise _TooWide
    total: _Polynomial = {(): Fraction(0)}
    for first, one in left.items():
        for second, other in right.items():
            powers = dict(first)
            for unknown, power in second:
                powers[unknown] = powers.get(unknown, 0) + power
            product = tuple(sorted(powers.items(), key=lambda factor: factor[0].key))
            _accumulate(total, {product: one * other}, Fraction(1))
    return total


def _image(atom: Atom, relax: bool) -> _Polynomial:
    """The atom as a polynomial over unknowns."""
    if relax and isinstance(atom, FloorDiv) and not atom.denominator.terms:
        divisor = atom.denominator.offset
        image: _Polynomial = {(): Fraction(0)}
        _accumulate(image, _expand(atom.numerator, relax), Fraction(1, divisor))
        remainder = _Unknown(f"r {atom.key}", divisor - 1)
        _accumulate(image, {((remainder, 1),): Fraction(-1)}, Fraction(1, divisor))
        return image
    low, high = _interval(atom)
    if low is not None:
        limit = None if high is None else high - low
        return {(): Fraction(low), ((_Unknown(atom.key, limit), 1),): Fraction(1)}
    if high is not None:
        return {(): Fraction(high), ((_Unknown(atom.key), 1),): Fraction(-1)}
    return {(): Fraction(0), ((_Unknown(atom.key, free=True), 1),): Fraction(1)}


def _interval(atom: Atom) -> tuple[int | None, int | None]:
    """The atom's own bounds."""
    match atom:
        case Symbol(positive=positive):
            return (1 if positive else None), None
        case FloorDiv():
            return _floor_interval(atom)
        case Extreme(kind=kind, operands=operands):
            lows = [lower_bound(operand) for operand in operands]
            highs = [upper_bound(operand) for operand in operands]
            if kind == "min":
                return _lowest(lows), _negated(highest(_negated(high) for high in highs))
            return highest(lows), _negated(_lowest([_negated(high) for high in highs]))


def _negated(bound: int | None) -> int | None:
    return None if bound is None else -bound


def _floor_interval(atom: FloorDiv) -> tuple[int | None, int | None]:
    """Bounds of ``x // y`` for ``y >= 1``: the quotient is furthest from 0 where y is smallest."""
    smallest, largest = lower_bound(atom.denominator), upper_bound(atom.denominator)
    if smallest is None or smallest < 1:
        return None, None
    low, high = lower_bound(atom.numerator), upper_bound(atom.numerator)
    return (
        None if low is None else _quotient(low, smallest if low < 0 else largest),
        None if high is None else _quotient(high, smallest if high >= 0 else largest),
    )


def _quotient(value: int, divisor: int | None) -> int:
    """``value // divisor``; without a divisor, the limit as it grows: 0 or -1."""
    if divisor is None:
        return -1 if value < 0 else 0
    return value // divisor
