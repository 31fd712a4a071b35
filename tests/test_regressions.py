"""What random specs once broke, each as the smallest spec that did."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import checker, parser
from spec_text import compile_text, shown

from archcompile.proof import interpret

PAIR = """
input: [N, 4]
blocks:
  pair: {layers: [sigmoid, softmax], outputs: [sigmoid, softmax]}
"""


@pytest.mark.parametrize(
    ("layers", "said"),
    [("[pair]", "(pair.sigmoid, pair.softmax)"), ("[pair, add]", "pair.sigmoid + pair.softmax")],
    ids=["as the network's outputs", "into the next line"],
)
def test_the_values_of_a_block_of_several_outputs_are_told_apart(layers: str, said: str) -> None:
    assert said in compile_text(f"{PAIR}layers: {layers}").source()


def test_a_block_that_ends_in_a_block_of_several_outputs_has_them_too() -> None:
    inner = "outer: {layers: [{name: inner, pair}]}"
    assert compile_text(f"{PAIR}  {inner}\nlayers: [outer, add]").source()


def test_a_layer_of_several_values_cannot_stand_in_a_sequence() -> None:
    assert shown(f"{PAIR}layers: [{{sequence: [pair]}}]") == [
        "AC505 6:22 a line of a `sequence` hands on one value, this one has 2"
    ]


def test_an_output_shows_one_value() -> None:
    assert shown(f"{PAIR}layers: [{{name: p, pair}}]\noutputs: {{a: p}}") == [
        "AC505 7:14 an output shows one value, `p` has 2"
    ]


@pytest.mark.parametrize(
    "outputs", ["outputs: {image: act}", "outputs: [image]"], ids=["renamed", "the input itself"]
)
def test_an_output_is_not_called_as_an_input(outputs: str) -> None:
    spec = f"input: {{image: [N, 1]}}\nlayers: [{{name: act, relu}}]\n{outputs}\n"
    (found,) = shown(spec)
    assert found.endswith("an output cannot be called as the input `image`")


def test_a_network_without_any_layer_is_refused() -> None:
    (found,) = shown("input: [N, 1]\nlayers: [{repeat: 0, relu}]\n")
    assert found.endswith("an output cannot be called as the input `x`")


def test_a_block_may_have_the_name_of_the_network() -> None:
    spec = "input: [N, 1]\nblocks: {net: {sequence: [relu]}}\nlayers: [net]\n"
    assert compile_text(spec).source()


def test_a_block_that_no_round_of_a_loop_calls_may_need_more_values_than_it_would_get() -> None:
    spec = """
    input: [N, 1]
    blocks: {both: {inputs: [a, b], layers: [{from: [a, b], add}]}}
    layers:
      - sequence:
          - for: {i: [1, 1]}
            layers: [{when: i == 2, both}, relu]
    """
    assert compile_text(spec).source()


def test_in_of_a_loops_when_is_what_the_loop_reads() -> None:
    spec = """
    input: [N, 1]
    layers:
      - sequence:
          - {for: {i: [1, 1]}, when: in.features != 2, layers: [{linear: 2}]}
    """
    network = compile_text(spec)
    assert network.source()
    assert [str(node.types[0]) for node in network.program.nodes()] == ["[N, 1]", "[N, 2]"]


def test_a_blocks_argument_that_depends_on_the_inputs_size_is_refused() -> None:
    spec = """
    input: [N, 3, H, W]
    blocks: {b: {params: {depth: int}, layers: [relu]}}
    layers: [{b: in.height // 2}]
    """
    (found,) = shown(spec)
    assert found.startswith("AC506") and "`depth` is H // 2" in found


def test_a_loop_inside_a_loop_counts_the_channels_on_once() -> None:
    spec = """
    input: [N, 1, H, W]
    layers:
      - sequence:
          - for: {c: [1, 2]}
            layers:
              - {repeat: 2, conv2d: [in.channels + 1, 1]}
              - conv2d: [in.channels * c, 1]
    """
    channels = [int(node.output.type.channels) for node in compile_text(spec).program.nodes()]
    assert channels == [2, 3, 3, 4, 5, 10]
    assert compile_text(spec).source().count("in_channels = in_channels") == 2


def test_a_chain_that_its_block_leaves_out_is_not_made() -> None:
    spec = """
    input: [N, 1, 1, 1]
    blocks:
      split:
        layers:
          - when: in.channels > 3
            sequence: [{when: in.channels > 5, relu}, {conv2d: [2, 1, groups: 2]}]
    layers: [split]
    """
    assert sum(1 for _ in compile_text(spec).module().parameters()) == 0


def test_a_size_that_cancels_out_of_an_argument_is_not_said() -> None:
    spec = """
    input: [N, 1, H, W]
    blocks: {b: {layers: [{conv2d: [in.width - in.width + 1, 1]}]}}
    layers: [b]
    """
    assert "nn.Conv2d(in_channels, 1, 1)" in compile_text(spec).source()


def test_a_weight_as_large_as_the_input_is_refused() -> None:
    (found,) = shown("input: [N, W]\nlayers: [{linear: 3}]\n")
    assert found == (
        "AC506 4:11 `linear` would have a `weight` of no fixed size: [3, W] depends on the input"
    )


def test_a_size_that_the_network_leaves_open_is_not_handed_to_a_class() -> None:
    spec = """
    input: [N, 1, H, W]
    blocks: {b: {params: {k: int}, layers: [{conv2d: ["min(k, in.width)", 1]}]}}
    layers: [{b: 1}]
    """
    assert "nn.Conv2d(1, 1, 1)" in compile_text(spec).source()


def test_a_block_of_several_outputs_may_stand_in_a_chain_that_no_call_gives_it() -> None:
    spec = f"""{PAIR}
  chain: {{params: {{all: bool}}, sequence: [relu, {{when: all, pair}}]}}
layers: [{{chain: false}}]
"""
    assert compile_text(spec).source()


def test_how_often_a_block_loops_is_known_to_what_reads_it() -> None:
    spec = """
    input: [N, 3, 8, 8]
    blocks:
      stage: {params: {depth: int, width: int}, sequence: [{repeat: depth, conv2d: [width, 1]}]}
      body: {params: {depth: int}, sequence: [{stage: [depth, 8]}, {conv2d: [16, 1]}]}
    layers: [{body: 2}, {body: 0}]
    """
    network = compile_text(spec)
    assert network.source()
    channels = [int(node.types[0].channels) for node in network.program.nodes()]
    assert channels == [3, 8, 8, 16]


def test_a_variable_that_a_function_fills_first_keeps_its_type() -> None:
    spec = """
    input: {image: [N, 4]}
    layers: [{from: [image, image], concat}, {linear: 2}]
    """
    source = compile_text(spec).source()
    assert "x: torch.Tensor = torch.cat([image, image], dim=1)" in source


def test_a_loop_that_python_has_no_function_for_is_written_out() -> None:
    spec = """
    input: [N, 1, 1, 1]
    layers: [{sequence: [{for: {i: [1, 9]}, layers: [{conv2d: ["make_divisible(i, 8)", 1]}]}]}]
    """
    assert "nn.Conv2d(8, 16, 1)" in compile_text(spec).source()


def test_a_flag_that_depends_on_the_inputs_size_is_refused() -> None:
    (found,) = shown("input: [N, 3, H, W]\nlayers: [{conv2d: [4, 3, bias: in.height > 8]}]\n")
    assert found.startswith("AC506") and "`bias` is `H > 8`" in found


def test_channels_that_grow_in_loops_inside_loops_are_carried_once() -> None:
    net = compile_text("""
        input: [N, 4, 8, 8]
        layers:
          - name: body
            sequence:
              - repeat: 2
                layers:
                  - repeat: 2
                    layers:
                      - {repeat: 2, conv2d: [in.channels + index, 1]}
    """)
    assert net.source().count("in_channels = ") == 2


def test_loops_inside_loops_take_no_longer_than_their_copies() -> None:
    lines = ["input: [N, 4, 8, 8]", "layers:", "  - name: body", "    sequence:"]
    for depth in range(10):
        lines += [f"{'    ' * depth}      - repeat: 2", f"{'    ' * depth}        layers:"]
    net = compile_text("\n".join([*lines, f"{'    ' * 10}      - {{conv2d: [4, 1]}}"]))
    assert len(list(net.program.nodes())) == 1024
    assert net.source().count("for _ in range(2):") == 10


def test_a_named_repeat_beside_a_sequence_makes_copies_of_the_sequence() -> None:
    spec = """
    input: [N, 4, 8, 8]
    layers:
      - {name: trunk, repeat: 2, sequence: [{conv2d: [4 + index, 1]}, relu]}
      - {from: trunk.0.1, tanh}
    """
    net = compile_text(spec)
    assert net.source()
    nodes = [node.path for node in net.program.nodes()]
    assert nodes == ["trunk.0.0", "trunk.0.1", "trunk.1.0", "trunk.1.1", "tanh"]


@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_structure_that_is_absent_shifts_no_name(flag: str) -> None:
    spec = f"""
    input: [N, 4, 8, 8]
    blocks:
      unit:
        params: {{there: bool}}
        layers:
          - {{when: there, residual: [{{conv2d: [4, 3, padding: 1]}}, {{residual: [relu]}}]}}
          - {{conv2d: [4, 1]}}
    layers: [{{unit: {flag}}}]
    """
    net = compile_text(spec)
    assert net.source()
    assert "unit.conv2d2.weight" in net.module().state_dict()


def test_a_shortcut_that_is_skipped_shifts_no_name() -> None:
    spec = """
    input: [N, 4, 8, 8]
    layers:
      - residual: {body: [relu], shortcut: {conv2d: [4, 1]}, skip: false}
      - conv2d: [4, 1]
    """
    assert list(compile_text(spec).module().state_dict()) == ["conv2d2.weight", "conv2d2.bias"]


def test_a_name_in_a_structure_that_is_absent_means_what_the_structure_would_have_read() -> None:
    spec = """
    input: [N, 4, 8, 8]
    layers:
      - {name: first, relu}
      - {name: unit, when: x.channels > 4, residual: [{name: act, relu}, {branches: {a: relu}}]}
      - {name: last, from: unit.act, tanh}
      - {from: [last, unit.a], add}
    outputs: [add, unit.act]
    expect: {shapes: {unit: [9, 9, 9], unit.act: [9, 9, 9]}}
    """
    net = compile_text(spec)
    assert net.source()
    reads = {node.name: [each.name for each in node.inputs] for node in net.program.nodes()}
    assert reads == {"first": ["x"], "last": ["first"], "add": ["last", "first"]}
    assert [output.name for output in net.program.outputs] == ["add"]


def test_a_body_inside_a_sequence_may_read_what_is_inside_its_own_modules() -> None:
    spec = """
    input: [N, 4, 8, 8]
    blocks:
      inner: {layers: [{name: two, sequence: [relu, tanh]}, {from: [two, two.0], add}]}
      outer: {sequence: [inner, relu]}
    layers: [outer]
    """
    assert compile_text(spec).source()


def test_a_layer_once_more_reads_inside_itself_what_this_use_made() -> None:
    spec = """
    input: [N, 4, 8, 8]
    blocks: {inner: {layers: [{name: two, sequence: [relu, tanh]}, {from: [two, two.0], add}]}}
    layers:
      - {name: first, inner}
      - {apply: first}
      - {from: [first, first.two.0], add}
    """
    net = compile_text(spec)
    assert net.source()
    reads = {node.name: [each.name for each in node.inputs] for node in net.program.nodes()}
    assert reads["first.add#2"] == ["first.two.1#2", "first.two.0#2"]
    assert reads["add"] == ["first.add", "first.two.0"]


def test_a_layer_that_is_absent_is_absent_once_more() -> None:
    spec = """
    input: [N, 4, 8, 8]
    blocks:
      unit: {params: {act: {layer: relu}}, layers: [{name: a, act}, tanh, {apply: a}]}
    layers: [{unit: {act: none}}, unit]
    """
    net = compile_text(spec)
    assert net.source()
    names = [node.name for node in net.program.nodes()]
    assert names == ["unit.tanh", "unit2.a", "unit2.tanh", "unit2.a#2"]


def test_gates_leave_the_receptive_field_of_an_open_size_small() -> None:
    """Global pooling leaves no neighbours: its window is no stride that later layers take."""
    gate = "[{adaptive_avg_pool2d: 1}, {name: s, sigmoid}, {from: [x, s], mul}]"
    spec = f"""
    input: [N, 4, H, W]
    blocks: {{gate: {{layers: {gate}}}}}
    layers:
      - {{repeat: 20, layers: [gate]}}
      - {{conv2d: [4, 3, stride: 2, padding: 1]}}
      - gate
    """
    assert compile_text(spec).source()


def test_a_loop_over_one_layer_may_stand_before_a_layer_that_a_round_leaves_out() -> None:
    spec = """
    input: [N, 4, 8, 8]
    layers:
      - name: trunk
        repeat: 2
        sequence: [{for: {c: [1, 2]}, layers: [tanh]}, {when: index == 0, relu}]
    """
    assert "*[nn.Tanh() for c in (1, 2)]" in compile_text(spec).source()


def test_a_value_inside_what_a_finding_leaves_open_is_no_second_finding() -> None:
    spec = """
    input: [N, 4, 8, 8]
    layers:
      - {name: a, sequence: [{conv2d: [4, 9]}, relu]}
      - {name: last, from: a.0, relu}
      - {name: aux, from: x, tanh}
    outputs: {last: last, aux: {from: aux, training: true}}
    """
    (found,) = shown(spec)
    assert "conv2d" in found


@pytest.mark.parametrize("body", ["layers", "sequence"])
def test_an_identity_that_one_call_has_and_another_has_not_is_two_classes(body: str) -> None:
    spec = f"""
    input: [N, 4, 8, 8]
    blocks:
      unit:
        params: {{width: int, there: true}}
        {body}: [{{conv2d: [width, 1]}}, {{name: out, when: there, identity}}]
    layers: [{{unit: 4}}, {{unit: [6, there: false]}}]
    """
    assert compile_text(spec).source().count("class Unit") == 2


def test_a_size_that_is_compared_with_itself_is_no_condition() -> None:
    spec = """
    input: [N, 4, 8, 8]
    blocks: {unit: {layers: [{when: in.channels != x.channels, conv2d: [4, 1]}, relu]}}
    layers: [unit, {conv2d: [6, 1]}, unit]
    """
    assert "if in_channels" not in compile_text(spec).source()


def test_rounds_of_which_one_knows_a_flag_that_a_call_decides_in_another_are_not_alike() -> None:
    flag = "index == 0 or in.channels > 3"
    spec = f"""
    input: [N, 3, 8, 8]
    blocks: {{unit: {{sequence: [{{repeat: 2, conv2d: [in.channels, 1, bias: {flag}]}}]}}}}
    layers: [unit, {{conv2d: [5, 1]}}, unit]
    """
    net = compile_text(spec)
    assert net.source()
    assert [key for key in net.module().state_dict() if "bias" in key] == [
        "unit.0.bias",
        "conv2d.bias",
        "unit2.0.bias",
        "unit2.1.bias",
    ]


def test_a_pool_whose_dilation_a_call_decides_though_its_size_is_known() -> None:
    unit = "unit: {params: {one: 1}, layers: [max_pool2d: [1, 1, 0, 2 * one]]}"
    made = compile_text(f"input: [N, 4, 8, 8]\nblocks: {{{unit}}}\nlayers: [unit]")
    assert "nn.MaxPool2d(1, stride=1, dilation=2" in made.source()


@pytest.mark.parametrize("bare", ["constant: 0.5", "parameter: [1]"])
def test_a_concatenation_with_a_value_of_another_rank_is_refused(bare: str) -> None:
    (said,) = shown(
        f"input: [N, 4, 8, 8]\nlayers: [{{name: g, {bare}}}, {{from: [x, g], concat: 1}}]"
    )
    assert said.startswith("AC502 4:")
    assert "[N, 4, 8, 8] from the input `x` (line 3) and [1] from `g` (line 4)" in said


@pytest.mark.parametrize("join", ["add", "mul", "sub"])
def test_a_bare_weight_without_axes_meets_every_shape(join: str) -> None:
    line = f"{{name: y, from: [x, g], {join}: {{}}}}"
    made = compile_text(
        f"input: [N, 4, 6]\nlayers: [{{name: g, parameter: [], init: 0.5}}, {line}]"
    )
    x = torch.arange(48.0).reshape(2, 4, 6)
    wanted = {"add": x + 0.5, "mul": x * 0.5, "sub": x - 0.5}[join].numpy()
    weights = {"g": np.array(0.5, "float32")}
    assert np.array_equal(made.module()(x).detach().numpy(), wanted)
    assert np.array_equal(interpret(made.program, {"x": x.numpy()}, weights)["y"], wanted)
    model = parser.parse_model(made.onnx_text())
    checker.check_model(model, full_check=True)


@pytest.mark.parametrize(
    "empty", ["repeat: 0, layers: [relu]", "sequence: [{when: false, relu: {}}]"]
)
def test_a_container_stands_where_its_first_member_with_layers_does(empty: str) -> None:
    text = f"""
    input: [N, 4]
    layers:
      - {{name: heads.a, {empty}}}
      - {{name: b, linear: 4}}
      - {{name: heads.c, linear: 4}}
    """
    keys = ["b.weight", "b.bias", "heads.c.weight", "heads.c.bias"]
    assert list(compile_text(text).module().state_dict()) == keys


def test_a_size_that_a_parameter_may_make_the_rest_is_what_the_others_leave() -> None:
    spec = """
    params: {one: 1}
    input: [N, 12, 3]
    layers: [{flatten: {}}, {unflatten: [1, [-1 * one, 2]]}, {conv1d: [1, 1]}]
    """
    assert "nn.Conv1d(18, 1, 1)" in compile_text(spec).source()


def test_of_two_sizes_that_parameters_may_make_the_rest_the_parameters_are_put_in() -> None:
    unit = "{params: {a: int, b: int}, layers: [{unflatten: [1, [a, b]]}, {conv1d: [1, 1]}]}"
    spec = f"""
    input: [N, 12]
    blocks: {{unit: {unit}}}
    layers: [{{name: y, unit: [-1, 4]}}, {{name: z, from: x, unit: [6, -1]}}]
    outputs: [y, z]
    """
    source = compile_text(spec).source()
    assert source.count("class Unit") == 2
    assert "nn.Conv1d(3, 1, 1)" in source or "in_features // 4" in source


@pytest.mark.parametrize("join", ["add", "sub", "mul"])
def test_what_broadcasting_gives_is_known_where_a_size_is_1(join: str) -> None:
    body = f"[{{name: a, conv2d: [width, 1]}}, {{from: [x, a], {join}: {{}}}}, {{conv2d: [2, 1]}}]"
    spec = f"""
    input: [N, 2, 1, 1]
    blocks:
      unit: {{params: {{width: 1}}, layers: {body}}}
      outer: {{params: {{width: 1}}, layers: [{{unit: width}}]}}
    layers: [{{unit: 1}}, {{unit: 2}}, {{outer: 1}}, {{outer: 2}}]
    """
    net = compile_text(spec)
    assert net.source().count("class Unit") == 2
    last = [node.types[0].channels for node in net.program.nodes() if "conv2d" in node.path]
    assert list(map(int, last)) == [2, 2, 2, 2]


def test_widths_that_every_call_keeps_equal_need_one_class() -> None:
    body = "[{name: a, conv2d: [width, 1]}, {from: [x, a], add}, {conv2d: [8, 1]}]"
    spec = f"""
    params: {{width: 4}}
    input: [N, 4, 8, 8]
    blocks: {{unit: {{params: {{width: int}}, layers: {body}}}}}
    layers: [{{unit: width}}, {{unit: 8}}]
    """
    source = compile_text(spec).source()
    assert source.count("class Unit") == 1
    assert "Unit(4, width)" in source


def test_groups_that_a_parameter_makes_one_are_no_other_normalisation() -> None:
    spec = """
    params: {one: 1}
    input: [N, 1, 1]
    layers: [{local_response_norm: {size: 1, groups: 1 * one}}]
    """
    assert "GroupedLocalResponseNorm(1, groups=one)" in compile_text(spec).source()
