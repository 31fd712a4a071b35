"""What must be a number in a whole network: arguments, and the sizes of weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Unknown, decided
from archcompile.ir.outcome import output_of, weights_of
from archcompile.ir.remedy import PooledBefore
from archcompile.ir.types import TensorType


def require_numbers(op: Op) -> None:
    """Refuse an argument of a network's layer that depends on the size of the input (``H``)."""
    given = op.model_fields_set  # a default is a number
    for argument in type(op).model_fields:
        if argument not in given:
            continue
        value = getattr(op, argument)
        if isinstance(value, Unknown):
            raise OpError(
                Code.UNSUPPORTED,
                f"`{op.key}`: `{argument}` is `{value.text}`, and that is not known while the "
                "input's size is open",
                argument=argument,
                help="give the input a number for that size",
            )
        if isinstance(value, Dim) and value.is_constant:
            continue  # as nearly all are
        for size in _sizes_in(value):
            if not size.is_constant:
                raise OpError(
                    Code.UNSUPPORTED,
                    f"`{op.key}`: `{argument}` is {size}, and that is no number while "
                    f"{', '.join(sorted(size.symbols))} is not known",
                    argument=argument,
                    help="give the input a number for its size, or write a number here",
                )


def settled_type(op: Op, *inputs: TensorType) -> TensorType:
    """The output's type of a network's layer, whose arguments and weights have numbers."""
    made = _settled(op, inputs)
    if isinstance(made, OpError):
        raise made.again()
    return made


@lru_cache(maxsize=1 << 15)
def _settled(op: Op, inputs: tuple[TensorType, ...]) -> TensorType | OpError:
    """Remembered, a refusal too: networks repeat themselves, and so do mistakes."""
    try:
        require_numbers(op)
        with decided():
            made = output_of(op, inputs)
            require_fixed_weights(op, *inputs)
    except OpError as error:
        return error.again()
    return made


def require_fixed_weights(op: Op, *inputs: TensorType) -> None:
    """Refuse a weight, or an inferred argument, that would be as large as the input (``H``)."""
    for weight in weights_of(op, inputs):
        if not all(size.is_constant for size in weight.shape):
            raise OpError(
                Code.UNSUPPORTED,
                f"`{op.key}` would have a `{weight.name}` of no fixed size: "
                f"[{', '.join(map(str, weight.shape))}] depends on the input",
                help=_FIXED,
                remedy=PooledBefore(),
            )
    for name, size in op.inferred(*inputs).items():
        if not size.is_constant:
            raise OpError(
                Code.UNSUPPORTED,
                f"`{op.key}` would have a `{name}` of no fixed size: {size} depends on the input",
                help=_FIXED,
                remedy=PooledBefore(),
            )


_FIXED = "give the input fixed sizes, or pool to a fixed size before this layer"


def _sizes_in(value: object) -> Iterator[Dim]:
    if isinstance(value, Dim):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _sizes_in(item)
