"""SARIF of every bad spec, held against the types that are published for SARIF 2.1.0.

``@types/sarif`` (npm) is written after OASIS's schema; TypeScript refuses an object with a property
that a type has not, lacks, or holds otherwise.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from bad_specs import BAD
from click.testing import CliRunner

from archcompile.cli import cli

PACKAGES = ("typescript@5.9.3", "@types/sarif@2.1.7")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiler and the types."""
    made = tmp_path_factory.mktemp("sarif")
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.fail("these tests need node 20 and npm")
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
    subprocess.run([npm, "install", *options, "--prefix", str(made), *PACKAGES], check=True)
    return made


def faults(folder: Path, form: str) -> str:
    """What the compiler says of a log."""
    text = f'import type {{ Log }} from "sarif";\nexport const log: Log = {form};\n'
    (folder / "log.ts").write_text(text, encoding="utf-8")
    compiler = folder / "node_modules" / ".bin" / "tsc"
    run = subprocess.run(
        [str(compiler), "--noEmit", "--strict", "--types", "sarif", "log.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return run.stdout + run.stderr


def sarif(*paths: str) -> str:
    return CliRunner().invoke(cli, ["check", *paths, "--format", "sarif"]).output


def test_the_log_of_every_bad_spec_is_of_the_published_types(folder: Path) -> None:
    form = sarif(str(BAD))
    log = json.loads(form)
    assert len(log["runs"][0]["results"]) > 500
    assert faults(folder, form) == ""
    for result in log["runs"][0]["results"]:
        for location in result.get("locations", ()):
            region = location["physicalLocation"]["region"]
            assert min(region.values()) >= 1
            assert (region["startLine"], region["startColumn"]) <= (
                region["endLine"],
                region["endColumn"],
            )


def test_the_types_refuse_what_sarif_does_not_have(folder: Path) -> None:
    form = sarif(str(BAD / "warnings" / "alexnet_at_224.yaml"))
    assert faults(folder, form) == ""
    assert "level" in faults(folder, form.replace('"level": "warning"', '"level": "grave"', 1))
    assert "startline" in faults(folder, form.replace('"startLine"', '"startline"', 1))
