"""Activations, ``dropout`` and ``identity`` against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType

PLAIN = [
    "abs",
    "hardsigmoid",
    "hardswish",
    "identity",
    "mish",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "tanh",
]
INPLACE = [
    "dropout",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "silu",
]
SHAPES = st.sampled_from([(2, 5), (2, 3, 7), (2, 3, 4, 7)])


@settings(max_examples=120)
@given(st.sampled_from(PLAIN), SHAPES)
def test_activations_are_torchs(key: str, shape: tuple[int, ...]) -> None:
    case = Case.of(op(key), shape)
    large = Case(case.layer, (case.inputs[0] * 5,))  # beyond every bend
    for each in (case, large):
        assert_agreement(each)
    assert_state_dict(case)
    assert case.layer.windows(*case.types) is None
    assert case.layer.divided(2) is case.layer


@settings(max_examples=40)
@given(st.floats(0, 1) | st.sampled_from([0, 1]), SHAPES)
def test_dropout_is_the_identity_in_evaluation(p: float, shape: tuple[int, ...]) -> None:
    case = Case.of(op("dropout", p=p), shape)
    assert_agreement(case)
    assert_state_dict(case)
    assert case.module().p == p


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("relu", {}, "nn.ReLU()"),
        ("tanh", {}, "nn.Tanh()"),
        ("sigmoid", {}, "nn.Sigmoid()"),
        ("identity", {}, "nn.Identity()"),
        ("silu", {}, "nn.SiLU()"),
        ("abs", {}, "Abs()"),
        ("dropout", {"p": 0.5}, "nn.Dropout()"),
        ("dropout", {"p": 0.4}, "nn.Dropout(0.4)"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 3, 4, 5)) == text


@pytest.mark.parametrize("key", INPLACE)
def test_working_in_place_is_refused(key: str) -> None:
    with pytest.raises(OpError) as caught:
        op(key, inplace=True).infer(TensorType.of(2, 5))
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.argument == "inplace"
    assert "other layers may read" in caught.value.message
