"""Adaptive pools against torch and onnxruntime over their argument space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError, decided
from archcompile.ir.types import TensorType
from archcompile.targets.reference import compute

WANTED = st.none() | st.integers(1, 9)
OVER_MAPS = st.sampled_from(["adaptive_avg_pool2d", "adaptive_max_pool2d"])


@settings(max_examples=250)
@given(
    OVER_MAPS,
    st.one_of(WANTED, st.tuples(WANTED, WANTED)),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_shapes_and_results_are_torchs(key: str, wanted: object, sizes: tuple[int, int]) -> None:
    case = Case.of(op(key, output_size=wanted), (2, 3, *sizes))
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(1, 12))
def test_a_sequences_shapes_and_results_are_torchs(wanted: int, length: int) -> None:
    assert_agreement(Case.of(op("adaptive_avg_pool1d", output_size=wanted), (2, 3, length)))


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 4))
def test_a_sequence_of_symbolic_length_runs_where_windows_are_equal(
    wanted: int, factor: int
) -> None:
    case = Case.of(op("adaptive_avg_pool1d", output_size=wanted), (2, 3, wanted * factor))
    with decided():
        found = case.in_onnx((TensorType.of("N", 3, Dim.symbol("T") * wanted),))
    assert distance(found, case.in_torch()) <= 1e-5


@settings(max_examples=100)
@given(
    OVER_MAPS,
    st.tuples(WANTED, WANTED),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.booleans(), st.booleans()),
)
def test_maps_of_symbolic_sizes_run_where_windows_are_equal(
    key: str,
    wanted: tuple[int | None, int | None],
    factors: tuple[int, int],
    symbolic: tuple[bool, bool],
) -> None:
    sizes = [factor * (size or 1) for factor, size in zip(factors, wanted, strict=True)]
    told = [
        Dim.symbol(name) * (size or 1) if is_symbolic else factor * (size or 1)
        for name, size, factor, is_symbolic in zip("HW", wanted, factors, symbolic, strict=True)
    ]
    case = Case.of(op(key, output_size=wanted), (2, 3, *sizes))
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
    ("wanted", "sizes", "operators"),
    [
        (1, (6, 9), ["GlobalMaxPool"]),
        ([3, 3], (6, 9), ["MaxPool"]),
        ([4, 3], (6, 9), ["Reshape", "ReduceMax", "Gather", "Reshape", "ReduceMax"]),
    ],
)
def test_a_maximum_repeats_positions_of_shorter_windows(
    wanted: object, sizes: tuple[int, int], operators: list[str]
) -> None:
    layer = op("adaptive_max_pool2d", output_size=wanted)
    model = onnx_model(layer, (TensorType.of("N", 3, *sizes),), {})
    assert [node.op_type for node in model.graph.node] == operators


def test_the_place_of_the_maximum_is_no_second_output() -> None:
    with pytest.raises(OpError) as caught:
        op("adaptive_max_pool2d", output_size=2, return_indices=True).infer(
            TensorType.of(1, 3, 4, 4)
        )
    assert caught.value.argument == "return_indices"


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


def test_the_other_forms_are_torchs_classes_too() -> None:
    assert printed(op("adaptive_avg_pool1d", output_size=1), ("N", 3, 12)) == (
        "nn.AdaptiveAvgPool1d(1)"
    )
    assert printed(op("adaptive_max_pool2d", output_size=[2, None]), ("N", 3, 12, 13)) == (
        "nn.AdaptiveMaxPool2d((2, None))"
    )


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("adaptive_avg_pool2d", ("N", 48), "expects a map [N, C, H, W]"),
        ("adaptive_max_pool2d", ("N", 48, 7), "expects a map [N, C, H, W]"),
        ("adaptive_avg_pool1d", ("N", 48, 7, 7), "expects a sequence [N, C, T]"),
    ],
)
def test_a_tensor_of_another_rank_is_refused(
    key: str, shape: tuple[int | str, ...], words: str
) -> None:
    with pytest.raises(OpError, match="expects") as caught:
        op(key, output_size=1).infer(TensorType.of(*shape))
    assert caught.value.code is Code.WRONG_RANK
    assert words in caught.value.message


def test_a_maximum_of_whole_numbers_stays_exact() -> None:
    x = np.arange(-30, 30, dtype=np.int64).reshape(1, 2, 5, 6)
    pooled = compute(op("adaptive_max_pool2d", output_size=1), (x,), {})
    assert pooled.dtype == np.int64
    assert pooled.ravel().tolist() == [-1, 29]


def test_a_huge_output_costs_nothing_to_describe() -> None:
    layer = op("adaptive_avg_pool2d", output_size=10**12)
    windows = layer.windows(TensorType.of(1, 3, 7, 8))
    assert windows is not None
    assert [int(window.extent) for window in windows] == [2, 1]
