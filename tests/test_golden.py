"""``generated/`` is the golden record: byte for byte what the specs build to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcompile
from archcompile import driver
from archcompile.cli import cli
from archcompile.frontend import networks, read_document

ROOT = Path(__file__).resolve().parents[1]


def test_the_committed_artefacts_are_what_the_specs_build_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli, ["build", "--check", "specs"])
    assert result.output.endswith(" networks in generated/: up to date\n")
    assert result.exit_code == 0


def test_generated_holds_a_folder_for_each_network_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    one = archcompile.load("specs/lenet5.yaml", variant="lenet5")
    endings = [file.removeprefix(one.name) for file in one.files()]
    names = [
        name for path in driver.find_specs(["specs"]) for name in networks(read_document(path))
    ]
    expected = {f"{name}/{name}{ending}" for name in names for ending in endings}
    there = {
        path.relative_to(ROOT / "generated").as_posix()
        for path in (ROOT / "generated").rglob("*")
        if path.is_file() and path.suffix != ".onnx" and not path.name.startswith(".")
    }
    assert {path for path in there if "__pycache__" not in path} == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("ruff", "check", "--isolated", "--no-cache", "generated"),
        ("ruff", "format", "--check", "--isolated", "--no-cache", "generated"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_generated_source_is_clean_for_nobodys_configuration(arguments: tuple[str, ...]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout
