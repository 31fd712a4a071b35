"""``linear``, ``flatten``, ``softmax`` and ``log_softmax`` against torch and onnxruntime."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voices import Case, assert_agreement, distance, onnx_model, op, printed

from archcompile.diagnostics import Code
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType

SHAPES = ((2, 5), (2, 3, 7), (2, 3, 4, 7))


@settings(max_examples=120)
@given(st.sampled_from(SHAPES), st.data())
def test_flatten_is_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape)
    first = data.draw(st.integers(1, rank - 1))
    last = data.draw(st.integers(first, rank - 1))
    shift = data.draw(st.tuples(st.sampled_from([0, rank]), st.sampled_from([0, rank])))
    layer = op("flatten", start_dim=first - shift[0], end_dim=last - shift[1])
    assert_agreement(Case.of(layer, shape))


@pytest.mark.parametrize("span", [(1, -1), (2, 3), (1, 2), (2, 2)])
def test_flatten_runs_on_symbolic_sizes(span: tuple[int, int]) -> None:
    case = Case.of(op("flatten", start_dim=span[0], end_dim=span[1]), (2, 3, 4, 7))
    found = case.in_onnx((TensorType.of("N", 3, "H", "W"),))
    assert found.shape == case.in_torch().shape
    assert distance(found, case.in_torch()) <= 1e-6


@settings(max_examples=80)
@given(st.sampled_from(["softmax", "log_softmax"]), st.sampled_from(SHAPES), st.data())
def test_softmax_is_torchs(key: str, shape: tuple[int, ...], data: st.DataObject) -> None:
    rank = len(shape)
    axis = data.draw(st.integers(1, rank - 1)) - data.draw(st.sampled_from([0, rank]))
    assert_agreement(Case.of(op(key, dim=axis), shape))


@pytest.mark.parametrize("key", ["softmax", "log_softmax"])
def test_softmax_survives_large_numbers(key: str) -> None:
    assert_agreement(Case(op(key), (Case.of(op(key), (2, 5)).inputs[0] * 1e3,)))


def test_a_softmax_over_space_runs_on_each_gpu() -> None:
    layer = op("softmax", dim=2)
    assert layer.divided(2) is layer
    for mixing in (op("softmax"), op("log_softmax", dim=-1)):
        with pytest.raises(OpError):
            mixing.divided(2)


@pytest.mark.parametrize(
    ("key", "arguments", "text"),
    [
        ("flatten", {}, "nn.Flatten()"),
        ("flatten", {"start_dim": 2}, "nn.Flatten(2)"),
        ("flatten", {"end_dim": 2}, "nn.Flatten(end_dim=2)"),
        ("softmax", {}, "nn.Softmax(dim=1)"),
        ("log_softmax", {"dim": -1}, "nn.LogSoftmax(dim=-1)"),
    ],
)
def test_the_source_is_what_a_person_would_write(
    key: str, arguments: dict[str, object], text: str
) -> None:
    assert printed(op(key, **arguments), ("N", 3, 4, 5)) == text


def test_a_whole_flatten_is_one_node_and_sees_the_whole_map() -> None:
    x = TensorType.of("N", 3, 4, "W")
    layer = op("flatten")
    assert [node.op_type for node in onnx_model(layer, (x,), {}).graph.node] == ["Flatten"]
    windows = layer.windows(x)
    assert windows is not None
    assert [(str(each.extent), str(each.stride)) for each in windows] == [("4", "4"), ("W", "W")]
    assert op("flatten", start_dim=2).windows(x) is None


@pytest.mark.parametrize(
    ("key", "arguments", "shape", "code", "argument"),
    [
        ("flatten", {"start_dim": 0}, (2, 3, 4, 5), Code.UNSUPPORTED, "start_dim"),
        ("flatten", {"start_dim": -4}, (2, 3, 4, 5), Code.UNSUPPORTED, "start_dim"),
        ("flatten", {"start_dim": 4}, (2, 3, 4, 5), Code.BAD_ARGUMENT, "start_dim"),
        ("flatten", {"end_dim": -5}, (2, 3, 4, 5), Code.BAD_ARGUMENT, "end_dim"),
        ("flatten", {"start_dim": 3, "end_dim": 2}, (2, 3, 4, 5), Code.BAD_ARGUMENT, "start_dim"),
        ("softmax", {"dim": 0}, (2, 5), Code.UNSUPPORTED, "dim"),
        ("softmax", {"dim": 2}, (2, 5), Code.BAD_ARGUMENT, "dim"),
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
