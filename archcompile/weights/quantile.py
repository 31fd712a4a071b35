"""The normal distribution's quantile, written out: NumPy has none, and SciPy's may change."""

from __future__ import annotations

from math import erfc, sqrt
from typing import TYPE_CHECKING

from archcompile.libraries import numpy

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

_MIDDLE = (
    (3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
     21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610),
)  # fmt: skip
"""Numerator and denominator for ``|p - 1/2| <= 0.425``, constant terms first."""
_TAIL = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
     3.64784832476320460504, 1.27045825245236838258, 0.241780725177450611770,
     0.0227238449892691845833, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
     0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
"""The same for the tails."""


def lower_tail(x: float) -> float:
    """The probability that a standard normal number is below ``x``."""
    return erfc(-x / sqrt(2)) / 2


def normal_quantile(p: NDArray[float64]) -> NDArray[float64]:
    """The number below which a standard normal one lies with probability ``p``.

    To 1e-15 for ``p`` and ``1 - p`` above 1e-10 (Wichura 1988, algorithm AS 241, without its part
    for far tails).
    """
    np = numpy()
    q = p - 0.5
    middle = q * _ratio(_MIDDLE, 0.180625 - q * q)
    root = np.sqrt(-np.log(np.minimum(p, 1 - p)))
    tail = np.copysign(_ratio(_TAIL, root - 1.6), q)
    found: NDArray[float64] = np.where(np.abs(q) <= 0.425, middle, tail)
    return found


def _ratio(
    coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: NDArray[float64]
) -> NDArray[float64]:
    above, below = (_polynomial(each, r) for each in coefficients)
    return above / below


def _polynomial(coefficients: tuple[float, ...], r: NDArray[float64]) -> NDArray[float64]:
    """By Horner's rule."""
    value = r * 0.0
    for each in reversed(coefficients):
        value = value * r + each
    return value
