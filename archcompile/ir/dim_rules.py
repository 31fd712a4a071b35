"""How floor division, minimum and maximum reach their normal form.

The laws used, for integers ``y >= 1``:

- exact multiples come out: ``(q*y + r) // y = q + r // y``
- common factors cancel: ``(g*x + c) // (g*y) = (x + c // g) // y``
- floors nest: ``(x // a + b) // y = (x + a*b) // (a*y)``
- ``//`` is monotone: ``min(a, b) // y = min(a // y, b // y)``
- the ceiling is a floor: ``-x // y = -((x + y - 1) // y)``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import gcd
from typing import TypeAlias

from archcompile.ir.dim_bounds import lower_bound, upper_bound
from archcompile.ir.dim_form import (
    MAX_OPERANDS,
    ZERO,
    Atom,
    DimTooLarge,
    Extreme,
    ExtremeKind,
    FloorDiv,
    Form,
    Monomial,
    Symbol,
    add,
    collect,
    divide_monomials,
    form_key,
    from_atom,
    multiply,
    scale,
    subtract,
)

_OPPOSITE: dict[ExtremeKind, ExtremeKind] = {"min": "max", "max": "min"}
_Rule: TypeAlias = Callable[[Form, Form], Form | None]


def floor_divide(numerator: Form, denominator: Form) -> Form:
    """``numerator // denominator``; ``ZeroDivisionError`` for the constant denominator 0."""
    if not denominator.terms:
        if not denominator.offset:
            raise ZeroDivisionError("division of a size by zero")
        if not numerator.terms:
            return Form(numerator.offset // denominator.offset)
    return _floor_divide(numerator, denominator)


@lru_cache(maxsize=4096)
def _floor_divide(numerator: Form, denominator: Form) -> Form:
    if (upper_bound(denominator) or 0) < 0:
        numerator, denominator = scale(numerator, -1), scale(denominator, -1)
    if (lower_bound(denominator) or 0) < 1:
        # a divisor that may be zero or of either sign obeys none of the laws
        return from_atom(FloorDiv(numerator, denominator))
    whole, rest = _exact_multiples(numerator, denominator)
    if rest == ZERO:
        return whole
    for rule in _RULES:
        quotient = rule(rest, denominator)
        if quotient is not None:
            return add(whole, quotient)
    return add(whole, from_atom(FloorDiv(rest, denominator)))


def _exact_multiples(numerator: Form, denominator: Form) -> tuple[Form, Form]:
    """``(q, r)`` with ``numerator = q * denominator + r`` and nothing left in r to take out.

    For a constant denominator d, r's offset is in ``[-d/2, d/2)``: ``(H - 1) // 2 + 1`` keeps the
    look of the convolution formula.
    """
    if not denominator.terms:
        return _multiples_of_constant(numerator, denominator.offset)
    if len(denominator.terms) == 1 and not denominator.offset:
        return _multiples_of_monomial(numerator, *denominator.terms[0])
    return _multiple_of_sum(numerator, denominator)


def _multiples_of_constant(numerator: Form, divisor: int) -> tuple[Form, Form]:
    offset = (numerator.offset + divisor // 2) // divisor
    whole = tuple((m, c // divisor) for m, c in numerator.terms if c % divisor == 0)
    rest = tuple((m, c) for m, c in numerator.terms if c % divisor)
    if not rest:
        return Form(numerator.offset // divisor, whole), ZERO
    return Form(offset, whole), Form(numerator.offset - offset * divisor, rest)


def _multiples_of_monomial(numerator: Form, divisor: Monomial, factor: int) -> tuple[Form, Form]:
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in numerator.terms:
        quotient = divide_monomials(monomial, divisor)
        if quotient is None or coefficient % factor:
            rest[monomial] = coefficient
        else:
            whole[quotient] = coefficient // factor
    offset = whole.pop((), 0)
    return collect(offset, whole), collect(numerator.offset, rest)


def _multiple_of_sum(numerator: Form, denominator: Form) -> tuple[Form, Form]:
    """All or nothing: the polynomial quotient if it is exact."""
    whole, rest = ZERO, numerator
    lead, factor = denominator.terms[0]
    for _ in numerator.terms:
        if not rest.terms:
            break
        monomial, coefficient = rest.terms[0]
        quotient = divide_monomials(monomial, lead)
        if quotient is None or coefficient % factor:
            break
        step = _term(quotient, coefficient // factor)
        whole, rest = add(whole, step), subtract(rest, multiply(step, denominator))
    return (whole, ZERO) if rest == ZERO else (ZERO, numerator)


def _term(monomial: Monomial, coefficient: int) -> Form:
    return Form(0, ((monomial, coefficient),)) if monomial else Form(coefficient)


def _ceiling(rest: Form, denominator: Form) -> Form | None:
    if not rest.terms or any(coefficient > 0 for _, coefficient in rest.terms):
        return None
    if any(coefficient < 0 for _, coefficient in denominator.terms):
        # the turned numerator could be negative again, and turn back for ever
        return None
    upwards = add(subtract(denominator, rest), Form(-1))
    return scale(floor_divide(upwards, denominator), -1)


def _common_factor(rest: Form, denominator: Form) -> Form | None:
    """Cancel the integer and the positive symbols that numerator and denominator share."""
    numbers = [c for form in (rest, denominator) for _, c in form.terms]
    divisor = gcd(*numbers, denominator.offset) if rest.terms or denominator.terms else 1
    shared = _shared_symbols(rest, denominator)
    if divisor == 1 and not shared:
        return None
    return floor_divide(_cancelled(rest, divisor, shared), _cancelled(denominator, divisor, shared))


def _shared_symbols(rest: Form, denominator: Form) -> Monomial:
    if rest.offset or denominator.offset:
        return ()
    monomials = [dict(m) for form in (rest, denominator) for m, _ in form.terms]
    shared = [
        (atom, min(powers.get(atom, 0) for powers in monomials))
        for atom in monomials[0]
        if isinstance(atom, Symbol) and atom.positive
    ]
    return tuple((atom, power) for atom, power in shared if power)


def _cancelled(form: Form, divisor: int, shared: Monomial) -> Form:
    terms: dict[Monomial, int] = {}
    for monomial, coefficient in form.terms:
        terms[divide_monomials(monomial, shared) or ()] = coefficient // divisor
    return collect(form.offset // divisor + terms.pop((), 0), terms)


def _nested_floor(rest: Form, denominator: Form) -> Form | None:
    inner = [atom for atom, factor in _linear(rest) if factor == 1 and isinstance(atom, FloorDiv)]
    if len(inner) != 1 or (lower_bound(inner[0].denominator) or 0) < 1:
        return None
    beside = subtract(rest, from_atom(inner[0]))
    merged = add(inner[0].numerator, multiply(inner[0].denominator, beside))
    return floor_divide(merged, multiply(inner[0].denominator, denominator))


def _distributed(rest: Form, denominator: Form) -> Form | None:
    cases = _cases(rest)
    if cases is None:
        return None
    kind, operands = cases
    return extreme(kind, [floor_divide(operand, denominator) for operand in operands])


def _bounded(rest: Form, denominator: Form) -> Form | None:
    """The quotient is a constant where the bounds leave only one."""
    low, high = lower_bound(rest), upper_bound(rest)
    if low is not None and low >= 0 and _at_least(subtract(denominator, rest), 1):
        return ZERO
    if high is not None and high < 0 and _at_least(add(denominator, rest), 0):
        return Form(-1)
    if denominator.terms or low is None or high is None:
        return None
    least, most = low // denominator.offset, high // denominator.offset
    return Form(least) if least == most else None


def _at_least(form: Form, bound: int) -> bool:
    lowest = lower_bound(form)
    return lowest is not None and lowest >= bound


_RULES: tuple[_Rule, ...] = (_ceiling, _common_factor, _nested_floor, _distributed, _bounded)


def _linear(form: Form) -> Iterable[tuple[Atom, int]]:
    """The atoms that stand alone in a term, with their coefficients."""
    return (
        (monomial[0][0], coefficient)
        for monomial, coefficient in form.terms
        if len(monomial) == 1 and monomial[0][1] == 1
    )


def _cases(form: Form) -> tuple[ExtremeKind, list[Form]] | None:
    """A sum with one minimum or maximum in it, as the extreme of sums: ``min(a + c, b + c)``."""
    found = [(atom, factor) for atom, factor in _linear(form) if isinstance(atom, Extreme)]
    if len(found) != 1:
        return None
    ((atom, factor),) = found
    beside = subtract(form, scale(from_atom(atom), factor))
    kind = atom.kind if factor > 0 else _OPPOSITE[atom.kind]
    return kind, [add(scale(operand, factor), beside) for operand in atom.operands]


def extreme(kind: ExtremeKind, operands: list[Form]) -> Form:
    """The minimum or maximum: flattened, without operands that another one always beats.

    What the operands share comes out of it: ``min(a + c, b + c) = min(a, b) + c``, and
    ``min(g*a, g*b) = g * min(a, b)``.
    """
    if all(not operand.terms for operand in operands):
        pick = min if kind == "min" else max
        return Form(pick(operand.offset for operand in operands))
    if all(operand == operands[0] for operand in operands):
        return operands[0]
    left = _undominated(kind, _flattened(kind, operands))
    if len(left) == 1:
        return left[0]
    if any(each.terms and all(factor < 0 for _, factor in each.terms) for each in left):
        return scale(_shared_out(_OPPOSITE[kind], [scale(each, -1) for each in left]), -1)
    return _shared_out(kind, left)


def _flattened(kind: ExtremeKind, operands: list[Form]) -> list[Form]:
    flat: list[Form] = []
    for operand in operands:
        cases = _cases(operand)
        if cases is None or cases[0] != kind:
            flat.append(operand)
        else:
            flat += cases[1]
    return sorted(set(flat), key=_operand_key)


def _operand_key(operand: Form) -> tuple[bool, str]:
    """Constants last, as in sums."""
    return not operand.terms, form_key(operand)


def _undominated(kind: ExtremeKind, operands: list[Form]) -> list[Form]:
    left: list[Form] = []
    for operand in operands:
        if any(_beats(kind, kept, operand) for kept in left):
            continue
        left = [kept for kept in left if not _beats(kind, operand, kept)]
        left.append(operand)
        if len(left) > MAX_OPERANDS:
            raise DimTooLarge(f"a {kind} of more than {MAX_OPERANDS} sizes is beyond the limit")
    return left


def _beats(kind: ExtremeKind, winner: Form, loser: Form) -> bool:
    gap = subtract(loser, winner) if kind == "min" else subtract(winner, loser)
    return _at_least(gap, 0)


def _shared_out(kind: ExtremeKind, operands: list[Form]) -> Form:
    """The extreme of two or more operands with their common sum and factor outside."""
    tables = [dict(operand.terms) for operand in operands]
    monomials = {monomial for table in tables for monomial in table}
    least = {m: min(table.get(m, 0) for table in tables) for m in monomials}
    shared = collect(min(operand.offset for operand in operands), least)
    inner = [subtract(operand, shared) for operand in operands]
    factor = gcd(*(n for each in inner for n in (each.offset, *(c for _, c in each.terms))))
    reduced = [
        Form(each.offset // factor, tuple((m, c // factor) for m, c in each.terms))
        for each in inner
    ]
    atom = Extreme(kind, tuple(sorted(reduced, key=_operand_key)))
    return add(shared, scale(from_atom(atom), factor))


def substitute_form(form: Form, image: Callable[[Symbol], Form]) -> Form:
    """The form with each symbol replaced by its image, simplified again."""
    total = Form(form.offset)
    for monomial, coefficient in form.terms:
        product = Form(coefficient)
        for atom, power in monomial:
            replaced = _substitute_atom(atom, image)
            for _ in range(power):
                product = multiply(product, replaced)
        total = add(total, product)
    return total


def _substitute_atom(atom: Atom, image: Callable[[Symbol], Form]) -> Form:
    match atom:
        case Symbol():
            return image(atom)
        case FloorDiv(numerator=numerator, denominator=denominator):
            return floor_divide(
                substitute_form(numerator, image), substitute_form(denominator, image)
            )
        case Extreme(kind=kind, operands=operands):
            return extreme(kind, [substitute_form(operand, image) for operand in operands])
