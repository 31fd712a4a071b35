"""GPU groups: what an op does where several GPUs share its layer, and whether its output is split.

A layer that reads a split tensor runs once per GPU, on that GPU's part (Krizhevsky et al. 2012,
sec. 3.2); one that reads a whole tensor divides its own channels among the GPUs, if it has any.
"""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, must_divide
from archcompile.ir.remedy import Argument
from archcompile.ir.settled import settled_type
from archcompile.ir.types import TensorType
from archcompile.ops.groups import nearest_divisors, nearest_multiple


def shared(op: Op, types: tuple[TensorType, ...], gpus: int) -> tuple[Op, int]:
    """The op as it is on one device, and over how many GPUs its output is split."""
    if gpus <= 1:
        return op, 1
    held = {each.parts for each in types}
    if held == {1}:
        return op, gpus if op.owns_channels(*types) else 1
    if 1 in held:
        raise OpError(
            Code.MIXED_GROUPS,
            f"`{op.key}` reads a tensor that is split over the GPUs and one that each has whole",
            operand=next(place for place, each in enumerate(types) if each.parts > 1),
            help="put `exchange` behind the layer that makes the split one: then both are whole",
        )
    return op.divided(gpus), gpus


def split(made: TensorType, parts: int, op: Op) -> TensorType:
    """The output's type; its channels must go up among the GPUs."""
    if parts > 1 and not must_divide(Dim.of(parts), made.channels):
        raise _unshared(op, made.channels, parts)
    return made.split(parts)


def shared_type(op: Op, types: tuple[TensorType, ...], gpus: int) -> tuple[Op, TensorType]:
    """A network's op as it is on one device, and its output's type.

    What the op refuses wherever it stands is said first, and as its author wrote it.
    """
    if gpus <= 1:
        return op, settled_type(op, *types)
    alone = settled_type(op, *(each.split(1) for each in types))
    device, parts = shared(op, types, gpus)
    made = split(alone, parts, op)
    if device is op:
        settled_type(op, *types)
        return op, made
    try:
        return device, split(settled_type(device, *types), parts, op)
    except OpError as error:
        if error.code is Code.NOT_DIVISIBLE:
            raise _groups_of_groups(op, types, parts, error) from None
        raise


def _unshared(op: Op, channels: Dim, parts: int) -> OpError:
    """Of channels that are the op's own the nearest number that goes up is known."""
    argument = next((name for name in _OWN if name in type(op).model_fields), None)
    remedy = None
    if argument is not None and channels.is_constant:
        remedy = Argument(argument, str(nearest_multiple(parts, int(channels))))
    return OpError(
        Code.UNSHARED_CHANNELS,
        f"`{op.key}` has {channels} channels, which {parts} GPUs cannot share",
        argument=argument,
        help=f"a multiple of {parts} goes up"
        if remedy is None
        else f"write `{argument}: {remedy.value}`, a multiple of {parts}",
        remedy=remedy,
    )


_OWN = ("out_channels", "out_features")
"""The arguments that say how many channels an op makes."""


def _groups_of_groups(op: Op, types: tuple[TensorType, ...], parts: int, error: OpError) -> OpError:
    """Each GPU would cut its own part of the channels once more."""
    own = next((name for name in ("groups", "num_groups") if name in type(op).model_fields), None)
    held = types[0].channels
    each = f"{held // parts} of the {held} channels"
    remedy = None
    if own is not None:
        ends = (held // parts, *(getattr(op, name) // parts for name in _OWN if hasattr(op, name)))
        near = nearest_divisors(getattr(op, own), *ends)
        remedy = Argument(own, str(near[0])) if near else None
    return OpError(
        Code.UNSHARED_CHANNELS,
        f"`{op.key}` runs on each of {parts} GPUs, which has {each}: its groups do not divide them",
        argument=own,
        operand=error.operand,
        help="fewer groups" if remedy is None else f"write `{own}: {remedy.value}`",
        remedy=remedy,
    )
