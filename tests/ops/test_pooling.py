"""Pools with a window against torch and onnxruntime over their argument space."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, assert_state_dict, distance, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType


@st.composite
def windows(draw: st.DrawFn) -> tuple[dict[str, object], tuple[int, ...]]:
    """A window's arguments with torch's rule kept, and the shape of a map or a sequence."""
    axes = draw(st.sampled_from([1, 2, 2]))
    kernel = draw(st.tuples(*[st.integers(1, 5)] * axes))
    amounts = [st.integers(0, size // 2) for size in kernel]
    sided = draw(st.booleans())
    arguments: dict[str, object] = {
        "kernel_size": kernel,
        "padding": draw(
            st.tuples(*(st.tuples(amount, amount) for amount in amounts))
            if sided
            else st.tuples(*amounts)
        ),
    }
    if draw(st.booleans()):
        arguments["stride"] = draw(st.tuples(*[st.integers(1, 5)] * axes))
    shape = (2, 3, draw(st.integers(4, 9)), draw(st.integers(10, 13)))
    return arguments, shape[: axes + 2]


def over(shape: tuple[int, ...], kind: str) -> str:
    """The pool's key for a map or a sequence of this shape."""
    return f"{kind}_pool{len(shape) - 2}d"


def even(arguments: dict[str, object]) -> bool:
    """Whether both sides of each axis are padded alike."""
    padding = arguments["padding"]
    assert isinstance(padding, tuple)
    return all(not isinstance(each, tuple) or each[0] == each[1] for each in padding)


def fitting(case: Case) -> Case:
    """The case, if torch would run it too; what it refuses must be refused here."""
    try:
        case.layer.infer(*case.types)
    except OpError as error:
        if "sees padding only" in error.message:
            assume(False)  # torch gives minus infinity; pinned in a test of its own
        with pytest.raises(RuntimeError):
            case.in_torch()
        assume(False)
    return case


@settings(max_examples=250)
@given(windows(), st.tuples(st.integers(1, 3), st.integers(1, 3)), st.booleans())
def test_maximum_pools_are_torchs(
    window: tuple[dict[str, object], tuple[int, ...]], dilation: tuple[int, int], ceil: bool
) -> None:
    arguments, shape = window
    ceil_mode = ceil and even(arguments)
    arguments["dilation"] = dilation[: len(shape) - 2]
    layer = op(over(shape, "max"), **arguments, ceil_mode=ceil_mode)
    case = fitting(Case.of(layer, shape))
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=250)
@given(windows(), st.booleans(), st.booleans(), st.none() | st.integers(1, 7))
def test_average_pools_are_torchs(
    window: tuple[dict[str, object], tuple[int, ...]],
    ceil: bool,
    include_pad: bool,
    divisor: int | None,
) -> None:
    arguments, shape = window
    if len(shape) == 4:
        arguments["divisor_override"] = divisor
    layer = op(
        over(shape, "avg"),
        **arguments,
        ceil_mode=ceil and even(arguments),
        count_include_pad=include_pad or not even(arguments),
    )
    assert_agreement(fitting(Case.of(layer, shape)))


@settings(max_examples=60)
@given(windows(), st.sampled_from(["max", "avg"]), st.integers(1, 3))
def test_symbolic_maps_run_in_onnxruntime(
    window: tuple[dict[str, object], tuple[int, ...]], kind: str, divisor: int
) -> None:
    arguments, shape = window
    key, names = over(shape, kind), "HW"[: len(shape) - 2]
    if key == "avg_pool2d":
        arguments["divisor_override"] = divisor
    case = fitting(Case.of(op(key, **arguments, ceil_mode=even(arguments)), shape))
    symbolic = (TensorType.of("N", 3, *names),)
    assert distance(case.in_onnx(symbolic), case.in_torch()) <= 1e-5
    sizes = case.layer.infer(*symbolic).dims
    known = {"N": 2, **dict(zip(names, shape[2:], strict=True))}
    assert tuple(size.evaluate(known) for size in sizes) == case.in_torch().shape


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("max_pool2d", {"kernel_size": 3, "stride": 2}, "nn.MaxPool2d(3, stride=2)"),
        ("avg_pool2d", {"kernel_size": 2}, "nn.AvgPool2d(2)"),
        (
            "max_pool2d",
            {"kernel_size": 3, "stride": 2, "ceil_mode": True},
            "nn.MaxPool2d(3, stride=2, ceil_mode=True)",
        ),
        (
            "avg_pool2d",
            {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
            "nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)",
        ),
        (
            "max_pool2d",
            {"kernel_size": 3, "stride": 2, "padding": [[0, 1], [1, 1]]},
            "SidedMaxPool2d(3, stride=2, padding=((0, 1), (1, 1)))",
        ),
        (
            "avg_pool2d",
            {"kernel_size": 3, "padding": [[0, 1], [1, 1]], "divisor_override": 4},
            "SidedAvgPool2d(3, padding=((0, 1), (1, 1)), divisor_override=4)",
        ),
        ("max_pool1d", {"kernel_size": [3], "padding": 1}, "nn.MaxPool1d(3, padding=1)"),
        ("avg_pool1d", {"kernel_size": 3, "stride": 2}, "nn.AvgPool1d(3, stride=2)"),
        (
            "avg_pool1d",
            {"kernel_size": 3, "padding": [[0, 1]]},
            "SidedAvgPool1d(3, padding=((0, 1),))",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    shape = ("N", 3, 32, 33) if key.endswith("2d") else ("N", 3, 32)
    assert printed(op(key, **arguments), shape) == text


UNEVEN = [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "code", "argument", "words"),
    [
        (
            "max_pool2d",
            {"return_indices": True},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "return_indices",
            "two outputs",
        ),
        (
            "max_pool2d",
            {"padding": 2},
            (1, 3, 8, 9),
            Code.DOES_NOT_FIT,
            "padding",
            "padding 2 is more than half of the kernel 3",
        ),
        (
            "avg_pool2d",
            {"padding": [0, 2]},
            (1, 3, 8, 9),
            Code.DOES_NOT_FIT,
            "padding",
            "along the width",
        ),
        (
            "max_pool2d",
            {"padding": UNEVEN, "ceil_mode": True},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "padding",
            "same padding on both sides",
        ),
        (
            "avg_pool2d",
            {"padding": UNEVEN, "count_include_pad": False},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "padding",
            "same padding on both sides",
        ),
        (
            "avg_pool2d",
            {},
            (1, 3, 8, 2),
            Code.DOES_NOT_FIT,
            "kernel_size",
            "kernel 3 is larger than the input 2 along the width",
        ),
        ("max_pool2d", {}, (1, 48), Code.WRONG_RANK, None, "got [1, 48]"),
        ("max_pool1d", {}, (1, 3, 8, 9), Code.WRONG_RANK, None, "a sequence [N, C, T], got [1, 3"),
        ("avg_pool1d", {}, (1, 3, 2), Code.DOES_NOT_FIT, "kernel_size", "along the length"),
        ("max_pool1d", {"padding": 2}, (1, 3, 9), Code.DOES_NOT_FIT, "padding", "the kernel 3"),
        (
            "max_pool2d",
            {"kernel_size": 2, "dilation": 2, "padding": 1, "stride": 5},
            (1, 3, 1, 9),
            Code.DOES_NOT_FIT,
            "dilation",
            "sees padding only",
        ),
    ],
)
def test_what_cannot_work_is_refused(
    key: str,
    arguments: dict[str, object],
    shape: tuple[int, ...],
    code: Code,
    argument: str | None,
    words: str,
) -> None:
    layer = op(key, **{"kernel_size": 3, **arguments})
    with pytest.raises(OpError) as caught:
        layer.infer(TensorType.of(*shape))
    assert caught.value.code is code
    assert caught.value.argument == argument
    assert words in caught.value.message


def test_a_window_that_torch_fills_with_minus_infinity_is_the_one_refused() -> None:
    x = torch.zeros(1, 1, 1, 9)
    assert torch.nn.functional.max_pool2d(x, 2, 5, 1, 2).isinf().any()


def test_whole_numbers_stay_exact() -> None:
    import numpy as np

    from archcompile.targets.reference import compute

    x = np.arange(-30, 30, dtype=np.int64).reshape(1, 2, 5, 6)
    pooled = compute(op("max_pool2d", kernel_size=3, padding=1), (x,), {})
    assert pooled.dtype == np.int64
    assert pooled.tolist() == [[[[-23, -20], [-5, -2]], [[7, 10], [25, 28]]]]


@pytest.mark.parametrize("key", ["max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d"])
def test_a_pool_has_no_connections_to_learn_and_runs_on_each_gpus_channels(key: str) -> None:
    layer = op(key, kernel_size=2)
    x = TensorType.of("N", 4, 6) if key.endswith("1d") else TensorType.of("N", 4, 6, 8)
    assert int(layer.connections(x)) == 0
    assert layer.divided(2) is layer
