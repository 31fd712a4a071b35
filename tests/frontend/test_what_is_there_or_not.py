"""What a condition leaves out: ``exchange``, structures, second uses, and twins of one name."""

from __future__ import annotations

import pytest
from spec_text import compile_text, shown


def test_an_absent_exchange_leaves_a_tensor_split() -> None:
    spec = """
    input: [N, 4, 8, 8]
    params: {whole: false}
    layers:
      - gpu_groups:
          count: 2
          layers: [{conv2d: [8, 1]}, {when: whole, exchange}, {name: last, conv2d: [8, 1]}]
    """
    assert "self.last = nn.Conv2d(8, 8, 1, groups=2)" in compile_text(spec).source()


@pytest.mark.parametrize("first", ["wide", "not wide"])
def test_of_twins_of_one_name_the_one_that_is_there_is_applied_again(first: str) -> None:
    spec = f"""
    input: [N, 3, 8, 8]
    params: {{wide: false}}
    layers:
      - {{name: conv, when: {first}, conv2d: [3, 3, padding: 1]}}
      - {{name: conv, when: not ({first}), conv2d: [3, 1]}}
      - {{name: again, apply: conv}}
    """
    assert compile_text(spec).source().count("= self.conv(") == 2


def test_a_claim_of_a_twin_that_is_there_is_checked() -> None:
    spec = """
    input: [N, 3, 8, 8]
    params: {wide: false}
    layers:
      - {name: conv, when: wide, conv2d: [6, 1]}
      - {name: conv, when: not wide, conv2d: [3, 1]}
    expect: {shapes: {conv: [6, 8, 8]}}
    """
    assert len(shown(spec)) == 1


def test_a_twin_that_is_there_is_read_although_the_other_would_have_read_several_values() -> None:
    spec = """
    input: [N, 3, 8, 8]
    params: {adds: false}
    layers:
      - {name: conv, conv2d: [3, 1]}
      - {name: joined, when: adds, from: [conv, x], add}
      - {name: joined, when: not adds, from: [conv, x], mul}
      - {from: joined, relu}
    """
    assert compile_text(spec).source()


def test_two_named_structures_of_which_one_is_there_may_share_a_name() -> None:
    spec = """
    input: [N, 3, 8, 8]
    params: {first: false}
    layers:
      - {name: unit, when: first, residual: [{name: one, conv2d: [3, 1]}]}
      - {name: unit, when: not first, residual: [{name: two, conv2d: [3, 1]}]}
      - {name: unit, when: first, residual: [{name: three, conv2d: [3, 1]}]}
      - {from: unit, relu}
    """
    keys = compile_text(spec).module().state_dict()
    assert list(keys) == ["unit.two.weight", "unit.two.bias"]


def test_a_shortcut_that_is_an_absent_second_use_is_the_identity() -> None:
    spec = """
    input: [N, 3, 8, 8]
    params: {projects: false}
    layers:
      - residual:
          body: [{name: conv, conv2d: [3, 1]}, {name: act, relu}]
          shortcut: {name: again, from: act, when: projects, apply: conv}
    """
    assert compile_text(spec).source()


def test_a_block_inside_which_a_value_is_read_can_be_applied_again() -> None:
    spec = """
    input: [N, 3, 8, 8]
    blocks: {unit: {layers: [{name: conv, conv2d: [3, 1]}, relu]}}
    layers: [{name: unit}, {name: again, apply: unit}, {from: [unit.conv, again], add}]
    """.replace("{name: unit}", "{name: unit, unit}")
    assert compile_text(spec).source()


def test_one_of_several_pieces_is_no_layer_to_apply_again() -> None:
    spec = "input: [N, 8]\nlayers: [{name: [a, b], chunk: 2}, {from: x, apply: a}]\n"
    (found,) = shown(spec)
    assert found.endswith("`a` is no layer that can be applied again")


def test_an_init_beside_the_call_of_a_block_is_refused() -> None:
    spec = """
    input: [N, 3, 8, 8]
    blocks: {unit: {layers: [conv2d: [3, 1]]}}
    layers: [{unit, init: {weight: 0}}]
    """
    (found,) = shown(spec)
    assert found.endswith("`unit` is a block, and has no weights of its own")


@pytest.mark.parametrize(
    "start",
    [
        "bias: kaiming_normal",
        "bias: {xavier_uniform: 2}",
        "weight: {normal: -1}",
        "weight: {truncated_normal: 0}",
        "weight: {uniform: {low: 1, high: -1}}",
    ],
)
def test_a_start_that_torch_cannot_draw_is_refused(start: str) -> None:
    spec = f"input: [N, 3, 8, 8]\nlayers: [{{conv2d: [3, 1], init: {{{start}}}}}]\n"
    (found,) = shown(spec)
    assert found.startswith("AC306 ")
