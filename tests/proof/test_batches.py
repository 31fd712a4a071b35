"""Sizes and inputs that the voices are run on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from proof_networks import chain, op, tiny

from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.ir.program import Node, Program, Value
from archcompile.ir.types import TensorType
from archcompile.proof.batches import concrete_sizes, is_legal, sample_batches


def fully_convolutional() -> Program:
    return chain(
        TensorType.of("N", 3, "H", "W"),
        ("c1", op("conv2d", out_channels=4, kernel_size=5, stride=2)),
        ("c2", op("conv2d", out_channels=4, kernel_size=3)),
        ("pool", op("adaptive_avg_pool2d", output_size=1)),
        ("flat", op("flatten")),
    )


def test_the_smallest_legal_image_is_found_and_a_larger_one_with_it() -> None:
    small, large = concrete_sizes(fully_convolutional())
    # (x - 5)//2 + 1 >= 3 holds from 9 on
    assert small == {"H": 9, "W": 10}
    assert large["H"] > 9 and large["W"] == large["H"] + 1


def test_an_image_below_the_smallest_is_not_legal() -> None:
    assert is_legal(fully_convolutional(), {"H": 9, "W": 9})
    assert not is_legal(fully_convolutional(), {"H": 8, "W": 9})


def shrinking(side: Dim) -> Program:
    """Four halvings, and a convolution that sees nothing but its middle on a small image."""
    halved = {"out_channels": 2, "kernel_size": 3, "padding": 1}
    return chain(
        TensorType.of("N", 1, side, side),
        *((f"c{place}", op("conv2d", stride=2, **halved)) for place in range(4)),
        ("last", op("conv2d", **halved)),
    )


def test_the_larger_image_leaves_each_window_a_map_of_its_size() -> None:
    small, large = concrete_sizes(shrinking(Dim.symbol("H")))
    assert (small, large) == ({"H": 1}, {"H": 33})  # halved four times, that is 3
    assert concrete_sizes(shrinking(Dim.of(1000) * Dim.symbol("H")))[1] == {"H": 3}


def test_a_promise_of_divisibility_is_kept() -> None:
    side = Dim.of(8) * Dim.symbol("H")
    net = chain(TensorType.of("N", 1, side, side), ("p", op("max_pool2d", kernel_size=8)))
    assert concrete_sizes(net)[0] == {"H": 1}
    assert sample_batches(net, 0)[0].inputs["image"].shape == (1, 1, 8, 8)


def test_a_fixed_image_gives_three_batches_of_different_sizes() -> None:
    batches = sample_batches(tiny(), 0)
    assert [batch.inputs["image"].shape for batch in batches] == [
        (1, 2, 9, 10),
        (3, 2, 9, 10),
        (5, 2, 9, 10),
    ]
    assert {batch.inputs["image"].dtype for batch in batches} == {np.dtype("float32")}


def test_symbolic_sizes_add_a_batch_of_larger_images() -> None:
    shapes = [batch.inputs["image"].shape for batch in sample_batches(fully_convolutional(), 0)]
    assert shapes[:3] == [(1, 3, 9, 10), (3, 3, 9, 10), (5, 3, 9, 10)]
    assert shapes[3][2] > 9


def test_a_seed_gives_the_same_numbers_and_another_seed_other_ones() -> None:
    def numbers(seed: int) -> list[float]:
        return [float(batch.inputs["image"].flat[0]) for batch in sample_batches(tiny(), seed)]

    assert numbers(3) == numbers(3)
    assert len({*numbers(3), *numbers(4)}) == 6


def test_a_program_that_states_a_shape_which_its_ops_do_not_make_has_no_legal_sizes() -> None:
    net = fully_convolutional()
    first = net.members[0]
    assert isinstance(first, Node)
    wrong = replace(first, output=Value("c1", TensorType.of("N", 4, "H", "W")))
    with pytest.raises(InternalError, match="no sizes up to 65536 are legal for H, W"):
        concrete_sizes(replace(net, members=(wrong, *net.members[1:])))


def test_the_smallest_size_is_exact_between_two_powers_of_two() -> None:
    net = chain(TensorType.of("N", 1, "H", "H"), ("p", op("max_pool2d", kernel_size=13)))
    assert concrete_sizes(net)[0] == {"H": 13}
