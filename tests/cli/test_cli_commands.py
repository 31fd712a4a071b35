"""The commands, on a small project: what they print, write, refuse and exit with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcompile import Network, verification
from archcompile.cli import cli

ROOT = Path(__file__).resolve().parents[2]
LENET = """\
archcompile: 1
name: lenet5
title: LeNet-5
params: {classes: 10, size: 32, pad: 0}
variants:
  lenet5: {}
  lenet5_28: {size: 28, pad: 2}
input: {image: [N, 1, size, size]}
layers:
  - {name: c1, conv2d: {out_channels: 6, kernel_size: 5, padding: pad}}
  - tanh
  - {name: s2, avg_pool2d: 2}
  - {name: c3, conv2d: {out_channels: 16, kernel_size: 5}}
  - tanh
  - {name: s4, avg_pool2d: 2}
  - flatten
  - {name: c5, linear: 120}
  - tanh
  - {name: f6, linear: 84}
  - tanh
  - {name: output, linear: classes}
expect: {parameters: 61706}
"""
TINY = """\
archcompile: 1
name: tiny
input: {x: [N, 4]}
layers:
  - {name: fc, linear: 2}
"""
BAD = """\
archcompile: 1
name: bad
input: {image: [N, 3, 32, 32]}
layers:
  - {name: c1, conv2d: {filters: 6, kernel_size: 5}}
  - {name: act, rellu}
  - {name: fc, linear: {out_features: 10}, from: nowhere}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two specs, from which the commands are called."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "lenet5.yaml").write_text(LENET)
    (tmp_path / "specs" / "tiny.yaml").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="archcompile")


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "archcompile", *arguments],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def entries(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_check_counts_what_it_found_nothing_in(project: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "3 networks in 2 files: no findings\n"
    assert run("check", "specs/tiny.yaml").stdout == "1 network in 1 file: no findings\n"


def test_check_shows_three_unrelated_mistakes_in_one_run(project: Path) -> None:
    (project / "specs" / "bad.yaml").write_text(BAD)
    before = entries(project)
    result = run("check", "specs/bad.yaml")
    assert (result.exit_code, result.stderr) == (1, "")
    places = re.findall(r"^specs/bad\.yaml:(\d+):(\d+): error\[AC\d{3}\]", result.stdout, re.M)
    assert places == [("5", "25"), ("6", "17"), ("7", "50")]
    assert result.stdout.endswith("\n3 errors in specs/bad.yaml\n")
    assert entries(project) == before


@pytest.mark.parametrize("command", ["check", "list"])
def test_a_folder_without_specs_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(command)
    assert result.exit_code == 1
    assert "error[AC806]" in result.output


def test_a_spec_that_is_not_there_is_a_finding(project: Path) -> None:
    result = run("check", "specs/gone.yaml")
    assert result.exit_code == 1
    assert "error[AC801]" in result.stdout


@pytest.mark.parametrize("command", ["check", "list"])
def test_a_check_loads_no_heavy_library(project: Path, command: str) -> None:
    result = process(command, PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0
    names = re.findall(r"^import time:.*\| +([\w.]+)$", result.stderr, re.M)
    assert "archcompile.driver" in names
    tops = {name.partition(".")[0] for name in names}
    assert not tops & {"torch", "onnx", "onnxruntime", "numpy", "safetensors"}


def test_build_writes_every_network_and_says_so(project: Path) -> None:
    result = run("build", "specs/lenet5.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "lenet5     61,706 parameters  416,520 MACs  → generated/lenet5/ (5 files)\n"
        "lenet5_28  61,706 parameters  416,520 MACs  → generated/lenet5_28/ (5 files)\n"
    )
    built = sorted(path.name for path in Path("generated/lenet5").iterdir())
    assert len(built) == 5
    assert "lenet5.py" in built
    assert sorted(path.name for path in Path("generated").iterdir()) == ["lenet5", "lenet5_28"]


def test_a_second_build_writes_nothing(project: Path) -> None:
    run("build")
    before = entries(project)
    result = run("build")
    assert result.exit_code == 0
    assert result.stdout.count("(unchanged)") == 3
    assert entries(project) == before


def test_a_build_goes_where_it_is_told(project: Path) -> None:
    assert run("build", "specs/tiny.yaml", "-o", "elsewhere/deep").exit_code == 0
    assert Path("elsewhere/deep/tiny/tiny.py").is_file()
    assert not Path("generated").exists()


def test_a_build_with_findings_writes_nothing(project: Path) -> None:
    (project / "specs" / "bad.yaml").write_text(BAD)
    result = run("build")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "3 errors in specs/bad.yaml" in result.stderr
    assert not Path("generated").exists()


def test_a_build_leaves_files_of_others_alone_unless_forced(project: Path) -> None:
    Path("generated/tiny").mkdir(parents=True)
    Path("generated/tiny/tiny.py").write_text("mine\n")
    result = run("build", "specs/tiny.yaml")
    assert result.exit_code == 1
    assert "error[AC803]: `generated/tiny/tiny.py` was not written by archcompile" in result.stderr
    assert Path("generated/tiny/tiny.py").read_text() == "mine\n"
    assert run("build", "specs/tiny.yaml", "--force").exit_code == 0
    assert "import torch" in Path("generated/tiny/tiny.py").read_text()


def test_check_against_the_disk_shows_a_diff_and_writes_nothing(project: Path) -> None:
    missing = run("build", "--check")
    assert missing.exit_code == 1
    assert not Path("generated").exists()
    run("build")
    clean = run("build", "--check")
    assert (clean.exit_code, clean.stdout) == (0, "3 networks in generated/: up to date\n")
    source = Path("generated/tiny/tiny.py")
    source.write_text(source.read_text() + "edited = True\n")
    before = entries(project)
    stale = run("build", "--check")
    assert stale.exit_code == 1
    assert "\n-edited = True\n" in stale.stdout
    assert "error[AC805]" in stale.stderr
    assert entries(project) == before


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("ir", "network tiny"),
        ("source", "# Generated by archcompile"),
        ("onnx", "# Generated by archcompile"),
        ("report", "tiny"),
        ("svg", "<svg "),
    ],
)
def test_an_artefact_can_be_printed_instead(project: Path, kind: str, start: str) -> None:
    result = run("build", "specs/tiny.yaml", "--emit", kind)
    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    assert "fc" in result.stdout
    assert not Path("generated").exists()


def test_what_is_printed_is_what_is_written(project: Path) -> None:
    run("build", "specs/tiny.yaml")
    printed = {
        run("build", "specs/tiny.yaml", "--emit", kind).stdout for kind in ("source", "onnx")
    }
    assert printed <= {path.read_text() for path in Path("generated/tiny").iterdir()}


def test_what_takes_one_network_names_those_there_are(project: Path) -> None:
    for arguments in (
        ("build", "--emit", "source"),
        ("export", "--onnx", "-o", "x.onnx"),
        ("export", "--onnx", "--weights", "x.safetensors"),
        ("verify", "--source", "x.py"),
    ):
        result = run(*arguments, "specs/lenet5.yaml")
        assert result.exit_code == 2
        assert "lenet5, lenet5_28" in result.stderr
    assert run("build", "specs/lenet5.yaml", "--variant", "lenet5", "--emit", "ir").exit_code == 0


def test_a_variant_that_is_not_there_is_a_finding(project: Path) -> None:
    result = run("report", "specs/lenet5.yaml", "--variant", "lenet6")
    assert result.exit_code == 1
    assert "error[AC312]" in result.stderr


@pytest.mark.parametrize(
    ("value", "parameters"),
    [("classes=100", 61706 + 90 * 85), ("classes=many", None), ("classes=[1, 2]", None)],
)
def test_a_parameter_is_set_as_yaml_says(project: Path, value: str, parameters: int | None) -> None:
    arguments = ("report", "specs/lenet5.yaml", "--variant", "lenet5", "--format", "json")
    result = run(*arguments, "--set", value)
    assert result.exit_code == (1 if parameters is None else 0)
    if parameters is not None:
        assert json.loads(result.stdout)["parameters"] == parameters


@pytest.mark.parametrize(
    "value", ["[1,", "{a: 1}", "~", "010", "0b111", "!!int 3", "&a [*a]", "\x00"]
)
def test_a_value_that_is_no_value_is_a_usage_error(project: Path, value: str) -> None:
    result = run("check", "--set", f"classes={value}")
    assert result.exit_code == 2
    assert "classes" in result.stderr


def test_a_report_is_a_table_markdown_or_json(project: Path) -> None:
    table = run("report", "specs/tiny.yaml")
    assert (table.exit_code, table.stderr) == (0, "")
    assert "fc" in table.stdout
    assert "| " in run("report", "specs/tiny.yaml", "--format", "markdown").stdout
    one = json.loads(run("report", "specs/tiny.yaml", "--format", "json").stdout)
    assert (one["name"], one["parameters"], one["macs"]) == ("tiny", 10, 8)
    both = json.loads(run("report", "specs/lenet5.yaml", "--format", "json").stdout)
    assert [each["variant"] for each in both] == ["lenet5", "lenet5_28"]


def test_list_shows_what_there_is(project: Path) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert result.stdout == (
        "lenet5     specs/lenet5.yaml  LeNet-5\n"
        "lenet5_28  specs/lenet5.yaml  LeNet-5\n"
        "tiny       specs/tiny.yaml\n"
    )


def test_export_writes_each_model_into_its_folder(project: Path) -> None:
    result = run("export", "--onnx", "specs/tiny.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    path = Path("generated/tiny/tiny.onnx")
    size = path.stat().st_size
    assert result.stdout == f"tiny  seed 0  → {path} ({size:,} bytes)\n"
    assert run("build", "specs/tiny.yaml").exit_code == 0
    assert path.stat().st_size == size
    assert run("build", "specs/tiny.yaml", "--check").exit_code == 0


def test_an_exports_bytes_depend_on_the_seed_alone(project: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        arguments = ("--onnx", "specs/tiny.yaml", "--seed", seed, "-o", f"{name}.onnx")
        assert run("export", *arguments).exit_code == 0
    a, b, c = (Path(f"{name}.onnx").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_export_overwrites_its_own_models_and_nothing_else(project: Path) -> None:
    call = ("export", "--onnx", "specs/tiny.yaml", "-o")
    assert run(*call, "x.onnx").exit_code == 0
    assert run(*call, "x.onnx").exit_code == 0
    Path("mine.onnx").write_text("mine")
    refused = run(*call, "mine.onnx")
    assert refused.exit_code == 1
    assert "error[AC803]" in refused.stderr
    assert Path("mine.onnx").read_text() == "mine"
    assert run(*call, "mine.onnx", "--force").exit_code == 0
    assert run(*call, "no/such/folder/x.onnx").exit_code == 1
    assert run(*call, "specs").exit_code == 1


def test_weights_that_are_no_weights_are_a_finding(project: Path) -> None:
    Path("w.safetensors").write_bytes(b"no weights")
    call = ("export", "--onnx", "specs/tiny.yaml", "-o", "x.onnx", "--weights")
    for name in ("w.safetensors", "gone.safetensors"):
        result = run(*call, name)
        assert result.exit_code == 1
        assert "error[AC80" in result.stderr
    assert not Path("x.onnx").exists()


def test_verify_runs_the_artefacts_and_catches_a_tampered_source(project: Path) -> None:
    text = run("build", "specs/tiny.yaml", "--emit", "source").stdout
    tampered = re.sub(r"\breturn x\b", "return x * 1.01", text)
    assert tampered != text
    Path("tampered.py").write_text(tampered)
    result = process("verify", "specs/tiny.yaml", "--source", "tampered.py", "--json")
    assert result.returncode == 1, result.stderr
    report = json.loads(result.stdout)
    assert report["agree"] is False
    verdicts: dict[bool, set[str]] = {False: set(), True: set()}
    for pair in report["comparisons"]:
        verdicts["tampered.py" in (pair["left"], pair["right"])].add(pair["verdict"])
    assert verdicts == {False: {"agrees"}, True: {"differs"}}


@dataclass(frozen=True)
class Outcome:
    """What a verification came to, as far as the command looks at it."""

    name: str
    agree: bool

    def lines(self) -> tuple[str, ...]:
        return (f"{self.name}: {self.agree}",)

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "agree": self.agree}


def test_one_network_that_disagrees_fails_the_verification_of_all(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(network: Network, **asked: object) -> Outcome:
        assert asked == {
            "source": None,
            "onnx": None,
            "seed": 7,
            "exact": False,
            "reference": True,
        }
        return Outcome(network.name, network.name != "lenet5")

    monkeypatch.setattr(verification, "verify", verify)
    both = run("verify", "specs/lenet5.yaml", "--seed", "7")
    assert (both.exit_code, both.stdout) == (1, "lenet5: False\nlenet5_28: True\n")
    assert run("verify", "specs/tiny.yaml", "--seed", "7").exit_code == 0
    listed = run("verify", "specs/lenet5.yaml", "--seed", "7", "--json")
    assert listed.exit_code == 1
    assert [each["agree"] for each in json.loads(listed.stdout)] == [False, True]


def test_the_module_runs_as_a_program(project: Path) -> None:
    result = process("check")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "3 networks in 2 files: no findings\n"


def test_an_ascii_terminal_gets_an_ascii_arrow(project: Path) -> None:
    result = process("build", "specs/tiny.yaml", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "-> generated/tiny/" in result.stdout


def test_printed_artefacts_are_utf8_in_every_locale(project: Path) -> None:
    text = TINY.replace("name: tiny", "name: tiny\ntitle: 网")
    (project / "specs" / "tiny.yaml").write_text(text)
    code = "import sys; from archcompile.cli import main; sys.argv[0] = 'archcompile'; main()"
    printed = subprocess.run(
        [sys.executable, "-c", code, "build", "specs/tiny.yaml", "--emit", "svg"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert printed.stdout.decode()
