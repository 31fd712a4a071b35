"""Parameters, buffers and multiply-accumulates, against known counts and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archcompile.passes.costs import costs
from tests.programs import conv, image, lenet5, node, op, program, small_resnet

FACTS = json.loads((Path(__file__).parents[1] / "facts" / "lenet5.json").read_text("utf-8"))
FORMS = {"lenet5": lenet5(), "lenet5_28": lenet5(size=28, padding=2)}


@pytest.mark.parametrize("form", FORMS)
def test_lenet5_costs_what_the_literature_says(form: str) -> None:
    total = costs(FORMS[form]).total
    assert int(total.parameters) == int(total.trainable) == FACTS[form]["parameters"] == 61_706
    assert int(total.macs) == FACTS[form]["macs"] == 416_520
    assert int(total.buffers) == FACTS[form]["buffers"] == 0
    assert int(total.weight_bytes) == 246_824


@pytest.mark.parametrize("form", FORMS)
def test_each_layer_of_lenet5_costs_what_its_row_says(form: str) -> None:
    rows = FACTS[form]["layers"][:12]
    found = [(int(cost.parameters), int(cost.macs)) for cost in costs(FORMS[form]).nodes]
    assert found == [(row["params"], row["macs"]) for row in rows]


def test_batch_norm_has_two_parameters_and_two_buffers_per_channel() -> None:
    start = image(7, 4, 4)
    (cost,) = costs(program((start,), (node("bn", op("batch_norm2d"), start),))).nodes
    assert (int(cost.parameters), int(cost.buffers), int(cost.macs)) == (14, 14, 0)
    assert int(cost.weight_bytes) == 28 * 4


def test_a_module_applied_twice_has_its_weights_counted_once() -> None:
    start = image(3, 8, 8)
    first = node("encoder", conv(3), start)
    second = node("encoder", conv(3), first.output, name="encoder#2")
    found = costs(program((start,), (first, second)))
    assert [int(cost.parameters) for cost in found.nodes] == [84, 0]
    assert int(found.total.macs) == 2 * 8 * 8 * 27 * 3
    assert int(found.total.connections) == 2 * 8 * 8 * 28 * 3
    assert found.inference == found.total


def test_weights_are_counted_once_in_what_inference_needs_too() -> None:
    start = image(3, 8, 8)
    first = node("encoder", conv(3), start)
    second = node("encoder", conv(3), first.output, name="encoder#2")
    head = node("head", conv(5), second.output)
    found = costs(program((start,), (first, second, head)), frozenset({"head"}))
    assert int(found.inference.parameters) == 84
    assert int(found.total.parameters) == 84 + 5 * 28
    assert int(found.inference.macs) == int(found.total.macs) == 2 * 8 * 8 * 27 * 3


def test_macs_of_an_open_size_stay_an_expression() -> None:
    start = image(3, "H", 8)
    found = costs(program((start,), (node("c", conv(2), start),)))
    assert found.total.macs.constant is None
    assert "H" in str(found.total.macs)
    assert int(found.total.parameters) == 2 * 27 + 2


def test_counts_of_a_residual_net_are_the_sum_over_its_nodes() -> None:
    found = costs(small_resnet())
    # stem 432 + 32, four convolutions of 2,304 with 32 each, classifier 170
    assert int(found.total.parameters) == 464 + 4 * (2304 + 32) + 170
    assert int(found.total.buffers) == 5 * 32
