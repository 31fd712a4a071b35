"""What an op makes of its inputs, remembered: networks repeat themselves, and ops never change.

Only for ops of whole networks, whose arguments are known. A refusal is not remembered.
"""

from __future__ import annotations

from functools import lru_cache

from archcompile.ir.advice import Advice
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, Window, decided
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Weight

_KEPT = 1 << 15
"""More than a network has lines: each pass goes through all of them."""


@lru_cache(maxsize=_KEPT)
def output_of(op: Op, types: tuple[TensorType, ...]) -> TensorType:
    """The output's type, where what is not provably equal differs. Raises ``OpError``."""
    with decided():
        return op.infer(*types)


@lru_cache(maxsize=_KEPT)
def weights_of(op: Op, types: tuple[TensorType, ...]) -> tuple[Weight, ...]:
    """The op's weights."""
    return op.weights(*types)


@lru_cache(maxsize=_KEPT)
def work_of(op: Op, types: tuple[TensorType, ...]) -> tuple[Dim, Dim]:
    """Multiply-accumulates and connections."""
    return op.macs(*types), op.connections(*types)


@lru_cache(maxsize=_KEPT)
def windows_of(op: Op, types: tuple[TensorType, ...]) -> tuple[Window, ...] | None:
    """What an output position reads, along each axis."""
    return op.windows(*types)


@lru_cache(maxsize=_KEPT)
def advice_of(op: Op, types: tuple[TensorType, ...]) -> tuple[Advice, ...]:
    """What is likely a mistake in this use."""
    return tuple(op.advice(*types))
