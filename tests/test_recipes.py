"""CONTRIBUTING's three recipes, followed to the letter in a copy of the package."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, code_blocks, named_block, run
from floors import violations

RECIPES = "CONTRIBUTING.md"
OP = "archcompile/ops/celu.py"
BACKEND = "archcompile/backends/formula/__init__.py"
SPEC = "specs/tiny_vgg.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, and the configuration of its linters."""
    shutil.copytree(
        ROOT / "archcompile", tmp_path / "archcompile", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "specs").mkdir()
    return tmp_path


def follow(copy: Path, path: str) -> Path:
    """Put a recipe's file where the recipe says."""
    place = copy / path
    place.parent.mkdir(exist_ok=True)
    place.write_text(named_block(RECIPES, path), encoding="utf-8")
    return place


def check_style(copy: Path, place: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", str(place)]
        result = subprocess.run(ruff, cwd=copy, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
    assert violations(copy / "archcompile") == []


def test_a_new_op_is_one_new_file(copy: Path) -> None:
    check_style(copy, follow(copy, OP))
    spec = copy / "specs" / "celus.yaml"
    spec.write_text(
        "archcompile: 1\nname: celus\ninput: [N, 4]\n"
        "layers: [linear: 6, celu: 0.5, linear: 5, celu, linear: 3]\n"
    )
    checked = run(["check"], copy, copy)
    assert (checked.returncode, checked.stdout) == (0, "1 network in 1 file: no findings\n")
    source = run(["build", "--emit", "source"], copy, copy)
    assert source.returncode == 0
    assert "nn.CELU(0.5)\n" in source.stdout
    assert "nn.CELU()\n" in source.stdout
    assert "`nn.CELU(0.5)`" in (ROOT / RECIPES).read_text(encoding="utf-8")
    verified = run(["verify"], copy, copy)
    assert verified.returncode == 0, verified.stdout


def test_the_new_op_refuses_what_it_says_it_refuses(copy: Path) -> None:
    follow(copy, OP)
    spec = copy / "specs" / "celus.yaml"
    spec.write_text(
        "archcompile: 1\nname: celus\ninput: [N, 4]\n"
        "layers: [linear: 6, celu: {inplace: true}, celu: {alpha: high}]\n"
    )
    checked = run(["check"], copy, copy)
    assert checked.returncode == 1
    assert "`celu` with `inplace: true` overwrites its input" in checked.stdout
    assert "2 errors" in checked.stdout


def test_a_new_backend_is_one_new_package(copy: Path) -> None:
    check_style(copy, follow(copy, BACKEND))
    shutil.copy(ROOT / "specs" / "lenet5.yaml", copy / "specs")
    code = (
        "import archcompile\n"
        "from archcompile.backends.formula import formula\n"
        "net = archcompile.load('specs/lenet5.yaml')\n"
        "print(formula(net.program), end='')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False
    )
    assert result.stdout == (
        "output = output(tanh4(f6(tanh3(c5(vec(s4(tanh2(c3(s2(tanh(c1(image))))))))))))\n"
    ), result.stderr


def test_a_new_spec_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    follow(tmp_path, SPEC)
    (recipe,) = (block for block in code_blocks(RECIPES, "sh") if SPEC in block.text)
    commands = [shlex.split(line, comments=True) for line in recipe.text.splitlines()]
    assert [command[:2] for command in commands] == [
        ["archcompile", verb] for verb in ("check", "build", "verify")
    ]
    for _, *arguments in commands:
        result = run(arguments, tmp_path)
        assert result.returncode == 0, result.stdout
    assert (tmp_path / "generated" / "tiny_vgg" / "tiny_vgg.py").is_file()
