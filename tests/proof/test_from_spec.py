"""From YAML to agreement, and files on the disk that were tampered with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import archcompile
from archcompile import driver, proof, verification
from archcompile.backends.onnx import onnx_bytes
from archcompile.ir.program import Program
from archcompile.proof import Artefact, VerifyReport, verify
from archcompile.weights import random_tensor, tensors

LENET5 = Path(__file__).parents[2] / "specs" / "lenet5.yaml"

EVERYTHING = """\
archcompile: 1
name: everything
params: {classes: 7, width: 6}
input: {image: [N, 3, H, W]}
blocks:
  unit:
    params: {width: int, stride: int}
    inputs: [x]
    layers:
      - name: conv1
        conv2d: {out_channels: width, kernel_size: 3, stride: stride, padding: 1}
      - {name: bn1, batch_norm2d: {eps: 1e-3}}
      - {name: act, relu: {}}
      - {name: conv2, conv2d: {out_channels: width, kernel_size: 3, padding: same, groups: 2}}
      - name: shortcut
        from: x
        conv2d: {out_channels: width, kernel_size: 1, stride: stride, bias: false}
      - {name: sum, from: [conv2, shortcut], add: {}}
layers:
  - name: stem
    conv2d: {out_channels: width, kernel_size: [3, 5], stride: 2, padding: [[0, 1], [2, 3]]}
  - {name: norm, batch_norm2d: {affine: false}}
  - {name: act, sigmoid: {}}
  - {name: pool, max_pool2d: {kernel_size: 3, stride: 2, ceil_mode: true}}
  - {name: stage, repeat: 2, unit: {width: 8, stride: 2 if index == 0 else 1}}
  - name: low
    avg_pool2d: {kernel_size: 2, stride: 1, padding: 1, count_include_pad: false}
  - {name: high, tanh: {}}
  - {name: both, from: [low, high], concat: {}}
  - {name: squeeze, adaptive_avg_pool2d: [1, 1]}
  - {name: drop, dropout: 0.25}
  - {name: flat, flatten: {}}
  - {name: fc, linear: classes}
  - {name: same, identity: {}}
  - {name: odds, softmax: {dim: 1}}
outputs: [high, odds]
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> VerifyReport:
    path = tmp_path_factory.mktemp("specs") / "everything.yaml"
    path.write_text(EVERYTHING, encoding="utf-8")
    return verification.verify(archcompile.load(path), out=path.parent)


def test_a_network_with_every_op_agrees_closely_on_weights_that_no_pilot_made(
    tmp_path: Path,
) -> None:
    path = tmp_path / "everything.yaml"
    path.write_text(EVERYTHING, encoding="utf-8")
    network = archcompile.load(path)
    weights = {tensor.key: random_tensor(tensor, 0) for tensor in tensors(network.program)}
    artefacts = (
        Artefact("source", "source", network.source()),
        Artefact("ONNX", "onnx", onnx_bytes(network.program, weights), holds_weights=True),
        Artefact("ONNX text", "onnx", network.onnx_text()),
    )
    outcome = verify(network.program, artefacts, weights)
    assert outcome.agree, "\n".join(outcome.lines())
    assert all(pair.error is not None and pair.error < 3e-6 for pair in outcome.comparisons)


def test_where_weights_happen_not_to_matter_others_are_tried_once_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = proof.verification_weights
    seeds: list[int] = []

    def shut_at_first(program: Program, seed: int) -> dict[str, np.ndarray]:
        weights = made(program, seed)
        seeds.append(seed)
        if len(seeds) == 1:
            weights["hidden.bias"][:] = -1e3  # the ReLU behind it lets nothing through
        return weights

    monkeypatch.setattr(proof, "verification_weights", shut_at_first)
    path = tmp_path / "shut.yaml"
    path.write_text(
        "archcompile: 1\nname: shut\ninput: [N, 6]\n"
        "layers: [{name: hidden, linear: 8}, relu, {name: out, linear: 3}]\n",
        encoding="utf-8",
    )
    outcome = verification.verify(archcompile.load(path), out=tmp_path)
    assert len(set(seeds)) == 2
    assert outcome.agree
    assert outcome.to_dict()["retried"] is True
    assert "second weights" in outcome.lines()[0]


def test_a_network_with_every_op_agrees_in_all_voices(everything: VerifyReport) -> None:
    assert everything.agree, "\n".join(everything.lines())
    assert len({dict(sizes)["H"] for sizes in everything.batches}) == 2


def test_files_on_the_disk_that_were_tampered_with_are_caught_and_the_layer_is_named(
    tmp_path: Path,
) -> None:
    network = archcompile.load(LENET5)
    driver.build((network,), tmp_path)
    source, graph = (tmp_path / "lenet5" / f"lenet5{end}" for end in (".py", ".onnxtxt"))
    tamper(source, "nn.AvgPool2d(2)", "nn.MaxPool2d(2)")
    tamper(graph, "Tanh", "Softsign")
    report = verification.verify(network, out=tmp_path)
    assert not report.agree
    said = {(pair.left, pair.right): pair for pair in report.comparisons}
    assert said["reference", "source"].verdict == "agrees"
    assert said["reference", str(source)].verdict == "differs"
    assert "begins at `s2` (avg_pool2d" in said["reference", str(source)].note
    assert said["reference", str(graph)].verdict == "differs"
    assert "(tanh, " in said["reference", str(graph)].note


def tamper(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
