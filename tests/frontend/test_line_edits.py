"""Lines put before and behind others, and left out, in every form that a list may have."""

from __future__ import annotations

import pytest

from archcompile.diagnostics import Fix, SourceFile, Span, edited
from archcompile.frontend.mending.line_edits import line_after, line_before, with_key, without_line


def at(text: str, line: str) -> Span:
    """Where a line's text stands, which has it once."""
    start = text.index(line)
    row = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    rows = line.split("\n")
    end = column + len(line) if len(rows) == 1 else len(rows[-1]) + 1
    return Span(SourceFile("spec.yaml", text), row, column, row + len(rows) - 1, end)


def made(text: str, fix: Fix) -> str:
    assert fix
    return edited(text, fix)


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("- relu\n- linear: 4\n", "linear: 4", "- relu\n- flatten\n- linear: 4\n"),
        ("  - - linear: 4\n", "linear: 4", "  - - flatten\n    - linear: 4\n"),
        ("a: [relu, linear: 4]", "linear: 4", "a: [relu, flatten, linear: 4]"),
        ("a: [{linear: 4}]", "{linear: 4}", "a: [flatten, {linear: 4}]"),
        ("a: {linear: 4}", "{linear: 4}", "a: [flatten, {linear: 4}]"),
        ("a:\n  linear: 4\n", "linear: 4", "a:\n  [flatten, linear: 4]\n"),
        ("a: # why\n  linear: 4\n", "linear: 4", "a: # why\n  [flatten, linear: 4]\n"),
        ("- name: b\n  linear: 4", "name: b\n  linear: 4", "- flatten\n- name: b\n  linear: 4"),
    ],
)
def test_a_line_is_put_before(text: str, line: str, wanted: str) -> None:
    assert made(text, line_before(at(text, line), "flatten")) == wanted


def test_a_line_that_is_a_branch_by_itself_becomes_a_list() -> None:
    text = "- {linear: 4}\n- relu\n"
    fix = line_before(at(text, "{linear: 4}"), "flatten", is_alone=True)
    assert made(text, fix) == "- [flatten, {linear: 4}]\n- relu\n"


def test_a_line_of_several_rows_behind_a_key_is_left_to_the_author() -> None:
    text = "a:\n  name: b\n  linear: 4\n"
    assert line_before(at(text, "name: b\n  linear: 4"), "flatten") == ()


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("  - relu\n  - tanh\n", "relu", "  - relu\n  - exchange\n  - tanh\n"),
        ("  - - relu\n", "relu", "  - - relu\n    - exchange\n"),
        ("- relu  # why\n", "relu", "- relu  # why\n- exchange\n"),
        ("a: [relu, tanh]", "relu", "a: [relu, exchange, tanh]"),
        ("a: relu", "relu", "a: [relu, exchange]"),
    ],
)
def test_a_line_is_put_behind(text: str, line: str, wanted: str) -> None:
    assert made(text, line_after(at(text, line), "exchange")) == wanted


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("- relu\n- flatten\n- tanh\n", "flatten", "- relu\n- tanh\n"),
        ("- relu\n- flatten  # all\n- tanh\n", "flatten", "- relu\n- tanh\n"),
        ("- relu\n- flatten", "flatten", "- relu"),
        ("- relu\n- name: a\n  flatten:\n- tanh\n", "name: a\n  flatten:", "- relu\n- tanh\n"),
        ("[relu, flatten, tanh]", "flatten", "[relu, tanh]"),
        ("[relu, flatten]", "flatten", "[relu]"),
        ("[flatten, relu]", "flatten", "[relu]"),
    ],
)
def test_a_line_is_left_out(text: str, line: str, wanted: str) -> None:
    assert made(text, without_line(at(text, line))) == wanted


@pytest.mark.parametrize("text", ["- - flatten\n  - relu\n", "[flatten]"])
def test_a_line_that_holds_its_list_is_left_to_the_author(text: str) -> None:
    assert without_line(at(text, "flatten")) == ()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("{name: p, max_pool2d: 2}", "- {when: a, name: p, max_pool2d: 2}"),
        ("max_pool2d: 2", "- {when: a, max_pool2d: 2}"),
        ("relu", "- {when: a, relu}"),
    ],
)
def test_a_line_gets_a_key(line: str, wanted: str) -> None:
    text = f"- {line}"
    assert made(text, with_key(at(text, line), "when: a")) == wanted


@pytest.mark.parametrize("line", ["name: p\n  relu:", "'relu'", "[relu]"])
def test_what_has_no_place_for_a_key_is_left_to_the_author(line: str) -> None:
    assert with_key(at(f"- {line}", line), "when: a") == ()
