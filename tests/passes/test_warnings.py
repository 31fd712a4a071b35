"""Warnings that must not be: what mends one use of a line would spoil another."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcompile.driver import check_document
from archcompile.frontend import read_document

HEAD = "archcompile: 1\nname: net\n"
QUIET = {
    "a block used with and without a normalization": """
input: [N, 3, 8, 8]
blocks:
  cell:
    params: {norm: layer}
    layers: [{conv2d: [8, 3]}, norm]
layers: [{cell: {norm: batch_norm2d}}, {cell: {norm: relu}}]
""",
    "variants with and without a normalization": """
params: {bn: false}
variants: {plain: {bn: false}, normed: {bn: true}}
input: [N, 3, 8, 8]
layers: [{conv2d: [8, 3]}, {when: bn, batch_norm2d}, relu]
""",
    "weights that are used once more, without a normalization": """
input: [N, 8, 8, 8]
layers:
  - {name: conv, conv2d: [8, 3, padding: 1]}
  - batch_norm2d
  - {apply: conv}
""",
    "a normalization that another layer shares the value with": """
input: [N, 3, 8, 8]
layers:
  - {name: conv, conv2d: [8, 3]}
  - {name: norm, batch_norm2d}
  - {from: [conv, norm], add}
""",
    "a value that one variant reads": """
params: {wide: true}
variants: {narrow: {wide: false}, broad: {wide: true}}
input: [N, 3, 8, 8]
layers:
  - {name: a, conv2d: [8, 1]}
  - {name: b, from: x, conv2d: [8, 1]}
  - {when: wide, from: [a, b], add}
""",
    "a last round whose value is left": """
input: [N, 8, 8, 8]
layers:
  - {name: s0, relu}
  - for: {i: "range(3)"}
    layers:
      - {name: "left{i}", from: "s{i}", relu}
      - {name: "s{i + 1}", from: "left{i}", tanh}
""",
    "a shortcut of stride 2 that skips a row on purpose": """
input: [N, 8, 8, 8]
layers: [{conv2d: [8, 1, 2]}]
""",
    "padding that no window reaches": """
input: [N, 3, 224, 224]
layers: [{conv2d: [64, 7, 2, 3]}]
""",
    "large kernels of few channels: one that keeps the size, patches, one for each channel": """
input: [N, 3, 64, 64]
layers:
  - conv2d: [3, 9, padding: 4]
  - conv2d: [3, 31, padding: 14, groups: 3]
  - conv2d: [3, 9, dilation: 2]
  - conv2d: [3, 8, stride: 8, padding: 1]
""",
    "kernels of another size on each axis": """
input: [N, 1, 32, 65]
layers: [{conv2d: [1, [8, 9]]}, {conv2d: [1, 7]}]
""",
    "an input with the channels last that a layer turns": """
input: [N, 32, 32, 3]
layers: [{permute: [0, 3, 1, 2]}, {conv2d: [8, 3]}]
""",
    "a map of four columns that a kernel of one column reads": """
input: [N, 32, 32, 4]
layers: [{conv2d: [8, [3, 1]]}]
""",
    "small squares, other numbers, and vectors": """
input: {a: [N, 4, 4, 4], b: [N, 16, 16, 8], c: [N, 8, 16, 4]}
layers:
  - {name: a1, from: a, conv2d: [8, 1]}
  - {name: b1, from: b, conv2d: [8, 1]}
  - {name: c1, from: c, conv2d: [8, 1]}
outputs: [a1, b1, c1]
""",
}


@pytest.mark.parametrize("name", QUIET)
def test_an_honest_network_has_no_warning(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + QUIET[name].lstrip(), encoding="utf-8")
    checked = check_document(read_document(path))
    assert [(each.code.value, each.message) for each in checked.findings] == []


def test_an_edit_is_not_offered_where_one_copy_would_suffer(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    lines = "input: [N, 3, 34, 34]\nlayers:\n  - {repeat: 2, max_pool2d: 2}\n"
    path.write_text(HEAD + lines, encoding="utf-8")
    (finding,) = check_document(read_document(path)).findings
    assert finding.code.value == "AC903"
    assert finding.fix == ()
