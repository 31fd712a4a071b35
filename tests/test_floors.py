"""The house: floors, doors, no code that runs what it reads; one planted fault for each rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from floors import EXEC_FLOOR, FLOORS, modules, violations

ROOT = Path(__file__).resolve().parents[1]


def test_the_package_keeps_every_rule() -> None:
    assert violations(ROOT / "archcompile") == []


def test_exec_stands_in_one_place() -> None:
    text = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "archcompile").rglob("*.py")
    }
    places = [name for name, held in text.items() if re.search(r"\bexec\(", held)]
    assert len(places) == 1
    assert places[0].startswith(f"archcompile/{EXEC_FLOOR.replace('.', '/')}")


def test_every_folder_stands_on_a_floor_and_every_floor_is_there() -> None:
    floors = {module.floor for module in modules(ROOT / "archcompile")}
    assert floors == {name for floor in FLOORS for name in floor}


def test_the_architecture_page_shows_the_floors_as_they_are() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    shown = re.search(r"^`(diagnostics ← .*)`$", page, re.M)
    assert shown is not None
    drawn = [tuple(floor.strip("{} ").split(", ")) for floor in shown[1].split(" ← ")]
    assert drawn == [floor for floor in FLOORS if floor[0] not in ("version", "", "__main__")]


PLANTED = {
    "a lower floor sees a higher one": (
        "ir/dim.py",
        "from archcompile.ops import all_ops\n",
        "ir imports ops, which is not below it",
    ),
    "a lower floor sees a higher one through the package": (
        "ops/linear.py",
        "from archcompile import driver\n",
        "ops imports driver, which is not below it",
    ),
    "frontend and passes see each other": (
        "passes/costs.py",
        "from archcompile.frontend.text.tree import Tree\n",
        "passes imports frontend, which is not below it",
    ),
    "a lower floor sees a higher one for types only": (
        "ir/dim.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import archcompile.driver\n",
        "ir imports driver, which is not below it",
    ),
    "a folder that is on no floor": ("helpers/text.py", "import archcompile.ir\n", "no floor"),
    "torch at the top of a file": ("weights/files.py", "import torch\n", "libraries.py alone"),
    "NumPy in a function": (
        "weights/files.py",
        "def read():\n    from numpy import load\n",
        "libraries.py alone",
    ),
    "an import inside a function": (
        "passes/costs.py",
        "def costs():\n    import json\n",
        "json is imported inside a function",
    ),
    "a module named at run time": (
        "frontend/calls/catalogue.py",
        "import importlib\nimportlib.import_module('os')\n",
        "import_module is called at its doors alone",
    ),
    "a relative import": ("ir/dim.py", "from . import expr\n", "a relative import"),
    "eval": ("frontend/expressions/evaluate.py", "eval('1')\n", "eval runs what it is given"),
    "exec outside of its place": ("driver.py", "exec('1')\n", "exec runs what it is given"),
    "exec twice in its place": (
        "backends/pytorch/execute.py",
        "exec('1')\nexec('2')\n",
        "exec stands in several places",
    ),
    "pickle": ("weights/files.py", "import pickle\n", "pickle runs what it reads"),
    "arrays that are unpickled": (
        "weights/files.py",
        "load('x', allow_pickle=True)\n",
        "allow_pickle",
    ),
    "torch.load as it was": ("weights/files.py", "torch().load('x')\n", "weights_only=True"),
    "YAML that constructs objects": (
        "frontend/text/reader.py",
        "import yaml\nyaml.safe_load('')\n",
        "yaml.safe_load constructs what it reads",
    ),
}


@pytest.mark.parametrize(("path", "text", "fault"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, path: str, text: str, fault: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "driver.py").touch()
    place.write_text(text)
    assert [found for found in violations(tmp_path) if fault in found]


def test_modules_that_import_each_other_are_found(tmp_path: Path) -> None:
    (tmp_path / "ir").mkdir()
    (tmp_path / "ir" / "a.py").write_text("from archcompile.ir import b\n")
    (tmp_path / "ir" / "b.py").write_text("from archcompile.ir.a import x\n")
    assert violations(tmp_path) == ["a cycle: ir.a -> ir.b -> ir.a"]


def test_the_doors_are_open(tmp_path: Path) -> None:
    (tmp_path / "cli").mkdir()
    (tmp_path / "driver.py").touch()
    (tmp_path / "libraries.py").write_text("def torch():\n    import_module('torch')\n")
    (tmp_path / "cli" / "check.py").write_text("def f():\n    from archcompile import driver\n")
    assert violations(tmp_path) == []
