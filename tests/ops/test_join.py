"""``add``, ``mul``, ``sub``, ``concat`` and ``chunk`` against torch and onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, distance, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Mismatch, Op, OpError, decided
from archcompile.ir.types import TensorType

SHAPES = st.sampled_from([(2, 5), (2, 3, 7), (2, 3, 4, 7)])


@settings(max_examples=60)
@given(st.sampled_from(["add", "mul"]), SHAPES, st.integers(2, 5))
def test_sums_and_products_are_torchs(key: str, shape: tuple[int, ...], count: int) -> None:
    assert_agreement(Case.of(op(key), *[shape] * count))


@settings(max_examples=200)
@given(st.sampled_from(["add", "mul", "sub"]), SHAPES, st.data())
def test_sizes_of_one_and_missing_axes_are_repeated_as_torch_does(
    key: str, shape: tuple[int, ...], data: st.DataObject
) -> None:
    def smaller() -> tuple[int, ...]:
        ones = data.draw(st.tuples(*[st.booleans()] * len(shape)))
        kept = [1 if one else size for one, size in zip(ones, shape, strict=True)]
        return tuple(kept[data.draw(st.integers(0, len(shape) - 1)) :])

    shapes = [shape, smaller()]
    if key != "sub":
        shapes.append(smaller())
    assert_agreement(Case.of(op(key), *data.draw(st.permutations(shapes))))


def test_a_gate_and_a_bare_parameter_meet_a_map_of_open_size() -> None:
    x = TensorType.of("N", 8, "H", "W")
    with decided():
        for other in (TensorType.of("N", 8, 1, 1), TensorType.of(8, 1, 1)):
            assert op("mul").infer(x, other) == x
            assert op("mul").infer(other, x) == x


def test_onnxruntime_multiplies_maps_of_open_size_by_gates() -> None:
    case = Case.of(op("mul"), (2, 3, 4, 5), (2, 3, 1, 1))
    found = case.in_onnx((TensorType.of("N", 3, "H", "W"), TensorType.of("N", 3, 1, 1)))
    assert distance(found, case.in_torch()) <= 1e-6


@settings(max_examples=100)
@given(SHAPES, st.lists(st.integers(1, 6), min_size=2, max_size=5), st.data())
def test_concatenations_are_torchs(
    shape: tuple[int, ...], sizes: list[int], data: st.DataObject
) -> None:
    rank = len(shape)
    place = data.draw(st.integers(1, rank - 1))
    shapes = [(*shape[:place], size, *shape[place + 1 :]) for size in sizes]
    layer = op("concat", dim=place - data.draw(st.sampled_from([0, rank])))
    assert_agreement(Case.of(layer, *shapes))


@settings(max_examples=80)
@given(
    st.lists(st.integers(1, 3), min_size=2, max_size=4),
    st.integers(2, 3),
    st.sampled_from([1, 2, -2]),
)
def test_groups_are_concatenated_each_by_itself(sizes: list[int], groups: int, dim: int) -> None:
    place = dim % 4
    shapes = [tuple(size * groups if axis == place else 2 for axis in range(4)) for size in sizes]
    case = Case.of(op("concat", dim=dim, groups=groups), *shapes)
    assert_agreement(case)
    plain = op("concat", dim=dim)
    parts = [np.split(each, groups, axis=place) for each in case.inputs]
    wanted = [Case(plain, pieces).in_numpy() for pieces in zip(*parts, strict=True)]
    assert (case.in_numpy() == np.concatenate(wanted, axis=place)).all()


@settings(max_examples=80)
@given(SHAPES, st.integers(1, 4), st.integers(1, 3), st.data())
def test_chunks_are_torchs(
    shape: tuple[int, ...], chunks: int, size: int, data: st.DataObject
) -> None:
    rank = len(shape)
    place = data.draw(st.integers(1, rank - 1))
    shape = (*shape[:place], size * chunks, *shape[place + 1 :])
    layer = op("chunk", chunks=chunks, dim=place - data.draw(st.sampled_from([0, rank])))
    assert layer.split_outputs() == chunks
    for index in range(chunks):
        assert_agreement(Case.of(layer.updated({"index": index}), shape))


@pytest.mark.parametrize("index", [0, 1])
def test_an_axis_of_open_size_is_cut_too(index: int) -> None:
    case = Case.of(op("chunk", chunks=2, dim=2).updated({"index": index}), (2, 3, 6, 5))
    found = case.in_onnx((TensorType.of("N", 3, Dim.symbol("H") * 2, 5),))
    assert distance(found, case.in_torch()) <= 1e-6


def test_the_source_is_what_a_person_would_write() -> None:
    shape = ("N", 3, 4, 5)
    assert printed(op("add"), shape, shape) == "a + b"
    assert printed(op("add"), shape, shape, shape) == "a + b + c"
    assert printed(op("concat"), shape, shape) == "torch.cat([a, b], dim=1)"
    assert printed(op("concat", dim=-1), shape, shape) == "torch.cat([a, b], dim=-1)"
    assert printed(op("mul"), shape, shape) == "a * b"
    assert printed(op("sub"), shape, shape) == "a - b"
    half = op("chunk", chunks=2).updated({"index": 1})
    assert printed(half, ("N", 4)) == "torch.chunk(a, 2, dim=1)[1]"
    assert printed(op("concat", groups=2), ("N", 4), ("N", 6)) == (
        "torch.flatten(torch.cat([torch.unflatten(a, 1, (2, -1)), "
        "torch.unflatten(b, 1, (2, -1))], dim=2), 1, 2)"
    )


def test_channels_of_a_concatenation_add_up_symbolically() -> None:
    one, other = TensorType.of("N", "c", 4, 5), TensorType.of("N", 3, 4, 5)
    assert str(op("concat").infer(one, other)) == "[N, c + 3, 4, 5]"


@pytest.mark.parametrize(
    ("key", "arguments", "shapes", "code", "operand"),
    [
        ("add", {}, [(2, 3, 4, 5), (2, 6, 4, 5)], Code.SHAPE_MISMATCH, 1),
        ("add", {}, [(2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 3)], Code.SHAPE_MISMATCH, 2),
        ("mul", {}, [(2, 3, 4, 5), (2, 3)], Code.SHAPE_MISMATCH, 1),
        ("sub", {}, [(2, 3, 4, 5), (3, 4)], Code.SHAPE_MISMATCH, 1),
        ("add", {}, [(2, 3, 4, 5), (2, 3)], Code.SHAPE_MISMATCH, 1),
        ("concat", {}, [(2, 3, 4, 5), (2, 7, 4, 6)], Code.SHAPE_MISMATCH, 1),
        ("concat", {}, [(2, 3, 4, 5), (2, 7)], Code.SHAPE_MISMATCH, 1),
        ("concat", {"groups": 2}, [(2, 4), (2, 3)], Code.NOT_DIVISIBLE, None),
        ("chunk", {"chunks": 2}, [(2, 3, 4, 4)], Code.NOT_DIVISIBLE, None),
        ("chunk", {"chunks": 2, "dim": 0}, [(2, 3, 4, 4)], Code.UNSUPPORTED, None),
        ("chunk", {"chunks": 2, "index": 2}, [(2, 4, 4, 4)], Code.BAD_ARGUMENT, None),
        ("concat", {"dim": 0}, [(2, 3), (2, 3)], Code.UNSUPPORTED, None),
        ("concat", {"dim": 2}, [(2, 3), (2, 3)], Code.BAD_ARGUMENT, None),
    ],
)
def test_shapes_that_do_not_meet_are_refused_with_both(
    key: str,
    arguments: dict[str, object],
    shapes: list[tuple[int, ...]],
    code: Code,
    operand: int | None,
) -> None:
    types = [TensorType.of(*shape) for shape in shapes]
    with pytest.raises(OpError) as caught:
        op(key, **arguments).infer(*types)
    assert caught.value.code is code
    if operand is not None:
        assert caught.value.operand == operand
        assert f"input 1 is {types[0]}" in caught.value.message
        assert f"input {operand + 1} is {types[operand]}" in caught.value.message


def test_the_input_that_does_not_meet_is_named() -> None:
    types = [TensorType.of(*shape) for shape in [(2, 1), (2, 3), (2, 4)]]
    with pytest.raises(Mismatch, match=r"input 2 is \[2, 3\], input 3 is \[2, 4\]") as caught:
        op("mul").infer(*types)
    assert (caught.value.first, caught.value.second) == (1, 2)


def test_a_gate_without_space_is_told_what_a_gate_is() -> None:
    with pytest.raises(Mismatch) as caught:
        op("mul").infer(TensorType.of("N", 8, 5, 5), TensorType.of("N", 8))
    assert caught.value.help is not None and "[N, C, 1, 1]" in caught.value.help


@pytest.mark.parametrize(
    ("layer", "alone"),
    [
        (op("add"), op("add")),
        (op("concat"), op("concat", groups=2)),
        (op("concat", groups=3), op("concat", groups=6)),
        (op("concat", dim=2), op("concat", dim=2)),
        (op("chunk", chunks=2, dim=3), op("chunk", chunks=2, dim=3)),
    ],
)
def test_gpus_join_what_they_hold(layer: Op, alone: Op) -> None:
    assert layer.divided(2) == alone


@pytest.mark.parametrize("layer", [op("concat", dim=-1), op("chunk", chunks=2)])
def test_what_would_mix_the_gpus_channels_is_refused(layer: Op) -> None:
    with pytest.raises(OpError, match="by itself"):
        layer.divided(2)


@pytest.mark.parametrize("key", ["add", "concat"])
def test_sizes_that_only_might_agree_are_refused_once_all_is_decided(key: str) -> None:
    one, other = TensorType.of("N", 3, "H", 5), TensorType.of("N", 3, "W", 5)
    assert op(key).infer(one, other).rank == 4
    with decided(), pytest.raises(OpError):
        op(key).infer(one, other)
