"""``batch_norm2d`` against torch and onnxruntime over its argument space."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant

EPS = st.sampled_from([1e-5, 1e-3, 0.1, 0, 1])


@settings(max_examples=150)
@given(
    EPS,
    st.sampled_from([None, 0.1, 0, 1, 0.01]),
    st.booleans(),
    st.tuples(st.integers(1, 3), st.integers(4, 7), st.integers(1, 9), st.integers(10, 12)),
)
def test_shapes_state_dict_and_results_are_torchs(
    eps: float, momentum: float | None, affine: bool, shape: tuple[int, ...]
) -> None:
    case = Case.of(op("batch_norm2d", eps=eps, momentum=momentum, affine=affine), shape)
    assert_agreement(case)
    assert_state_dict(case)


def test_weights_start_as_torchs_do() -> None:
    case = Case.of(op("batch_norm2d"), (2, 3, 4, 5))
    state = case.module().state_dict()
    for weight in case.layer.weights(*case.types):
        assert isinstance(weight.init, Constant)
        assert (state[weight.name] == weight.init.value).all()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "nn.BatchNorm2d(64)"),
        ({"eps": 1e-3, "momentum": None}, "nn.BatchNorm2d(64, eps=0.001, momentum=None)"),
        ({"momentum": 1}, "nn.BatchNorm2d(64, momentum=1.0)"),
        ({"affine": False}, "nn.BatchNorm2d(64, affine=False)"),
    ],
)
def test_the_source_is_what_a_person_would_write(arguments: dict[str, object], text: str) -> None:
    assert printed(op("batch_norm2d", **arguments), ("N", 64, 8, 9)) == text


@pytest.mark.parametrize("argument", ["track_running_stats", "bias"])
def test_forms_that_depend_on_the_batch_or_on_new_torch_are_refused(argument: str) -> None:
    with pytest.raises(OpError) as caught:
        op("batch_norm2d", **{argument: False}).infer(TensorType.of(2, 3, 4, 5))
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.argument == argument


def test_a_vector_is_refused() -> None:
    with pytest.raises(OpError) as caught:
        op("batch_norm2d").infer(TensorType.of("N", 48))
    assert caught.value.code is Code.WRONG_RANK
