"""What a command loads: only what it uses, whatever is installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SPEC = "specs/lenet5.yaml"


def imported(*arguments: str) -> set[str]:
    """The top-level packages that a process of archcompile imports."""
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "archcompile", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    names = re.findall(r"^import time:.*\| +([\w.]+)$", result.stderr, re.M)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", SPEC),
        ("list", SPEC),
        ("report", SPEC),
        ("build", SPEC, "--check"),
        ("build", SPEC, "--variant", "lenet5", "--emit", "source"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported_to_check_to_report_and_to_build(
    arguments: tuple[str, ...],
) -> None:
    names = imported(*arguments)
    assert {"click", "pydantic", "yaml"} <= names
    assert not names & {"torch", "onnx", "onnxruntime", "numpy", "safetensors", "google"}


def test_an_export_of_seeded_weights_needs_no_torch(tmp_path: Path) -> None:
    model = tmp_path / "net.onnx"
    names = imported("export", SPEC, "--variant", "lenet5", "--onnx", "-o", str(model))
    assert model.is_file()
    assert {"onnx", "numpy"} <= names
    assert not names & {"torch", "onnxruntime"}
