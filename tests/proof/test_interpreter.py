"""The NumPy reference against numbers worked out by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from proof_networks import SPAN, chain, network, op, random_weights, tiny
from spec_text import compile_text

from archcompile.ir.program import Node, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.proof.interpreter import float_weights, interpret, trace


def test_a_linear_layer_gives_the_sum_worked_out_by_hand() -> None:
    net = chain(TensorType.of("N", 2), ("fc", op("linear", out_features=2)), ("act", op("relu")))
    weights = {"fc.weight": np.array([[1, 2], [3, -4]]), "fc.bias": np.array([10, 5])}
    made = interpret(net, {"image": np.array([[1, 1], [0, 2]])}, weights)
    assert made["act"].tolist() == [[13, 4], [14, 0]]


def test_integers_stay_integers_and_anything_else_becomes_float64() -> None:
    net = chain(TensorType.of("N", 2), ("fc", op("linear", out_features=2)))
    weights = {"fc.weight": np.array([[1, 2], [3, 4]]), "fc.bias": np.array([0, 2**40])}
    image = np.array([[1, 1]], dtype=np.int32)
    assert interpret(net, {"image": image}, weights)["fc"].tolist() == [[3, 2**40 + 7]]
    assert interpret(net, {"image": image}, weights)["fc"].dtype == np.int64
    made = interpret(net, {"image": image.astype(np.float32)}, weights)
    assert made["fc"].dtype == np.float64


def test_a_convolution_and_a_pool_give_the_numbers_worked_out_by_hand() -> None:
    net = chain(
        TensorType.of("N", 1, 3, 4),
        ("c", op("conv2d", out_channels=1, kernel_size=2)),
        ("p", op("max_pool2d", kernel_size=2, stride=1)),
    )
    image = np.array([[[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]]])
    # each output is a + 2c - d of its window [[a, b], [c, d]], plus the bias
    weights = {"c.weight": np.array([[[[1, 0], [2, -1]]]]), "c.bias": np.array([100])}
    shown = {node.path: made for node, made in trace(net, {"image": image}, weights)}
    assert shown["c"].tolist() == [[[[105, 107, 109], [113, 115, 117]]]]
    assert shown["p"].tolist() == [[[[115, 117]]]]


def test_every_value_can_be_tapped_and_has_the_shape_that_the_program_states() -> None:
    net, rng = tiny(), np.random.default_rng(0)
    image = rng.standard_normal((3, 2, 9, 10))
    seen = {
        node.path: made.shape for node, made in trace(net, {"image": image}, random_weights(net))
    }
    assert seen["c1"] == (3, 6, 9, 10)
    assert seen["pool"] == (3, 6, 4, 5)
    assert seen["out"] == (3, 4)
    assert len(seen) == 9


def test_a_value_with_two_readers_and_an_input_shown_as_output_are_kept() -> None:
    image = Value("image", TensorType.of("N", 3))
    doubled = Value("sum", image.type)
    more = Value("more", image.type)
    nodes = (
        Node("sum", op("add"), (image, image), doubled, SPAN),
        Node("more", op("add"), (doubled, image), more, SPAN),
    )
    shown = (
        ProgramOutput("more", more),
        ProgramOutput("twice", doubled),
        ProgramOutput("x", image),
    )
    made = interpret(network("twice", (image,), nodes, shown), {"image": np.array([[1, 2, 3]])}, {})
    assert made["more"].tolist() == [[3, 6, 9]]
    assert made["twice"].tolist() == [[2, 4, 6]]
    assert made["x"].tolist() == [[1, 2, 3]]


def test_batch_counters_are_no_weights_of_the_computation() -> None:
    assert "norm.running_var" in float_weights(tiny())
    assert "norm.num_batches_tracked" not in float_weights(tiny())


def test_a_network_runs_on_arrays_without_torch_and_onnxruntime(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for library in ("torch", "onnxruntime"):
        monkeypatch.setitem(sys.modules, library, None)
    net = compile_text("input: {a: [N, 2, H], b: [N, 2, H]}\nlayers:\n  - {from: [a, b], add}\n")
    a, b = np.arange(12.0).reshape(2, 2, 3), np.ones((2, 2, 3))
    (made,) = net.run({"b": b, "a": a}).values()
    assert np.array_equal(made, a + b)
    for wrong in ({"a": a}, {"a": a, "b": b[0]}, {"a": a, "b": b[:, :1]}, {"a": a, "b": b[:1]}):
        with pytest.raises(ValueError, match=r"^(the inputs are `a`, `b`|`b` has shape)"):
            net.run(wrong)
