"""Inference: the network without what only training needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archcompile.ir.dim import Dim
from archcompile.ir.program import Claim, ProgramOutput
from archcompile.ir.verifier import verify
from archcompile.passes.claims import check_claims
from archcompile.passes.costs import costs
from archcompile.passes.facts import facts
from archcompile.passes.inference import for_inference, training_only
from archcompile.passes.memory import memory
from archcompile.weights import tensors
from tests.programs import at, chain, conv, image, node, op, program, region, twice, with_heads

TRUNK = 4 * 27 + 4
HEAD = 5 * 256 + 5
UNREAD = 2 * 36 + 2


def test_a_network_without_training_outputs_is_itself() -> None:
    made = twice()
    assert for_inference(made) is made
    assert training_only(made) == frozenset()


def test_heads_go_with_all_that_hangs_on_them_and_unread_layers_stay() -> None:
    made = with_heads()
    verify(made)
    left = for_inference(made)
    verify(left)
    assert [each.path for each in left.nodes()] == ["conv", "relu", "unread", "flatten", "fc"]
    assert [each.path for each in left.regions()] == []
    assert [each.name for each in left.outputs] == ["logits"]
    assert training_only(made) == {"aux.flatten", "aux.fc", "loose"}


def test_the_state_dict_stays_whole() -> None:
    made = with_heads()
    assert {"aux.fc.weight", "aux.fc.bias"} <= {each.key for each in tensors(made)}


def test_a_block_of_which_training_needs_a_part_gives_on_the_rest() -> None:
    start = image(3, 8, 8)
    main = node("unit.main", conv(4), start)
    side = node("unit.side", conv(2), start)
    unit = replace(region("unit", main, side, block="unit"), outputs=(main.output, side.output))
    outputs = (ProgramOutput("y", main.output), ProgramOutput("z", side.output, training=True))
    left = for_inference(program((start,), (unit,), outputs=outputs))
    verify(left)
    (kept,) = left.regions()
    assert (kept.members, kept.outputs) == ((main,), (main.output,))


def test_a_value_that_inference_and_training_read_stays() -> None:
    start = image(3, 8, 8)
    first, second = chain(start, ("a", conv(4)), ("b", conv(4)))
    outputs = (
        ProgramOutput("a", first.output, training=True),
        ProgramOutput("b", second.output),
    )
    left = for_inference(program((start,), (first, second), outputs=outputs))
    assert [each.path for each in left.nodes()] == ["a", "b"]
    assert [each.name for each in left.outputs] == ["b"]


def test_parameters_are_those_of_the_whole_and_computations_those_of_inference() -> None:
    made = with_heads()
    found = costs(made, training_only(made))
    assert found.total.parameters == Dim.of(TRUNK + 2 * HEAD + UNREAD)
    assert found.inference.parameters == Dim.of(TRUNK + HEAD + UNREAD)
    assert found.total.macs == found.inference.macs == Dim.of(64 * (4 * 27 + 2 * 36) + 5 * 256)
    assert found.total.connections == Dim.of(64 * (TRUNK + UNREAD) + HEAD)
    by_name = dict(zip((each.name for each in made.nodes()), found.nodes, strict=True))
    assert by_name["aux.fc"].macs == by_name["aux.fc"].connections == Dim.of(0)
    assert by_name["aux.fc"].parameters == Dim.of(HEAD)


def test_shared_weights_that_training_uses_first_belong_to_inference_too() -> None:
    start = image(3, 8, 8)
    first = node("same", conv(3), start)
    second = node("same", conv(3), start, name="same#2")
    outputs = (ProgramOutput("a", first.output, training=True), ProgramOutput("b", second.output))
    made = program((start,), (first, second), outputs=outputs)
    found = costs(made, training_only(made))
    assert found.total.parameters == found.inference.parameters == Dim.of(84)
    assert [each.parameters for each in found.nodes] == [Dim.of(84), Dim.of(0)]


def test_the_peak_of_activations_is_that_of_inference() -> None:
    start = image(1, 4, 4)
    wide = node("aux", conv(1000), start)
    small = node("y", op("relu"), start)
    outputs = (ProgramOutput("aux", wide.output, training=True), ProgramOutput("y", small.output))
    found = memory(program((start,), (wide, small), outputs=outputs))
    assert found.outputs == (Dim.of(64_000), Dim.of(64))
    assert found.peak == Dim.of(128)


@pytest.mark.parametrize(
    ("subject", "inference", "value"),
    [
        ("parameters", False, TRUNK + 2 * HEAD + UNREAD),
        ("parameters", True, TRUNK + HEAD + UNREAD),
        ("macs", False, 64 * (4 * 27 + 2 * 36) + 5 * 256),
        ("macs", True, 64 * (4 * 27 + 2 * 36) + 5 * 256),
        ("connections", False, 64 * (TRUNK + UNREAD) + HEAD),
    ],
)
def test_claims_may_leave_training_out(subject: str, inference: bool, value: int) -> None:
    claims = [Claim(subject, None, value + off, at(2), inference=inference) for off in (0, 1)]
    made = replace(with_heads(), claims=tuple(claims))
    (wrong,) = check_claims(made, facts(made))
    assert f"but the network has {value:,}" in wrong.message


def test_the_receptive_field_of_a_network_is_that_of_its_first_inference_output() -> None:
    claim = Claim("receptive_field", None, 10, at(2))
    assert check_claims(replace(with_heads(), claims=(claim,))) == ()
