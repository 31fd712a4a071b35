"""Activation memory: bytes of each output and the peak, counted by hand on small nets."""

from __future__ import annotations

import pytest

from archcompile.ir.dim import Dim
from archcompile.ir.program import ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.passes.memory import memory
from tests.programs import chain, conv, image, lenet5, node, op, program


def test_the_peak_of_a_chain_is_its_largest_pair_of_neighbours() -> None:
    found = memory(lenet5())
    sizes = [int(size) // 4 for size in found.outputs]
    assert sizes == [4704, 4704, 1176, 1600, 1600, 400, 400, 120, 120, 84, 84, 10]
    assert int(found.peak) == 2 * 4704 * 4


def test_a_value_that_is_read_later_stays_alive() -> None:
    start = image(4, 8, 8)  # 256 elements, as every value below
    body = chain(start, ("a", conv(4)), ("b", op("relu")), ("c", conv(4)))
    joined = node("add", op("add"), body[-1].output, start)
    # while b runs: the input, a and b; while add runs: the input, c and the sum
    assert int(memory(program((start,), (*body, joined))).peak) == 3 * 256 * 4
    assert int(memory(program((start,), body)).peak) == 2 * 256 * 4


def test_an_output_stays_alive_to_the_end() -> None:
    start = image(4, 8, 8)
    body = chain(start, ("a", conv(4)), ("b", op("relu")), ("c", conv(4)))
    outputs = (ProgramOutput("early", body[0].output), ProgramOutput("late", body[-1].output))
    assert int(memory(program((start,), body, outputs=outputs)).peak) == 3 * 256 * 4


def test_an_input_that_nobody_reads_is_held_all_the_same() -> None:
    read, ignored = image(4, 8, 8), image(4, 8, 8, name="ignored")
    body = chain(read, ("a", conv(4)))
    assert int(memory(program((read, ignored), body)).peak) == 3 * 256 * 4


def test_a_value_that_nobody_reads_is_let_go() -> None:
    start = image(4, 8, 8)
    unread = node("unread", op("relu"), start)
    body = chain(start, ("a", conv(4)), ("b", op("relu")), ("c", op("relu")))
    found = memory(program((start,), (unread, *body)))
    assert int(found.peak) == 2 * 256 * 4


def test_the_peak_of_an_open_size_is_an_expression() -> None:
    start = image(4, "H", 8)
    peak = memory(program((start,), chain(start, ("a", conv(8)), ("b", op("relu"))))).peak
    assert str(peak) == "512 * H"


@pytest.mark.parametrize("size", [16, 17, 23, 32, 45, 64, 224])
def test_the_peak_of_an_open_size_becomes_that_of_a_known_one(size: int) -> None:
    symbolic, known = memory(lenet5(size="H")).peak, memory(lenet5(size=size)).peak
    assert symbolic.evaluate({"H": size}) == int(known)


@pytest.mark.parametrize("size", [8, 9, 15, 32, 33])
def test_a_net_that_shrinks_and_grows_in_width_keeps_every_peak_that_can_be_the_largest(
    size: int,
) -> None:
    def shrinking(side: int | str) -> int | Dim:
        start = image(3, side, side)
        layers = []
        for stage in range(4):
            wide = 4 ** (stage % 2 + 1) * (stage + 1)
            layers.append((f"conv{stage}", conv(wide, stride=2)))
            layers.append((f"relu{stage}", op("relu")))
        return memory(program((start,), chain(start, *layers))).peak

    symbolic = shrinking("H")
    assert isinstance(symbolic, Dim)
    assert symbolic.evaluate({"H": size}) == int(shrinking(size))


def test_the_peak_of_a_deep_net_of_open_size_is_found_quickly_and_stays_short() -> None:
    start = Value("image", TensorType.of("N", 3, "H", "W"))
    layers = [(f"conv{n}", conv(8 + n, stride=2 if n % 20 == 0 else 1)) for n in range(120)]
    peak = memory(program((start,), chain(start, *layers))).peak
    assert len(str(peak)) < 2000  # of 121 candidates, some ten are left
