"""One fixed example of every branch in the ops' rules, in all voices.

Other tests draw their examples; these are few, each takes a moment, and together they reach all.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from voices import Case, assert_agreement, distance, op

from archcompile.ir.dim import Dim
from archcompile.ir.op import OpError
from archcompile.ir.types import TensorType
from archcompile.ir.weight import UniformFanIn

MAP = (2, 4, 6, 5)
CASES: list[tuple[str, dict[str, object], tuple[tuple[int, ...], ...]]] = [
    ("softplus", {"beta": 2}, ((2, 3, 7),)),
    ("softplus", {"beta": 0.5, "threshold": 0.25}, ((2, 3, 7),)),
    ("gelu", {}, ((2, 3, 7),)),
    ("gelu", {"approximate": "tanh"}, ((2, 3, 7),)),
    ("elu", {"alpha": 0.5}, ((2, 3, 7),)),
    ("hardtanh", {"min_val": -0.5, "max_val": 0.25}, ((2, 3, 7),)),
    ("leaky_relu", {"negative_slope": 0.2}, ((2, 3, 7),)),
    ("prelu", {}, ((2, 3, 7),)),
    ("prelu", {"num_parameters": 2}, ((3, 2, 4, 5),)),
    ("prelu", {"num_parameters": "channels"}, ((3, 4),)),
    ("normalize", {}, ((2, 3, 7),)),
    ("normalize", {"dim": 2}, ((2, 3, 7),)),
    ("mean", {"dim": [1]}, (MAP,)),
    ("mean", {"dim": [2, 3], "keepdim": True}, (MAP,)),
    ("softmax", {"dim": 1}, (MAP,)),
    ("log_softmax", {"dim": -1}, (MAP,)),
    ("add", {}, (MAP, (2, 4, 1, 1), MAP)),
    ("mul", {}, (MAP, (2, 1, 6, 5))),
    ("sub", {}, (MAP, MAP)),
    ("concat", {"groups": 2}, (MAP, MAP)),
    ("concat", {"groups": 2}, (MAP, (2, 6, 6, 5), MAP)),
    ("concat", {"dim": -1}, (MAP, (2, 4, 6, 2))),
    ("chunk", {"chunks": 2, "index": 1}, (MAP,)),
    ("chunk", {"chunks": 3, "dim": 2, "index": 2}, (MAP,)),
    ("slice", {"dim": 2, "start": 1, "stop": -2}, (MAP,)),
    ("flatten", {}, (MAP,)),
    ("flatten", {"start_dim": 2}, (MAP,)),
    ("flatten", {"start_dim": 1, "end_dim": 2}, (MAP,)),
    ("unflatten", {"dim": 1, "unflattened_size": [2, -1]}, (MAP,)),
    ("unflatten", {"dim": 2, "unflattened_size": [3, 2]}, (MAP,)),
    ("permute", {"dims": [0, 3, 1, 2]}, (MAP,)),
    ("channel_shuffle", {"groups": 2}, (MAP,)),
    ("pixel_shuffle", {"upscale_factor": 2}, (MAP,)),
    ("pad", {"padding": [1, 2], "value": 2.5}, (MAP,)),
    ("pad", {"padding": [1, 0, 0, 2, 1, 1], "value": -1}, (MAP,)),
    ("pad", {"padding": [1, 2, 2, 1], "mode": "reflect"}, (MAP,)),
    ("pad", {"padding": [1, 2], "mode": "replicate"}, ((2, 4, 6),)),
    ("upsample", {"scale_factor": 2}, (MAP,)),
    ("upsample", {"size": [9, 7]}, (MAP,)),
    ("upsample", {"scale_factor": [2, 3], "mode": "bilinear"}, (MAP,)),
    ("upsample", {"size": 11, "mode": "bilinear", "align_corners": True}, (MAP,)),
    (
        "conv1d",
        {"out_channels": 3, "kernel_size": 3, "dilation": 2, "padding": "same"},
        ((2, 4, 9),),
    ),
    ("conv2d", {"out_channels": 6, "kernel_size": [3, 2], "groups": 2, "bias": False}, (MAP,)),
    ("conv2d", {"out_channels": 3, "kernel_size": 3, "padding": [[0, 1], [2, 1]]}, (MAP,)),
    (
        "conv2d",
        {"out_channels": 3, "kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
        (MAP,),
    ),
    ("conv_transpose1d", {"out_channels": 3, "kernel_size": 3, "stride": 2}, ((2, 4, 5),)),
    (
        "conv_transpose2d",
        {
            "out_channels": 6,
            "kernel_size": [3, 4],
            "stride": [2, 3],
            "padding": [1, 0],
            "output_padding": [1, 2],
            "groups": 2,
            "bias": False,
        },
        (MAP,),
    ),
    ("partial_conv2d", {"table": [[0, 1], [2, 3], [1]], "kernel_size": [3, 2]}, (MAP,)),
    ("linear", {"out_features": 3, "bias": False}, ((2, 7),)),
    ("linear", {"out_features": 6, "groups": 2}, ((2, 4),)),
    ("linear", {"out_features": 6, "groups": 2, "bias": False}, ((2, 5, 4),)),
    ("max_pool1d", {"kernel_size": 3, "stride": 2, "padding": 1}, ((2, 4, 9),)),
    ("max_pool2d", {"kernel_size": 2, "padding": [[0, 1], [1, 0]]}, (MAP,)),
    ("max_pool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True, "dilation": [1, 2]}, (MAP,)),
    ("avg_pool1d", {"kernel_size": 3, "padding": 1, "count_include_pad": False}, ((2, 4, 9),)),
    ("avg_pool2d", {"kernel_size": [2, 3], "divisor_override": 4}, (MAP,)),
    (
        "avg_pool2d",
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "divisor_override": 5},
        (MAP,),
    ),
    ("adaptive_avg_pool1d", {"output_size": 4}, ((2, 3, 7),)),
    ("adaptive_avg_pool2d", {"output_size": [4, 2]}, (MAP,)),
    ("adaptive_max_pool2d", {"output_size": [4, 3]}, (MAP,)),
    ("batch_norm1d", {}, ((3, 4),)),
    ("batch_norm2d", {"affine": False, "eps": 0.01}, (MAP,)),
    ("group_norm", {"num_groups": 2}, (MAP,)),
    ("group_norm", {"num_groups": 2, "affine": False}, (MAP,)),
    ("layer_norm", {"normalized_shape": [6, 5]}, (MAP,)),
    ("layer_norm", {"elementwise_affine": False}, (MAP,)),
    ("layer_norm2d", {}, (MAP,)),
    ("local_response_norm", {"size": 3, "alpha": 0.5, "k": 2}, (MAP,)),
    ("local_response_norm", {"size": 3, "alpha": 0.5, "groups": 2}, (MAP,)),
    ("trainable_subsample", {"kernel_size": 2}, (MAP,)),
    ("scaled_tanh", {}, ((2, 3, 7),)),
    ("euclidean_rbf", {"codes": [[1, -1, 1], [-1, -1, 1]]}, ((2, 3),)),
]


@pytest.mark.parametrize(("key", "arguments", "shapes"), CASES)
def test_all_voices_agree_on_the_example(
    key: str, arguments: dict[str, object], shapes: tuple[tuple[int, ...], ...]
) -> None:
    assert_agreement(Case.of(op(key, **arguments), *shapes))


def test_a_vector_of_zeros_has_no_direction_in_any_voice() -> None:
    case = Case(op("normalize"), (np.zeros((2, 3, 4)),))
    for found in (case.in_torch(torch.float32), case.in_numpy(), case.in_onnx()):
        assert distance(found, np.zeros((2, 3, 4))) == 0


def test_weights_of_a_table_start_by_the_mean_number_of_links_and_the_whole_kernel() -> None:
    layer = op("partial_conv2d", table=[[0, 1], [2]], kernel_size=[3, 5])
    weight, bias = layer.weights(TensorType.of("N", 3, 8, 8))
    assert weight.init == bias.init == UniformFanIn(Dim.of(23))  # 15 · 3 / 2, rounded up
    assert layer.inferred(TensorType.of("N", 3, 8, 8)) == {"in_channels": Dim.of(3)}


def test_what_is_inferred_is_left_out_where_it_is_said() -> None:
    x = TensorType.of("N", 4, 6)
    assert op("layer_norm").inferred(x) == {"normalized_shape": Dim.of(6)}
    assert op("layer_norm", normalized_shape=6).inferred(x) == {}
    assert op("trainable_subsample", kernel_size=2).inferred(x) == {"in_channels": Dim.of(4)}


def test_sizes_that_a_call_decides_are_taken_as_equal_unless_one_is_repeated() -> None:
    one, other = TensorType.of("N", 4, "H", "W"), TensorType.of("N", 4, "K", 1)
    assert op("add").taken_as_equal(one, other) == ((Dim.symbol("H"), Dim.symbol("K")),)
    assert op("add").taken_as_equal(one, one) == ()


def test_a_number_for_each_sample_is_no_bare_parameter() -> None:
    with pytest.raises(OpError, match="keeps the batch as the first axis"):
        op("add").infer(TensorType.of("N"), TensorType.of("N", 4))
