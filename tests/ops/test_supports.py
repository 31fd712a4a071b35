"""The classes that generated files bring along: as clean as what a person would check in."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from archcompile.ops.activations import ABS
from archcompile.ops.average_pooling import SIDED_AVG
from archcompile.ops.bent_activations import SCALED_TANH
from archcompile.ops.convolution import SIDED
from archcompile.ops.layer_norm import LAYER_NORM2D
from archcompile.ops.linear import GROUPED
from archcompile.ops.pad import PAD
from archcompile.ops.partial_convolution import PARTIAL
from archcompile.ops.pooling import SIDED_MAX
from archcompile.ops.radial_basis import RBF
from archcompile.ops.rearrange import PERMUTE
from archcompile.ops.reductions import MEAN, NORMALIZE
from archcompile.ops.response_norm import GROUPED_RESPONSE
from archcompile.ops.slices import SLICE
from archcompile.ops.subsampling import SUBSAMPLE
from archcompile.targets.pytorch import Support

SUPPORTS = (
    *SIDED.values(),
    *SIDED_MAX.values(),
    *SIDED_AVG.values(),
    GROUPED,
    ABS,
    SCALED_TANH,
    SLICE,
    PERMUTE,
    PAD,
    MEAN,
    NORMALIZE,
    GROUPED_RESPONSE,
    LAYER_NORM2D,
    PARTIAL,
    SUBSAMPLE,
    RBF,
)
HEAD = '"""Support classes."""\n\nimport torch\nfrom torch import nn\n'


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "supports.py"
    made.write_text("\n\n".join([HEAD, *(each.source for each in SUPPORTS)]), encoding="utf-8")
    return made


def test_ruff_finds_nothing_and_would_change_nothing(file: Path) -> None:
    run("ruff", "check", "--isolated", str(file))
    run("ruff", "format", "--check", "--isolated", str(file))


def test_mypy_finds_nothing(file: Path, tmp_path: Path) -> None:
    run("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "--config-file=", str(file))


@pytest.mark.parametrize("support", SUPPORTS, ids=lambda each: each.name)
def test_a_support_is_one_class_of_its_name(support: Support) -> None:
    (node,) = ast.parse(support.source).body
    assert isinstance(node, ast.ClassDef)
    assert node.name == support.name
    assert ast.get_docstring(node)
