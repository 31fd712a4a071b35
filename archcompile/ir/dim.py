"""``Dim``: an exact integer expression over named symbols; the one representation of sizes.

Batch, channels and spatial sizes, paddings and parameter counts are all ``Dim``. A constant is one
without symbols, and its arithmetic is that of plain integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import gcd

from archcompile.diagnostics.span import small_value
from archcompile.ir.dim_bounds import lower_bound, upper_bound
from archcompile.ir.dim_form import (
    ZERO,
    DimTooLarge,
    Form,
    Symbol,
    add,
    evaluate,
    from_atom,
    multiply,
    scale,
    subtract,
    symbols_of,
)
from archcompile.ir.dim_rules import extreme, floor_divide, substitute_form
from archcompile.ir.dim_text import text_of

__all__ = ["Dim", "DimTooLarge", "ceil_div"]

_ONE = Form(1)


@small_value
class Dim:
    """A size in normal form; equal normal forms are equal sizes.

    It prints as Python. The questions that start with ``always`` answer True (for all admissible
    values of the symbols), False (for none) or None (undecided), and are never wrong. Expressions
    far beyond any network's sizes raise ``DimTooLarge``.
    """

    form: Form

    def __eq__(self, other: object) -> bool:
        """Equal forms; a size is never equal to an integer (``always_equal`` is for that)."""
        return self.form == other.form if isinstance(other, Dim) else NotImplemented

    def __hash__(self) -> int:
        """The form's own: every op and type that is remembered is looked up by its sizes."""
        return hash(self.form)

    def __deepcopy__(self, memo: dict[int, object]) -> Dim:
        """Itself, as it cannot change: pydantic copies the defaults of ops by the thousand."""
        return self

    @staticmethod
    def of(value: int | Dim) -> Dim:
        """The size that an integer is; a ``Dim`` is itself."""
        return value if isinstance(value, Dim) else _constant(value)

    @staticmethod
    def symbol(name: str, *, positive: bool = True) -> Dim:
        """An unknown size, printed as ``name``: any text that Python reads as one operand.

        It stands for integers of at least 1, or, with ``positive=False``, for any integer. A name
        is to be declared the same way everywhere.
        """
        return Dim(from_atom(Symbol(name, positive)))

    @staticmethod
    def minimum(first: int | Dim, *others: int | Dim) -> Dim:
        """The least of the sizes."""
        return Dim(extreme("min", [_form(size) for size in (first, *others)]))

    @staticmethod
    def maximum(first: int | Dim, *others: int | Dim) -> Dim:
        """The greatest of the sizes."""
        return Dim(extreme("max", [_form(size) for size in (first, *others)]))

    @staticmethod
    def total(sizes: Iterable[Dim]) -> Dim:
        """The sum, the plain integers first; 0 of nothing."""
        known, open_ = 0, ZERO
        for size in sizes:
            form = size.form
            if form.terms:
                open_ = add(open_, form)
            else:
                known += form.offset
        return Dim(add(open_, Form(known))) if open_.terms else _integer(known + open_.offset)

    @staticmethod
    def product(sizes: Iterable[Dim]) -> Dim:
        """The product, the plain integers first; 1 of nothing."""
        known, open_ = 1, _ONE
        for size in sizes:
            form = size.form
            if form.terms:
                open_ = multiply(open_, form)
            else:
                known *= form.offset
        return Dim(scale(open_, known)) if open_.terms else _integer(known * open_.offset)

    @property
    def constant(self) -> int | None:
        """The integer that this is, or None if a symbol is left."""
        return None if self.form.terms else self.form.offset

    @property
    def is_constant(self) -> bool:
        """Whether no symbol is left."""
        return not self.form.terms

    @property
    def symbols(self) -> frozenset[str]:
        """The names of the symbols that are left."""
        return frozenset(symbol.name for symbol in symbols_of(self.form))

    def __int__(self) -> int:
        if self.form.terms:
            names = ", ".join(f"`{name}`" for name in sorted(self.symbols))
            raise TypeError(f"the size `{self}` is not an integer: it depends on {names}")
        return self.form.offset

    # Nearly every size is a plain integer: those take the short way, which no rule of forms needs.

    def __add__(self, other: int | Dim) -> Dim:
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if left.terms or right.terms:
            return Dim(add(left, right))
        return _integer(left.offset + right.offset) if right.offset else self

    def __radd__(self, other: int) -> Dim:
        return self + other

    def __sub__(self, other: int | Dim) -> Dim:
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if left.terms or right.terms:
            return Dim(subtract(left, right))
        return _integer(left.offset - right.offset) if right.offset else self

    def __rsub__(self, other: int) -> Dim:
        return Dim(subtract(_form(other), self.form))

    def __mul__(self, other: int | Dim) -> Dim:
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if left.terms or right.terms:
            return Dim(multiply(left, right))
        return _integer(left.offset * right.offset)

    def __rmul__(self, other: int) -> Dim:
        return self * other

    def __floordiv__(self, other: int | Dim) -> Dim:
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if left.terms or right.terms or not right.offset:
            return Dim(floor_divide(left, right))
        return _integer(left.offset // right.offset)

    def __rfloordiv__(self, other: int) -> Dim:
        return Dim(floor_divide(_form(other), self.form))

    def __mod__(self, other: int | Dim) -> Dim:
        """``x % a`` is ``x - a * (x // a)``."""
        divisor = _form(other)
        if not self.form.terms and not divisor.terms and divisor.offset:
            return _integer(self.form.offset % divisor.offset)
        quotient = floor_divide(self.form, divisor)
        return Dim(subtract(self.form, multiply(divisor, quotient)))

    def __rmod__(self, other: int) -> Dim:
        return Dim.of(other) % self

    def __neg__(self) -> Dim:
        form = self.form
        return Dim(scale(form, -1)) if form.terms else _integer(-form.offset)

    def always_equal(self, other: int | Dim) -> bool | None:
        """Whether both have one value, whatever the symbols stand for."""
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if not left.terms and not right.terms:
            return left.offset == right.offset
        gap = subtract(left, right)
        if gap == ZERO:
            return True
        if not gap.terms or gap.offset % gcd(*(factor for _, factor in gap.terms)):
            return False
        low, high = lower_bound(gap), upper_bound(gap)
        if low == high == 0:
            return True
        is_apart = (low is not None and low > 0) or (high is not None and high < 0)
        return False if is_apart else None

    def always_less(self, other: int | Dim) -> bool | None:
        """Whether this is less than ``other``, whatever the symbols stand for."""
        return _always_at_least(subtract(_form(other), self.form), 1)

    def always_at_least(self, other: int | Dim) -> bool | None:
        """Whether this is ``other`` or more, whatever the symbols stand for."""
        left, right = self.form, other.form if isinstance(other, Dim) else _form(other)
        if not left.terms and not right.terms:
            return left.offset >= right.offset
        return _always_at_least(subtract(left, right), 0)

    def divisible_by(self, divisor: int | Dim) -> bool | None:
        """Whether the division leaves no rest, whatever the symbols stand for."""
        return (self % divisor).always_equal(0)

    def substitute(self, mapping: Mapping[str, int | Dim]) -> Dim:
        """The size with symbols replaced; a name that is not mapped stays.

        ``ValueError`` if a symbol that is at least 1 would become something that never is.
        """
        if not self.form.terms:
            return self

        def image(symbol: Symbol) -> Form:
            if symbol.name not in mapping:
                return from_atom(symbol)
            size = Dim.of(mapping[symbol.name])
            if symbol.positive and size.always_at_least(1) is False:
                raise ValueError(_inadmissible(symbol.name, size))
            return size.form

        return Dim(substitute_form(self.form, image))

    def evaluate(self, mapping: Mapping[str, int]) -> int:
        """The value for these symbol values, by plain integers.

        ``KeyError`` for a symbol without a value; ``ValueError`` for a value below 1 where the
        symbol is at least 1; ``ZeroDivisionError`` where a divisor comes out as 0.
        """
        for symbol in symbols_of(self.form):
            if symbol.name not in mapping:
                raise KeyError(f"no value for `{symbol.name}` in the size `{self}`")
            if symbol.positive and mapping[symbol.name] < 1:
                raise ValueError(_inadmissible(symbol.name, mapping[symbol.name]))
        return evaluate(self.form, mapping)

    def __str__(self) -> str:
        return text_of(self.form)

    def __repr__(self) -> str:
        return f"Dim({self})"


def ceil_div(dividend: int | Dim, divisor: int | Dim) -> Dim:
    """``dividend / divisor``, rounded up: ``-(-dividend // divisor)``."""
    return -(-Dim.of(dividend) // divisor)


def _integer(value: int) -> Dim:
    """Small sizes are shared; large ones, as counts of elements are, seldom come twice."""
    return _constant(value) if value < _SHARED else Dim(Form(int(value)))


_SHARED = 4096


@lru_cache(maxsize=_SHARED)
def _constant(value: int) -> Dim:
    """The same size is one object: there are few, and they are asked for by the thousand."""
    if not isinstance(value, int):
        raise _no_size(value)
    return Dim(Form(int(value)))


def _form(value: int | Dim) -> Form:
    if isinstance(value, Dim):
        return value.form
    if isinstance(value, int):
        return _integer(value).form
    raise _no_size(value)


def _no_size(value: object) -> TypeError:
    return TypeError(f"a size is made of integers, got {value!r}")


def _always_at_least(gap: Form, bound: int) -> bool | None:
    if not gap.terms:
        return gap.offset >= bound
    low = lower_bound(gap)
    if low is not None and low >= bound:
        return True
    high = upper_bound(gap)
    return False if high is not None and high < bound else None


def _inadmissible(name: str, value: int | Dim) -> str:
    return f"`{name}` stands for a size of at least 1, got {value}"
