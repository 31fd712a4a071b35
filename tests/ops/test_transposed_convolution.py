"""``conv_transpose1d``, ``conv_transpose2d`` against torch and onnxruntime."""

from __future__ import annotations

from typing import TypeVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn

Drawn = TypeVar("Drawn")


@st.composite
def transposed(draw: st.DrawFn) -> Case:
    """Legal transposed convolutions on sequences, and on maps whose sizes all differ."""
    axes = draw(st.sampled_from([1, 2, 2]))

    def each(one: st.SearchStrategy[Drawn]) -> st.SearchStrategy[tuple[Drawn, ...]]:
        return st.tuples(*[one] * axes)

    groups = draw(st.sampled_from([1, 2, 3]))
    kernel, stride, dilation = (draw(each(st.integers(1, 3))) for _ in range(3))
    sizes = draw(st.tuples(st.integers(3, 5), st.integers(6, 8)))[:axes]
    more = [draw(st.integers(0, step - 1)) for step in stride]
    told = zip(sizes, kernel, stride, dilation, more, strict=True)
    whole = [(n - 1) * s + d * (k - 1) + 1 + m for n, k, s, d, m in told]
    layer = op(
        f"conv_transpose{axes}d",
        out_channels=groups * draw(st.integers(1, 3)),
        kernel_size=kernel,
        stride=stride,
        padding=[draw(st.integers(0, min(3, (size - 1) // 2))) for size in whole],
        output_padding=more,
        groups=groups,
        bias=draw(st.booleans()),
        dilation=dilation,
    )
    return Case.of(layer, (2, groups * draw(st.integers(1, 3)), *sizes))


@settings(max_examples=300)
@given(transposed())
def test_shape_state_dict_and_results_are_torchs(case: Case) -> None:
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=50)
@given(transposed())
def test_macs_are_half_of_what_torch_counts_as_flops(case: Case) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        case.module()(torch.zeros(1, *case.inputs[0].shape[1:]))
    assert counter.get_total_flops() == 2 * int(case.layer.macs(*case.types))


@settings(max_examples=60)
@given(transposed())
def test_symbolic_sizes_run_and_evaluate_to_the_numbers(case: Case) -> None:
    _, channels, *sizes = case.inputs[0].shape
    names = "HW"[: len(sizes)]
    symbolic = TensorType.of("N", channels, *names)
    known = {"N": 2, **dict(zip(names, sizes, strict=True))}
    made = case.layer.infer(symbolic)
    assert tuple(size.evaluate(known) for size in made.dims) == case.in_torch().shape
    assert distance(case.in_onnx((symbolic,)), case.in_torch()) <= 1e-5


def test_weights_start_as_torchs_do() -> None:
    layer = op("conv_transpose2d", out_channels=6, kernel_size=[3, 5], groups=2)
    case = Case.of(layer, (1, 400, 7, 8))
    torch.manual_seed(0)
    module = case.module()
    for weight in case.layer.weights(*case.types):
        assert isinstance(weight.init, UniformFanIn)
        assert int(weight.init.fan_in) == 3 * 3 * 5
    largest = float(module.get_parameter("weight").detach().abs().max())
    assert 0.99 * 45**-0.5 < largest <= 45**-0.5


def test_an_exact_doubling_is_said_in_symbols() -> None:
    layer = op("conv_transpose2d", out_channels=8, kernel_size=2, stride=2)
    assert str(layer.infer(TensorType.of("N", 16, "H", "W"))) == "[N, 8, 2 * H, 2 * W]"


def test_two_output_positions_stand_in_one_of_the_input() -> None:
    layer = op("conv_transpose1d", out_channels=8, kernel_size=4, stride=2)
    (window,) = layer.windows(TensorType.of("N", 16, "T")) or ()
    assert (int(window.extent), int(window.stride), int(window.grown)) == (2, 1, 2)


def test_on_two_gpus_there_are_twice_the_groups() -> None:
    arguments = {"out_channels": 12, "kernel_size": 3}
    layer = op("conv_transpose2d", **arguments, groups=3)
    assert layer.divided(2) == op("conv_transpose2d", **arguments, groups=6)
    assert layer.has_channels


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("conv_transpose2d", {"stride": 2}, "nn.ConvTranspose2d(3, 6, 2, stride=2)"),
        (
            "conv_transpose2d",
            {"stride": [2, 1], "output_padding": [1, 0], "bias": False},
            "nn.ConvTranspose2d(3, 6, 2, stride=(2, 1), output_padding=(1, 0), bias=False)",
        ),
        (
            "conv_transpose1d",
            {"stride": 2, "padding": [1], "groups": 3},
            "nn.ConvTranspose1d(3, 6, 2, stride=2, padding=1, groups=3)",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    shape = ("N", 3, 32, 33) if key.endswith("2d") else ("N", 3, 32)
    assert printed(op(key, out_channels=6, kernel_size=2, **arguments), shape) == text


@pytest.mark.parametrize(
    ("arguments", "shape", "code", "argument", "words"),
    [
        (
            {"stride": 2, "output_padding": 2},
            (1, 3, 8, 9),
            Code.DOES_NOT_FIT,
            "output_padding",
            "`output_padding` 2 along the height must be less than the stride 2",
        ),
        (
            {"padding": [0, 2]},
            (1, 3, 8, 2),
            Code.DOES_NOT_FIT,
            "padding",
            "padding 2 on both ends of the width leaves nothing of 4 positions",
        ),
        (
            {"groups": 2},
            (1, 3, 8, 9),
            Code.NOT_DIVISIBLE,
            "groups",
            "must divide the input's 3 channels and the output's 6",
        ),
        ({}, (1, 3), Code.WRONG_RANK, None, "expects a map [N, C, H, W], got [1, 3]"),
    ],
)
def test_what_cannot_work_is_refused_with_both_numbers(
    arguments: dict[str, object],
    shape: tuple[int, ...],
    code: Code,
    argument: str | None,
    words: str,
) -> None:
    layer = op("conv_transpose2d", out_channels=6, kernel_size=3, **arguments)
    with pytest.raises(OpError) as caught:
        layer.infer(TensorType.of(*shape))
    assert caught.value.code is code
    assert caught.value.argument == argument
    assert words in caught.value.message
