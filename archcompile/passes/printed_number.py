"""Numbers as papers print them: ``60M``, ``0.27M``, ``1.8G``, ``159K``, ``61,706``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import floor

_PRINTED = re.compile(
    r"([0-9]{1,20}|[0-9]{1,3}(?:,[0-9]{3}){1,6})(?:\.([0-9]{1,9}))? ?([kKMGBT]?)\Z"
)
_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A count with as many digits as its author printed.

    Units are decimal: K (k) is 1,000, never 1,024; M, G (B) and T are its powers. A paper that
    counts in 1,024s (GoogLeNet's Table 1 does) needs its numbers written out.
    """

    digits: int
    """All printed digits as one integer: 27 in ``0.27M``."""
    decimals: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> PrintedNumber | None:
        """Read digits (thousands commas allowed), decimals and a unit; ``None`` for other text."""
        match = _PRINTED.match(text.strip())
        if match is None:
            return None
        whole, decimals, unit = match[1].replace(",", ""), match[2] or "", match[3]
        return cls(int(whole + decimals), len(decimals), unit)

    def agrees(self, count: int) -> bool:
        """Whether ``count``, rounded or cut to the printed digits, is this number."""
        steps = count / self._step
        return self.digits in (floor(steps), floor(steps + Fraction(1, 2)))

    def same_form(self, count: int) -> str:
        """``count`` rounded to this number's digits and unit, as its author would print it."""
        digits = str(floor(count / self._step + Fraction(1, 2))).zfill(self.decimals + 1)
        point = len(digits) - self.decimals
        return f"{int(digits[:point]):,}{'.' * bool(self.decimals)}{digits[point:]}{self.unit}"

    @property
    def _step(self) -> Fraction:
        """What one in the last printed digit is worth."""
        return Fraction(_UNITS[self.unit], 10**self.decimals)
