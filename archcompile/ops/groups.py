"""Groups: channels that fall into parts, each of which sees its own inputs only."""

from __future__ import annotations

from math import gcd, isqrt

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, must_divide
from archcompile.ir.remedy import Argument, Arguments, WithoutArgument

_ONE = Dim.of(1)


def require_groups(
    groups: Dim, before: Dim, after: Dim, *, what: str = "channels", made_by: str | None = None
) -> None:
    """Refuse groups that do not divide the channels on both ends; offer the nearest that do.

    ``made_by`` is the argument that says how many channels come out, if there is one.
    """
    if groups == _ONE or (must_divide(groups, before) and must_divide(groups, after)):
        return
    ends = f"the input's {before} {what} and the output's {after}"
    if groups == before and made_by is not None:
        raise _not_depthwise(before, after, what, made_by)
    if groups == after and made_by is not None and groups != _ONE:
        raise _of_the_output(before, after, what, made_by)
    near = nearest_divisors(groups, before, after)
    raise OpError(
        Code.NOT_DIVISIBLE,
        f"`groups: {groups}` must divide {ends if before != after else f'the {before} {what}'}",
        argument="groups",
        help="leave `groups` out: 1 alone divides both" if near == (1,) else _offer("groups", near),
        remedy=_one_of("groups", near),
    )


def require_parts(argument: str, parts: Dim, whole: Dim, message: str) -> None:
    """Refuse parts that do not divide an axis; offer the nearest numbers that do."""
    if must_divide(parts, whole):
        return
    near = tuple(n for n in nearest_divisors(parts, whole) if n > 1)
    raise OpError(
        Code.NOT_DIVISIBLE,
        message,
        argument=argument,
        help=_offer(argument, near),
        remedy=_one_of(argument, near),
    )


def nearest_divisors(wanted: Dim, *sizes: Dim) -> tuple[int, ...]:
    """The divisors of all sizes on either side of ``wanted``, the nearer one first.

    None where they are not known, or too large to look for.
    """
    if not all(size.is_constant for size in (wanted, *sizes)):
        return ()
    middle, common = int(wanted), gcd(*map(int, sizes))
    if common > _LARGEST:
        return ()
    small = [n for n in range(1, isqrt(common) + 1) if common % n == 0]
    legal = sorted({*small, *(common // n for n in small)})
    near = [n for n in legal if n < middle][-1:] + [n for n in legal if n > middle][:1]
    return tuple(sorted(near, key=lambda n: (abs(n - middle), n)))


def nearest_multiple(of: int, number: int) -> int:
    """The multiple of ``of`` next to a number, the larger of two; at least ``of`` itself."""
    return max(of, (number + of // 2) // of * of)


def _one_of(argument: str, near: tuple[int, ...]) -> Argument | WithoutArgument | None:
    if near == (1,):
        return WithoutArgument(argument)
    return Argument(argument, str(near[0])) if near else None


def _offer(argument: str, near: tuple[int, ...]) -> str | None:
    if not near:
        return None
    other = "".join(f"; `{argument}: {each}` would do too" for each in near[1:])
    return f"write `{argument}: {near[0]}`{other}"


def _of_the_output(before: Dim, after: Dim, what: str, made_by: str) -> OpError:
    """As many groups as channels come out: what goes in was meant, a depthwise convolution."""
    count = "in.features" if what == "features" else "in.channels"
    return OpError(
        Code.NOT_DIVISIBLE,
        f"`groups: {after}` must divide the input's {before} {what} too",
        argument="groups",
        help=f"write `{made_by}: {count}` and `groups: {count}` for a group for each",
        remedy=Arguments(((made_by, count), ("groups", count))),
    )


def _not_depthwise(before: Dim, after: Dim, what: str, made_by: str) -> OpError:
    """As many groups as channels: then the number of outputs is what is wrong."""
    remedy = None
    if before.is_constant and after.is_constant:
        remedy = Argument(made_by, str(nearest_multiple(int(before), int(after))))
    return OpError(
        Code.NOT_DIVISIBLE,
        f"with a group for each of the {before} {what}, the output's must be a multiple of "
        f"{before}, got {after}",
        argument=made_by,
        help=None if remedy is None else f"write `{made_by}: {remedy.value}`",
        remedy=remedy,
    )


_LARGEST = 1 << 40
"""Divisors are looked for up to here, which takes a million steps at most."""
