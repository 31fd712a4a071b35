"""The ops of LeNet-5 as published: partial convolution, trainable subsampling, RBF output."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from voices import Case, assert_agreement, assert_state_dict, distance, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown, Window
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn

C3 = (
    [[at, (at + 1) % 6, (at + 2) % 6] for at in range(6)]
    + [[at, (at + 1) % 6, (at + 2) % 6, (at + 3) % 6] for at in range(6)]
    + [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]
    + [[0, 1, 2, 3, 4, 5]]
)
"""LeCun et al. 1998, table I, by columns."""


def parameters(layer: Op, x: TensorType) -> int:
    return sum(int(weight.elements()) for weight in layer.weights(x))


def test_c3_has_the_papers_counts() -> None:
    layer, x = op("partial_conv2d", table=C3, kernel_size=5), TensorType.of("N", 6, 14, 14)
    assert str(layer.infer(x)) == "[N, 16, 10, 10]"
    assert parameters(layer, x) == 1516
    assert int(layer.macs(x)) == 150_000
    assert int(layer.connections(x)) == 151_600


def test_s2_has_the_papers_counts() -> None:
    layer, x = op("trainable_subsample", kernel_size=2), TensorType.of("N", 6, 28, 28)
    assert str(layer.infer(x)) == "[N, 6, 14, 14]"
    assert parameters(layer, x) == 12
    assert int(layer.macs(x)) == 1176
    assert int(layer.connections(x)) == 5880
    assert layer.windows(x) == (Window(Dim.of(2), Dim.of(2)),) * 2
    assert layer.divided(2) is layer


def test_the_output_has_the_papers_counts() -> None:
    codes = [[1, -1] * 42] * 10
    layer, x = op("euclidean_rbf", codes=codes), TensorType.of("N", 84)
    assert str(layer.infer(x)) == "[N, 10]"
    assert layer.weights(x) == ()
    assert int(layer.macs(x)) == int(layer.connections(x)) == 840


@st.composite
def tables(draw: st.DrawFn, channels: int) -> list[list[int]]:
    rows = st.lists(st.integers(0, channels - 1), min_size=1, max_size=channels, unique=True)
    return draw(st.lists(rows, min_size=1, max_size=5))


@settings(max_examples=120)
@given(
    tables(4),
    st.sampled_from([1, 3, [2, 3]]),
    st.sampled_from([1, 2, [2, 1]]),
    st.sampled_from([0, 1, [1, 2]]),
    st.booleans(),
)
def test_a_partial_convolution_agrees_with_itself_everywhere(
    table: list[list[int]], kernel: object, stride: object, padding: object, bias: bool
) -> None:
    layer = op(
        "partial_conv2d",
        table=table,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
        bias=bias,
    )
    case = Case.of(layer, (2, 4, 5, 6))
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=60)
@given(tables(4), st.sampled_from([0, 1]))
def test_it_is_a_convolution_without_the_missing_links(
    table: list[list[int]], padding: int
) -> None:
    layer = op("partial_conv2d", table=table, kernel_size=3, padding=padding)
    case = Case.of(layer, (2, 4, 5, 6))
    dense = torch.zeros(len(table), 4, 3, 3, dtype=torch.float64)
    kernels = iter(case.weights["weight"])
    for out, row in enumerate(table):
        for channel in row:
            dense[out, channel] = torch.tensor(next(kernels))
    wanted = torch.nn.functional.conv2d(
        torch.tensor(case.inputs[0]), dense, torch.tensor(case.weights["bias"]), padding=padding
    )
    assert distance(case.in_numpy(), wanted.numpy()) <= 1e-12


def test_a_full_table_is_conv2d() -> None:
    layer = op("partial_conv2d", table=[[0, 1, 2]] * 5, kernel_size=3)
    full = op("conv2d", out_channels=5, kernel_size=3)
    x = TensorType.of("N", 3, 8, 8)
    assert layer.infer(x) == full.infer(x)
    assert layer.macs(x) == full.macs(x)
    assert layer.windows(x) == full.windows(x)
    assert {each.init for each in layer.weights(x)} == {each.init for each in full.weights(x)}


@settings(max_examples=60)
@given(st.sampled_from([1, 2, 3, [2, 3]]), st.integers(1, 4), st.integers(3, 7), st.integers(3, 7))
def test_subsampling_agrees_with_itself_everywhere(
    kernel: object, channels: int, height: int, width: int
) -> None:
    case = Case.of(op("trainable_subsample", kernel_size=kernel), (2, channels, height, width))
    assert_agreement(case)
    assert_state_dict(case)


def test_subsampling_is_a_scaled_mean_of_windows() -> None:
    case = Case.of(op("trainable_subsample", kernel_size=2), (2, 3, 4, 6))
    (x,), weights = case.inputs, case.weights
    mean = torch.nn.functional.avg_pool2d(torch.tensor(x), 2).numpy()
    wanted = 4 * mean * weights["weight"][:, None, None] + weights["bias"][:, None, None]
    assert distance(case.in_numpy(), wanted) <= 1e-12


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(1, 5), st.randoms(use_true_random=False))
def test_distances_agree_with_themselves_everywhere(
    features: int, outputs: int, chance: Random
) -> None:
    codes = [[chance.choice([-1, 1]) for _ in range(features)] for _ in range(outputs)]
    case = Case.of(op("euclidean_rbf", codes=codes), (3, features))
    assert_agreement(case)
    assert_state_dict(case)
    assert distance(case.in_numpy(), ((case.inputs[0][:, None] - codes) ** 2).sum(2)) <= 1e-12


def test_an_input_that_is_a_code_has_no_distance_to_it() -> None:
    codes = [[1, -1, 1], [-1, -1, -1]]
    case = Case(op("euclidean_rbf", codes=codes), (np.array(codes, dtype=np.float64),))
    assert (case.in_numpy() == [[0, 8], [8, 0]]).all()


@pytest.mark.parametrize(
    "layer",
    [
        op("partial_conv2d", table=C3, kernel_size=5),
        op("trainable_subsample", kernel_size=[4, 5]),
    ],
    ids=lambda each: each.key,
)
def test_weights_start_within_one_by_the_root_of_the_fan_in(layer: Op) -> None:
    case = Case.of(layer, (1, 600 if layer.key == "trainable_subsample" else 6, 5, 5))
    torch.manual_seed(0)
    module = case.module()
    for weight in layer.weights(*case.types):
        assert isinstance(weight.init, UniformFanIn)
        bound = int(weight.init.fan_in) ** -0.5
        largest = float(module.get_parameter(weight.name).detach().abs().max())
        assert 0.8 * bound < largest <= bound
    assert int(op("partial_conv2d", table=C3, kernel_size=5).weights()[0].init.fan_in) == 94


def test_maps_of_open_size_are_convolved_and_subsampled() -> None:
    open_map = TensorType.of("N", 6, "H", "W")
    for layer in (
        op("partial_conv2d", table=C3, kernel_size=3),
        op("trainable_subsample", kernel_size=2),
    ):
        case = Case.of(layer, (2, 6, 6, 8))
        assert distance(case.in_onnx((open_map,)), case.in_torch()) <= 1e-5


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "text"),
    [
        (
            "partial_conv2d",
            {"table": [[0, 1], [2]], "kernel_size": 5, "bias": False},
            ("N", 6, 14, 14),
            "PartialConv2d(6, ((0, 1), (2,)), 5, bias=False)",
        ),
        ("trainable_subsample", {"kernel_size": 2}, ("N", 6, 28, 28), "TrainableSubsample(6, 2)"),
        (
            "euclidean_rbf",
            {"codes": [[1, -1, 1], [-1, -1, 1]]},
            ("N", 3),
            "EuclideanRBF(('+-+', '--+'))",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], shape: tuple[int | str, ...], text: str
) -> None:
    assert printed(op(key, **arguments), shape) == text


TABLE = {"table": [[0, 5]], "kernel_size": 3}


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "code", "argument"),
    [
        ("partial_conv2d", TABLE, (2, 5, 8, 8), Code.DOES_NOT_FIT, "table"),
        ("partial_conv2d", TABLE, (2, 6), Code.WRONG_RANK, None),
        ("partial_conv2d", TABLE, (2, 6, 2, 8), Code.DOES_NOT_FIT, "kernel_size"),
        ("trainable_subsample", {"kernel_size": 3}, (2, 6, 2, 8), Code.DOES_NOT_FIT, "kernel_size"),
        ("trainable_subsample", {"kernel_size": 2}, (2, 6), Code.WRONG_RANK, None),
        ("euclidean_rbf", {"codes": [[1, -1]]}, (2, 3), Code.SHAPE_MISMATCH, "codes"),
        ("euclidean_rbf", {"codes": [[1, -1]]}, (2, 2, 3, 3), Code.WRONG_RANK, None),
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


@pytest.mark.parametrize(
    ("key", "arguments", "message"),
    [
        ("partial_conv2d", {"table": 3}, "expected a list of input channels, got 3"),
        ("partial_conv2d", {"table": [3]}, "expected a list of input channels, got 3"),
        ("partial_conv2d", {"table": []}, "expected a row for each output channel, got []"),
        (
            "partial_conv2d",
            {"table": [[0], []]},
            "expected different input channels from 0 on for each output channel, got []",
        ),
        (
            "partial_conv2d",
            {"table": [[0, 0]]},
            "expected different input channels from 0 on for each output channel, got [0, 0]",
        ),
        ("partial_conv2d", {"table": [[0.5]]}, "expected an integer, got 0.5"),
        ("euclidean_rbf", {"codes": [[1, 0]]}, "expected 1 and -1, got 0"),
        ("euclidean_rbf", {"codes": [[1], [1, 1]]}, "expected codes of one length, got 1 and 2"),
        ("euclidean_rbf", {"codes": []}, "expected a list, got []"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    key: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        op(key, **arguments)
    assert caught.value.errors()[0]["msg"] == message


def test_a_table_may_be_a_blocks_parameter_and_codes_may_not() -> None:
    layer = op("partial_conv2d", **TABLE).updated({"table": Unknown("table")})
    with pytest.raises(Undecided):
        layer.infer(TensorType.of("N", 6, 8, 8))
    with pytest.raises(OpError, match="which a call would decide"):
        op("euclidean_rbf", codes=[[1]]).updated({"codes": Unknown("codes")}).infer(
            TensorType.of("N", 1)
        )
