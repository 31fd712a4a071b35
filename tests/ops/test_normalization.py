"""``batch_norm1d`` and ``batch_norm2d`` against torch and onnxruntime over its argument space."""

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
    st.integers(2, 4),
)
def test_shapes_state_dict_and_results_are_torchs(
    eps: float, momentum: float | None, affine: bool, shape: tuple[int, ...], rank: int
) -> None:
    key = "batch_norm2d" if rank == 4 else "batch_norm1d"
    case = Case.of(op(key, eps=eps, momentum=momentum, affine=affine), shape[:rank])
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


def test_a_vectors_norm_is_named_by_its_features() -> None:
    assert printed(op("batch_norm1d", eps=1e-3), ("N", 64)) == "nn.BatchNorm1d(64, eps=0.001)"


@pytest.mark.parametrize("key", ["batch_norm1d", "batch_norm2d"])
@pytest.mark.parametrize("argument", ["track_running_stats", "bias"])
def test_forms_that_depend_on_the_batch_or_on_new_torch_are_refused(
    argument: str, key: str
) -> None:
    shape = (2, 3, 4) if key == "batch_norm1d" else (2, 3, 4, 5)
    with pytest.raises(OpError) as caught:
        op(key, **{argument: False}).infer(TensorType.of(*shape))
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.argument == argument
    assert f"`{key}`" in caught.value.message


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("batch_norm2d", ("N", 48), "expects a map [N, C, H, W], got [N, 48]"),
        ("batch_norm2d", ("N", 48, 7), "expects a map [N, C, H, W], got [N, 48, 7]"),
        ("batch_norm1d", ("N", 4, 8, 9), "a vector [N, F] or a sequence [N, C, T], got [N, 4, 8"),
    ],
)
def test_tensors_of_another_rank_are_refused(
    key: str, shape: tuple[int | str, ...], words: str
) -> None:
    with pytest.raises(OpError) as caught:
        op(key).infer(TensorType.of(*shape))
    assert caught.value.code is Code.WRONG_RANK
    assert words in caught.value.message


def test_each_gpu_norms_its_own_channels_with_the_same_op() -> None:
    assert op("batch_norm2d").divided(2) == op("batch_norm2d")
