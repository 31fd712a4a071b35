"""What ``archcompile explain`` says: every code has a page, whose examples are what they claim."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from bad_commands import codes_of_commands
from bad_specs import findings
from click.testing import CliRunner

from archcompile.cli import cli
from archcompile.diagnostics import Code
from archcompile.diagnostics.explanation import Example, explanation

ROOT = Path(__file__).parents[2]


def codes_of(example: Example, folder: Path) -> list[str]:
    """The codes of what is found in an example: a spec, or commands beside the spec `net.yaml`."""
    if example.kind == "yaml":
        path = folder / "example.yaml"
        path.write_text(example.text, encoding="utf-8")
        return [each.code.value for each in findings(path)]
    return codes_of_commands(example.text, folder)


@pytest.mark.parametrize("code", Code, ids=lambda code: code.value)
def test_the_wrong_example_has_this_finding_alone_and_the_right_one_none(
    code: Code, tmp_path: Path
) -> None:
    said = explanation(code)
    assert set(codes_of(said.wrong, tmp_path)) == {code.value}
    (right := tmp_path / "right").mkdir()
    assert codes_of(said.right, right) == []


def test_every_page_is_a_code_s() -> None:
    folder = ROOT / "archcompile" / "diagnostics" / "explanations"
    assert {path.stem for path in folder.glob("*.md")} == {code.value for code in Code}


def test_explain_prints_the_page_of_a_code_in_any_spelling() -> None:
    said = CliRunner().invoke(cli, ["explain", "AC302"])
    assert said.exit_code == 0
    assert said.output.startswith("AC302: unknown argument (error)\n")
    assert "Wrong:" in said.output and "Right:" in said.output
    for spelling in ("ac302", "302", " AC302 "):
        assert CliRunner().invoke(cli, ["explain", spelling]).output == said.output


def test_explain_lists_all_codes() -> None:
    lines = CliRunner().invoke(cli, ["explain"]).output.splitlines()
    assert [line.split()[0] for line in lines] == [code.value for code in Code]


def test_explain_refuses_what_is_no_code() -> None:
    said = CliRunner().invoke(cli, ["explain", "AC999"])
    assert said.exit_code == 2
    assert "there is no code 'AC999'" in said.output


def test_the_page_of_errors_is_what_explain_says() -> None:
    make = runpy.run_path(str(ROOT / "docs" / "make_errors.py"))
    committed = make["PAGE"].read_text(encoding="utf-8")
    assert committed == make["page"](), "run python docs/make_errors.py"
