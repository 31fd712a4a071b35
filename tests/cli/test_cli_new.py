"""``archcompile new``: starters that build, verify and are clean; what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompile import driver
from archcompile.cli import cli
from archcompile.cli.new import FAMILIES, starter
from archcompile.diagnostics import SpecError
from archcompile.schema import as_text, schema_of_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which every test stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["new", *arguments], prog_name="archcompile")


def test_a_starter_is_written_and_the_next_command_is_said(folder: Path) -> None:
    result = new("tiny")
    assert result.exit_code == 0
    assert result.stdout == (
        "wrote specs/tiny.yaml\n"
        "wrote specs/tiny.schema.json, which tells editors of it\n"
        "next: archcompile build specs/tiny.yaml\n"
    )
    head, _, text = (folder / "specs" / "tiny.yaml").read_text(encoding="utf-8").partition("\n")
    assert head == "# yaml-language-server: $schema=tiny.schema.json"
    assert text == starter("cnn", "tiny")
    assert text.startswith("archcompile: 1\nname: tiny\n")


def test_the_schema_beside_it_is_that_of_the_spec(folder: Path) -> None:
    assert new("tiny", "--like", "resnet").exit_code == 0
    written = (folder / "specs" / "tiny.schema.json").read_text(encoding="utf-8")
    assert written == as_text(schema_of_file(folder / "specs" / "tiny.yaml"))


def test_another_s_schema_is_kept_and_no_spec_is_written(folder: Path) -> None:
    (folder / "specs").mkdir()
    other = folder / "specs" / "tiny.schema.json"
    other.write_text("{}")
    result = new("tiny")
    assert result.exit_code == 1
    assert "`specs/tiny.schema.json` was not written by archcompile" in result.stderr
    assert [path.name for path in (folder / "specs").iterdir()] == ["tiny.schema.json"]
    assert other.read_text() == "{}"


def test_out_names_another_file(folder: Path) -> None:
    result = new("tiny", "--like", "resnet", "--out", "mine.yaml")
    assert result.stdout.endswith("next: archcompile build mine.yaml\n")
    assert {path.name for path in folder.iterdir()} == {"mine.yaml", "mine.schema.json"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_starter_builds_verifies_and_says_what_it_does(family: str, folder: Path) -> None:
    assert new("tiny", "--like", family).exit_code == 0
    spec = folder / "specs" / "tiny.yaml"
    text = spec.read_text(encoding="utf-8")
    assert "expect:" in text
    assert text.count("  #") >= 2
    assert max(map(len, text.splitlines())) <= 100
    networks = driver.load_all([spec])
    assert networks[0].name == "tiny"
    for network in networks:
        assert network.files()
    verified = CliRunner().invoke(cli, ["verify", "--variant", "tiny", str(spec)])
    assert verified.exit_code == 0, verified.output
    assert verified.output.endswith(" pairs agree\n")


def test_the_sources_of_all_starters_are_clean(folder: Path) -> None:
    for family in FAMILIES:
        new(f"my_{family}", "--like", family)
    built = CliRunner().invoke(cli, ["build"])
    assert built.exit_code == 0, built.output
    sources = sorted(map(str, folder.glob("generated/*/*.py")))
    assert len(sources) > len(FAMILIES)
    cache = ROOT / ".mypy_cache" / "generated"
    for tool in (
        ("ruff", "check", "--isolated", "--no-cache"),
        ("ruff", "format", "--check", "--isolated", "--no-cache"),
        ("mypy", "--strict", "--config-file=", f"--cache-dir={cache}"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", *tool, *sources], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout


def test_the_resnet_starter_is_one_flag_away_from_its_plain_twin(folder: Path) -> None:
    new("tiny", "--like", "resnet")
    residual, plain, _ = driver.load_all([folder / "specs" / "tiny.yaml"])
    assert (residual.name, plain.name) == ("tiny", "tiny_plain")
    ops = [[node.op.key for node in each.program.nodes()] for each in (residual, plain)]
    assert ops[0].count("add") == 3
    assert ops[1].count("add") == 0


def test_every_starter_is_a_choice_and_every_choice_has_one() -> None:
    there = files("archcompile.cli").joinpath("starters").iterdir()
    assert {each.name for each in there} == {f"{family}.yaml" for family in FAMILIES}


@pytest.mark.parametrize("name", ["a-b", "2net", "", "a/b", "../net", "class", "n" * 101])
def test_a_name_that_no_network_can_have_is_refused(name: str, folder: Path) -> None:
    result = new("--", name)
    assert result.exit_code == 1
    assert "error[AC310]: `" in result.stderr
    assert "cannot be the name of a network" in result.stderr
    assert list(folder.iterdir()) == []


def test_the_help_repairs_a_name() -> None:
    assert "help: write `my_net`" in new("my-net").stderr


def test_a_file_that_is_there_is_kept_unless_forced(folder: Path) -> None:
    (folder / "specs").mkdir()
    spec = folder / "specs" / "tiny.yaml"
    spec.write_text("mine")
    result = new("tiny")
    assert result.exit_code == 1
    assert "error[AC803]: `specs/tiny.yaml` is there already\n" in result.stderr
    assert "help: choose another name, or pass --force to overwrite it\n" in result.stderr
    assert spec.read_text() == "mine"
    assert list((folder / "specs").iterdir()) == [spec]
    assert new("tiny", "--force").exit_code == 0
    assert spec.read_text(encoding="utf-8").endswith(starter("cnn", "tiny"))


def test_a_place_that_is_no_file_or_has_no_folder_is_refused(folder: Path) -> None:
    assert "`.` is a folder" in new("tiny", "--out", ".", "--force").stderr
    result = new("tiny", "--out", "nowhere/tiny.yaml")
    assert result.exit_code == 1
    assert "there is no folder `nowhere`" in result.stderr


def test_a_family_that_there_is_not_is_answered_with_those_that_there_are(folder: Path) -> None:
    result = new("tiny", "--like", "resnext")
    assert result.exit_code == 2
    assert "'resnext' is not one of 'cnn', 'lenet5', 'alexnet', " in result.stderr
    assert list(folder.iterdir()) == []


def test_a_shell_completes_the_families(folder: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_ARCHCOMPILE_COMPLETE": "bash_complete",
        "COMP_WORDS": "archcompile new tiny --like ",
        "COMP_CWORD": "4",
    }
    result = subprocess.run(
        [sys.executable, "-m", "archcompile"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.splitlines() == [f"plain,{family}" for family in FAMILIES]


def test_a_starter_of_a_name_that_is_a_word_of_its_own_still_builds(folder: Path) -> None:
    """``conv_bn`` is a block of the starter; a network may be called so."""
    spec = folder / "conv_bn.yaml"
    spec.write_text(starter("cnn", "conv_bn"), encoding="utf-8")
    try:
        (network,) = driver.load_all([spec])
    except SpecError as error:
        pytest.fail(str(error))
    assert network.files()
