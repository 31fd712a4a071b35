"""The neutral graph: names, functions, outputs."""

from __future__ import annotations

import subprocess
import sys

import onnx
import onnx.checker
import onnx.parser
import pytest

from archcompile.backends.onnx import onnx_model
from archcompile.backends.onnx.functions import OnnxCall
from archcompile.backends.onnx.text import print_model
from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant, Weight
from archcompile.ops.activations import ReLU
from archcompile.ops.linear import Linear
from archcompile.targets.onnx import OnnxLayer
from archcompile.targets.onnx import onnx as rules
from tests import handmade, programs
from tests.handmade import node, program, region, unit, value


def test_names_are_those_of_the_spec() -> None:
    model = onnx_model(handmade.perceptron(), functions=False)
    assert [step.name for step in model.steps] == ["fc1", "tanh", "fc2"]
    assert [each.name for each in model.weights] == [
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    ]
    assert [each.name for each in model.inputs] == ["image"]
    assert [each.name for each in model.outputs] == ["logits"]
    assert [each.name for each in model.values] == ["fc1", "tanh"]


def test_the_batch_is_a_symbol_and_everything_else_a_number() -> None:
    model = onnx_model(handmade.perceptron(), functions=False)
    assert model.outputs[0].shape == ("N", 3)
    assert model.values[0].shape == ("N", 16)


def test_a_size_that_is_an_expression_is_named_by_its_text() -> None:
    x = value("x", "N", 4, "H", "W")
    half = x.type.dims[2] // 2
    layer = node("relu", ReLU(), value("x", "N", 4, half, "W"))
    model = onnx_model(program(layer.inputs, (layer,), y=layer.output), functions=False)
    assert model.outputs[0].shape == ("N", 4, str(half), "W")


def test_an_output_takes_its_name_without_a_node_of_its_own() -> None:
    model = onnx_model(handmade.perceptron(), functions=False)
    assert model.steps[-1].outputs == ("logits",)


def test_an_output_that_shows_an_input_or_a_shown_value_is_an_identity() -> None:
    x = value("x", "N", 8)
    fc = node("fc", Linear(out_features=8), x)
    twice = program((x,), (fc,), a=fc.output, b=fc.output, c=x)
    steps = onnx_model(twice, functions=False).steps
    assert [(each.name, each.inputs, each.outputs) for each in steps[1:]] == [
        ("b/output", ("a",), ("b",)),
        ("c/output", ("x",), ("c",)),
    ]


def test_a_layer_steps_aside_where_an_output_has_its_name() -> None:
    x = value("x", "N", 8)
    first = node("y", Linear(out_features=8), x)
    second = node("z", ReLU(), first.output)
    model = onnx_model(program((x,), (first, second), y=second.output), functions=False)
    assert [each.outputs for each in model.steps] == [("y/value",), ("y",)]
    assert [each.name for each in model.values] == ["y/value"]


def test_outputs_may_swap_the_names_of_two_layers() -> None:
    x = value("x", "N", 8)
    first = node("a", Linear(out_features=8), x)
    second = node("b", ReLU(), first.output)
    swapped = program((x,), (first, second), a=second.output, b=first.output)
    assert [each.outputs for each in onnx_model(swapped, functions=False).steps] == [
        ("b",),
        ("a",),
    ]


def test_calls_with_equal_bodies_share_a_function_named_after_the_block() -> None:
    model = onnx_model(handmade.blocks(), functions=True)
    assert [function.name for function in model.functions] == ["unit", "outer"]
    calls = [step for step in model.steps if isinstance(step, OnnxCall)]
    assert [(call.name, call.function) for call in calls] == [
        ("body.0", "unit"),
        ("body.1", "unit"),
        ("last", "outer"),
    ]
    assert calls[1].inputs == ("body.0.relu", "body.1.fc.weight", "body.1.fc.bias")
    assert model.functions[0].inputs == ("x", "fc.weight", "fc.bias")
    assert model.functions[1].inputs == ("x", "unit.fc.weight", "unit.fc.bias")


def test_a_value_tapped_inside_a_block_makes_another_body() -> None:
    x = value("x", "N", 8)
    first = unit("a", x)
    second = unit("b", first.outputs[0])
    inner = second.members[0].output
    net = program((x,), (first, second), y=second.outputs[0], tap=inner)
    model = onnx_model(net, functions=True)
    assert [(each.name, each.outputs) for each in model.functions] == [
        ("unit", ("relu",)),
        ("unit_2", ("relu", "fc")),
    ]
    assert model.steps[1].outputs == ("y", "tap")


def test_a_second_body_takes_no_name_of_a_block() -> None:
    x = value("x", "N", 8)
    first = unit("a", x)
    second = region("b", "unit", first.outputs, node("b.relu", ReLU(), first.outputs[0]))
    third = region("c", "unit_2", second.outputs, node("c.relu", ReLU(), second.outputs[0]))
    net = program((x,), (first, second, third), y=third.outputs[0])
    names = [each.name for each in onnx_model(net, functions=True).functions]
    assert names == ["unit", "unit_3", "unit_2"]


def test_an_outer_value_is_not_called_as_an_inner_layer() -> None:
    x = value("image", "N", 8)
    call = region("a", "odd", (x,), node("a.x", ReLU(), x))
    (function,) = onnx_model(program((x,), (call,), y=call.outputs[0]), functions=True).functions
    assert (function.inputs, function.outputs) == (("x_",), ("x",))


def test_a_weight_that_no_node_reads_is_not_in_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Weight("num_batches_tracked", (), Constant(0), kind="buffer", dtype="int64")
    monkeypatch.setattr(ReLU, "weights", lambda self, *inputs: (counter,))
    x = value("x", "N", 8)
    layer = node("relu", ReLU(), x)
    assert onnx_model(program((x,), (layer,), y=layer.output), functions=False).weights == ()


def test_a_broken_graph_is_our_own_mistake() -> None:
    x, other = value("x", "N", 8), value("nowhere", "N", 8)
    layer = node("relu", ReLU(), other)
    with pytest.raises(InternalError, match="broken at `relu`: reads unknown"):
        onnx_model(program((x,), (layer,), y=layer.output), functions=False)


def test_two_inputs_of_one_name_are_our_own_mistake() -> None:
    x = value("x", "N", 8)
    layer = node("relu", ReLU(), x)
    with pytest.raises(InternalError, match="names two of its inputs alike"):
        onnx_model(program((x, x), (layer,), y=layer.output), functions=False)


def test_an_output_that_nothing_makes_is_our_own_mistake() -> None:
    x = value("x", "N", 8)
    layer = node("relu", ReLU(), x)
    with pytest.raises(InternalError, match=r"does not make its outputs \['y'\]"):
        onnx_model(program((x,), (layer,), y=value("nowhere", "N", 8)), functions=False)


def test_a_rule_that_writes_another_value_is_our_own_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(rules._rules, ReLU, lambda op, layer: layer.part("half", "Relu"))
    x = value("x", "N", 8)
    layer = node("relu", ReLU(), x)
    with pytest.raises(InternalError, match="the ONNX rule of `relu` does not write the result"):
        onnx_model(program((x,), (layer,), y=layer.output), functions=False)


def test_what_a_rule_makes_before_its_last_node_is_named_below_the_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rule(op: ReLU, layer: OnnxLayer) -> str:
        zero = layer.part("zero", "Identity", layer.scalar("nought", 0.0))
        return layer.node("Max", layer.inputs[0], zero)

    monkeypatch.setitem(rules._rules, ReLU, rule)
    net = handmade.blocks()
    flat, grouped = (onnx_model(net, functions=each) for each in (False, True))
    assert [each.name for each in flat.constants] == [
        "body.0.relu/nought",
        "body.1.relu/nought",
        "last.unit.relu/nought",
    ]
    assert grouped.constants == ()
    unit_function = grouped.functions[0]
    assert [each.name for each in unit_function.constants] == ["relu/nought"]
    assert [each.name for each in unit_function.steps] == ["fc", "relu/zero", "relu"]
    parsed = onnx.parser.parse_model(print_model(grouped))
    onnx.checker.check_model(parsed, full_check=True)


def test_graph_and_text_import_neither_onnx_nor_numpy() -> None:
    code = (
        "import sys, archcompile.backends.onnx.graph, archcompile.backends.onnx.text\n"
        "print(sorted({'onnx', 'numpy', 'torch', 'safetensors'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_layer_that_is_applied_twice_is_two_nodes_with_the_same_weights() -> None:
    model = onnx_model(programs.twice(), functions=False)
    names = [step.name for step in model.steps]
    assert names[:2] == ["same", "same#2"]
    assert [each.inputs[1:] for each in model.steps[:2]] == [("same.weight", "same.bias")] * 2
    assert len(set(names)) == len(names)
    assert [each.name for each in model.weights].count("same.weight") == 1


def test_a_block_that_is_applied_twice_is_two_calls_of_one_function() -> None:
    model = onnx_model(programs.twice(), functions=True)
    first, second = (step for step in model.steps if isinstance(step, OnnxCall))
    assert (first.name, second.name) == ("unit", "unit#2")
    assert first.function == second.function == "basic_block"
    assert first.inputs == ("same#2", *second.inputs[1:])
    assert second.inputs[0] == "unit.relu2"
    (function,) = model.functions
    assert [step.name for step in function.steps][:2] == ["conv1", "bn1"]


def test_a_block_that_uses_a_layer_twice_is_one_function_however_often_it_is_applied() -> None:
    x = value("x", "N", 8)
    fc = Linear(out_features=8)
    calls = []
    for use in range(2):
        start = calls[-1].outputs[0] if calls else x
        first = programs.node("a.fc", fc, start, name=f"a.fc#{2 * use + 1}" if use else None)
        second = programs.node("a.fc", fc, first.output, name=f"a.fc#{2 * use + 2}")
        calls.append(region("a", "unit", (start,), first, second))
    model = onnx_model(program((x,), tuple(calls), y=calls[-1].outputs[0]), functions=True)
    (function,) = model.functions
    assert [step.name for step in function.steps] == ["fc", "fc#2"]
    assert function.inputs == ("x", "fc.weight", "fc.bias")


def test_what_only_training_needs_is_not_in_the_graph() -> None:
    model = onnx_model(programs.with_heads(), functions=True)
    assert [each.name for each in model.outputs] == ["logits"]
    assert [step.name for step in model.steps] == ["conv", "relu", "unread", "flatten", "fc"]
    assert not any(each.name.startswith("aux") for each in model.weights)
    assert model.functions == ()


def test_a_bare_parameter_is_its_weight() -> None:
    class Gamma(Linear):
        arity = 0

        def infer(self, *inputs: TensorType) -> TensorType:
            return TensorType.of(8)

        def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
            return (Weight("", (Dim.of(8),), Constant(1)),)

    x = value("x", "N", 8)
    gamma = programs.node("unit.gamma", Gamma(out_features=8))
    scaled = programs.node("unit.add", programs.op("add"), x, gamma.output)
    call = region("unit", "unit", (x,), gamma, scaled)
    net = program((x,), (call,), y=scaled.output, g=gamma.output)
    flat, grouped = (onnx_model(net, functions=each) for each in (False, True))
    assert [(each.name, each.shape) for each in flat.weights] == [("unit.gamma", (8,))]
    assert [(each.name, each.inputs) for each in flat.steps] == [
        ("unit.add", ("x", "unit.gamma")),
        ("g/output", ("unit.gamma",)),
    ]
    assert grouped.functions[0].inputs == ("x", "gamma")
    onnx.checker.check_model(onnx.parser.parse_model(print_model(grouped)), full_check=True)
