"""``add`` and ``concat`` against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError, decided
from archcompile.ir.types import TensorType

SHAPES = st.sampled_from([(2, 5), (2, 3, 7), (2, 3, 4, 7)])


@settings(max_examples=60)
@given(SHAPES, st.integers(2, 5))
def test_sums_are_torchs(shape: tuple[int, ...], count: int) -> None:
    assert_agreement(Case.of(op("add"), *[shape] * count))


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


def test_the_source_is_what_a_person_would_write() -> None:
    shape = ("N", 3, 4, 5)
    assert printed(op("add"), shape, shape) == "a + b"
    assert printed(op("add"), shape, shape, shape) == "a + b + c"
    assert printed(op("concat"), shape, shape) == "torch.cat([a, b], dim=1)"
    assert printed(op("concat", dim=-1), shape, shape) == "torch.cat([a, b], dim=-1)"


def test_channels_of_a_concatenation_add_up_symbolically() -> None:
    one, other = TensorType.of("N", "c", 4, 5), TensorType.of("N", 3, 4, 5)
    assert str(op("concat").infer(one, other)) == "[N, c + 3, 4, 5]"


@pytest.mark.parametrize(
    ("key", "arguments", "shapes", "code", "operand"),
    [
        ("add", {}, [(2, 3, 4, 5), (2, 6, 4, 5)], Code.SHAPE_MISMATCH, 1),
        ("add", {}, [(2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 1)], Code.SHAPE_MISMATCH, 2),
        ("add", {}, [(2, 3, 4, 5), (2, 3)], Code.SHAPE_MISMATCH, 1),
        ("concat", {}, [(2, 3, 4, 5), (2, 7, 4, 6)], Code.SHAPE_MISMATCH, 1),
        ("concat", {}, [(2, 3, 4, 5), (2, 7)], Code.SHAPE_MISMATCH, 1),
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
    assert caught.value.operand == operand
    if operand is not None:
        assert f"input 1 is {types[0]}" in caught.value.message
        assert f"input {operand + 1} is {types[operand]}" in caught.value.message


@pytest.mark.parametrize("key", ["add", "concat"])
def test_sizes_that_only_might_agree_are_refused_once_all_is_decided(key: str) -> None:
    one, other = TensorType.of("N", 3, "H", 5), TensorType.of("N", 3, "W", 5)
    assert op(key).infer(one, other).rank == 4
    with decided(), pytest.raises(OpError):
        op(key).infer(one, other)
