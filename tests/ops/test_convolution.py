"""``conv1d`` and ``conv2d`` against torch and onnxruntime over their whole argument space."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.remedy import Argument
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn
from archcompile.targets.reference import compute

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


Drawn = TypeVar("Drawn")
TWELVE = {"out_channels": 12, "kernel_size": 3}


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    """Legal convolutions on sequences, and on maps whose sizes all differ."""
    axes = draw(st.sampled_from([1, 2, 2]))

    def each(one: st.SearchStrategy[Drawn]) -> st.SearchStrategy[tuple[Drawn, ...]]:
        return st.tuples(*[one] * axes)

    groups = draw(st.sampled_from([1, 2, 3]))
    channels = groups * draw(st.integers(1, 3))
    out = groups * draw(st.integers(1, 3))
    kernel, stride, dilation = (draw(each(st.integers(1, 3))) for _ in range(3))
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    sizes = draw(st.tuples(st.integers(7, 9), st.integers(10, 12)))[:axes]
    amount = st.integers(0, 4)
    padding = draw(
        st.one_of(
            amount,
            each(amount),
            each(st.tuples(amount, amount)),
            st.sampled_from(["same", "valid"]),
        )
    )
    layer = op(
        f"conv{axes}d",
        out_channels=out,
        kernel_size=kernel,
        stride=1 if padding == "same" else stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=draw(st.booleans()),
        padding_mode=mode,
    )
    return Case.of(layer, (2, channels, *sizes))


@settings(max_examples=300)
@given(convolutions())
def test_shape_state_dict_and_results_are_torchs(case: Case) -> None:
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=50)
@given(convolutions())
def test_macs_are_half_of_what_torch_counts_as_flops(case: Case) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        case.module()(torch.zeros(1, *case.inputs[0].shape[1:]))
    assert counter.get_total_flops() == 2 * int(case.layer.macs(*case.types))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
            "nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",
        ),
        ({"out_channels": 6, "kernel_size": [5, 5]}, "nn.Conv2d(3, 6, 5)"),
        (
            {"out_channels": 6, "kernel_size": [1, 7], "padding": [0, 3]},
            "nn.Conv2d(3, 6, (1, 7), padding=(0, 3))",
        ),
        (
            {"out_channels": 6, "kernel_size": 3, "groups": 3, "padding": "same"},
            "nn.Conv2d(3, 6, 3, padding='same', groups=3)",
        ),
        (
            {"out_channels": 6, "kernel_size": 3, "padding": [[1, 1], [2, 2]]},
            "nn.Conv2d(3, 6, 3, padding=(1, 2))",
        ),
        (
            {"out_channels": 6, "kernel_size": 3, "padding": [[0, 1], [2, 2]]},
            "SidedConv2d(3, 6, 3, padding=((0, 1), (2, 2)))",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(arguments: dict[str, object], text: str) -> None:
    assert printed(op("conv2d", **arguments), ("N", 3, 32, 32)) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"kernel_size": 7, "stride": 2, "bias": False},
            "nn.Conv1d(3, 6, 7, stride=2, bias=False)",
        ),
        ({"kernel_size": [3], "padding": [[1, 1]]}, "nn.Conv1d(3, 6, 3, padding=1)"),
        ({"kernel_size": 3, "padding": "same"}, "nn.Conv1d(3, 6, 3, padding='same')"),
        ({"kernel_size": 3, "padding": [[2, 0]]}, "SidedConv1d(3, 6, 3, padding=((2, 0),))"),
    ],
)
def test_a_sequences_source_is_what_a_person_would_write(
    arguments: dict[str, object], text: str
) -> None:
    assert printed(op("conv1d", out_channels=6, **arguments), ("N", 3, 32)) == text


def test_on_two_gpus_a_convolution_has_twice_the_groups() -> None:
    assert op("conv2d", **TWELVE, groups=3).divided(2) == op("conv2d", **TWELVE, groups=6)
    assert op("conv1d", **TWELVE).has_channels


def test_every_output_element_reads_its_window_and_its_bias() -> None:
    for bias, count in ((True, 9 * 3 + 1), (False, 9 * 3)):
        layer = op("conv2d", out_channels=5, kernel_size=3, bias=bias)
        assert int(layer.connections(TensorType.of(1, 3, 6, 8))) == 5 * 4 * 6 * count


@pytest.mark.parametrize(
    ("arguments", "shape", "words"),
    [
        ({"kernel_size": 3, "padding": "same", "stride": 2}, (1, 3, 8), "of 1, got 2 (length)"),
        ({"kernel_size": 9}, (1, 3, 8), "is larger than the input 8 along the length"),
        ({"kernel_size": 3}, (1, 3, 8, 9), "expects a sequence [N, C, T], got [1, 3, 8, 9]"),
    ],
)
def test_what_cannot_work_on_a_sequence_is_refused(
    arguments: dict[str, object], shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(OpError) as caught:
        op("conv1d", out_channels=8, **arguments).infer(TensorType.of(*shape))
    assert words in caught.value.message


def test_weights_start_as_torchs_do() -> None:
    case = Case.of(op("conv2d", out_channels=400, kernel_size=[3, 5], groups=2), (1, 6, 7, 8))
    torch.manual_seed(0)
    module = case.module()
    for weight in case.layer.weights(*case.types):
        assert isinstance(weight.init, UniformFanIn)
        bound = int(weight.init.fan_in) ** -0.5
        assert bound == pytest.approx(45**-0.5)
        largest = float(module.get_parameter(weight.name).detach().abs().max())
        assert 0.99 * bound < largest <= bound


def test_symbolic_sizes_give_symbolic_sizes() -> None:
    layer = op("conv2d", out_channels=8, kernel_size=3, stride=2, padding=1)
    made = layer.infer(TensorType.of("N", 3, "H", 32))
    assert str(made) == "[N, 8, (H - 1) // 2 + 1, 16]"


@pytest.mark.parametrize(
    ("arguments", "shape", "code", "argument", "words"),
    [
        (
            {"kernel_size": 7},
            (1, 3, 5, 9),
            Code.DOES_NOT_FIT,
            "kernel_size",
            "kernel 7 is larger than the input 5",
        ),
        (
            {"kernel_size": 3, "dilation": 3, "padding": 1},
            (1, 3, 4, 9),
            Code.DOES_NOT_FIT,
            "kernel_size",
            "kernel 7 (3 dilated by 3) is larger than the padded input 6 (1 + 4 + 1)",
        ),
        (
            {"kernel_size": 3, "groups": 5},
            (1, 12, 8, 9),
            Code.NOT_DIVISIBLE,
            "groups",
            "`groups: 5` must divide the input's 12 channels and the output's 8",
        ),
        (
            {"kernel_size": 3, "padding": "same", "stride": [1, 2]},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "padding",
            "stride of 1, got 1 and 2",
        ),
        (
            {"kernel_size": 3, "padding": 5, "padding_mode": "reflect"},
            (1, 3, 5, 9),
            Code.DOES_NOT_FIT,
            "padding",
            "can pad the height 5 by at most 4, got 5",
        ),
        (
            {"kernel_size": 3, "padding": [0, 10], "padding_mode": "circular"},
            (1, 3, 5, 9),
            Code.DOES_NOT_FIT,
            "padding",
            "can pad the width 9 by at most 9, got 10",
        ),
        (
            {"kernel_size": 3},
            (1, 3),
            Code.WRONG_RANK,
            None,
            "expects a map [N, C, H, W], got [1, 3]",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_both_numbers(
    arguments: dict[str, object],
    shape: tuple[int, ...],
    code: Code,
    argument: str | None,
    words: str,
) -> None:
    layer = op("conv2d", out_channels=8, **arguments)
    with pytest.raises(OpError) as caught:
        layer.infer(TensorType.of(*shape))
    assert caught.value.code is code
    assert caught.value.argument == argument
    assert words in caught.value.message


def test_the_nearest_groups_that_work_are_offered() -> None:
    layer = op("conv2d", out_channels=8, kernel_size=3, groups=3)
    with pytest.raises(OpError) as caught:
        layer.infer(TensorType.of(1, 12, 8, 9))
    assert caught.value.help == "write `groups: 2`; `groups: 4` would do too"
    assert caught.value.remedy == Argument("groups", "2")


@settings(max_examples=100)
@given(convolutions())
def test_symbolic_inference_evaluates_to_the_numbers(case: Case) -> None:
    _, channels, *sizes = case.inputs[0].shape
    names = "HW"[: len(sizes)]
    symbolic = case.layer.infer(TensorType.of("N", channels, *names))
    known = {"N": 2, **dict(zip(names, sizes, strict=True))}
    assert TensorType.of(*(size.evaluate(known) for size in symbolic.dims)) == case.layer.infer(
        *case.types
    )


def test_whole_numbers_stay_exact() -> None:
    rng = np.random.default_rng(3)
    layer = op("conv2d", out_channels=4, kernel_size=3, padding=1, groups=2)
    x = rng.integers(-9, 9, (2, 6, 5, 7))
    weights = {"weight": rng.integers(-9, 9, (4, 3, 3, 3)), "bias": rng.integers(-9, 9, 4)}
    wanted = torch.nn.functional.conv2d(
        *(torch.tensor(each) for each in (x, weights["weight"], weights["bias"])),
        padding=1,
        groups=2,
    )
    found = compute(layer, (x,), weights)
    assert found.dtype == np.int64
    assert np.array_equal(found, wanted.numpy())


def test_large_numbers_are_refused_in_no_time() -> None:
    layer = op("conv2d", out_channels=2**60, kernel_size=3, groups=2**59 + 1)
    with pytest.raises(OpError, match="must divide"):
        layer.infer(TensorType.of(1, 2**61, 8, 9))
