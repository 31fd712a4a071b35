"""Layers as Python writes them, told in YAML."""

from __future__ import annotations

import pytest

from archcompile.frontend.foreign.python_calls import (
    argument_in_yaml,
    arguments_in_yaml,
    op_of_word,
    python_call,
    value_in_yaml,
)


@pytest.mark.parametrize(
    ("written", "yaml"),
    [
        ("nn.Conv2d(3, 64, 3)", "conv2d: [64, 3]"),
        ("conv2d(64, 3)", "conv2d: [64, 3]"),
        ("Conv2d(64, kernel_size=3)", "conv2d: [64, kernel_size: 3]"),
        ("nn.Conv2d(3, 64, (3, 3), bias=False)", "conv2d: [64, [3, 3], bias: false]"),
        ("layers.Conv2D(64, 3, padding='same')", "conv2d: [64, 3, padding: same]"),
        ("nn.Linear(512, 10)", "linear: 10"),
        ("nn.BatchNorm2d(64)", "batch_norm2d"),
        ("nn.GroupNorm(32, 64)", "group_norm: 32"),
        ("nn.ReLU(inplace=True)", "relu"),
        ("F.relu(x)", "relu"),
        ("torch.flatten(x, 1)", "flatten: 1"),
        ("nn.AdaptiveAvgPool2d((1, 1))", "adaptive_avg_pool2d: [1, 1]"),
        ("GlobalAveragePooling2D()", "mean: [2, 3]"),
        ("nn.Sequential(nn.Linear(512, 100), nn.ReLU())", "sequence: [linear: 100, relu]"),
        ("MyBlock(64)", ""),
        ("Dense(10, activation='softmax')", ""),
        ("nn.Sequential(MyBlock(64))", ""),
    ],
)
def test_a_call_of_torch_s_or_keras_s_has_its_yaml_where_that_is_sure(
    written: str, yaml: str
) -> None:
    call = python_call(written)
    assert call is not None
    assert call.yaml == yaml


def test_what_is_assigned_has_its_name() -> None:
    call = python_call("self.conv1 = nn.Conv2d(3, 64, 7)")
    assert call is not None
    assert (call.name, call.yaml) == ("conv1", "conv2d: [64, 7]")


@pytest.mark.parametrize("written", ["relu", "conv2d(64", "f(a))(", "x" * 400 + "()"])
def test_what_is_no_call_is_none(written: str) -> None:
    assert python_call(written) is None


@pytest.mark.parametrize(
    ("written", "yaml"),
    [
        ("None", "none"),
        ("True", "true"),
        ("(3, 3)", "[3, 3]"),
        ("((0, 1), (0, 1))", "[[0, 1], [0, 1]]"),
        ("'same'", "same"),
        ("max(8, c)", '"max(8, c)"'),
    ],
)
def test_a_value_of_python_s_has_its_yaml(written: str, yaml: str) -> None:
    assert value_in_yaml(written) == yaml


def test_arguments_without_brackets_are_a_list() -> None:
    assert arguments_in_yaml("64, 3, padding=1") == "[64, 3, padding: 1]"
    assert arguments_in_yaml("(0, 2, 3, 1)") == "[0, 2, 3, 1]"
    assert arguments_in_yaml("max(8, c)") is None
    assert argument_in_yaml("a == 1") is None


def test_a_word_of_another_framework_is_an_op() -> None:
    assert op_of_word("nn.LeakyReLU") == "leaky_relu"
    assert op_of_word("Dense") == "linear"
    assert op_of_word("nonsense") is None
