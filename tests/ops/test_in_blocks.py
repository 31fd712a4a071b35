"""Ops in a block that is called with different arguments: one text serves every call."""

from __future__ import annotations

import pytest
from spec_text import compile_text

from archcompile.passes.receptive_field import receptive_fields

SIDED = """
blocks:
  cell:
    params: {{before: int, after: int}}
    layers:
      - {layer}
input: {input}
layers:
  - cell: [0, 1]
  - cell: [1, 1]
"""


@pytest.mark.parametrize(
    ("layer", "input", "line"),
    [
        (
            "conv2d: {out_channels: 4, kernel_size: 3, padding: [[before, after], 1]}",
            "[N, 4, 8, 8]",
            "padding=((before, after), (1, 1))",
        ),
        (
            "conv1d: {out_channels: 4, kernel_size: 3, padding: [[before, after]]}",
            "[N, 4, 8]",
            "SidedConv1d(in_channels, 4, 3, padding=((before, after),))",
        ),
        (
            "max_pool2d: {kernel_size: 3, stride: 1, padding: [[before, after], [before, after]]}",
            "[N, 4, 8, 8]",
            "SidedMaxPool2d(\n            3, stride=1, padding=((before, after), (before, after))",
        ),
        (
            "avg_pool1d: {kernel_size: 3, stride: 1, padding: [[before, after]]}",
            "[N, 4, 8]",
            "SidedAvgPool1d(3, stride=1, padding=((before, after),))",
        ),
    ],
)
def test_sides_that_one_call_makes_equal_keep_the_class_that_pads_by_side(
    layer: str, input: str, line: str
) -> None:
    assert line in compile_text(SIDED.format(layer=layer, input=input)).source()


def test_groups_that_one_call_makes_one_keep_the_class_that_has_groups() -> None:
    source = compile_text(
        """
        blocks:
          cell:
            params: {groups: 1}
            layers:
              - linear: {out_features: 8, groups: groups}
        input: [N, 8]
        layers:
          - cell
          - cell: 2
        """
    ).source()
    assert "self.linear = GroupedLinear(in_features, 8, groups=groups)" in source


def test_each_gpus_part_of_every_op_with_channels_is_a_group() -> None:
    source = compile_text(
        """
        input: [N, 4, 8, 8]
        layers:
          - gpu_groups:
              count: 2
              layers:
                - conv2d: {out_channels: 8, kernel_size: 3}
                - batch_norm2d
                - conv2d: {out_channels: 8, kernel_size: 3, groups: 2}
                - conv_transpose2d: {out_channels: 8, kernel_size: 3}
                - upsample: {scale_factor: 2}
                - max_pool2d: 2
                - adaptive_max_pool2d: 2
                - flatten
                - linear: 12
        """
    ).source()
    for line in (
        "nn.Conv2d(4, 8, 3)",
        "nn.BatchNorm2d(8)",
        "nn.Conv2d(8, 8, 3, groups=4)",
        "nn.ConvTranspose2d(8, 8, 3, groups=2)",
        "GroupedLinear(32, 12, groups=2)",
    ):
        assert line in source


def test_a_u_nets_receptive_field_grows_less_behind_what_enlarges() -> None:
    network = compile_text(
        """
        input: [N, 1, 8 * H, 8 * W]
        layers:
          - conv2d: {out_channels: 4, kernel_size: 2, stride: 2}
          - conv2d: {out_channels: 4, kernel_size: 2, stride: 2}
          - upsample: {scale_factor: 2}
          - conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
          - conv_transpose2d: {out_channels: 4, kernel_size: 2, stride: 2}
          - conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
        """
    )
    fields = receptive_fields(network.program).nodes
    assert [tuple(map(int, each.extent)) for each in fields] == [
        (size, size) for size in (2, 4, 4, 8, 8, 10)
    ]
    assert [int(each.jump[0]) for each in fields] == [2, 4, 2, 2, 1, 1]
