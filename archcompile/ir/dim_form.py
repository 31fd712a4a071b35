"""The normal form of a size: an integer polynomial over atoms, as plain data with ring operations.

A form is ``offset + Σ coefficient × monomial``; a monomial is a product of powers of atoms; an atom
is what addition and multiplication cannot take apart: a symbol, a floor division, a minimum or a
maximum. Terms and factors are sorted by a key that spells the whole structure out, so equal forms
are equal data, in every process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

MAX_TERMS = 500
"""Terms of one sum; far above what a network's sizes need, far below what stalls a compiler."""
MAX_PRODUCTS = 20_000
"""Term products of one multiplication."""
MAX_OPERANDS = 16
"""Operands of one minimum or maximum of which no one always beats another."""
MAX_NODES = 1000
"""Symbols and operations inside one atom."""
MAX_DEPTH = 32
"""Divisions, minima and maxima inside one another."""

ExtremeKind: TypeAlias = Literal["min", "max"]


class DimTooLarge(ArithmeticError):
    """A size expression outgrew the limits of this module."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named integer: at least 1 if ``positive``, else anything."""

    name: str = field(compare=False)
    positive: bool = field(compare=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", ascii(self.name) + ("" if self.positive else "?"))

    @property
    def nodes(self) -> int:
        """One symbol."""
        return 1

    @property
    def depth(self) -> int:
        """Nothing lies inside a symbol."""
        return 0


@dataclass(frozen=True, slots=True)
class FloorDiv:
    """``numerator // denominator``, rounded towards minus infinity as Python does."""

    numerator: Form = field(compare=False)
    denominator: Form = field(compare=False)
    key: str = field(init=False)
    nodes: int = field(init=False, compare=False)
    depth: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _measure(self, "floor", (self.numerator, self.denominator))


@dataclass(frozen=True, slots=True)
class Extreme:
    """The minimum or maximum of two or more forms, sorted by key, constants last."""

    kind: ExtremeKind = field(compare=False)
    operands: tuple[Form, ...] = field(compare=False)
    key: str = field(init=False)
    nodes: int = field(init=False, compare=False)
    depth: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        _measure(self, self.kind, self.operands)


Atom: TypeAlias = Symbol | FloorDiv | Extreme
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
"""Factors with their powers (at least 1), sorted by key; never empty in a form."""
Term: TypeAlias = tuple[Monomial, int]
"""A monomial and its coefficient, which is not 0."""


class Form(NamedTuple):
    """``offset`` plus the terms, highest degree first, then by key."""

    offset: int
    terms: tuple[Term, ...] = ()


ZERO = Form(0)


def _measure(atom: FloorDiv | Extreme, word: str, parts: tuple[Form, ...]) -> None:
    """Give an atom its key, size and depth, or refuse it; O(size)."""
    inner = [factor for part in parts for factor in atoms(part)]
    nodes = 1 + sum(factor.nodes for factor in inner)
    depth = 1 + max((factor.depth for factor in inner), default=0)
    if nodes > MAX_NODES or depth > MAX_DEPTH:
        raise DimTooLarge(
            f"a size of {nodes} parts, nested {depth} deep, is beyond the limit of "
            f"{MAX_NODES} parts, nested {MAX_DEPTH} deep"
        )
    object.__setattr__(atom, "key", f"{word}({','.join(form_key(part) for part in parts)})")
    object.__setattr__(atom, "nodes", nodes)
    object.__setattr__(atom, "depth", depth)


def atoms(form: Form) -> Iterator[Atom]:
    """The atoms at the form's top level, with repetitions, in order."""
    return (atom for monomial, _ in form.terms for atom, _ in monomial)


def form_key(form: Form) -> str:
    """A text that no other form has."""
    terms = [
        "*".join([str(coefficient), *(f"{atom.key}^{power}" for atom, power in monomial)])
        for monomial, coefficient in form.terms
    ]
    return "+".join([*terms, str(form.offset)])


def degree(monomial: Monomial) -> int:
    """The sum of the powers."""
    return sum(power for _, power in monomial)


def _term_key(term: Term) -> tuple[int, tuple[tuple[str, int], ...]]:
    monomial, _ = term
    return -degree(monomial), tuple((atom.key, -power) for atom, power in monomial)


def collect(offset: int, coefficients: Mapping[Monomial, int]) -> Form:
    """The form of these terms: zeros dropped, the rest sorted."""
    terms = [term for term in coefficients.items() if term[1]]
    if len(terms) > MAX_TERMS:
        raise DimTooLarge(f"a size of {len(terms)} terms is beyond the limit of {MAX_TERMS}")
    return Form(offset, tuple(sorted(terms, key=_term_key)))


def from_atom(atom: Atom) -> Form:
    """The form that is this atom alone."""
    return Form(0, ((((atom, 1),), 1),))


def add(left: Form, right: Form) -> Form:
    """``left + right``."""
    offset = left.offset + right.offset
    if not right.terms:
        return Form(offset, left.terms)
    if not left.terms:
        return Form(offset, right.terms)
    total = dict(left.terms)
    for monomial, coefficient in right.terms:
        total[monomial] = total.get(monomial, 0) + coefficient
    return collect(offset, total)


def scale(form: Form, factor: int) -> Form:
    """``form * factor``."""
    if not factor:
        return ZERO
    if not form.terms:
        return Form(form.offset * factor)
    terms = tuple((monomial, coefficient * factor) for monomial, coefficient in form.terms)
    return Form(form.offset * factor, terms)


def subtract(left: Form, right: Form) -> Form:
    """``left - right``."""
    if not right.terms:
        return Form(left.offset - right.offset, left.terms)
    return add(left, scale(right, -1))


def multiply(left: Form, right: Form) -> Form:
    """``left * right``, distributed over the sums."""
    if not right.terms:
        return scale(left, right.offset)
    if not left.terms:
        return scale(right, left.offset)
    products = (len(left.terms) + 1) * (len(right.terms) + 1)
    if products > MAX_PRODUCTS:
        raise DimTooLarge(f"a product of {products} terms is beyond the limit of {MAX_PRODUCTS}")
    total: dict[Monomial, int] = {}
    for first, one in (*left.terms, ((), left.offset)):
        for second, other in (*right.terms, ((), right.offset)):
            monomial = multiply_monomials(first, second)
            total[monomial] = total.get(monomial, 0) + one * other
    return collect(total.pop((), 0), total)


def multiply_monomials(left: Monomial, right: Monomial) -> Monomial:
    """The product: powers of equal atoms added."""
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return _sorted(powers)


def divide_monomials(dividend: Monomial, divisor: Monomial) -> Monomial | None:
    """The quotient, or None if a power would be negative."""
    powers = dict(dividend)
    for atom, power in divisor:
        powers[atom] = powers.get(atom, 0) - power
        if powers[atom] < 0:
            return None
    return _sorted({atom: power for atom, power in powers.items() if power})


def _sorted(powers: Mapping[Atom, int]) -> Monomial:
    return tuple(sorted(powers.items(), key=lambda factor: factor[0].key))


def symbols_of(form: Form) -> Iterator[Symbol]:
    """Every symbol in the form, at any depth, with repetitions."""
    for atom in atoms(form):
        if isinstance(atom, Symbol):
            yield atom
            continue
        for part in parts_of(atom):
            yield from symbols_of(part)


def parts_of(atom: FloorDiv | Extreme) -> tuple[Form, ...]:
    """The forms that an operation reads."""
    return (atom.numerator, atom.denominator) if isinstance(atom, FloorDiv) else atom.operands


def evaluate(form: Form, values: Mapping[str, int]) -> int:
    """The form's value, by plain integers; ``KeyError`` for a symbol without a value."""
    total = form.offset
    for monomial, coefficient in form.terms:
        for atom, power in monomial:
            coefficient *= _evaluate_atom(atom, values) ** power
        total += coefficient
    return total


def _evaluate_atom(atom: Atom, values: Mapping[str, int]) -> int:
    match atom:
        case Symbol(name=name):
            return values[name]
        case FloorDiv(numerator=numerator, denominator=denominator):
            return evaluate(numerator, values) // evaluate(denominator, values)
        case Extreme(kind=kind, operands=operands):
            pick = min if kind == "min" else max
            return pick(evaluate(operand, values) for operand in operands)
