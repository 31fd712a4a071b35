"""``verify`` on layers and blocks that are applied twice, and on heads for training only."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_text import compile_text

import archcompile
from archcompile import verification
from archcompile.backends.onnx import onnx_bytes
from archcompile.ir.program import Program
from archcompile.proof import Artefact, VerifyReport, verification_weights, verify
from tests.programs import twice, with_heads

TWICE_SOURCE = """\
import torch
from torch import nn


class Unit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(3)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(3)
        self.relu2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + x)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(3, 3, 3, padding=1)
        self.unit = Unit()
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(192, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.same(self.same(image))
        x = self.unit(self.unit(x))
        return self.fc(self.flatten(x))
"""

HEADS_SOURCE = """\
import torch
from torch import nn


class Auxiliary(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(256, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.flatten(x))


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.aux = Auxiliary()
        self.loose = nn.Tanh()
        self.unread = nn.Conv2d(4, 2, 3, padding=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(256, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        x = self.relu(self.conv(image))
        self.unread(x)
        logits = self.fc(self.flatten(x))
        if not self.training:
            return logits
        return logits, self.aux(x)
"""


def verified(program: Program, *sources: str) -> VerifyReport:
    weights = verification_weights(program, 0)
    artefacts = [Artefact(f"source {n}", "source", text) for n, text in enumerate(sources)]
    graph = Artefact("ONNX", "onnx", onnx_bytes(program, weights), holds_weights=True)
    return verify(program, (*artefacts, graph), weights)


def notes(report: VerifyReport) -> list[str]:
    """Why pairs with the reference differ, and what else does."""
    pairs = [pair.note for pair in report.comparisons if pair.left == "reference" and pair.note]
    return pairs + [each.message for each in report.discrepancies]


def test_layers_and_blocks_that_are_applied_twice_agree() -> None:
    assert verified(twice(), TWICE_SOURCE).agree


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("self.same(self.same(image))", "self.same(image)", "`same#2` is run too few times"),
        ("self.unit(self.unit(x))", "self.unit(x)", "`unit#2` is run too few times"),
        ("self.same(self.same(image))", "self.same(self.same(image).relu())", "`same#2` (conv2d"),
        ("self.unit(self.unit(x))", "self.unit(self.unit(x) * 1.01)", "`unit.conv1#2` (conv2d"),
    ],
)
def test_a_difference_is_found_at_the_use_where_it_begins(
    written: str, instead: str, said: str
) -> None:
    report = verified(twice(), TWICE_SOURCE, TWICE_SOURCE.replace(written, instead))
    assert not report.agree
    assert any(said in note for note in notes(report))


def test_training_heads_are_compared_though_no_graph_has_them() -> None:
    report = verified(with_heads(), HEADS_SOURCE)
    assert not report.discrepancies
    assert {pair.verdict for pair in report.comparisons} == {"not made"}  # a layer is unread
    dull = [] if report.sensitivity is None else list(report.sensitivity.dull)
    assert dull == [
        "no output reads the layer of `unread.weight`",
        "no output reads the layer of `unread.bias`",
    ]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("logits, self.aux(x)", "logits, self.aux(x) * 1.01", "of the outputs in training"),
        ("return logits, self.aux(x)", "return logits", "2 outputs against 1 in training"),
        ("return logits, self.aux(x)", "return None", "2 outputs against 0 in training"),
        ("return logits, self.aux(x)", "return self.aux(x), logits", "of the outputs in training"),
        ("        if not self.training:\n            return logits\n", "", "2 outputs"),
    ],
)
def test_a_wrong_head_is_found(written: str, instead: str, said: str) -> None:
    wrong = HEADS_SOURCE.replace(written, instead)
    report = verified(with_heads(), HEADS_SOURCE, wrong)
    pair = next(each for each in report.comparisons if each.right == "source 1")
    assert pair.verdict == "differs"
    assert any(said in note for note in notes(report))


def test_an_input_that_only_a_head_reads_need_not_move_inference() -> None:
    network = compile_text("""
        input: {a: [N, 3], b: [N, 4]}
        layers:
          - {name: main, from: a, linear: 3}
          - {name: hint, from: b, linear: 3}
          - {name: both, from: [main, hint], add}
        outputs: {main: main, aux: {from: both, training: true}}
    """)
    weights = verification_weights(network.program, 0)
    source = network.source()
    given = (
        Artefact("source", "source", source),
        Artefact("other", "source", source.replace("(b)", "(b * 1.01)")),
        Artefact("graph", "onnx", network.onnx_text()),
    )
    report = verify(network.program, given, weights)
    found = {pair.right: pair.verdict for pair in report.comparisons if pair.left == "reference"}
    assert found == {"source": "agrees", "other": "differs", "graph": "agrees"}


EVERYTHING = """\
archcompile: 1
name: everything
input: [N, 3, 12, 12]
blocks:
  scaled:
    params: {width: int}
    layers:
      - {name: conv, conv2d: {out_channels: width, kernel_size: 3, padding: 1}}
      - {name: gamma, parameter: {shape: [width, 1, 1], init: 1.0e-6}}
      - {name: m, from: [conv, gamma], mul}
      - {from: [m, x], add}
layers:
  - gpu_groups:
      count: 2
      layers:
        - {name: conv1, conv2d: [8, 3]}
        - local_response_norm: 3
        - {name: conv2, conv2d: {out_channels: 8, kernel_size: 1}}
        - relu
        - exchange
        - {name: conv3, conv2d: {out_channels: 8, kernel_size: 1}}
  - {name: unit, scaled: 8}
  - {name: more, apply: unit}
  - {name: fixed, constant: {values: [[[1.5]], [[2]], [[0.5]], [[1]], [[1]], [[1]], [[3]], [[1]]]}}
  - {name: scaled_up, from: [more, fixed], mul}
  - adaptive_avg_pool2d: 1
  - flatten
  - {name: fc, init: {weight: {normal: 0.001}}, linear: 4}
  - {name: aux, from: scaled_up, adaptive_avg_pool2d: 1}
  - flatten
  - {name: head, linear: 3}
outputs: {logits: fc, aux: {from: head, training: true, loss_weight: 0.3}}
"""


def test_parameters_shared_blocks_gpu_groups_and_heads_of_a_spec_agree(tmp_path: Path) -> None:
    spec = tmp_path / "everything.yaml"
    spec.write_text(EVERYTHING, "utf-8")
    report = verification.verify(archcompile.load(spec), out=tmp_path)
    assert report.agree, report.lines()


HEAD_FIRST = """\
archcompile: 1
name: head_first
input: [N, 3, 8, 8]
layers:
  - {name: stem, conv2d: [3, 1]}
  - {name: head, conv2d: [3, 1]}
  - {name: out, from: stem, conv2d: [3, 1]}
outputs: {aux: {from: head, training: true}, map: out}
"""
READ_INSIDE = """\
archcompile: 1
name: read_inside
input: [N, 3, 8, 8]
blocks: {unit: {layers: [{name: conv, conv2d: [3, 1]}, relu]}}
layers:
  - {name: first, unit}
  - {name: again, apply: first}
  - {from: [first.conv, again], add}
"""


@pytest.mark.parametrize("text", [HEAD_FIRST, READ_INSIDE], ids=["head first", "read inside"])
def test_a_head_may_be_named_first_and_a_shared_block_read_inside(
    tmp_path: Path, text: str
) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(text, "utf-8")
    report = verification.verify(archcompile.load(spec), out=tmp_path)
    assert report.agree, report.lines()
