"""Shapes that do not meet: what is proposed, and that what is proposed is tried first."""

from __future__ import annotations

import pytest

from archcompile.diagnostics import Code, Diagnostic, edited
from archcompile.frontend.mending import search as mending
from archcompile.frontend.mending.shortcuts import Projection, projection
from archcompile.ir.dim import Dim
from archcompile.ir.types import TensorType
from tests.spec_text import findings_of


def only(text: str) -> Diagnostic:
    (found,) = findings_of(text)
    return found


def made(finding: Diagnostic) -> str:
    assert finding.span is not None
    return edited(finding.span.file.text, finding.fix)


@pytest.mark.parametrize(
    ("given", "wanted", "way"),
    [
        (("N", 16, 32, 32), ("N", 32, 16, 16), Projection(Dim.of(32), (2, 2))),
        (("N", 16, 33, 32), ("N", 16, 17, 32), Projection(Dim.of(16), (2, 1))),
        (("N", 16, "H", "W"), ("N", 8, "H", "W"), Projection(Dim.of(8), (1, 1))),
        (("N", 16, 99), ("N", 8, 33), Projection(Dim.of(8), (3,))),
        (("N", 16), ("N", 8), Projection(Dim.of(8), ())),
        (("N", 16, 32, 32), ("N", 32, 30, 30), None),
        (("N", 16, 32, 32), ("N", 32), None),
        (("N", 16, 32, 32), ("N", "C", 32, 32), None),
    ],
)
def test_a_projection_is_the_stride_of_one_position(
    given: tuple[int | str, ...], wanted: tuple[int | str, ...], way: Projection | None
) -> None:
    assert projection(TensorType.of(*given), TensorType.of(*wanted)) == way


def test_a_change_that_another_reader_does_not_stand_is_not_proposed() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [16, 3, padding: 1]}
          - {name: b, from: x, conv2d: [32, 3, padding: 1]}
          - {name: d, conv2d: [64, 3, groups: 32]}
          - {from: [a, b], add}
    """)
    assert found.help == "write `out_channels: 32` at `a` (line 5)"


def test_a_size_that_an_author_s_expression_asks_for_is_not_changed() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [16, 3, padding: 1]}
          - {name: b, conv2d: [in.channels * 2, 1]}
          - {name: c, from: x, conv2d: [30, 1]}
          - {from: [b, c], add}
    """)
    assert found.help == "write `out_channels: 32` at `c` (line 7)"


def test_all_calls_of_one_text_change_together() -> None:
    found = only("""
        blocks:
          unit: {params: {width: int}, layers: [{name: conv, conv2d: [width, 3]}]}
        input: [N, 3, 32, 32]
        layers:
          - {name: a, unit: 8}
          - {name: b, unit: 8}
          - {name: c, from: x, conv2d: [8, 1]}
          - {from: [b, c], add}
    """)
    assert found.help == "write `padding: 1` at `a.conv` (line 4): then both are 32x32"


def test_arguments_that_were_handed_over_are_not_edited() -> None:
    found = only("""
        blocks:
          unit: {params: {layer: {layer: {conv2d: [8, 3]}}}, layers: [{name: l, layer: {}}]}
        input: [N, 8, 32, 32]
        layers:
          - {name: a, unit: {}}
          - {from: [x, a], add}
    """)
    assert (found.code, found.fix) == (Code.SHAPE_MISMATCH, ())


def test_the_search_ends_however_many_sums_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MOST_EFFORT", 10)
    lines = "".join(
        f"  - {{name: a{i}, from: x, conv2d: [3, 3]}}\n  - {{from: [x, a{i}], add}}\n"
        for i in range(20)
    )
    first, *_, last = findings_of(f"input: [N, 3, 32, 32]\nlayers:\n{lines}")
    assert first.help == "write `padding: 1` at `a0` (line 5): then both are 32x32"
    assert last.help is not None and not last.fix


def test_a_fifty_fold_call_of_one_wrong_block_is_one_finding_with_its_calls() -> None:
    found = only("""
        blocks:
          unit: {layers: [residual: [conv2d: [in.channels, 5]]]}
        input: [N, 8, 32, 32]
        layers: [{repeat: 50, unit: {}}]
    """)
    assert found.help is not None and "padding: 2" in found.help
    assert any(each.message.startswith("in this call: unit()") for each in found.related)


def test_a_shortcut_is_written_in_the_body_s_own_words() -> None:
    found = only("""
        blocks:
          unit:
            params: {width: int, stride: 1}
            layers: [residual: [conv2d: [width, 3, stride: stride, padding: 1]]]
        input: [N, 8, 32, 32]
        layers: [unit: [16, 2]]
    """)
    assert (
        "[residual: {body: [conv2d: [width, 3, stride: stride, padding: 1]], "
        "shortcut: {when: stride != 1 or in.channels != width, "
        "conv2d: [width, 1, stride: stride, bias: false]}}]" in made(found)
    )
