"""``mean`` and ``normalize`` against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, Undecided, Unknown, Window
from archcompile.ir.types import TensorType

SHAPES = st.sampled_from([(2, 5), (2, 3, 7), (2, 3, 4, 7)])


@settings(max_examples=120)
@given(SHAPES, st.booleans(), st.data())
def test_means_are_torchs(shape: tuple[int, ...], keepdim: bool, data: st.DataObject) -> None:
    rank = len(shape)
    axes = data.draw(st.lists(st.integers(1, rank - 1), min_size=1, unique=True))
    dim = [axis - data.draw(st.sampled_from([0, rank])) for axis in axes]
    if len(dim) == rank - 1:
        keepdim = True
    case = Case.of(op("mean", dim=dim, keepdim=keepdim), shape)
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=120)
@given(st.sampled_from([2, 1, 3, 0.5]), st.sampled_from([1e-12, 1, 0]), SHAPES, st.data())
def test_normalize_is_torchs(
    p: float, eps: float, shape: tuple[int, ...], data: st.DataObject
) -> None:
    rank = len(shape)
    axis = data.draw(st.integers(1, rank - 1)) - data.draw(st.sampled_from([0, rank]))
    case = Case.of(op("normalize", p=p, dim=axis, eps=eps), shape)
    assert_agreement(case)
    assert_state_dict(case)


def test_a_mean_over_space_is_a_global_pool_of_maps_of_any_size() -> None:
    x, layer = TensorType.of("N", 3, "H", "W"), op("mean", dim=[2, 3])
    assert str(layer.infer(x)) == "[N, 3]"
    whole = tuple(Window(size, size) for size in x.spatial)
    assert layer.windows(x) == whole
    one = Dim.of(1)
    assert op("mean", dim=3).windows(x) == (Window(one, one), whole[1])
    case = Case.of(layer, (2, 3, 4, 5))
    assert distance(case.in_onnx((x,)), case.in_torch()) <= 1e-6


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("mean", {"dim": [2, 3]}, "Mean((2, 3))"),
        ("mean", {"dim": [2, 3], "keepdim": True}, "Mean((2, 3), keepdim=True)"),
        ("normalize", {}, "Normalize()"),
        ("normalize", {"dim": -1}, "Normalize(dim=-1)"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 4, 4, 5)) == text


@pytest.mark.parametrize(
    ("key", "arguments", "code"),
    [
        ("mean", {"dim": [0]}, Code.UNSUPPORTED),
        ("mean", {"dim": [2, -2]}, Code.BAD_ARGUMENT),
        ("mean", {"dim": []}, Code.BAD_ARGUMENT),
        ("mean", {"dim": [4]}, Code.BAD_ARGUMENT),
        ("mean", {"dim": [1, 2, 3]}, Code.UNSUPPORTED),
        ("normalize", {"dim": 0}, Code.UNSUPPORTED),
    ],
)
def test_what_cannot_work_is_refused(key: str, arguments: dict[str, object], code: Code) -> None:
    with pytest.raises(OpError) as caught:
        op(key, **arguments).infer(TensorType.of(2, 3, 4, 5))
    assert caught.value.code is code
    assert caught.value.argument == "dim"


@pytest.mark.parametrize("key", ["mean", "normalize"])
def test_over_space_it_runs_on_each_gpu(key: str) -> None:
    layer = op(key, dim=2)
    assert layer.divided(2) is layer
    for axis in (1, -1):
        with pytest.raises(OpError, match="by itself"):
            op(key, dim=axis).divided(2)


def test_a_choice_that_a_call_makes_leaves_the_type_open() -> None:
    for argument in ("dim", "keepdim"):
        layer = op("mean", dim=[2, 3]).updated({argument: Unknown("choice")})
        with pytest.raises(Undecided):
            layer.infer(TensorType.of(2, 3, 4, 5))
