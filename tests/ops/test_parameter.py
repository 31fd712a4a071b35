"""Tensors that stand by themselves: a bare parameter, and fixed numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from voices import Case, op, printed

from archcompile.ir.dim import Dim
from archcompile.ir.op import Mismatch, Undecided, Unknown
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Constant as Full
from archcompile.targets.pytorch import AttributeForm, form


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"shape": [64, 1, 1], "init": 1e-6}, "torch.full((64, 1, 1), 1e-06)"),
        ({"shape": [64, 1, 1]}, "torch.zeros(64, 1, 1)"),
        ({"shape": [64], "init": 1}, "torch.ones(64)"),
        ({"shape": 64, "init": -1}, "torch.full((64,), -1.0)"),
        ({"shape": []}, "torch.zeros(())"),
    ],
)
def test_a_parameter_is_said_as_a_person_would(arguments: dict[str, object], text: str) -> None:
    layer = op("parameter", **arguments)
    assert printed(layer) == text
    made: torch.Tensor = eval(text, {"torch": torch})
    assert layer.infer() == TensorType.of(*made.shape)
    assert made.dtype == torch.float32


def test_its_only_weight_has_no_name_of_its_own() -> None:
    (weight,) = op("parameter", shape=[3, 2], init=0.5).weights()
    assert (weight.name, weight.init, weight.kind) == ("", Full(0.5), "parameter")
    assert weight.shape == (Dim.of(3), Dim.of(2))


def test_it_is_trained_and_a_constant_is_not() -> None:
    kinds = [form(op("parameter", shape=[2])), form(op("constant", values=[2]))]
    assert [kind.is_trained for kind in kinds if isinstance(kind, AttributeForm)] == [True, False]
    assert op("constant", values=[2]).weights() == ()


@pytest.mark.parametrize(
    ("values", "text", "shape"),
    [
        ([[1, -1], [0.5, 1e-6]], "torch.tensor([[1.0, -1.0], [0.5, 1e-06]])", (2, 2)),
        (3, "torch.tensor([3.0])", (1,)),
        ([[[2]]], "torch.tensor([[[2.0]]])", (1, 1, 1)),
    ],
)
def test_a_constant_is_its_numbers(values: object, text: str, shape: tuple[int, ...]) -> None:
    layer = op("constant", values=values)
    assert printed(layer) == text
    assert layer.infer() == TensorType.of(*shape)
    case = Case.of(layer)
    made: torch.Tensor = eval(text, {"torch": torch})
    for voice in (case.in_numpy, case.in_onnx):
        assert np.array_equal(voice().astype("float32"), made.numpy())


def test_every_voice_shows_a_parameter_as_it_is() -> None:
    case = Case.of(op("parameter", shape=[4, 1, 1]))
    assert np.array_equal(case.in_numpy(), case.weights[""])
    assert np.array_equal(case.in_onnx(), case.weights[""].astype("float32"))


@pytest.mark.parametrize("values", [[], [[]], [[1], [1, 2]], [1, [1]], "a", [True], [1e39], [None]])
def test_what_is_no_array_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(ValidationError, match="expected a number, or lists of numbers"):
        op("constant", values=values)


def test_what_a_call_decides_stays_open() -> None:
    size = Dim.symbol("dim")
    layer = op("parameter", shape=[size, 1]).updated({"init": Unknown("scale")})
    assert layer.infer() == TensorType.of(size, 1)
    assert printed(layer) == "torch.full((dim, 1), scale)"
    with pytest.raises(Undecided):
        layer.weights()
    shaped = op("parameter", shape=[1]).updated({"shape": Unknown("sizes")})
    assert printed(shaped) == "torch.full(sizes, 0.0)"
    with pytest.raises(Undecided):
        shaped.infer()
    table = op("constant", values=[1]).updated({"values": Unknown("table")})
    assert printed(table) == "torch.tensor(table)"
    with pytest.raises(Undecided):
        table.infer()


@pytest.mark.parametrize("key", ["add", "sub", "mul"])
def test_a_bare_parameter_with_more_axes_than_its_partner_would_move_the_batch(key: str) -> None:
    gamma, vector = TensorType.of(32, 1, 1), TensorType.of("N", 16)
    with pytest.raises(Mismatch, match="keeps the batch as the first axis"):
        op(key).infer(gamma, vector)
