"""``slice``, ``permute``, ``unflatten``, the shuffles and ``pad`` against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from voices import Case, assert_agreement, assert_state_dict, distance, op, printed, written

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown, Window
from archcompile.ir.types import TensorType
from archcompile.targets.pytorch import ModuleForm, form

SHAPES = ((2, 5), (2, 3, 7), (2, 3, 4, 7))
OPEN = TensorType.of("N", 4, "H", "W")
X = TensorType.of("N", "in_channels", "H", "W")


@settings(max_examples=200)
@given(st.sampled_from(SHAPES), st.data())
def test_slices_are_pythons(shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape)
    place = data.draw(st.integers(1, rank - 1))
    size = shape[place]
    start = data.draw(st.integers(0, size - 1))
    stop = data.draw(st.none() | st.integers(start + 1, size))
    if data.draw(st.booleans()):
        start -= size
    if stop is not None and stop < size and data.draw(st.booleans()):
        stop -= size
    axis = place - data.draw(st.sampled_from([0, rank]))
    layer = op("slice", dim=axis, start=start, stop=stop, step=data.draw(st.integers(1, 9)))
    assert_agreement(Case.of(layer, shape))


@settings(max_examples=60)
@given(st.sampled_from(SHAPES), st.data())
def test_permutations_are_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape)
    order = [0, *data.draw(st.permutations(range(1, rank)))]
    dims = [axis - data.draw(st.sampled_from([0, rank])) for axis in order]
    assert_agreement(Case.of(op("permute", dims=dims), shape))


@settings(max_examples=80)
@given(
    st.sampled_from([1, 2, 3, -1, -3]),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.data(),
)
def test_unflatten_is_torchs(dim: int, sizes: list[int], data: st.DataObject) -> None:
    whole, place = 1, dim % 4
    for size in sizes:
        whole *= size
    shape = tuple(whole if axis == place else 2 for axis in range(4))
    rest = data.draw(st.none() | st.integers(0, len(sizes) - 1))
    wanted = [-1 if at == rest else size for at, size in enumerate(sizes)]
    assert_agreement(Case.of(op("unflatten", dim=dim, unflattened_size=wanted), shape))


@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 4), st.booleans())
def test_channel_shuffle_is_torchs(groups: int, size: int, is_map: bool) -> None:
    shape = (2, groups * size, 3, 4) if is_map else (2, groups * size, 5)
    assert_agreement(Case.of(op("channel_shuffle", groups=groups), shape))


@settings(max_examples=40)
@given(st.integers(1, 3), st.integers(1, 3))
def test_pixel_shuffle_is_torchs(factor: int, channels: int) -> None:
    shape = (2, channels * factor * factor, 3, 4)
    assert_agreement(Case.of(op("pixel_shuffle", upscale_factor=factor), shape))


MODES = st.sampled_from(["constant", "reflect", "replicate", "circular"])


@settings(max_examples=200)
@given(st.sampled_from(SHAPES), MODES, st.sampled_from([0, -1.5]), st.data())
def test_paddings_are_torchs(
    shape: tuple[int, ...], mode: str, value: float, data: st.DataObject
) -> None:
    axes = len(shape) - (1 if mode == "constant" else 2)
    assume(axes > 0)
    count = data.draw(st.integers(1, axes))
    padding = data.draw(st.lists(st.integers(0, 3), min_size=2 * count, max_size=2 * count))
    own = {"value": value} if mode == "constant" else {}
    case = Case.of(op("pad", padding=padding, mode=mode, **own), shape)
    assert_agreement(case)
    assert_state_dict(case)


def test_a_shortcut_of_option_a_is_made_of_slices_and_zeros() -> None:
    """He et al. 2016, sec. 4.2: every other row and column, and zeros for the new channels."""
    x = TensorType.of("N", 16, 32, 32)
    rows = op("slice", dim=2, step=2)
    columns = op("slice", dim=3, step=2)
    zeros = op("pad", padding=[0, 0, 0, 0, 8, 8])
    assert str(zeros.infer(columns.infer(rows.infer(x)))) == "[N, 32, 16, 16]"
    assert rows.windows(x) == (Window(Dim.of(1), Dim.of(2)), Window(Dim.of(1), Dim.of(1)))
    assert columns.windows(x) == (Window(Dim.of(1), Dim.of(1)), Window(Dim.of(1), Dim.of(2)))
    assert zeros.windows(x) is None


def test_amounts_may_be_a_blocks_parameters() -> None:
    missing = Dim.symbol("width") - Dim.symbol("in_channels")
    layer = op("pad", padding=[0, 0, 0, 0, 0, missing])
    assert layer.infer(X).channels == Dim.symbol("width")
    said = form(layer, X)
    assert isinstance(said, ModuleForm)
    assert written(said.construct) == f"Pad((0, 0, 0, 0, 0, {missing}))"
    cut = op("slice", dim=1, stop=Dim.symbol("width"))
    assert cut.infer(X).channels == Dim.symbol("width")
    end = op("slice", dim=1, start=-Dim.symbol("width"))
    assert end.infer(X).channels == Dim.symbol("width")
    with pytest.raises(Undecided):
        op("slice", dim=1, start=Dim.symbol("offset", positive=False)).infer(X)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (op("slice", dim=2, start=-3, step=2), (2, 4, 5, 6)),
        (op("permute", dims=[0, 2, 3, 1]), (2, 4, 5, 6)),
        (op("unflatten", dim=1, unflattened_size=[2, -1]), (2, 4, 5, 6)),
        (op("channel_shuffle", groups=2), (2, 4, 5, 6)),
        (op("pixel_shuffle", upscale_factor=2), (2, 4, 5, 6)),
        (op("pad", padding=[1, 2, 0, 1], mode="reflect"), (2, 4, 5, 6)),
    ],
    ids=lambda each: each.key if isinstance(each, Op) else "",
)
def test_onnxruntime_takes_maps_of_open_size(layer: Op, shape: tuple[int, ...]) -> None:
    case = Case.of(layer, shape)
    assert distance(case.in_onnx((OPEN,)), case.in_torch()) <= 1e-6


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("slice", {"dim": 2, "step": 2}, "Slice(2, step=2)"),
        ("slice", {"dim": 1, "start": 1, "stop": -1}, "Slice(1, start=1, stop=-1)"),
        ("permute", {"dims": [0, 2, 3, 1]}, "Permute((0, 2, 3, 1))"),
        ("unflatten", {"dim": 1, "unflattened_size": [2, 2]}, "nn.Unflatten(1, (2, 2))"),
        ("unflatten", {"dim": 1, "unflattened_size": 4}, "nn.Unflatten(1, (4,))"),
        ("channel_shuffle", {"groups": 2}, "nn.ChannelShuffle(2)"),
        ("pixel_shuffle", {"upscale_factor": 2}, "nn.PixelShuffle(2)"),
        ("pad", {"padding": [1, 1]}, "Pad((1, 1))"),
        ("pad", {"padding": [1, 0], "value": -1}, "Pad((1, 0), value=-1.0)"),
        ("pad", {"padding": [1, 0], "mode": "reflect"}, "Pad((1, 0), mode='reflect')"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 4, 4, 5)) == text


MAP = (2, 4, 6, 8)


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "code", "argument"),
    [
        ("slice", {"dim": 0}, MAP, Code.UNSUPPORTED, "dim"),
        ("slice", {"dim": 4}, MAP, Code.BAD_ARGUMENT, "dim"),
        ("slice", {"dim": 2, "start": 6}, MAP, Code.DOES_NOT_FIT, "start"),
        ("slice", {"dim": 2, "start": -7}, MAP, Code.DOES_NOT_FIT, "start"),
        ("slice", {"dim": 2, "stop": 7}, MAP, Code.DOES_NOT_FIT, "stop"),
        ("slice", {"dim": 2, "start": 3, "stop": 3}, MAP, Code.DOES_NOT_FIT, "stop"),
        ("permute", {"dims": [0, 2, 1]}, MAP, Code.BAD_ARGUMENT, "dims"),
        ("permute", {"dims": [0, 2, 2, 1]}, MAP, Code.BAD_ARGUMENT, "dims"),
        ("permute", {"dims": [1, 0, 2, 3]}, MAP, Code.UNSUPPORTED, "dims"),
        (
            "unflatten",
            {"dim": 1, "unflattened_size": [2, 3]},
            MAP,
            Code.NOT_DIVISIBLE,
            "unflattened_size",
        ),
        (
            "unflatten",
            {"dim": 1, "unflattened_size": [-1, -1]},
            MAP,
            Code.NOT_DIVISIBLE,
            "unflattened_size",
        ),
        (
            "unflatten",
            {"dim": 1, "unflattened_size": [-2, -2]},
            MAP,
            Code.NOT_DIVISIBLE,
            "unflattened_size",
        ),
        ("channel_shuffle", {"groups": 3}, MAP, Code.NOT_DIVISIBLE, "groups"),
        ("channel_shuffle", {"groups": 2}, (2, 4), Code.WRONG_RANK, None),
        ("pixel_shuffle", {"upscale_factor": 3}, MAP, Code.NOT_DIVISIBLE, "upscale_factor"),
        ("pixel_shuffle", {"upscale_factor": 2}, (2, 4, 6), Code.WRONG_RANK, None),
        ("pad", {"padding": [1, 1, 1]}, MAP, Code.BAD_ARGUMENT, "padding"),
        ("pad", {"padding": []}, MAP, Code.BAD_ARGUMENT, "padding"),
        ("pad", {"padding": [1] * 8}, MAP, Code.BAD_ARGUMENT, "padding"),
        ("pad", {"padding": [1] * 6, "mode": "reflect"}, MAP, Code.UNSUPPORTED, "mode"),
        (
            "pad",
            {"padding": [1, 1], "mode": "replicate", "value": 1},
            MAP,
            Code.UNSUPPORTED,
            "mode",
        ),
        ("pad", {"padding": [1, 1], "mode": "reflect"}, (2, 4), Code.WRONG_RANK, None),
        ("pad", {"padding": [8, 0], "mode": "reflect"}, MAP, Code.DOES_NOT_FIT, "padding"),
        ("pad", {"padding": [0, 9], "mode": "circular"}, MAP, Code.DOES_NOT_FIT, "padding"),
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
    ("key", "arguments", "argument", "message"),
    [
        ("pad", {"padding": [1, -1]}, "padding", "expected at least 0, got -1"),
        ("permute", {"dims": ["N", "C"]}, "dims", "expected an integer, got the text 'N'"),
        ("slice", {"dim": 1, "start": 1.5}, "start", "expected an integer, got 1.5"),
        ("slice", {"dim": 1, "step": 0}, "step", "expected at least 1, got 0"),
        (
            "unflatten",
            {"dim": 1, "unflattened_size": [True]},
            "unflattened_size",
            "expected an integer, got true",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    key: str, arguments: dict[str, object], argument: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        op(key, **arguments)
    (first, *_) = caught.value.errors()
    assert first["loc"][0] == argument
    assert first["msg"] == message


@pytest.mark.parametrize(
    "layer",
    [
        op("slice", dim=2, step=2),
        op("permute", dims=[0, 1, 3, 2]),
        op("unflatten", dim=3, unflattened_size=[2, -1]),
        op("pad", padding=[1, 1, 1, 1, 0, 0]),
    ],
    ids=lambda each: each.key,
)
def test_what_moves_positions_of_a_map_runs_on_each_gpu(layer: Op) -> None:
    assert layer.divided(2) is layer


@pytest.mark.parametrize(
    "layer",
    [
        op("slice", dim=1, step=2),
        op("permute", dims=[0, 2, 3, 1]),
        op("unflatten", dim=1, unflattened_size=[2, -1]),
        op("pad", padding=[0, 0, 0, 0, 1, 1]),
        op("channel_shuffle", groups=2),
        op("pixel_shuffle", upscale_factor=2),
    ],
    ids=lambda each: each.key,
)
def test_what_moves_channels_is_refused_on_gpus_that_hold_some(layer: Op) -> None:
    with pytest.raises(OpError, match="by itself") as caught:
        layer.divided(2)
    assert caught.value.help is not None


def test_channels_of_a_sequence_are_not_padded_on_one_gpu() -> None:
    layer, x = op("pad", padding=[0, 0, 1, 1]), TensorType.of("N", 4, 8)
    assert layer.infer(x).channels == Dim.of(6)
    with pytest.raises(OpError, match="by itself"):
        layer.divided(2).infer(x.split(2))


@pytest.mark.parametrize(
    ("layer", "argument"),
    [
        (op("slice", dim=2), "dim"),
        (op("permute", dims=[0, 2, 3, 1]), "dims"),
        (op("unflatten", dim=1, unflattened_size=[2, 2]), "unflattened_size"),
        (op("pad", padding=[1, 1]), "mode"),
        (op("pad", padding=[1, 1]), "padding"),
    ],
)
def test_a_choice_that_a_call_makes_leaves_the_type_open(layer: Op, argument: str) -> None:
    with pytest.raises(Undecided):
        layer.updated({argument: Unknown("choice")}).infer(TensorType.of("N", 4, 6, 8))


def test_what_is_open_is_printed_as_its_author_wrote_it() -> None:
    said = form(op("pad", padding=[1, 1]).updated({"mode": Unknown("mode")}), X)
    assert isinstance(said, ModuleForm)
    assert written(said.construct) == "Pad((1, 1), mode=mode)"
