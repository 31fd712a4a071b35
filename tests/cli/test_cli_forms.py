"""``check --format``: findings for programs, held against published schemas."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from bad_specs import BAD, bad_specs
from click.testing import CliRunner, Result

from archcompile.cli import cli

ROOT = Path(__file__).parents[2]
MISTAKES = str(ROOT / "examples" / "three_mistakes.yaml")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments])


def test_json_has_every_finding_and_their_number() -> None:
    run = check(MISTAKES, "--format", "json")
    form = json.loads(run.output)
    assert run.exit_code == 1
    assert (form["version"], form["errors"], form["warnings"]) == (1, 3, 0)
    assert [each["code"] for each in form["findings"]] == ["AC302", "AC502", "AC402"]
    fix = form["findings"][0]["fix"]
    assert [(each["line"], each["column"], each["text"]) for each in fix] == [
        (8, 28, "out_channels")
    ]


def test_json_of_every_bad_spec_is_of_its_schema() -> None:
    schema = json.loads((ROOT / "docs" / "findings.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    run = check(str(BAD), "--format", "json")
    form = json.loads(run.output)
    jsonschema.Draft7Validator(schema).validate(form)
    assert len({each["file"] for each in form["findings"]}) >= len(bad_specs()) - 5
    assert run.output.isascii()


def test_a_clean_spec_is_an_empty_form_and_exit_code_0() -> None:
    spec = str(ROOT / "specs" / "lenet5.yaml")
    run = check(spec, "--format", "json")
    assert (run.exit_code, json.loads(run.output)["findings"]) == (0, [])
    sarif = check(spec, "--format", "sarif")
    assert (sarif.exit_code, json.loads(sarif.output)["runs"][0]["results"]) == (0, [])
    github = check(spec, "--format", "github")
    assert (github.exit_code, github.output) == (0, "")


def test_sarif_has_rules_places_and_fixes() -> None:
    run = json.loads(check(MISTAKES, "--format", "sarif").output)["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["AC302", "AC402", "AC502"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 8, "startColumn": 28, "endLine": 8, "endColumn": 35}
    assert place["artifactLocation"]["uri"] == f"file://{MISTAKES}"
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"] == "out_channels"


def test_github_has_one_command_a_finding_that_no_text_can_leave(tmp_path: Path) -> None:
    lines = check(MISTAKES, "--format", "github").output.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("::error file=") for line in lines)
    spec = tmp_path / "a,b:c.yaml"
    spec.write_text('archcompile: 1\nname: "a\\n::error::b%0Ac"\ninput: [N, 3]\nlayers: [relu]\n')
    (line,) = check(str(spec), "--format", "github").output.splitlines()
    assert "a%2Cb%3Ac.yaml" in line
    assert "\\n::error::b%250Ac" in line


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_a_missing_file_is_said_in_the_form(form: str, tmp_path: Path) -> None:
    run = check(str(tmp_path / "none.yaml"), "--format", form)
    assert run.exit_code == 1
    assert "AC801" in run.output


def test_warnings_leave_0_unless_strict(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "archcompile: 1\nname: net\ninput: [N, 3, 8, 8]\n"
        "layers:\n  - {name: a, conv2d: [4, 1]}\n  - {name: b, from: x, conv2d: [4, 1]}\n"
    )
    run = check(str(spec))
    assert run.exit_code == 0
    assert "warning[AC901]" in run.output
    assert "1 warning in" in run.output
    assert check(str(spec), "--strict").exit_code == 1
