"""Rules that run before a block is called: what is open stays open, and is never guessed."""

from __future__ import annotations

import pytest
from voices import op, written

from archcompile.diagnostics import Code
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, OpError, Undecided, Unknown
from archcompile.ir.settled import require_numbers
from archcompile.ir.types import TensorType
from archcompile.targets.pytorch import ModuleForm, form

X = TensorType.of("N", "in_channels", "H", "W")

OPEN = [
    ("conv2d", {"out_channels": 8, "kernel_size": 3}, "padding"),
    ("conv2d", {"out_channels": 8, "kernel_size": 3}, "padding_mode"),
    ("max_pool2d", {"kernel_size": 3}, "padding"),
    ("max_pool2d", {"kernel_size": 3}, "ceil_mode"),
    ("avg_pool2d", {"kernel_size": 3, "padding": [[0, 1], 1]}, "count_include_pad"),
    ("batch_norm2d", {}, "track_running_stats"),
    ("relu", {}, "inplace"),
    ("flatten", {}, "start_dim"),
    ("softmax", {}, "dim"),
]


@pytest.mark.parametrize(("key", "arguments", "argument"), OPEN)
def test_a_choice_that_shapes_depend_on_leaves_the_type_open(
    key: str, arguments: dict[str, object], argument: str
) -> None:
    layer = op(key, **arguments).updated({argument: Unknown("choice")})
    with pytest.raises(Undecided):
        layer.infer(X)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            op("conv2d", out_channels=Dim.symbol("width"), kernel_size=3).updated(
                {"bias": Unknown("bias"), "padding": Unknown("padding")}
            ),
            "nn.Conv2d(in_channels, width, 3, padding=padding, bias=bias)",
        ),
        (
            op("max_pool2d", kernel_size=Dim.symbol("k")).updated({"ceil_mode": Unknown("ceil")}),
            "nn.MaxPool2d(k, ceil_mode=ceil)",
        ),
        (op("softmax").updated({"dim": Unknown("axis")}), "nn.Softmax(dim=axis)"),
        (op("dropout").updated({"p": Unknown("rate")}), "nn.Dropout(rate)"),
    ],
)
def test_what_is_open_is_printed_as_its_author_wrote_it(layer: Op, text: str) -> None:
    said = form(layer, X)
    assert isinstance(said, ModuleForm)
    assert written(said.construct) == text


@pytest.mark.parametrize(
    "arguments",
    [
        {"groups": Dim.symbol("groups")},
        {"padding": "same", "stride": Dim.symbol("s")},
        {"padding": Dim.symbol("p"), "padding_mode": "reflect"},
    ],
)
def test_sizes_that_might_fit_pass(arguments: dict[str, object]) -> None:
    layer = op("conv2d", out_channels=8, kernel_size=3, **arguments)
    assert layer.infer(X).channels == Dim.of(8)


def test_an_argument_that_depends_on_the_inputs_size_is_refused_in_a_network() -> None:
    half = Dim.symbol("H") // 2
    with pytest.raises(OpError, match="is not known") as caught:
        require_numbers(op("conv2d", out_channels=8, kernel_size=3, padding=[[0, half], 1]))
    assert caught.value.code is Code.UNSUPPORTED
    assert caught.value.argument == "padding"
    require_numbers(op("conv2d", out_channels=8, kernel_size=3, padding="same"))
