"""``archcompile schema``: printed, written beside a spec, and refused where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompile.cli import cli

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
archcompile: 1
name: net
input: [N, 3, 32, 32]
blocks: {unit: {params: {width: int}, layers: [{conv2d: [width, 3]}]}}
layers: [{unit: 8}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one spec, in which every test stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["schema", *arguments], prog_name="archcompile")


def test_it_is_json_with_the_ops() -> None:
    result = run()
    assert result.exit_code == 0
    assert "call conv2d" in json.loads(result.stdout)["definitions"]


def test_a_spec_s_blocks_are_among_them() -> None:
    definitions = json.loads(run("net.yaml").stdout)["definitions"]
    assert list(definitions["unit by name"]["properties"]) == ["width"]


def test_it_is_written_and_written_again(folder: Path) -> None:
    for _ in range(2):
        result = run("net.yaml", "-o", "net.schema.json")
        assert result.stdout == "wrote net.schema.json\n"
    assert (folder / "net.schema.json").read_text(encoding="utf-8") == run("net.yaml").stdout


def test_another_s_file_is_kept_unless_forced(folder: Path) -> None:
    other = folder / "net.schema.json"
    other.write_text("{}")
    result = run("net.yaml", "-o", "net.schema.json")
    assert result.exit_code == 1
    assert "error[AC803]: `net.schema.json` was not written by archcompile\n" in result.stderr
    assert other.read_text() == "{}"
    assert run("net.yaml", "-o", "net.schema.json", "--force").exit_code == 0


def test_a_spec_that_is_wrong_has_one_all_the_same(folder: Path) -> None:
    (folder / "net.yaml").write_text(SPEC + "layres: [relu]\n", encoding="utf-8")
    assert run("net.yaml").exit_code == 0


def test_what_cannot_be_read_is_a_finding(folder: Path) -> None:
    (folder / "net.yaml").write_text("layers: [relu\n", encoding="utf-8")
    result = run("net.yaml")
    assert result.exit_code == 1
    assert "error[AC1" in result.stderr
    assert "error[AC801]: no such file" in run("missing.yaml").stderr


def test_it_is_no_spec(folder: Path) -> None:
    """A folder of specs may hold their schemas."""
    run("net.yaml", "-o", "net.schema.json")
    result = CliRunner().invoke(cli, ["check", "."], prog_name="archcompile")
    assert result.stdout == "1 network in 1 file: no findings\n"


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from archcompile.schema import as_text, schema; as_text(schema());"
        "print({'torch', 'onnx', 'onnxruntime', 'numpy', 'safetensors'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
