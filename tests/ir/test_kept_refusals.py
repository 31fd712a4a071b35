"""Refusals that are remembered."""

from __future__ import annotations

import pytest

from archcompile.ir.op import OpError
from archcompile.ir.settled import settled_type
from archcompile.ir.types import TensorType
from archcompile.ops.convolution import Conv2d


def refused() -> OpError:
    op = Conv2d.model_validate({"out_channels": 8, "kernel_size": 41})
    with pytest.raises(OpError) as caught:
        settled_type(op, TensorType.of("N", 3, 32, 32))
    return caught.value


def frames(error: OpError) -> int:
    count, trace = 0, error.__traceback__
    while trace is not None:
        count, trace = count + 1, trace.tb_next
    return count


def test_a_refusal_that_comes_twice_says_the_same() -> None:
    first, second = refused(), refused()
    assert first is not second
    assert (str(first), vars(first)) == (str(second), vars(second))


def test_a_refusal_that_is_kept_does_not_gather_frames() -> None:
    assert frames(refused()) == frames(refused())
    assert refused().again().__traceback__ is None
