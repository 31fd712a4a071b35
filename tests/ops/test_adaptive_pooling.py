"""``adaptive_avg_pool2d`` against torch and onnxruntime over its argument space."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, decided
from archcompile.ir.types import TensorType

WANTED = st.none() | st.integers(1, 9)


@settings(max_examples=250)
@given(
    st.one_of(WANTED, st.tuples(WANTED, WANTED)),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_shapes_and_results_are_torchs(wanted: object, sizes: tuple[int, int]) -> None:
    case = Case.of(op("adaptive_avg_pool2d", output_size=wanted), (2, 3, *sizes))
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=100)
@given(
    st.tuples(WANTED, WANTED),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.booleans(), st.booleans()),
)
def test_maps_of_symbolic_sizes_run_where_windows_are_equal(
    wanted: tuple[int | None, int | None], factors: tuple[int, int], symbolic: tuple[bool, bool]
) -> None:
    sizes = [factor * (size or 1) for factor, size in zip(factors, wanted, strict=True)]
    told = [
        Dim.symbol(name) * (size or 1) if is_symbolic else factor * (size or 1)
        for name, size, factor, is_symbolic in zip("HW", wanted, factors, symbolic, strict=True)
    ]
    case = Case.of(op("adaptive_avg_pool2d", output_size=wanted), (2, 3, *sizes))
    with decided():
        found = case.in_onnx((TensorType.of("N", 3, *told),))
    assert distance(found, case.in_torch()) <= 1e-5


@settings(max_examples=100)
@given(st.integers(1, 40), st.integers(1, 40))
def test_the_receptive_field_is_that_of_the_largest_window(size: int, places: int) -> None:
    spans = [-(-(place + 1) * size // places) - place * size // places for place in range(places)]
    layer = op("adaptive_avg_pool2d", output_size=places)
    windows = layer.windows(TensorType.of(1, 3, size, size))
    assert windows is not None
    assert [int(window.extent) for window in windows] == [max(spans)] * 2


@pytest.mark.parametrize(
    ("wanted", "sizes", "operators"),
    [
        (1, (6, 9), ["GlobalAveragePool"]),
        (None, (6, 9), ["Identity"]),
        ([3, 3], (6, 9), ["AveragePool"]),
        ([None, 3], (6, 9), ["AveragePool"]),
        ([4, 3], (6, 9), ["MatMul", "MatMul"]),
        (1, ("H", "W"), ["GlobalAveragePool"]),
        ([1, None], ("H", "W"), ["Shape", "Shape", "Concat", "Reshape", "ReduceMean"]),
    ],
)
def test_the_graph_says_it_as_simply_as_it_can(
    wanted: object, sizes: tuple[int | str, int | str], operators: list[str]
) -> None:
    layer = op("adaptive_avg_pool2d", output_size=wanted)
    model = onnx_model(layer, (TensorType.of("N", 3, *sizes),), {})
    assert [node.op_type for node in model.graph.node] == operators


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (7, "nn.AdaptiveAvgPool2d(7)"),
        ([6, 6], "nn.AdaptiveAvgPool2d(6)"),
        ([6, None], "nn.AdaptiveAvgPool2d((6, None))"),
        (None, "nn.AdaptiveAvgPool2d((None, None))"),
    ],
)
def test_the_source_is_what_a_person_would_write(wanted: object, text: str) -> None:
    assert printed(op("adaptive_avg_pool2d", output_size=wanted), ("N", 3, 12, 13)) == text


def test_unequal_windows_over_an_unknown_size_are_refused_once_all_is_decided() -> None:
    layer = op("adaptive_avg_pool2d", output_size=[None, 7])
    x = TensorType.of("N", 3, "H", "W")
    assert str(layer.infer(x)) == "[N, 3, H, 7]"
    with decided(), pytest.raises(OpError) as caught:
        layer.infer(x)
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.argument == "output_size"
    assert "to 7 along the width W" in caught.value.message


def test_a_vector_is_refused() -> None:
    with pytest.raises(OpError) as caught:
        op("adaptive_avg_pool2d", output_size=1).infer(TensorType.of("N", 48))
    assert caught.value.code is Code.WRONG_RANK


def test_a_huge_output_costs_nothing_to_describe() -> None:
    layer = op("adaptive_avg_pool2d", output_size=10**12)
    windows = layer.windows(TensorType.of(1, 3, 7, 8))
    assert windows is not None
    assert [int(window.extent) for window in windows] == [2, 1]
