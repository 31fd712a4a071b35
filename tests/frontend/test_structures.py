"""Structures of a class body: what they read, what their layers are called, what they build."""

from __future__ import annotations

import pytest
from spec_text import compile_text, shown

from archcompile.backends.pytorch.readback import hold
from archcompile.diagnostics import InternalError
from archcompile.network import Network

BLOCKS = """
blocks:
  conv_act:
    params: {out_channels: int, kernel_size: 3, activation: {layer: relu}}
    layers:
      - {name: conv, conv2d: {out_channels: out_channels, kernel_size: kernel_size, padding: same}}
      - activation
"""


def net(layers: str, *, blocks: str = "", head: str = "input: [N, 4, 8, 8]") -> Network:
    lines = "\n".join(f"      {line}" for line in layers.strip("\n").split("\n"))
    return compile_text(f"{head}\n{blocks}\nlayers:\n{lines}\n")


def reads(network: Network) -> dict[str, tuple[str, ...]]:
    """Each node with the values that it reads."""
    return {node.name: tuple(each.name for each in node.inputs) for node in network.program.nodes()}


def test_a_residual_joins_its_input_and_its_body() -> None:
    found = reads(net("- residual: [{name: conv, conv2d: [4, 3, padding: 1]}, relu]"))
    assert found == {"conv": ("x",), "relu": ("conv",), "add": ("x", "relu")}


def test_a_shortcut_reads_the_residuals_input_and_comes_first() -> None:
    spec = """
- residual:
    body: [{name: conv, conv2d: [6, 3, padding: 1]}]
    shortcut: {name: project, conv2d: [6, 1]}
"""
    assert reads(net(spec)) == {"conv": ("x",), "project": ("x",), "add": ("project", "conv")}


def test_a_shortcut_may_read_a_value_of_the_body() -> None:
    spec = """
- residual:
    body: [{name: act, relu}, {name: conv, conv2d: [6, 3, padding: 1]}]
    shortcut: {name: project, from: act, conv2d: [6, 1]}
"""
    assert reads(net(spec))["project"] == ("act",)


def test_an_absent_shortcut_is_the_identity() -> None:
    spec = """
- residual:
    body: [{name: conv, conv2d: [4, 3, padding: 1]}]
    shortcut: {name: project, when: in.channels != 4, conv2d: [4, 1]}
"""
    assert reads(net(spec)) == {"conv": ("x",), "add": ("x", "conv")}


def test_without_a_way_around_there_is_the_body_alone() -> None:
    spec = """
- residual:
    body: [{name: conv, conv2d: [6, 3]}]
    shortcut: {name: project, conv2d: [6, 1]}
    skip: false
"""
    assert reads(net(spec)) == {"conv": ("x",)}


def test_a_residual_may_join_by_any_op() -> None:
    found = net("- residual: {body: [{name: conv, conv2d: [3, 1]}], join: concat}")
    assert reads(found)["concat"] == ("x", "conv")
    assert str(found.program.outputs[0].value.type) == "[N, 7, 8, 8]"


def test_branches_read_one_value_and_are_joined_in_the_order_of_the_text() -> None:
    spec = """
- branches:
    wide: {conv2d: [2, 1]}
    deep: [{conv2d: [3, 1]}, relu]
    as_it_is: identity
- relu
"""
    assert reads(net(spec)) == {
        "wide": ("x",),
        "deep.0": ("x",),
        "deep.1": ("deep.0",),
        "as_it_is": ("x",),
        "concat": ("wide", "deep.1", "as_it_is"),
        "relu": ("concat",),
    }


def test_branches_in_a_list_stand_in_the_body_around() -> None:
    spec = """
- relu
- branches:
    - [{name: a, conv2d: [4, 1]}, relu]
    - []
  join: add
"""
    assert reads(net(spec)) == {
        "relu": ("x",),
        "a": ("relu",),
        "relu2": ("a",),
        "add": ("relu2", "relu"),
    }


def test_a_named_structure_is_a_level_of_names() -> None:
    spec = """
- name: unit
  residual: [{name: conv, conv2d: [4, 3, padding: 1]}, {from: conv, relu}]
- {from: unit.conv, conv2d: [2, 1]}
- {name: last, from: unit, identity}
"""
    network = net(spec)
    assert reads(network) == {
        "unit.conv": ("x",),
        "unit.relu": ("unit.conv",),
        "unit.add": ("x", "unit.relu"),
        "conv2d": ("unit.conv",),
        "last": ("unit.add",),
    }
    keys = dict(network.module().state_dict())
    assert list(keys) == ["unit.conv.weight", "unit.conv.bias", "conv2d.weight", "conv2d.bias"]


def test_structures_inside_structures_read_what_stands_around_them() -> None:
    spec = """
- {name: stem, conv2d: [4, 1]}
- residual:
    - branches:
        a: {conv2d: [2, 1]}
        b: {from: stem, conv2d: [2, 1]}
    - residual: [relu]
"""
    assert reads(net(spec)) == {
        "stem": ("x",),
        "a": ("stem",),
        "b": ("stem",),
        "concat": ("a", "b"),
        "relu": ("concat",),
        "add": ("concat", "relu"),
        "add2": ("stem", "add"),
    }


def test_a_structure_that_a_condition_leaves_out_is_what_it_would_have_read() -> None:
    spec = """
- {name: a, relu}
- {name: unit, when: x.channels > 4, residual: [relu]}
- {from: unit, tanh}
"""
    assert reads(net(spec)) == {"a": ("x",), "tanh": ("a",)}


def test_a_layer_applied_again_has_the_same_weights() -> None:
    spec = """
- {name: encoder, conv2d: [4, 3, padding: 1]}
- {name: right, from: x, apply: encoder}
- {from: [encoder, right], add}
"""
    network = net(spec)
    assert reads(network) == {
        "encoder": ("x",),
        "encoder#2": ("x",),
        "add": ("encoder", "encoder#2"),
    }
    assert list(network.module().state_dict()) == ["encoder.weight", "encoder.bias"]
    assert network.source().count("self.encoder(x)") == 2


def test_a_block_applied_again_has_the_same_weights() -> None:
    spec = """
- {name: encoder, conv_act: 4}
- {apply: encoder}
- {apply: encoder}
"""
    network = net(spec, blocks=BLOCKS)
    assert [name for name in reads(network) if "conv" in name] == [
        "encoder.conv",
        "encoder.conv#2",
        "encoder.conv#3",
    ]
    assert len(network.module().state_dict()) == 2


def test_what_is_applied_again_must_fit_the_weights() -> None:
    spec = "[{name: a, conv2d: [6, 1]}, {apply: a}]"
    (found,) = shown(f"input: [N, 4, 8, 8]\nlayers: {spec}")
    assert "`a` cannot be used once more here" in found
    assert "weight [6, 6, 1, 1]" in found and "weight [6, 4, 1, 1]" in found


def test_a_layer_that_is_handed_over_is_used_as_an_op() -> None:
    spec = """
- {name: a, conv_act: 4}
- {name: b, conv_act: [4, activation: {leaky_relu: 0.2}]}
- {name: c, conv_act: {out_channels: 4, activation: none}}
"""
    network = net(spec, blocks=BLOCKS)
    assert list(reads(network)) == ["a.conv", "a.activation", "b.conv", "b.activation", "c.conv"]
    assert "self.activation = nn.LeakyReLU(0.2)" in network.source()


def test_arguments_of_a_layer_handed_over_are_its_givers() -> None:
    blocks = """
blocks:
  inner:
    params: {unit: layer}
    layers: [{unit: {out_channels: 6}}]
  outer:
    params: {kernel_size: int}
    layers: [{inner: {unit: {conv2d: {kernel_size: kernel_size}}}}]
"""
    network = net("- {outer: 3}\n- {name: again, outer: 5}", blocks=blocks)
    kernels = [str(dict(node.op)["kernel_size"][0]) for node in network.program.nodes()]
    assert kernels == ["3", "5"]
    network.source()


def test_a_class_is_made_for_each_value_of_what_decides_its_structure() -> None:
    blocks = """
blocks:
  unit:
    params: {width: int, skip: true}
    layers:
      - residual:
          body: [{conv2d: [width, 3, padding: 1]}]
          skip: skip
"""
    spec = """
- {name: a, unit: 4}
- {name: b, unit: [6, skip: false]}
- {name: c, unit: 6}
"""
    source = net(spec, blocks=blocks).source()
    assert source.count("(nn.Module):") == 3
    assert source.count("__init__(self, in_channels: int, width: int)") == 2


def test_a_flag_that_is_always_the_same_is_gone_from_the_class() -> None:
    blocks = """
blocks:
  unit:
    params: {width: int, bias: true, option: {choice: [A, B], default: B}}
    layers:
      - conv2d: [width, 1, bias: bias]
      - {when: option == 'A', relu}
"""
    source = net("- {name: a, unit: 4}\n- {name: b, unit: 6}", blocks=blocks).source()
    assert "bias" not in source and "option" not in source and "ReLU" not in source


def test_let_names_derived_values_in_order() -> None:
    blocks = """
blocks:
  unit:
    params: {width: int}
    let: {inner: width // 2, wide: inner * 4, project: x.channels != wide}
    layers:
      - conv2d: [inner, 1]
      - {name: grown, conv2d: [wide, 1]}
      - {when: project, relu}
"""
    network = net("- {unit: 8}", blocks=blocks)
    assert [str(node.output.type.channels) for node in network.program.nodes()] == ["4", "16", "16"]


def test_two_layers_may_share_a_name_of_which_a_call_has_one() -> None:
    blocks = """
blocks:
  unit:
    params: {smooth: true}
    layers:
      - {name: act, when: smooth, tanh}
      - {name: act, when: not smooth, relu}
"""
    network = net("- {name: a, unit}\n- {name: b, unit: false}", blocks=blocks)
    assert [(node.path, node.op.key) for node in network.program.nodes()] == [
        ("a.act", "tanh"),
        ("b.act", "relu"),
    ]
    network.source()


def test_the_name_of_an_absent_layer_that_reads_several_cannot_be_read() -> None:
    spec = """
input: [N, 4, 8, 8]
layers:
  - {name: a, relu}
  - {name: both, when: x.channels > 4, from: [a, x], add}
  - {from: both, tanh}
"""
    (found,) = shown(spec)
    assert "`both` is left out here, and it would have read several values" in found


def test_the_outputs_of_an_op_of_several_are_read_by_their_names() -> None:
    spec = """
- {name: [left, right], chunk: 2}
- {name: a, from: right, conv2d: [2, 1]}
- {from: [left, a], concat}
"""
    network = net(spec)
    assert reads(network)["a"] == ("right",)
    assert "left, right = torch.chunk(x, 2, dim=1)" in network.source()


def test_the_outputs_of_an_op_of_several_are_read_by_number_or_in_order() -> None:
    found = reads(net("- {name: halves, chunk: 2}\n- add\n- {from: halves.1, conv2d: [2, 1]}"))
    assert found["add"] == ("halves.0", "halves.1")
    assert found["conv2d"] == ("halves.1",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{name: [a, b], relu}", "`relu` has one output, got 2 names"),
        ("{name: [a, b, c], chunk: 2}", "`chunk` has 2 outputs here, got 3 names"),
    ],
)
def test_there_are_as_many_names_as_outputs(line: str, message: str) -> None:
    (found,) = shown(f"input: [N, 4, 8, 8]\nlayers: [{line}]")
    assert message in found


def test_a_path_as_a_name_is_a_key_of_the_state_dict() -> None:
    spec = """
- {name: extra.0, conv2d: [4, 1]}
- {name: head.cls, conv2d: [4, 1]}
- {name: extra.1, conv2d: [4, 1]}
- {name: deep.a.b, conv2d: [4, 1]}
"""
    network = net(spec)
    weights = [key for key in network.module().state_dict() if key.endswith("weight")]
    assert weights == ["extra.0.weight", "extra.1.weight", "head.cls.weight", "deep.a.b.weight"]


@pytest.mark.parametrize("name", ["a.keys", "a.1b", "a..b", "a.class", "a.training"])
def test_a_path_whose_part_no_container_can_hold_is_refused(name: str) -> None:
    (found,) = shown(f"input: [N, 4, 8, 8]\nlayers: [{{name: {name}, relu}}]")
    assert "AC3" in found


def test_a_layer_cannot_stand_inside_a_layer() -> None:
    spec = "[{name: a, relu}, {name: a.b, relu}]"
    (found,) = shown(f"input: [N, 4, 8, 8]\nlayers: {spec}")
    assert "`a.b` would stand inside the layer `a`" in found


def test_an_output_whose_layer_is_absent_is_absent() -> None:
    spec = """
input: [N, 4, 8, 8]
layers:
  - {name: main, relu}
  - {name: aux, from: main, when: x.channels > 4, tanh}
outputs: [main, aux]
expect: {shapes: {aux: [9, 9, 9]}}
"""
    assert [output.name for output in compile_text(spec).program.outputs] == ["main"]


GROUPS = """
- gpu_groups:
    count: 2
    layers:
      - {name: conv1, conv2d: [8, 3, padding: 1]}
      - {name: norm, local_response_norm: 5}
      - {name: conv2, conv2d: [8, 3, padding: 1]}
      - exchange
      - {name: conv3, conv2d: [8, 3, padding: 1]}
      - flatten
      - {name: fc, linear: 4}
- {name: last, linear: 4}
"""


def test_a_layer_that_reads_a_split_tensor_runs_once_for_each_gpu() -> None:
    nodes = {node.path: node for node in net(GROUPS).program.nodes()}
    groups = {path: str(dict(node.op).get("groups", 1)) for path, node in nodes.items()}
    assert groups == {
        "conv1": "1",  # reads the input, which every GPU has whole
        "norm": "2",
        "conv2": "2",
        "conv3": "1",  # reads what was exchanged
        "flatten": "1",
        "fc": "2",
        "last": "1",
    }
    assert [nodes[path].output.type.parts for path in ("conv1", "conv3", "fc")] == [2, 2, 2]
    assert nodes["last"].inputs[0].type.parts == 1


def test_one_gpu_has_everything_whole() -> None:
    nodes = list(net(GROUPS.replace("count: 2", "count: 1")).program.nodes())
    assert {str(dict(node.op).get("groups", 1)) for node in nodes} == {"1"}


def test_blocks_inside_gpu_groups_run_on_each_gpu() -> None:
    spec = """
- gpu_groups:
    count: 2
    layers:
      - {name: a, conv_act: 8}
      - {name: b, conv_act: 8}
- {name: c, conv_act: 8}
"""
    network = net(spec, blocks=BLOCKS)
    groups = [str(dict(node.op).get("groups", 1)) for node in network.program.nodes()]
    assert groups == ["1", "1", "2", "1", "1", "1"]
    assert "groups=2" in network.source()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[{conv2d: [9, 1]}]", "`conv2d` has 9 channels, which 2 GPUs cannot share"),
        ("[{conv2d: [8, 1]}, softmax]", "`softmax` cannot run on each GPU's channels by itself"),
        (
            "[{name: a, conv2d: [4, 1]}, {from: [a, x], add}]",
            "`add` reads a tensor that is split over the GPUs and one that each has whole",
        ),
        ("[{gpu_groups: {count: 2, layers: [relu]}}]", "cannot stand inside `gpu_groups`"),
    ],
)
def test_what_gpus_cannot_share_is_refused(lines: str, message: str) -> None:
    spec = f"input: [N, 4, 8, 8]\nlayers: [{{gpu_groups: {{count: 2, layers: {lines}}}}}]"
    (found,) = shown(spec)
    assert message in found


def test_exchange_has_no_meaning_outside_gpu_groups() -> None:
    (found,) = shown("input: [N, 4, 8, 8]\nlayers: [exchange, relu]")
    assert "`exchange` stands in `gpu_groups`" in found


PREACTIVATION = """
blocks:
  unit:
    params: {width: int, stride: 1}
    layers:
      - residual:
          body:
            - {name: act, relu}
            - {name: conv, conv2d: [width, 3, stride: stride, padding: 1]}
          shortcut:
            name: project
            from: act
            when: stride != 1 or x.channels != width
            conv2d: [width, 1, stride: stride]
"""


def test_one_class_serves_units_with_and_without_a_projection_of_their_activation() -> None:
    spec = "- {name: stage, repeat: 3, unit: {width: 6, stride: 2 if index == 0 else 1}}"
    network = net(spec, blocks=PREACTIVATION)
    source = network.source()
    assert source.count("(nn.Module):") == 2
    assert "self.project: nn.Module | None = (" in source
    assert "project = x if self.project is None else self.project(act)" in source
    found = reads(network)
    assert found["stage.0.project"] == ("stage.0.act",)
    assert found["stage.1.add"] == ("stage.0.add", "stage.1.conv")


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("x if self.project is None else self.project(act)", "self.project(act)"),
        (
            "x if self.project is None else self.project(act)",
            "act if self.project is None else self.project(act)",
        ),
        (
            "x if self.project is None else self.project(act)",
            "x if self.project is None else self.project(x)",
        ),
        (
            "x if self.project is None else self.project(act)",
            "x if self.conv is None else self.project(act)",
        ),
        ("else None", "else nn.Identity()"),
        ("if stride != 1 or in_channels != width", "if stride != 1"),
    ],
)
def test_a_source_that_takes_another_way_around_is_refused(said: str, instead: str) -> None:
    spec = "[{name: a, unit: 6}, {name: b, unit: 6}]"
    network = compile_text(f"input: [N, 4, 8, 8]\n{PREACTIVATION}\nlayers: {spec}")
    source = network.source()
    assert said in source
    with pytest.raises(InternalError):
        hold(source.replace(said, instead), network.program)


def test_a_condition_on_sizes_makes_two_classes_and_no_more() -> None:
    blocks = """
blocks:
  unit:
    params: {width: int, stride: 1}
    layers:
      - residual:
          body: [{name: conv, conv2d: [width, 3, stride: stride, padding: 1]}]
          skip: stride == 1 and x.channels == width
  outer:
    params: {width: int}
    layers: [{name: a, unit: width}, {name: b, unit: 2 * width}]
"""
    spec = """
- {name: a, unit: 4}
- {name: b, unit: 6}
- {name: c, unit: [6, stride: 2]}
- {name: d, outer: 6}
- {name: e, outer: 8}
"""
    network = net(spec, blocks=blocks)
    found = [name for name in reads(network) if name.endswith("add")]
    assert found == ["a.add", "d.a.add"]
    source = network.source()
    assert source.count("(nn.Module):") == 5  # unit and outer twice each, and the network
    assert source.count("__init__(self, in_channels: int, width: int, stride: int = 1)") == 2
