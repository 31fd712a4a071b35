"""What an argument may be: a refusal says what was expected and what came."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from voices import op, printed

from archcompile.ir.dim import Dim
from archcompile.ops.pooling import MaxPool2d
from archcompile.ops.windows import sides_of

CONV = {"out_channels": 8, "kernel_size": 3}
POOL = {"kernel_size": 3}
PADDING = "expected an integer, [height, width] or [[top, bottom], [left, right]]"
NUMBERS = "expected a number, or lists of numbers of one length"
MODES = "expected one of zeros, reflect, replicate, circular"

REFUSED = [
    ("conv2d", {**CONV, "out_channels": 0}, "out_channels", "expected at least 1, got 0"),
    ("conv2d", {**CONV, "out_channels": True}, "out_channels", "expected an integer, got true"),
    ("conv2d", {**CONV, "out_channels": 1.5}, "out_channels", "expected an integer, got 1.5"),
    (
        "conv2d",
        {**CONV, "kernel_size": [1, 2, 3]},
        "kernel_size",
        "expected one integer or two (height, width), got 3",
    ),
    ("conv2d", {**CONV, "stride": 0}, "stride", "expected at least 1, got 0"),
    ("conv2d", {**CONV, "groups": None}, "groups", "expected an integer, got nothing"),
    ("conv2d", {**CONV, "bias": 1}, "bias", "expected true or false, got 1"),
    ("conv2d", {**CONV, "padding": -1}, "padding", "expected at least 0, got -1"),
    (
        "conv2d",
        {**CONV, "padding": "full"},
        "padding",
        f"{PADDING}, same or valid, got the text 'full'",
    ),
    ("conv2d", {**CONV, "padding": [1, 2, 3, 4]}, "padding", f"{PADDING}, got [1, 2, 3, 4]"),
    ("conv2d", {**CONV, "padding": [[1, 2, 3], 1]}, "padding", f"{PADDING}, got [[1, 2, 3], 1]"),
    ("conv2d", {**CONV, "padding": [[1, True], 1]}, "padding", f"{PADDING}, got true"),
    ("conv2d", {**CONV, "padding": None}, "padding", f"{PADDING}, got nothing"),
    ("conv1d", {**CONV, "kernel_size": [1, 2]}, "kernel_size", "expected one integer, got 2"),
    (
        "conv1d",
        {**CONV, "padding": [0, 1]},
        "padding",
        "expected an integer or [[before, after]], got [0, 1]",
    ),
    (
        "conv1d",
        {**CONV, "padding": "full"},
        "padding",
        "expected an integer or [[before, after]], same or valid, got the text 'full'",
    ),
    ("conv2d", {**CONV, "padding_mode": "wrap"}, "padding_mode", f"{MODES}, got the text 'wrap'"),
    ("conv2d", {**CONV, "padding_mode": 0}, "padding_mode", f"{MODES}, got 0"),
    ("max_pool2d", {**POOL, "padding": "same"}, "padding", f"{PADDING}, got the text 'same'"),
    (
        "max_pool2d",
        {**POOL, "ceil_mode": "yes"},
        "ceil_mode",
        "expected true or false, got the text 'yes'",
    ),
    (
        "avg_pool2d",
        {**POOL, "divisor_override": 0},
        "divisor_override",
        "expected at least 1, got 0",
    ),
    ("adaptive_avg_pool2d", {"output_size": 0}, "output_size", "expected at least 1, got 0"),
    (
        "adaptive_avg_pool2d",
        {"output_size": [1, 2, 3]},
        "output_size",
        "expected one integer or two (height, width), got [1, 2, 3]",
    ),
    (
        "adaptive_avg_pool2d",
        {"output_size": 1.0},
        "output_size",
        "expected an integer or none, got 1.0",
    ),
    ("batch_norm2d", {"eps": True}, "eps", "expected a number, got true"),
    ("batch_norm2d", {"eps": -1e-5}, "eps", "expected at least 0, got -1e-05"),
    (
        "batch_norm2d",
        {"eps": 64},
        "eps",
        "expected at most 1, got 64; the number of channels is known from the input",
    ),
    ("batch_norm2d", {"eps": float("nan")}, "eps", "expected a number, got nan"),
    ("batch_norm2d", {"momentum": "slow"}, "momentum", "expected a number, got the text 'slow'"),
    ("dropout", {"p": 1.5}, "p", "expected a probability from 0 to 1, got 1.5"),
    ("dropout", {"p": False}, "p", "expected a number, got false"),
    ("flatten", {"start_dim": 1.0}, "start_dim", "expected an integer, got 1.0"),
    ("softmax", {"dim": None}, "dim", "expected an integer, got nothing"),
    ("concat", {"dim": "channels"}, "dim", "expected an integer, got the text 'channels'"),
    ("relu", {"inplace": 0}, "inplace", "expected true or false, got 0"),
    ("chunk", {"chunks": 0}, "chunks", "expected at least 1, got 0"),
    ("constant", {"values": "x"}, "values", NUMBERS),
    ("constant", {"values": []}, "values", NUMBERS),
    (
        "constant",
        {"values": [[1, 2], [3]]},
        "values",
        f"{NUMBERS}: item 1 has the sizes [2], and item 2 has [1]",
    ),
    (
        "constant",
        {"values": [[1], 2]},
        "values",
        f"{NUMBERS}: item 1 is a list, and item 2 is a number",
    ),
]


@pytest.mark.parametrize(("key", "arguments", "argument", "message"), REFUSED)
def test_a_value_of_the_wrong_kind_is_refused(
    key: str, arguments: dict[str, object], argument: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        op(key, **arguments)
    (first, *_) = caught.value.errors()
    assert first["loc"][0] == argument
    assert first["msg"] == message


def test_an_argument_that_the_op_has_not_is_refused() -> None:
    with pytest.raises(ValidationError):
        op("relu", slope=0.1)


@pytest.mark.parametrize(
    ("padding", "same"),
    [
        (2, [[2, 2], [2, 2]]),
        ([1, 2], [[1, 1], [2, 2]]),
        ([[1, 1], 2], [1, 2]),
    ],
)
def test_paddings_of_equal_sides_are_one(padding: object, same: object) -> None:
    assert op("conv2d", **CONV, padding=padding) == op("conv2d", **CONV, padding=same)


def test_equal_factors_of_an_upsampling_are_one() -> None:
    assert op("upsample", scale_factor=[2, 2]) == op("upsample", scale_factor=2)
    assert op("upsample", size=[8, 8]) == op("upsample", size=8)
    assert printed(op("upsample", scale_factor=[2, 2]), ("N", 3, 8, 8)) == printed(
        op("upsample", scale_factor=2), ("N", 3, 8, 8)
    )


def test_paddings_may_be_symbolic() -> None:
    p = Dim.symbol("p", positive=False)
    layer = op("max_pool2d", **POOL, padding=[[p, p + 1], [p, p]])
    assert isinstance(layer, MaxPool2d)
    assert sides_of(layer.padding) == ((p, p + 1), (p, p))


@pytest.mark.parametrize(("key", "argument"), [("dropout", "p"), ("batch_norm2d", "momentum")])
def test_an_integer_is_a_number(key: str, argument: str) -> None:
    value = getattr(op(key, **{argument: 1}), argument)
    assert value == 1.0
    assert isinstance(value, float)
