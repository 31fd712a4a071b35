"""What ops require of their inputs and arguments: ranks, axes, and that no input is overwritten."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.ir.op import Op, OpError, Undecided, Unknown
from archcompile.ir.remedy import Argument, OtherOp, WithoutArgument
from archcompile.ir.types import TensorType


def refuse_inplace(op: Op, inplace: bool) -> None:
    """An op that would overwrite its input is refused: others may still read that value."""
    if inplace:
        raise OpError(
            Code.UNSUPPORTED,
            f"`{op.key}` with `inplace: true` overwrites its input, which other layers may read",
            argument="inplace",
            help="leave `inplace` out: it changes no result",
            remedy=WithoutArgument("inplace"),
        )


def place_of_axis(op: Op, argument: str, axis: int, value: TensorType) -> int:
    """An axis counted from 0; ``-1`` is the last. Refuses the batch and axes that do not exist."""
    if isinstance(axis, Unknown):
        raise Undecided(axis.text)
    place = axis + value.rank if axis < 0 else axis
    if not 0 <= place < value.rank:
        raise OpError(
            Code.BAD_ARGUMENT,
            f"`{op.key}`: {value} has the axes {-value.rank} to {value.rank - 1}, "
            f"got `{argument}: {axis}`",
            argument=argument,
        )
    if place == 0:
        raise OpError(
            Code.UNSUPPORTED,
            f"`{op.key}` over axis 0, the batch, would mix the samples",
            argument=argument,
            help=f"write `{argument}: 1` for the channel axis",
            remedy=Argument(argument, "1"),
        )
    return place


def require_rank(op: Op, value: TensorType, *ranks: int, layout: str) -> None:
    """Refuse a tensor of another rank; ``layout`` says what is expected, e.g. ``[N, C, H, W]``."""
    if value.rank in ranks:
        return
    raise OpError(
        Code.WRONG_RANK,
        f"`{op.key}` expects {layout}, got {value}",
        operand=0,
        help=_rank_help(op, value),
        remedy=_op_of_rank(op, value),
    )


def _rank_help(op: Op, value: TensorType) -> str | None:
    other = _op_of_rank(op, value)
    if other is not None:
        return f"write `{other.key}`"
    if value.rank == 2:
        return f"`{op.key}` works on channels with space: put it before what flattens them"
    return None


def _op_of_rank(op: Op, value: TensorType) -> OtherOp | None:
    """The op's sister for sequences or maps, if there may be one: the frontend knows the ops."""
    stem, ending = op.key[:-2], op.key[-2:]
    if ending == "1d" and value.rank == 4:
        return OtherOp(f"{stem}2d")
    if ending == "2d" and (value.rank == 3 or (value.rank == 2 and "norm" in stem)):
        return OtherOp(f"{stem}1d")
    return None
