"""A form as Python text: positive terms first, the constant last, parentheses where they help."""

from __future__ import annotations

from functools import lru_cache

from archcompile.ir.dim_form import Atom, Extreme, FloorDiv, Form, Monomial, Symbol


def text_of(form: Form) -> str:
    """Valid Python whose value is the form's: ``4 * width``, ``(H - 1) // 2 + 1``."""
    return _open(form) if form.terms else str(form.offset)


@lru_cache(maxsize=4096)
def _open(form: Form) -> str:
    """Remembered: the types of a network repeat their open sizes, and so do findings."""
    positive = [(_product(m, c), True) for m, c in form.terms if c > 0]
    negative = [(_product(m, -c), False) for m, c in form.terms if c < 0]
    constant = [(str(abs(form.offset)), form.offset > 0)] if form.offset else []
    if not positive and form.offset > 0:
        return _joined([*constant, *negative])
    return _joined([*positive, *negative, *constant])


def _joined(parts: list[tuple[str, bool]]) -> str:
    """``a + b - c``; the first part of a sum of negative parts carries its own sign."""
    (first, is_positive), *others = parts
    start = first if is_positive else _negated(first)
    return start + "".join(f" {'+' if sign else '-'} {text}" for text, sign in others)


def _negated(product: str) -> str:
    """``-H // 2`` is ``(-H) // 2`` in Python, so a floor is put in parentheses."""
    return f"-({product})" if "//" in product else f"-{product}"


def _product(monomial: Monomial, coefficient: int) -> str:
    factors = [str(coefficient)] if coefficient > 1 else []
    (atom, power), *others = monomial
    if not factors and not others and power == 1 and isinstance(atom, FloorDiv):
        return _floor(atom)
    factors += [_power(factor, exponent) for factor, exponent in monomial]
    return " * ".join(factors)


def _power(atom: Atom, power: int) -> str:
    text = f"({_floor(atom)})" if isinstance(atom, FloorDiv) else _word(atom)
    if power == 1:
        return text
    # a formatter writes `x**2` for a plain name and spaces around `**` for anything else
    return f"{text}**{power}" if text.isidentifier() else f"{text} ** {power}"


def _word(atom: Symbol | Extreme) -> str:
    if isinstance(atom, Symbol):
        return atom.name
    return f"{atom.kind}({', '.join(text_of(operand) for operand in atom.operands)})"


def _floor(atom: FloorDiv) -> str:
    return f"{_numerator(atom.numerator)} // {_denominator(atom.denominator)}"


def _numerator(form: Form) -> str:
    """A product may stand bare: ``3 * H // 2``; a sum, a floor and a negative may not."""
    text = text_of(form)
    if not form.terms:
        return text if form.offset >= 0 else f"({text})"
    ((monomial, coefficient), *others) = form.terms
    is_floor = _is_floor(monomial) and coefficient == 1
    is_bare = not others and not form.offset and coefficient > 0 and not is_floor
    return text if is_bare else f"({text})"


def _is_floor(monomial: Monomial) -> bool:
    return len(monomial) == 1 and monomial[0][1] == 1 and isinstance(monomial[0][0], FloorDiv)


def _denominator(form: Form) -> str:
    text = text_of(form)
    if not form.terms:
        return text
    ((monomial, coefficient), *others) = form.terms
    is_word = not others and not form.offset and coefficient == 1 and len(monomial) == 1
    atom, power = monomial[0]
    return text if is_word and power == 1 and not isinstance(atom, FloorDiv) else f"({text})"
