"""``local_response_norm``, ``group_norm`` and the layer norms against torch and onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from voices import Case, assert_agreement, assert_state_dict, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import Op, OpError, Undecided, Unknown
from archcompile.ir.settled import settled_type
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant

EPS = st.sampled_from([1e-5, 1e-3, 0.1, 1])
SPACES = st.sampled_from([(5,), (3, 4)])


@settings(max_examples=250)
@given(
    st.integers(1, 8),
    st.sampled_from([1e-4, 5e-4, 0.3, 1, 0]),
    st.sampled_from([0.75, 0.5, 1, 0]),
    st.sampled_from([1, 2, 0.5]),
    st.integers(1, 3),
    st.integers(1, 6),
    SPACES,
)
def test_local_response_norm_is_torchs(
    size: int,
    alpha: float,
    beta: float,
    k: float,
    groups: int,
    channels: int,
    space: tuple[int, ...],
) -> None:
    layer = op("local_response_norm", size=size, alpha=alpha, beta=beta, k=k, groups=groups)
    case = Case.of(layer, (2, groups * channels, *space))
    # no louder: onnxruntime's running sum over channels cancels in float32
    loud = Case(layer, (case.inputs[0] * 3,))
    for each in (case, loud):
        assert_agreement(each)
    assert_state_dict(case)
    assert layer.windows(*case.types) is None


@pytest.mark.parametrize("size", [4, 5])
@pytest.mark.parametrize("space", [(5,), (3, 4)])
def test_groups_are_normalised_as_if_each_were_alone(size: int, space: tuple[int, ...]) -> None:
    alone = op("local_response_norm", size=size, alpha=0.5, k=2)
    case = Case.of(alone.divided(2), (2, 12, *space))
    whole = case.in_torch(torch.float32)
    parts = [
        Case(alone, (each,)).in_torch(torch.float32) for each in np.split(case.inputs[0], 2, axis=1)
    ]
    assert (whole == np.concatenate(parts, axis=1)).all()


def test_an_odd_norm_of_maps_is_onnxs_own() -> None:
    x = TensorType.of("N", 8, "H", "W")
    kinds = [
        node.op_type for node in onnx_model(op("local_response_norm", size=5), (x,), {}).graph.node
    ]
    assert kinds == ["LRN"]
    grouped = op("local_response_norm", size=5, groups=2)
    kinds = [node.op_type for node in onnx_model(grouped, (x,), {}).graph.node]
    assert kinds == ["Reshape", "LRN", "Reshape"]


@settings(max_examples=120)
@given(st.integers(1, 3), st.integers(1, 4), EPS, st.booleans(), SPACES)
def test_group_norm_is_torchs(
    groups: int, size: int, eps: float, affine: bool, space: tuple[int, ...]
) -> None:
    layer = op("group_norm", num_groups=groups, eps=eps, affine=affine)
    case = Case.of(layer, (2, groups * size, *space))
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=120)
@given(
    st.sampled_from([(2, 5), (2, 3, 5), (2, 3, 4, 5)]),
    st.integers(0, 3),
    EPS,
    st.booleans(),
    st.booleans(),
)
def test_layer_norm_is_torchs(
    shape: tuple[int, ...], count: int, eps: float, affine: bool, bias: bool
) -> None:
    count = min(count, len(shape) - 1)
    wanted = shape[-count:] if count else None
    layer = op("layer_norm", normalized_shape=wanted, eps=eps, elementwise_affine=affine, bias=bias)
    case = Case.of(layer, shape)
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=60)
@given(st.integers(2, 6), EPS, st.booleans(), st.booleans())
def test_layer_norm2d_is_a_layer_norm_over_channels(
    channels: int, eps: float, affine: bool, bias: bool
) -> None:
    layer = op("layer_norm2d", eps=eps, elementwise_affine=affine, bias=bias)
    case = Case.of(layer, (2, channels, 3, 4))
    assert_agreement(case)
    assert_state_dict(case)
    moved = np.moveaxis(case.inputs[0], 1, -1)
    last = op("layer_norm", eps=eps, elementwise_affine=affine, bias=bias)
    wanted = np.moveaxis(Case(last, (moved,)).in_numpy(), -1, 1)
    assert distance(case.in_numpy(), wanted) <= 1e-12


@pytest.mark.parametrize(
    "layer",
    [
        op("group_norm", num_groups=2),
        op("layer_norm2d"),
        op("local_response_norm", size=5, groups=2),
        op("local_response_norm", size=4),
    ],
    ids=str,
)
def test_maps_of_open_size_are_normalised(layer: Op) -> None:
    case = Case.of(layer, (2, 6, 4, 5))
    found = case.in_onnx((TensorType.of("N", 6, "H", "W"),))
    assert distance(found, case.in_torch()) <= 1e-5


def test_scales_start_as_one_and_shifts_as_zero() -> None:
    for layer in (op("group_norm", num_groups=2), op("layer_norm"), op("layer_norm2d")):
        case = Case.of(layer, (2, 6, 4, 5))
        state = case.module().state_dict()
        for weight in layer.weights(*case.types):
            assert isinstance(weight.init, Constant)
            assert (state[weight.name] == weight.init.value).all()


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("local_response_norm", {"size": 5}, "nn.LocalResponseNorm(5)"),
        ("local_response_norm", {"size": 5, "k": 2}, "nn.LocalResponseNorm(5, k=2.0)"),
        (
            "local_response_norm",
            {"size": 5, "groups": 2},
            "GroupedLocalResponseNorm(5, groups=2)",
        ),
        ("group_norm", {"num_groups": 32}, "nn.GroupNorm(32, 64)"),
        ("group_norm", {"num_groups": 32, "eps": 0.001}, "nn.GroupNorm(32, 64, eps=0.001)"),
        ("layer_norm", {}, "nn.LayerNorm(8)"),
        ("layer_norm", {"bias": False}, "nn.LayerNorm(8, bias=False)"),
        ("layer_norm", {"normalized_shape": 8, "eps": 0.001}, "nn.LayerNorm(8, eps=0.001)"),
        ("layer_norm", {"normalized_shape": [8, 8]}, "nn.LayerNorm((8, 8))"),
        ("layer_norm2d", {"eps": 0.001}, "LayerNorm2d(64, eps=0.001)"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 64, 8, 8)) == text


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "code", "argument"),
    [
        ("local_response_norm", {"size": 5}, (2, 8), Code.WRONG_RANK, None),
        ("local_response_norm", {"size": 5, "groups": 3}, (2, 8, 4), Code.NOT_DIVISIBLE, "groups"),
        ("group_norm", {"num_groups": 3}, (2, 8, 4), Code.NOT_DIVISIBLE, "num_groups"),
        ("group_norm", {"num_groups": 2}, (2, 8), Code.WRONG_RANK, None),
        ("group_norm", {"num_groups": 2, "bias": False}, (2, 8, 4), Code.UNSUPPORTED, "bias"),
        (
            "layer_norm",
            {"normalized_shape": 8},
            (2, 8, 4),
            Code.SHAPE_MISMATCH,
            "normalized_shape",
        ),
        (
            "layer_norm",
            {"normalized_shape": [2, 8, 4]},
            (2, 8, 4),
            Code.SHAPE_MISMATCH,
            "normalized_shape",
        ),
        (
            "layer_norm",
            {"normalized_shape": []},
            (2, 8, 4),
            Code.SHAPE_MISMATCH,
            "normalized_shape",
        ),
        ("layer_norm2d", {}, (2, 8, 4), Code.WRONG_RANK, None),
    ],
)
def test_what_cannot_work_is_refused(
    key: str,
    arguments: dict[str, object],
    shape: tuple[int, ...],
    code: Code,
    argument: str | None,
) -> None:
    with pytest.raises(OpError) as caught:
        op(key, **arguments).infer(TensorType.of(*shape))
    assert caught.value.code is code
    assert caught.value.argument == argument


@pytest.mark.parametrize("affine", [True, False])
def test_a_last_axis_of_open_size_is_refused_in_a_network(affine: bool) -> None:
    layer, x = op("layer_norm", elementwise_affine=affine), TensorType.of("N", 3, "H", "W")
    assert layer.infer(x) == x
    with pytest.raises(OpError, match="of no fixed size"):
        settled_type(layer, x)


def test_a_norms_numbers_are_checked() -> None:
    with pytest.raises(ValidationError, match="the number of channels is known"):
        op("group_norm", num_groups=8, eps=64)
    with pytest.raises(ValidationError, match="expected at least 1"):
        op("local_response_norm", size=0)
    with pytest.raises(Undecided):
        op("layer_norm").updated({"normalized_shape": Unknown("s")}).infer(TensorType.of(2, 3))


def test_each_gpu_normalises_over_its_own_channels() -> None:
    assert op("group_norm", num_groups=4).divided(2) == op("group_norm", num_groups=8)
    lrn = op("local_response_norm", size=5)
    assert lrn.divided(2) == op("local_response_norm", size=5, groups=2)
    for mixing in (op("layer_norm"), op("layer_norm2d")):
        with pytest.raises(OpError, match="by itself"):
            mixing.divided(2)
