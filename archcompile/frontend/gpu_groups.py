"""GPU groups: what an op does where several GPUs share its layer, and whether its output is split.

A layer that reads a split tensor runs once per GPU, on that GPU's part (Krizhevsky et al. 2012,
sec. 3.2); one that reads a whole tensor divides its own channels among the GPUs, if it has any.
"""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, must_divide
from archcompile.ir.types import TensorType

EXCHANGE_FIRST = "write `exchange` before it: then every GPU has all channels"


def shared(op: Op, types: tuple[TensorType, ...], gpus: int) -> tuple[Op, int]:
    """The op as it is on one device, and over how many GPUs its output is split."""
    if gpus <= 1:
        return op, 1
    held = {each.parts for each in types}
    if held == {1}:
        return op, gpus if op.owns_channels(*types) else 1
    if 1 in held:
        place = next(place for place, each in enumerate(types) if each.parts == 1)
        raise OpError(
            Code.SHAPE_MISMATCH,
            f"`{op.key}` reads a tensor that is split over the GPUs and one that each has whole",
            operand=place,
            help="write `exchange` where the other one is made: then both are whole",
        )
    return op.divided(gpus), gpus


def split(made: TensorType, parts: int, op: Op) -> TensorType:
    """The output's type; its channels must go up among the GPUs."""
    if parts > 1 and not must_divide(Dim.of(parts), made.channels):
        raise OpError(
            Code.NOT_DIVISIBLE,
            f"`{op.key}` has {made.channels} channels, which {parts} GPUs cannot share",
            help=f"a multiple of {parts}",
        )
    return made.split(parts)
