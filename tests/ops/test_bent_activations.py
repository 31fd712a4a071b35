"""Activations with arguments against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from voices import Case, assert_agreement, assert_state_dict, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, Undecided, Unknown
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant

SHAPES = st.sampled_from([(2, 5), (2, 3, 7), (2, 3, 4, 7)])
SLOPES = st.sampled_from([0, 0.01, 0.25, 1, -0.5, 2.5])

ARGUMENTS = st.one_of(
    st.tuples(
        st.just("gelu"), st.fixed_dictionaries({"approximate": st.sampled_from(["none", "tanh"])})
    ),
    st.tuples(st.just("leaky_relu"), st.fixed_dictionaries({"negative_slope": SLOPES})),
    st.tuples(st.just("elu"), st.fixed_dictionaries({"alpha": SLOPES})),
    st.tuples(
        st.just("hardtanh"),
        st.fixed_dictionaries(
            {
                "min_val": st.sampled_from([-2, -1, 0, 0.5]),
                "max_val": st.sampled_from([0.75, 1, 6]),
            }
        ),
    ),
    st.tuples(
        st.just("softplus"),
        st.fixed_dictionaries(
            {
                "beta": st.sampled_from([0.5, 1, 2, 10]),
                "threshold": st.sampled_from([-1, 0, 2, 20, 30]),
            }
        ),
    ),
    st.tuples(
        st.just("scaled_tanh"),
        st.fixed_dictionaries(
            {"amplitude": st.sampled_from([1, 1.7159]), "slope": st.sampled_from([2 / 3, 1, -2])}
        ),
    ),
)


@settings(max_examples=200)
@given(ARGUMENTS, SHAPES, st.sampled_from([1, 30]))
def test_shapes_and_results_are_torchs(
    chosen: tuple[str, dict[str, object]], shape: tuple[int, ...], scale: float
) -> None:
    key, arguments = chosen
    case = Case.of(op(key, **arguments), shape)
    assert_agreement(Case(case.layer, (case.inputs[0] * scale,)))
    assert_state_dict(case)
    assert case.layer.divided(2) is case.layer


@settings(max_examples=60)
@given(st.sampled_from([1, "channels", 3]), st.sampled_from([0.25, 0, 1]), SHAPES)
def test_prelu_is_torchs(slopes: object, init: float, shape: tuple[int, ...]) -> None:
    shape = (shape[0], 3, *shape[2:])
    case = Case.of(op("prelu", num_parameters=slopes, init=init), shape)
    assert_agreement(case)
    assert_state_dict(case)
    (weight,) = case.layer.weights(*case.types)
    assert weight.init == Constant(init)
    assert (case.module().get_parameter("weight") == init).all()


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("gelu", {}, "nn.GELU()"),
        ("gelu", {"approximate": "tanh"}, "nn.GELU('tanh')"),
        ("leaky_relu", {"negative_slope": 0.2}, "nn.LeakyReLU(0.2)"),
        ("hardtanh", {"max_val": 6}, "nn.Hardtanh(max_val=6.0)"),
        ("softplus", {"beta": 2}, "nn.Softplus(2.0)"),
        ("scaled_tanh", {}, "ScaledTanh()"),
        ("scaled_tanh", {"slope": 1}, "ScaledTanh(slope=1.0)"),
        ("prelu", {}, "nn.PReLU()"),
        ("prelu", {"num_parameters": "channels"}, "nn.PReLU(64)"),
        (
            "prelu",
            {"num_parameters": "channels", "init": 0},
            "nn.PReLU(num_parameters=64, init=0.0)",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 64, 4, 5)) == text


def test_a_softplus_whose_line_begins_out_of_sight_is_one_node() -> None:
    model = onnx_model(op("softplus"), (TensorType.of("N", 3),), {})
    assert [node.op_type for node in model.graph.node] == ["Softplus"]


def test_bounds_that_leave_nothing_are_refused() -> None:
    with pytest.raises(OpError, match=r"`min_val` 2 must be less than `max_val` 1") as caught:
        op("hardtanh", min_val=2).infer(TensorType.of("N", 3))
    assert caught.value.argument == "min_val"
    layer = op("hardtanh", min_val=2).updated({"max_val": Unknown("bound")})
    assert layer.infer(TensorType.of("N", 3)) == TensorType.of("N", 3)


def test_slopes_for_other_than_the_channels_are_refused() -> None:
    with pytest.raises(OpError, match="one for each of the 64 channels, got 32") as caught:
        op("prelu", num_parameters=32).infer(TensorType.of("N", 64, 8, 8))
    assert caught.value.code is Code.BAD_ARGUMENT
    assert caught.value.help is not None and "`num_parameters: channels`" in caught.value.help


def test_slopes_that_a_call_decides_leave_the_type_open() -> None:
    x = TensorType.of("N", "in_channels", "H", "W")
    width = op("prelu", num_parameters=Dim.symbol("width"))
    assert width.infer(x) == x
    with pytest.raises(Undecided):
        width.updated({"num_parameters": Unknown("slopes")}).infer(x)


@pytest.mark.parametrize(
    ("key", "arguments", "message"),
    [
        ("gelu", {"approximate": "erf"}, "expected one of none, tanh, got the text 'erf'"),
        ("softplus", {"beta": 0}, "expected more than 0, got 0"),
        ("prelu", {"num_parameters": "all"}, "expected 1 or channels, got the text 'all'"),
        ("prelu", {"num_parameters": True}, "expected 1 or channels, got true"),
        ("leaky_relu", {"negative_slope": "small"}, "expected a number, got the text 'small'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    key: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        op(key, **arguments)
    assert caught.value.errors()[0]["msg"] == message
