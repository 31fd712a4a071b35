"""What an op that refuses says to write, and the same as a remedy that the frontend can apply."""

from __future__ import annotations

import pytest
from voices import op

from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError
from archcompile.ir.remedy import (
    Argument,
    Arguments,
    ChannelsBefore,
    OtherOp,
    Remedy,
    WithoutArgument,
)
from archcompile.ir.types import TensorType

LINE = ("N", 4, 8)
MAP = ("N", 3, 8, 8)
CONV = {"out_channels": 8, "kernel_size": 3}
CUT = "parts would be equal; `slice` cuts out parts of any size"
PRODUCT = "the product of the sizes is the axis's; one of them may be -1"

REMEDIES: list[
    tuple[str, dict[str, object], tuple[int | str, ...], str | None, str | None, Remedy | None]
] = [
    ("chunk", {"chunks": 3}, ("N", 4, 6), "chunks", f"2 or 4 {CUT}", ChannelsBefore(3)),
    ("chunk", {"chunks": 2, "dim": 2}, ("N", 6, 5), "chunks", f"5 {CUT}", None),
    (
        "conv2d",
        {**CONV, "stride": 2, "padding": "same"},
        MAP,
        "padding",
        "write `padding: 1`, what is added on each side",
        Argument("padding", "1"),
    ),
    (
        "conv2d",
        {"out_channels": 8, "kernel_size": [4, 3], "stride": 2, "padding": "same"},
        MAP,
        "padding",
        "write `padding: [[1, 2], [1, 1]]`, what is added on each side",
        Argument("padding", "[[1, 2], [1, 1]]"),
    ),
    (
        "conv2d",
        {"out_channels": 8, "kernel_size": 9},
        MAP,
        "kernel_size",
        "write `padding: 4`, which keeps the size, or a kernel of at most 8",
        Argument("padding", "4"),
    ),
    (
        "conv2d",
        {"out_channels": 8, "kernel_size": 10},
        MAP,
        "kernel_size",
        "write `kernel_size: 8`, the largest that fits",
        Argument("kernel_size", "8"),
    ),
    (
        "conv2d",
        {"out_channels": 8, "kernel_size": [9, 3], "padding": [0, 1]},
        MAP,
        "kernel_size",
        "write `padding: [4, 1]`, which keeps the size, or a kernel of at most [8, 3]",
        Argument("padding", "[4, 1]"),
    ),
    (
        "conv2d",
        {**CONV, "padding_mode": "reflect"},
        ("N", 3, 2, 2),
        "kernel_size",
        "write `kernel_size: 2`, the largest that fits",
        Argument("kernel_size", "2"),
    ),
    (
        "conv2d",
        {**CONV, "groups": 8},
        ("N", 6, 8, 8),
        "groups",
        "write `out_channels: in.channels` and `groups: in.channels` for a group for each",
        Arguments((("out_channels", "in.channels"), ("groups", "in.channels"))),
    ),
    (
        "conv2d",
        {**CONV, "groups": 6},
        ("N", 6, 8, 8),
        "out_channels",
        "write `out_channels: 6`",
        Argument("out_channels", "6"),
    ),
    (
        "conv2d",
        {**CONV, "groups": 3},
        ("N", 6, 8, 8),
        "groups",
        "write `groups: 2`",
        Argument("groups", "2"),
    ),
    (
        "conv2d",
        {**CONV, "out_channels": 7, "groups": 3},
        ("N", 6, 8, 8),
        "groups",
        "leave `groups` out: 1 alone divides both",
        WithoutArgument("groups"),
    ),
    (
        "linear",
        {"out_features": 8, "groups": 8},
        ("N", 6),
        "groups",
        "write `out_features: in.features` and `groups: in.features` for a group for each",
        Arguments((("out_features", "in.features"), ("groups", "in.features"))),
    ),
    (
        "conv_transpose2d",
        {**CONV, "output_padding": 1},
        MAP,
        "output_padding",
        "leave `output_padding` out: a stride of 1 leaves nothing over",
        WithoutArgument("output_padding"),
    ),
    (
        "conv_transpose2d",
        {**CONV, "stride": 3, "output_padding": 3},
        MAP,
        "output_padding",
        "write `output_padding: 2`, or less",
        Argument("output_padding", "2"),
    ),
    (
        "conv_transpose2d",
        {**CONV, "padding": 9},
        MAP,
        "padding",
        "write `padding: 4`, the most that leaves a position",
        Argument("padding", "4"),
    ),
    (
        "avg_pool2d",
        {"kernel_size": 9},
        MAP,
        "kernel_size",
        "write `kernel_size: 8`, the largest that fits; "
        "`adaptive_avg_pool2d: 1` fits an input of any size",
        Argument("kernel_size", "8"),
    ),
    (
        "max_pool2d",
        {"kernel_size": 2},
        ("N", 3, 1, 1),
        "kernel_size",
        "write `kernel_size: 1`, or leave the layer out: one position is left of the input",
        Argument("kernel_size", "1"),
    ),
    (
        "max_pool2d",
        {"kernel_size": [6, 2], "padding": [1, 2]},
        MAP,
        "padding",
        "write `padding: 1`, half of it",
        Argument("padding", "1"),
    ),
    (
        "max_pool2d",
        {"kernel_size": [4, 6], "padding": [3, 1]},
        MAP,
        "padding",
        "write `padding: [2, 1]`, half of it",
        Argument("padding", "[2, 1]"),
    ),
    (
        "max_pool2d",
        {"kernel_size": 2, "padding": 1, "dilation": 9},
        MAP,
        "dilation",
        "less padding, less dilation, or a larger input",
        None,
    ),
    (
        "max_pool2d",
        {"kernel_size": 3, "padding": 1, "dilation": 2, "stride": 2},
        ("N", 3, 1, 4),
        "kernel_size",
        "write `kernel_size: [2, 3]`, the largest that fits",
        Argument("kernel_size", "[2, 3]"),
    ),
    (
        "max_pool2d",
        {"kernel_size": 2, "return_indices": True},
        MAP,
        "return_indices",
        "leave `return_indices` out",
        WithoutArgument("return_indices"),
    ),
    (
        "max_pool2d",
        {"kernel_size": 2, "ceil_mode": True, "padding": [[0, 1], 0]},
        MAP,
        "padding",
        "leave `ceil_mode` out, and pad the last side by what is missing",
        WithoutArgument("ceil_mode"),
    ),
    (
        "group_norm",
        {"num_groups": 3},
        ("N", 4, 8, 8),
        "num_groups",
        "write `num_groups: 2`; `num_groups: 4` would do too",
        Argument("num_groups", "2"),
    ),
    (
        "group_norm",
        {"num_groups": 3},
        ("N", 7, 8, 8),
        "num_groups",
        "write `num_groups: 7`",
        Argument("num_groups", "7"),
    ),
    (
        "group_norm",
        {"num_groups": 2, "bias": False},
        ("N", 4, 8, 8),
        "bias",
        "leave `bias` out, or say `affine: false` for neither scale nor shift",
        WithoutArgument("bias"),
    ),
    (
        "layer_norm",
        {"normalized_shape": 7},
        LINE,
        "normalized_shape",
        "leave `normalized_shape` out: the last axis is known",
        WithoutArgument("normalized_shape"),
    ),
    (
        "layer_norm",
        {"normalized_shape": 4},
        ("N", 4, 8, 8),
        "normalized_shape",
        "`layer_norm2d` normalises over the channels of a map, and takes no sizes",
        None,
    ),
    ("layer_norm2d", {}, LINE, None, "write `layer_norm1d`", OtherOp("layer_norm1d")),
    (
        "pad",
        {"padding": [1, 2, 3]},
        LINE,
        "padding",
        "a map has [left, right, top, bottom, front, back]",
        None,
    ),
    (
        "pad",
        {"padding": []},
        LINE,
        "padding",
        "a map has [left, right, top, bottom, front, back]",
        None,
    ),
    (
        "pad",
        {"padding": [9, 9], "mode": "reflect"},
        LINE,
        "padding",
        "leave `mode` out: of a constant there may be as much as wanted",
        WithoutArgument("mode"),
    ),
    (
        "pad",
        {"padding": [1, 1, 1, 1], "mode": "reflect"},
        LINE,
        "mode",
        "leave `mode` out",
        WithoutArgument("mode"),
    ),
    (
        "prelu",
        {"num_parameters": 3},
        LINE,
        "num_parameters",
        "write `num_parameters: channels`, as many as the input has",
        Argument("num_parameters", "channels"),
    ),
    (
        "unflatten",
        {"dim": 1, "unflattened_size": [2, 3]},
        ("N", 8, 8),
        "unflattened_size",
        f"write `unflattened_size: [2, -1]`: {PRODUCT}",
        Argument("unflattened_size", "[2, -1]"),
    ),
    (
        "unflatten",
        {"dim": 1, "unflattened_size": [4, 3, 2]},
        ("N", 16, 8),
        "unflattened_size",
        f"write `unflattened_size: [4, -1, 2]`: {PRODUCT}",
        Argument("unflattened_size", "[4, -1, 2]"),
    ),
    (
        "unflatten",
        {"dim": 1, "unflattened_size": [3, -1]},
        ("N", 8, 8),
        "unflattened_size",
        PRODUCT,
        None,
    ),
    (
        "unflatten",
        {"dim": 1, "unflattened_size": [3, 5]},
        ("N", 8, 8),
        "unflattened_size",
        PRODUCT,
        ChannelsBefore(15),
    ),
    (
        "slice",
        {"dim": 2, "stop": 9},
        LINE,
        "stop",
        "leave `stop` out for the end of the axis",
        WithoutArgument("stop"),
    ),
    (
        "slice",
        {"dim": 2, "start": 9},
        LINE,
        "start",
        "a number below 0 counts from the end of the axis",
        None,
    ),
    ("flatten", {"start_dim": 3, "end_dim": 2}, ("N", 4, 8, 8), "start_dim", None, None),
    (
        "relu",
        {"inplace": True},
        LINE,
        "inplace",
        "leave `inplace` out: it changes no result",
        WithoutArgument("inplace"),
    ),
]


@pytest.mark.parametrize(("key", "arguments", "shape", "argument", "help", "remedy"), REMEDIES)
def test_a_refusal_names_the_argument_and_what_mends_it(
    key: str,
    arguments: dict[str, object],
    shape: tuple[int | str, ...],
    argument: str | None,
    help: str | None,
    remedy: Remedy | None,
) -> None:
    with pytest.raises(OpError) as caught:
        op(key, **arguments).infer(TensorType.of(*shape))
    assert caught.value.argument == argument
    assert (caught.value.help, caught.value.remedy) == (help, remedy)


@pytest.mark.parametrize(
    ("sizes", "groups", "operand", "fitting"), [((4, 3), 2, 1, 1), ((6, 8), 4, 0, 2)]
)
def test_concat_in_groups_names_the_input_that_has_no_such_parts(
    sizes: tuple[int, ...], groups: int, operand: int, fitting: int
) -> None:
    with pytest.raises(OpError) as caught:
        op("concat", groups=groups).infer(*(TensorType.of("N", size, 8) for size in sizes))
    assert (caught.value.argument, caught.value.operand) == ("groups", operand)
    assert caught.value.help == f"write `groups: {fitting}`"
    assert caught.value.remedy == Argument("groups", str(fitting))


def test_a_map_that_is_none_is_said_in_the_layout_s_own_letters() -> None:
    for key in ("layer_norm2d", "trainable_subsample"):
        given = {"kernel_size": 2} if key == "trainable_subsample" else {}
        with pytest.raises(OpError) as caught:
            op(key, **given).infer(TensorType.of(*LINE))
        assert caught.value.message == f"`{key}` expects a map [N, C, H, W], got [N, 4, 8]"


def test_a_size_that_a_call_decides_is_in_no_remedy() -> None:
    layer = op("conv2d", out_channels=8, kernel_size=Dim.symbol("k") + 9)
    with pytest.raises(OpError) as caught:
        layer.infer(TensorType.of("N", 6, 8, 8))
    assert caught.value.help == "a smaller kernel, more padding, or a larger input"
    assert caught.value.remedy is None

    with pytest.raises(OpError) as caught:
        op("unflatten", dim=1, unflattened_size=[Dim.symbol("k") * 3, 3]).infer(
            TensorType.of("N", 8, 8)
        )
    assert (caught.value.help, caught.value.remedy) == (PRODUCT, None)
