"""Groups: channels that fall into parts, each of which sees its own inputs only."""

from __future__ import annotations

from math import gcd, isqrt

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, must_divide


def require_groups(groups: Dim, before: Dim, after: Dim, *, what: str = "channels") -> None:
    """Refuse groups that do not divide the channels on both ends; offer the nearest that do."""
    if must_divide(groups, before) and must_divide(groups, after):
        return
    raise OpError(
        Code.NOT_DIVISIBLE,
        f"`groups: {groups}` must divide the input's {before} {what} and the output's {after}",
        argument="groups",
        help=_nearest(groups, before, after),
    )


def _nearest(groups: Dim, *channels: Dim) -> str | None:
    """The divisors of both numbers on either side of ``groups``."""
    if not all(size.is_constant for size in (groups, *channels)):
        return None
    wanted, common = int(groups), gcd(*map(int, channels))
    if common > _LARGEST:
        return None
    small = [n for n in range(1, isqrt(common) + 1) if common % n == 0]
    legal = sorted({*small, *(common // n for n in small)})
    near = [n for n in legal if n < wanted][-1:] + [n for n in legal if n > wanted][:1]
    return f"`groups: {' or '.join(map(str, near))}` would"


_LARGEST = 1 << 40
"""Divisors are looked for up to here, which takes a million steps at most."""
