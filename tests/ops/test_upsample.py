"""``upsample`` against torch and onnxruntime over its argument space."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from voices import Case, assert_agreement, assert_state_dict, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError, Undecided, Unknown, decided
from archcompile.ir.types import TensorType


@st.composite
def upsamplings(draw: st.DrawFn) -> Case:
    """Sequences and maps, to a size or by a factor, in every mode that they have."""
    axes = draw(st.sampled_from([1, 2, 2]))
    sizes = draw(st.tuples(st.integers(1, 7), st.integers(1, 12)))[:axes]
    arguments: dict[str, object] = {"mode": draw(st.sampled_from(["nearest", "means"]))}
    if arguments["mode"] == "means":
        arguments["mode"] = "linear" if axes == 1 else "bilinear"
        arguments["align_corners"] = draw(st.sampled_from([None, True, False]))
    name, most = draw(st.sampled_from([("size", 16), ("scale_factor", 5)]))
    number = st.integers(1, most)
    arguments[name] = draw(st.one_of(number, st.tuples(*[number] * axes)))
    if name == "scale_factor":
        arguments["recompute_scale_factor"] = draw(st.sampled_from([None, True, False]))
    return Case.of(op("upsample", **arguments), (2, 3, *sizes))


@settings(max_examples=400)
@given(upsamplings())
def test_shapes_and_results_are_torchs(case: Case) -> None:
    try:
        case.layer.infer(*case.types)
    except OpError as error:
        if "torch rounds" not in error.message:
            raise
        assume(False)
    assert_agreement(case)
    assert_state_dict(case)


@settings(max_examples=100)
@given(upsamplings())
def test_symbolic_sizes_run_and_evaluate_to_the_numbers(case: Case) -> None:
    sizes = case.inputs[0].shape[2:]
    names = "HW"[: len(sizes)]
    symbolic = TensorType.of("N", 3, *names)
    try:
        with decided():
            made = case.layer.infer(symbolic)
    except OpError as error:
        if "not known" not in error.message:
            raise
        assume(False)
    known = {"N": 2, **dict(zip(names, sizes, strict=True))}
    assert tuple(size.evaluate(known) for size in made.dims) == case.in_torch().shape
    assert distance(case.in_onnx((symbolic,)), case.in_torch()) <= 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sizes_that_torch_rounds_wrongly_are_the_ones_refused(dtype: torch.dtype) -> None:
    for size in range(1, 48):
        for places in range(1, 72):
            x = torch.arange(size, dtype=dtype)[None, None]
            layer = op("upsample", size=places)
            exact = np.arange(places) * size // places
            try:
                layer.infer(TensorType.of(1, 1, size))
            except OpError:
                continue
            found = torch.nn.functional.interpolate(x, size=places)
            assert found[0, 0].tolist() == exact.tolist()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_factors_that_torch_rounds_wrongly_are_the_ones_refused(dtype: torch.dtype) -> None:
    refused = []
    x = torch.arange(65, dtype=dtype)[None, None]
    for factor in range(1, 112):
        try:
            op("upsample", scale_factor=factor).infer(TensorType.of("N", 1, "T"))
        except OpError:
            refused.append(factor)
            continue
        found = torch.nn.functional.interpolate(x, scale_factor=factor)
        assert found[0, 0].tolist() == (np.arange(65 * factor) // factor).tolist()
    assert refused[:4] == [41, 47, 49, 55]


def test_a_factor_doubles_symbols() -> None:
    layer = op("upsample", scale_factor=2, mode="bilinear", align_corners=True)
    assert str(layer.infer(TensorType.of("N", 3, "H", "W"))) == "[N, 3, 2 * H, 2 * W]"


@pytest.mark.parametrize(
    ("arguments", "operators"),
    [
        ({"scale_factor": 2}, ["Resize"]),
        ({"size": [12, 18]}, ["Resize"]),
        ({"size": [6, 9]}, ["Identity"]),
        ({"size": [9, 9]}, ["Gather"]),
        ({"size": [9, 10]}, ["Gather", "Gather"]),
        ({"size": [9, 10], "mode": "bilinear"}, ["Resize"]),
    ],
)
def test_the_graph_says_it_as_simply_as_it_can(
    arguments: dict[str, object], operators: list[str]
) -> None:
    model = onnx_model(op("upsample", **arguments), (TensorType.of("N", 3, 6, 9),), {})
    assert [node.op_type for node in model.graph.node] == operators


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"size": 7}, "nn.Upsample(7)"),
        ({"size": [7, 9]}, "nn.Upsample((7, 9))"),
        ({"scale_factor": 2}, "nn.Upsample(scale_factor=2)"),
        ({"scale_factor": [2, 2.0]}, "nn.Upsample(scale_factor=2)"),
        (
            {"scale_factor": [2, 3], "mode": "bilinear", "align_corners": True},
            "nn.Upsample(scale_factor=(2, 3), mode='bilinear', align_corners=True)",
        ),
    ],
)
def test_the_source_is_what_a_person_would_write(arguments: dict[str, object], text: str) -> None:
    assert printed(op("upsample", **arguments), ("N", 3, 32, 33)) == text


def test_means_read_two_positions_and_steps_shrink_by_the_factor() -> None:
    x = TensorType.of("N", 3, "H", 6)
    for mode, reach in (("nearest", 1), ("bilinear", 2)):
        windows = op("upsample", scale_factor=2, mode=mode).windows(x) or ()
        assert [(int(w.extent), int(w.stride), int(w.grown)) for w in windows] == [
            (reach, 1, 2)
        ] * 2
    (_, width) = op("upsample", size=9, mode="bilinear").windows(x) or ()
    assert (int(width.stride), int(width.grown)) == (6, 9)


def test_a_mode_that_a_call_decides_leaves_the_type_open() -> None:
    layer = op("upsample", scale_factor=2).updated({"mode": Unknown("mode")})
    with pytest.raises(Undecided):
        layer.infer(TensorType.of("N", 3, "H", "W"))


def test_in_a_block_a_size_that_the_call_decides_passes() -> None:
    x = TensorType.of("N", 3, "H", "W")
    layer = op("upsample", size=7)
    assert str(layer.infer(x)) == "[N, 3, 7, 7]"
    with decided(), pytest.raises(OpError, match="to 7 along the height H"):
        layer.infer(x)


@pytest.mark.parametrize(
    ("arguments", "shape", "code", "argument", "words"),
    [
        ({}, (1, 3, 8, 9), Code.BAD_ARGUMENT, None, "needs `size` or `scale_factor`"),
        (
            {"size": 4, "scale_factor": 2},
            (1, 3, 8, 9),
            Code.BAD_ARGUMENT,
            "scale_factor",
            "`size` or `scale_factor`, not both",
        ),
        (
            {"scale_factor": 2, "mode": "bicubic"},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "mode",
            "`mode: bicubic` on [1, 3, 8, 9]",
        ),
        (
            {"scale_factor": 2, "mode": "linear"},
            (1, 3, 8, 9),
            Code.UNSUPPORTED,
            "mode",
            "`mode: linear` on [1, 3, 8, 9]",
        ),
        (
            {"scale_factor": 2, "align_corners": False},
            (1, 3, 8, 9),
            Code.BAD_ARGUMENT,
            "align_corners",
            "moves no positions",
        ),
        (
            {"scale_factor": [2, 3]},
            (1, 3, 8),
            Code.BAD_ARGUMENT,
            "scale_factor",
            "`scale_factor` has 2 numbers, but [1, 3, 8] has one axis",
        ),
        ({"size": 4}, (1, 3), Code.WRONG_RANK, None, "got [1, 3]"),
        (
            {"size": 82},
            (1, 3, 2),
            Code.UNSUPPORTED,
            "size",
            "from 2 to 82 along the length: torch rounds",
        ),
    ],
)
def test_what_cannot_work_is_refused(
    arguments: dict[str, object],
    shape: tuple[int, ...],
    code: Code,
    argument: str | None,
    words: str,
) -> None:
    with pytest.raises(OpError) as caught:
        op("upsample", **arguments).infer(TensorType.of(*shape))
    assert caught.value.code is code
    assert caught.value.argument == argument
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"scale_factor": 1.5},
            "expected a whole number, got 1.5; `size` gives an output of any size",
        ),
        ({"size": 0}, "expected at least 1, got 0"),
        ({"size": True}, "expected an integer, got true"),
        ({"size": [1, 2, 3]}, "expected one integer or one for each axis, got [1, 2, 3]"),
        (
            {"mode": "cubic"},
            "expected one of nearest, linear, bilinear, bicubic, trilinear, area, nearest-exact, "
            "got the text 'cubic'",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        op("upsample", **arguments)
    assert caught.value.errors()[0]["msg"] == message
