"""Where a difference begins: the layer, one before it that nobody can look at, or the last one."""

from __future__ import annotations

import pytest
from proof_faults import edited
from spec_text import compile_text

from archcompile.proof import Artefact, verification_weights, verify

JOINED = """\
archcompile: 1
name: joined
input: [N, 3, 8, 8]
layers:
  - {name: left, from: x, conv2d: [4, 1]}
  - {name: right, from: x, conv2d: [4, 3, padding: 1]}
  - {name: both, from: [left, right], concat}
  - {name: mixed, conv2d: [5, 1]}
  - {name: sums, from: [mixed, mixed], add}
  - {name: scores, log_softmax: 1}
outputs: [mixed, scores]
"""

SOURCE_FAULTS = {
    "swapped": (
        "[left, right]",
        "[right, left]",
        "begins at `mixed` (conv2d, net.yaml:8), or before it at `both` (concat, net.yaml:7)",
    ),
    "doubled": ("mixed + mixed", "mixed + 2 * mixed", "or before it at `sums` (add, net.yaml:9)"),
    "exchanged": (
        "(mixed, scores)",
        "(scores, mixed)",
        "all layers agree: what it hands on is another value",
    ),
}
GRAPH_FAULTS = {
    "last layer": ("LogSoftmax", "Softmax", "begins at `scores` (log_softmax, net.yaml:10)"),
    "a layer that is an output": (
        '(both, "mixed.weight", "mixed.bias")',
        '(both, "mixed.weight")',
        "begins at `mixed` (conv2d, net.yaml:8)",
    ),
}


@pytest.fixture(scope="module")
def notes() -> dict[str, str]:
    """What is said of each fault, held against the reference."""
    network = compile_text(JOINED)
    source, graph = network.source(), network.onnx_text()
    artefacts = [Artefact("source", "source", source), Artefact("graph", "onnx", graph)]
    for fault, (old, new, _) in SOURCE_FAULTS.items():
        artefacts.append(Artefact(fault, "source", edited(source, ((old, new),))))
    for fault, (old, new, _) in GRAPH_FAULTS.items():
        artefacts.append(Artefact(fault, "onnx", edited(graph, ((old, new),))))
    report = verify(network.program, artefacts, verification_weights(network.program, 0))
    return {each.right: each.note for each in report.comparisons if each.left == "reference"}


@pytest.mark.parametrize("fault", [*SOURCE_FAULTS, *GRAPH_FAULTS])
def test_the_layer_is_named_or_one_before_it(notes: dict[str, str], fault: str) -> None:
    said = {**SOURCE_FAULTS, **GRAPH_FAULTS}[fault][2]
    assert notes[fault].endswith(said)


def test_the_output_with_the_difference_is_named(notes: dict[str, str]) -> None:
    assert " of `scores` in batch " in notes["last layer"]
    assert " of `mixed` in batch " in notes["exchanged"] + notes["swapped"]
