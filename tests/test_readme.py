"""README and the language reference: every spec builds, every terminal picture is real."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, CodeBlock, code_blocks, run

from archcompile import driver

DOCUMENTS = ("README.md", "docs/language.md")
YAML = tuple(block for name in DOCUMENTS for block in code_blocks(name, "yaml"))
LIBRARIES = tuple(block for block in YAML if block.text.startswith("# "))
"""Files of blocks that other examples use: the first line is the path."""
SPECS = tuple(block for block in YAML if block not in LIBRARIES)
SESSIONS = tuple(block for name in DOCUMENTS for block in code_blocks(name, "console"))
SETUP = (
    "python3 -m venv .venv && .venv/bin/pip install -e . "
    "&& .venv/bin/archcompile build specs/lenet5.yaml",
    ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
)


def completed(fragment: str) -> str:
    """An example as a whole spec: documents leave out what is the same in all of them."""
    if fragment.startswith("archcompile:"):
        return fragment
    keys = re.findall(r"^(\w+):", fragment, re.M)
    if not keys:  # a list of layers
        fragment = f"layers:\n{fragment}"
    head = "archcompile: 1\nname: example\n"
    if "input" not in keys:
        head += "input: [N, 3, 32, 32]\n"
    return head + fragment


@pytest.mark.parametrize("example", SPECS, ids=lambda block: block.place)
def test_every_spec_in_the_documents_builds(example: CodeBlock, tmp_path: Path) -> None:
    for library in LIBRARIES:
        path, _, text = library.text.removeprefix("# ").partition("\n")
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    spec = tmp_path / "example.yaml"
    spec.write_text(completed(example.text), encoding="utf-8")
    networks = driver.load_all([spec])
    assert networks
    for network in networks:
        assert network.files()


@pytest.mark.parametrize("session", SESSIONS, ids=lambda block: block.place)
def test_every_terminal_picture_is_what_the_terminal_shows(
    session: CodeBlock, tmp_path: Path
) -> None:
    for folder in ("specs", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    command, _, shown = session.text.removeprefix("$ ").partition("\n")
    program, *arguments = shlex.split(command)
    assert program == "archcompile"
    result = run(arguments, tmp_path)
    assert _measured(result.stdout) == _measured(shown)
    assert result.returncode == (1 if "error[" in shown else 0)


TERMINAL = runpy.run_path(str(ROOT / "docs" / "terminal.py"))


@pytest.mark.parametrize("name", TERMINAL["PICTURES"])
def test_a_drawn_terminal_shows_what_the_command_prints_today(name: str) -> None:
    drawn = (ROOT / "docs" / "img" / name).read_text(encoding="utf-8")
    assert drawn == TERMINAL["picture"](TERMINAL["PICTURES"][name])
    assert f"(docs/img/{name})" in (ROOT / "README.md").read_text(encoding="utf-8")


def _measured(text: str) -> str:
    """The text with measured figures blanked: they differ between machines in their last digits."""
    return re.sub(r"\d(\.\d+)?e[-+]\d+|(?<=least: )[\w.]+", "(measured)", text)


@pytest.mark.parametrize("command", SETUP)
def test_readme_has_the_two_commands_that_set_it_up(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_readme_shows_the_committed_spec_and_the_committed_source() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    spec = (ROOT / "specs" / "lenet5.yaml").read_text(encoding="utf-8")
    source = (ROOT / "generated" / "lenet5" / "lenet5.py").read_text(encoding="utf-8")
    layers = spec[spec.index("layers:\n") : spec.index("\nexpect:")]
    assert layers in readme
    assert source[source.index("class LeNet5(") :] in readme


def test_the_python_example_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    (example,) = (each for each in code_blocks("README.md", "python") if "load(" in each.text)
    result = subprocess.run(
        [sys.executable, "-c", example.text],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("LeNet-5 (lenet5_28)\n")
    assert (tmp_path / "lenet5.onnx").is_file()


def test_readme_lists_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    help_text = run(["--help"], ROOT).stdout
    commands = re.findall(r"^  (\w+)  ", help_text.partition("Commands:")[2], re.M)
    assert len(commands) >= 7
    assert [name for name in commands if f"`archcompile {name}" not in readme] == []


def test_the_language_reference_names_every_op_and_every_argument() -> None:
    from archcompile.ops import all_ops

    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    rows = {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \| (.*?) \|", page, re.M)}
    for key, op in all_ops().items():
        assert key in rows, f"no row for {key}"
        named = re.findall(r"`(\w+)", rows[key])
        assert tuple(named) == tuple(op.model_fields), key


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md"]
    broken = []
    for document in documents:
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []
