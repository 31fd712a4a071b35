"""Receptive fields: against the literature's LeNet-5 and against gradients of a running net."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from archcompile.ir.op import Op
from archcompile.ir.program import Node, Value
from archcompile.passes.receptive_field import receptive_fields
from tests.programs import at, chain, conv, image, last, lenet5, node, op, program, small_resnet

FACTS = json.loads((Path(__file__).parents[1] / "facts" / "lenet5.json").read_text("utf-8"))
FORMS = {"lenet5": lenet5(), "lenet5_28": lenet5(size=28, padding=2)}


@pytest.mark.parametrize("form", FORMS)
def test_fields_of_lenet5_are_5_6_14_16_and_32(form: str) -> None:
    rows = FACTS[form]["layers"][:12]
    found = receptive_fields(FORMS[form]).nodes
    assert [tuple(map(int, field.extent)) for field in found] == [(row["rf"],) * 2 for row in rows]
    assert [int(field.jump[0]) for field in found[:6]] == [1, 1, 2, 2, 2, 4]


def _measured(net: nn.Module, size: int) -> tuple[int, int]:
    """Rows and columns of the input that have a gradient from the output's middle position."""
    picture = torch.zeros(1, 1, size, size, requires_grad=True)
    for weight in net.parameters():
        nn.init.ones_(weight)
    out = net(picture)
    out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
    assert picture.grad is not None
    touched = picture.grad[0, 0] != 0
    return int(touched.any(1).sum()), int(touched.any(0).sum())


def test_fields_equal_what_gradients_reach() -> None:
    start = image(1, 65, 65)
    layers: tuple[tuple[str, Op], ...] = (
        ("a", op("conv2d", out_channels=1, kernel_size=[3, 5], stride=2)),
        ("b", op("avg_pool2d", kernel_size=3, stride=2)),
        ("c", op("conv2d", out_channels=1, kernel_size=3, dilation=[1, 2])),
    )
    net = nn.Sequential(
        nn.Conv2d(1, 1, (3, 5), stride=2),
        nn.AvgPool2d(3, stride=2),
        nn.Conv2d(1, 1, 3, dilation=(1, 2)),
    )
    field = receptive_fields(program((start,), chain(start, *layers))).nodes[-1]
    assert tuple(map(int, field.extent)) == _measured(net, 65) == (15, 25)
    assert tuple(map(int, field.jump)) == (4, 4)


def test_where_paths_meet_the_largest_field_counts() -> None:
    start = image(2, 16, 16)
    near = node("near", conv(2, 1), start)
    far = node("far", conv(2, 5), start)
    joined = node("add", op("add"), near.output, far.output)
    fields = receptive_fields(program((start,), (near, far, joined))).nodes
    assert [int(field.extent[0]) for field in fields] == [1, 5, 5]


def test_a_residual_block_adds_its_body_to_the_field() -> None:
    found = dict(
        zip(
            [n.path for n in small_resnet().nodes()],
            receptive_fields(small_resnet()).nodes,
            strict=True,
        )
    )
    assert int(found["layer1.0.add"].extent[0]) == 3 + 2 * 2
    assert int(found["layer1.1.add"].extent[0]) == 3 + 4 * 2


def test_a_vector_has_no_receptive_field() -> None:
    start = image(12, name="x")
    made = chain(start, ("a", op("linear", out_features=3)), ("b", op("tanh")))
    assert all(field.extent == () for field in receptive_fields(program((start,), made)).nodes)
    assert last(made[-1]).type.rank == 2


def test_the_field_of_an_open_size_is_an_expression() -> None:
    field = receptive_fields(lenet5(size="H")).nodes[6]
    assert field.extent[0].constant is None
    assert "H" in str(field.extent[0])


def test_a_vector_that_meets_a_map_leaves_the_map_its_field() -> None:
    picture, vector = image(2, 8, 8), image(2, name="vector")
    wide = node("wide", conv(2, 3), picture)
    met = Node("met", op("add"), (vector, wide.output), Value("met", wide.output.type), at(1))
    fields = receptive_fields(program((picture, vector), (wide, met))).nodes
    assert [int(field.extent[0]) for field in fields] == [3, 3]


_OF_THREE = {"out_channels": 1, "kernel_size": 3}


def _extents(*layers: tuple[str, Op], size: int | str = 8) -> list[tuple[str, ...]]:
    """Behind a convolution of 3 positions, layer by layer."""
    start = image(2, size, size)
    made = chain(start, ("conv", conv(2, padding=1)), *layers)
    fields = receptive_fields(program((start,), made)).nodes[1:]
    return [tuple(map(str, field.extent)) for field in fields]


@pytest.mark.parametrize("size", [8, "H"])
def test_a_mean_over_a_map_that_is_one_axis_sees_the_whole_map(size: int | str) -> None:
    flat, mean = _extents(
        ("flat", op("flatten", start_dim=2)), ("mean", op("mean", dim=[2])), size=size
    )
    (whole,) = _extents(("mean", op("mean", dim=[2, 3])), size=size)
    assert (flat, mean) == (("3", "3"), whole)


def test_a_window_along_an_axis_of_several_sees_whole_rows() -> None:
    seen = _extents(("flat", op("flatten", start_dim=2)), ("conv1", op("conv1d", **_OF_THREE)))
    assert seen[-1] == ("4", "10")


def test_a_window_along_an_axis_of_several_sees_no_more_than_there_is() -> None:
    start = image(2, 3, 8)
    long = op("conv1d", out_channels=1, kernel_size=20)
    made = chain(start, ("flat", op("flatten", start_dim=2)), ("conv1", long))
    field = receptive_fields(program((start,), made)).nodes[-1]
    assert tuple(map(int, field.extent)) == (3, 8)


def test_a_window_along_three_axes_made_one_in_two_steps_sees_whole_planes() -> None:
    start = image(2, 4, 4, 4)
    pair, every = op("flatten", start_dim=2, end_dim=3), op("flatten", start_dim=2)
    made = chain(start, ("pair", pair), ("all", every), ("conv1", op("conv1d", **_OF_THREE)))
    field = receptive_fields(program((start,), made)).nodes[-1]
    assert tuple(map(int, field.extent)) == (2, 4, 4)


def test_a_window_over_a_whole_axis_leaves_the_jump() -> None:
    start = image(2, 8, 8)
    made = chain(
        start,
        ("halves", op("avg_pool2d", kernel_size=2)),
        ("rows", op("avg_pool2d", kernel_size=[4, 2])),
    )
    field = receptive_fields(program((start,), made)).nodes[-1]
    assert tuple(map(int, field.extent)) == (8, 4)
    assert tuple(map(int, field.jump)) == (2, 4)


@pytest.mark.parametrize(
    ("layer", "extent"),
    [
        (("mean", op("mean", dim=[2])), ("10", "5")),
        (("mean", op("mean", dim=[3])), ("5", "10")),
        (("mean", op("mean", dim=[1])), ("10", "5")),
        (("flat", op("flatten", start_dim=1, end_dim=2)), ("10", "5")),
    ],
)
def test_a_layer_of_the_axis_that_is_left_reads_along_that_axis(
    layer: tuple[str, Op], extent: tuple[str, str]
) -> None:
    assert _extents(layer, ("conv1", op("conv1d", **_OF_THREE)))[-1] == extent


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("given", [{"scale_factor": 1}, {"size": 8}])
def test_upsampling_to_the_same_size_reads_one_position(mode: str, given: dict[str, int]) -> None:
    assert _extents(("up", op("upsample", mode=mode, **given))) == [("3", "3")]
    assert _extents(("up", op("upsample", mode="bilinear", scale_factor=[1, 2]))) == [("3", "4")]
