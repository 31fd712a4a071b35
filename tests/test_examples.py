"""The examples do what they say."""

from __future__ import annotations

import importlib
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

import archcompile

ROOT = Path(__file__).resolve().parents[1]


def ran(*arguments: str) -> str:
    """What an example prints; it has to succeed."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_generated_lenet5_learns_real_digits_and_onnxruntime_agrees(tmp_path: Path) -> None:
    printed = ran("examples/train_lenet5.py", "--out", str(tmp_path))
    accuracy = re.search(r"accuracy on the held-out digits: ([\d.]+)%", printed)
    assert accuracy is not None
    assert float(accuracy[1]) >= 94
    assert len(re.findall(r"% of the held-out digits", printed)) == 12  # one for each epoch
    assert "same prediction for 1,000 of 1,000 digits" in printed
    assert {path.name for path in tmp_path.iterdir()} == {
        "lenet5_28.safetensors",
        "lenet5_28.onnx",
    }


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As a worker of the experiment has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_the_degradation_experiment_trains_the_four_nets_and_draws(tmp_path: Path) -> None:
    small = ("--epochs", "1", "--digits", "128", "--seeds", "1")
    printed = ran("examples/degradation.py", *small, "--out", str(tmp_path))
    lines = [line.strip("│ ").split("│") for line in printed.splitlines() if line.startswith("│")]
    rows = [[cell.strip() for cell in line] for line in lines]
    assert [row[:4] for row in rows] == [
        ["plain20", "no", "67,906", "0"],
        ["plain56", "no", "214,402", "0"],
        ["residual20", "yes", "67,906", "0"],
        ["residual56", "yes", "214,402", "0"],
    ]
    errors = [float(cell.removesuffix(" %")) for row in rows for cell in row[4:]]
    assert len(errors) == 8
    assert all(math.isfinite(error) and 0 <= error <= 100 for error in errors)
    assert len(re.findall(r"points of training error from 20 to 56 layers", printed)) == 2

    png = (tmp_path / "degradation.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and png[-8:-4] == b"IEND"
    svg = ElementTree.parse(tmp_path / "degradation.svg").getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    words = {text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"plain nets", "residual nets", "20 layers", "56 layers", "error (%)"} <= words


@pytest.mark.usefixtures("one_thread")
def test_the_degradation_experiment_is_deterministic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "examples")
    example = importlib.import_module("degradation")
    nets = [example.Net(kind, 20, seed=3) for kind in example.KINDS]
    first, second = ([example.trained(net, epochs=1, count=128) for net in nets] for _ in range(2))
    assert first == second

    curves = [
        example.Curve(example.Net(kind, depth, seed), 1, (90.0, depth), (91.0, depth + seed))
        for kind in example.KINDS
        for depth in example.DEPTHS
        for seed in (0, 1)
    ]
    pictures = [
        [path.read_bytes() for path in example.save(example.picture(curves), tmp_path / name)]
        for name in ("first", "second")
    ]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("depth", [20, 56])
def test_one_flag_is_between_a_plain_net_and_its_residual_twin(depth: int) -> None:
    spec = ROOT / "examples" / "narrow_resnet.yaml"
    plain = archcompile.load(spec, variant=f"plain{depth}")
    residual = archcompile.load(spec, variant=f"residual{depth}")
    flagged = archcompile.load(spec, variant=f"plain{depth}", skip=True)
    renamed = re.sub(
        r"plain(?=\d)", "residual", re.sub(r"Plain(?=\W?\d)", "Residual", flagged.source())
    )
    assert renamed == residual.source()

    modules = []
    for network in (plain, residual):
        torch.manual_seed(0)
        modules.append(network.module().eval())
    weights, twins = (module.state_dict() for module in modules)
    assert list(weights) == list(twins)
    assert all(torch.equal(weights[key], twins[key]) for key in weights)
    image = torch.randn(2, 1, 14, 14)
    assert not torch.equal(modules[0](image), modules[1](image))
