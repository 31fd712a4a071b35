"""Warnings that must not be: what mends one use of a line would spoil another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archcompile.driver import check_document
from archcompile.frontend import read_document
from archcompile.ir.program import Program, ProgramOutput
from archcompile.ir.remedy import Argument, Remedy
from archcompile.passes.warnings import advise
from tests.programs import at, chain, conv, image, node, op, program

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
    assert finding.help == "so it is with some of the layers of this line"


def test_an_edit_is_offered_where_every_copy_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    lines = "input: [N, 3, 35, 35]\nlayers: [{repeat: 2, layers: [{max_pool2d: 2}]}]\n"
    path.write_text(HEAD + lines, encoding="utf-8")
    (finding,) = check_document(read_document(path)).findings
    assert finding.code.value == "AC903"
    assert [edit.text for edit in finding.fix] != []


def test_an_edit_is_not_offered_where_one_variant_would_suffer(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    lines = (
        "params: {size: 34}\nvariants: {even: {size: 34}, odd: {size: 35}}\n"
        "input: [N, 3, size, size]\nlayers: [{max_pool2d: 2}]\n"
    )
    path.write_text(HEAD + lines, encoding="utf-8")
    (finding,) = check_document(read_document(path)).findings
    assert (finding.code.value, finding.fix) == ("AC903", ())
    assert finding.help == "so it is with some of the layers of this line"
    assert finding.span is not None and finding.span.line == 6


def _advice(made: Program) -> list[tuple[str, str | None, Remedy | None]]:
    return [(each.advice.message, each.advice.help, each.advice.remedy) for each in advise(made)]


def test_a_needless_bias_is_shown_with_its_normalization_and_what_to_write() -> None:
    start = image(3, 8, 8)
    (found,) = advise(program((start,), chain(start, ("c", conv(4)), ("n", op("batch_norm2d")))))
    assert found.span == at(1)
    assert found.advice.argument == "bias"
    assert (found.advice.help, found.advice.remedy) == (
        "write `bias: false`",
        Argument("bias", "false"),
    )
    (related,) = found.advice.related
    assert (related.span, related.message) == (at(2), "the normalization")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "nothing reads what `l0` makes"),
        (2, "nothing reads what `l1` makes, nor what the layer that leads to it makes"),
        (4, "nothing reads what `l3` makes, nor what the 3 layers that lead to it make"),
    ],
)
def test_layers_that_lead_to_an_unread_one_are_counted(count: int, said: str) -> None:
    start = image(3, 8, 8)
    used = node("used", op("relu"), start, line=9)
    dead = chain(start, *((f"l{number}", op("relu")) for number in range(count)))
    assert [message for message, _, _ in _advice(program((start,), (*dead, used)))] == [said]


def test_a_hundred_unread_layers_are_said_without_counting_for_the_last_ones() -> None:
    start = image(3, 8, 8)
    used = node("used", op("relu"), start, line=399)
    dead = [node(f"l{n}", op("relu"), start, line=n + 1) for n in range(300)]
    said = [message for message, _, _ in _advice(program((start,), (*dead, used)))]
    assert said == [f"nothing reads what `l{n}` makes" for n in range(300)]


def test_a_second_input_with_the_channels_last_is_found_behind_a_vector() -> None:
    vector, picture = image(7, name="vector"), image(32, 32, 3, name="picture")
    placed = replace(picture, span=at(2))
    members = (node("fc", op("tanh"), vector), node("c", conv(4), placed, line=3))
    outputs = tuple(ProgramOutput(each.name, each.output) for each in members)
    (found,) = advise(program((vector, placed), members, outputs=outputs))
    assert found.span == at(2)
    assert found.advice.help == "channels stand before height and width: `[N, 3, 32, 32]`"


def test_an_input_without_a_place_does_not_hide_the_next() -> None:
    first, second = image(32, 32, 3, name="first"), image(64, 64, 1, name="second")
    placed = replace(second, span=at(2))
    members = (node("a", conv(4), first), node("b", conv(4), placed, line=3))
    outputs = tuple(ProgramOutput(each.name, each.output) for each in members)
    (found,) = advise(program((first, placed), members, outputs=outputs))
    assert found.advice.message.startswith("the input `second` has 64 channels, and is 64x1")
