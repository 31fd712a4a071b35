"""The examples do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_generated_lenet5_learns_real_digits_and_onnxruntime_agrees(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "examples/train_lenet5.py", "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    accuracy = re.search(r"accuracy on the held-out digits: ([\d.]+)%", result.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) >= 94
    assert len(re.findall(r"% of the held-out digits", result.stdout)) == 12  # one for each epoch
    assert "same prediction for 1,000 of 1,000 digits" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {
        "lenet5_28.safetensors",
        "lenet5_28.onnx",
    }
