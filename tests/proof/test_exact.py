"""``verify --exact``: what agrees is equal bit by bit, and what is planted is found and named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from proof_faults import edited
from spec_text import compile_text
from test_from_spec import EVERYTHING

import archcompile
from archcompile import driver, verification
from archcompile.ir.program import Node
from archcompile.network import Network
from archcompile.passes.inference import for_inference
from archcompile.proof import Artefact, VerifyReport, verification_weights, verify, verify_exact
from archcompile.proof.batches import sample_batches
from archcompile.proof.exact_report import ExactPair, ExactReport
from archcompile.proof.graph import read_graph
from archcompile.proof.inlining import inlined
from archcompile.proof.integers import digest, is_on_grid, whole_weight
from archcompile.proof.stretches import plan
from archcompile.proof.voice import REFERENCE

SPECS = Path(__file__).parents[2] / "specs"

FIVE = """
    input: [N, 4, 14, 11]
    layers:
      - {name: conv, conv2d: [8, 3, padding: 1]}
      - {name: norm, batch_norm2d}
      - {name: lrn, local_response_norm: [5, alpha: 0.01]}
      - {name: pool, max_pool2d: [3, stride: 2, ceil_mode: true]}
      - branches:
          left: {conv2d: [6, 3, padding: 1]}
          right: {conv2d: [6, 1]}
      - {name: last, conv2d: [5, 1]}
"""
SWAPPED_AXES = "self.lrn(x.transpose(1, 2)).transpose(1, 2)"
SOURCE_FAULTS = {
    "batch norm's epsilon": ("BatchNorm2d(8)", "BatchNorm2d(8, eps=1e-3)", "norm"),
    "half precision": ("= self.left(pool)", "= self.left(pool.half().float())", "left"),
    "order of branches": ("[left, right]", "[right, left]", "last"),
    "pool without its ceil": (", ceil_mode=True", "", "pool"),
    "pool off by one": ("self.pool(x)", "self.pool(x.roll(1, 2))", "pool"),
    "response norm over rows": ("self.lrn(x)", SWAPPED_AXES, "lrn"),
}
GRAPH_FAULTS = {
    "batch norm's epsilon": ("epsilon = 1e-05", "epsilon = 1e-03", "norm"),
    "order of branches": ("(left, right)", "(right, left)", "concat"),
    "pool off by one": (
        "pads = [0, 0, 0, 0], strides = [2, 2]",
        "pads = [1, 0, 0, 0], strides = [2, 2]",
        "pool",
    ),
    "response norm's size": ("size = 5", "size = 3", "lrn"),
}


OFF = "x = self.last(x)\n        x[..., -1, -1] = x[..., -1, -1] + x.abs().max() * 4e-6"
"""One element of the last layer's value is off by less than the tolerance."""


@dataclass(frozen=True)
class Judged:
    """One network's artefacts by both oracles: every fault in one process, which imports torch."""

    network: Network
    report: VerifyReport
    exact: ExactReport

    def said(self, label: str) -> str:
        """All that is said of an artefact by tolerance."""
        notes = [pair.note for pair in self.report.comparisons if pair.right == label]
        notes += [each.message for each in self.report.discrepancies if each.artefact == label]
        return " ".join(notes)

    def verdicts(self, label: str) -> set[str]:
        """By tolerance, against the reference."""
        pairs = (pair for pair in self.report.comparisons if pair.left == REFERENCE)
        return {pair.verdict for pair in pairs if pair.right == label}

    def pair(self, label: str) -> ExactPair:
        """Bit by bit."""
        return next(pair for pair in self.exact.pairs if pair.artefact == label)


@pytest.fixture(scope="module")
def five() -> Judged:
    network = compile_text(FIVE)
    source, graph = network.source(), network.onnx_text()
    artefacts = [Artefact("source", "source", source), Artefact("graph", "onnx", graph)]
    for fault, (old, new, _) in SOURCE_FAULTS.items():
        artefacts.append(Artefact(fault, "source", edited(source, ((old, new),))))
    for fault, (old, new, _) in GRAPH_FAULTS.items():
        artefacts.append(Artefact(f"{fault} in ONNX", "onnx", edited(graph, ((old, new),))))
    artefacts.append(Artefact("off", "source", edited(source, (("x = self.last(x)", OFF),))))
    weights = verification_weights(network.program, 0)
    return Judged(
        network,
        verify(network.program, artefacts, weights),
        verify_exact(network.program, artefacts, weights),
    )


def exactly(network: Network, *kinds: str) -> ExactReport:
    """The exact comparison of what a network becomes."""
    weights = verification_weights(network.program, 0)
    given = (
        Artefact("source", "source", network.source()),
        Artefact("graph", "onnx", network.onnx_text()),
    )
    artefacts = [each for each in given if each.kind in (kinds or ("source", "onnx"))]
    return verify_exact(network.program, artefacts, weights)


def test_what_agrees_is_equal_bit_by_bit(five: Judged) -> None:
    for label in ("source", "graph"):
        assert five.verdicts(label) == {"agrees"}
        assert five.pair(label).verdict == "equal"
        # norm before what rounds, and the last layer; the output of a source besides; two batches
        assert five.pair(label).values == {"source": 6, "graph": 4}[label]
    rounded = [each.partition("`")[2].partition("`")[0] for each in five.exact.rounded]
    assert rounded == ["lrn"]
    assert five.exact.double is not None and five.exact.double <= 1e-14


@pytest.mark.parametrize("fault", SOURCE_FAULTS)
def test_verify_names_the_layer_of_a_fault_in_a_source(five: Judged, fault: str) -> None:
    assert five.verdicts(fault) == {"differs"}
    assert f"`{SOURCE_FAULTS[fault][2]}`" in five.said(fault)


@pytest.mark.parametrize("fault", GRAPH_FAULTS)
def test_verify_names_the_layer_of_a_fault_in_a_graph(five: Judged, fault: str) -> None:
    assert five.verdicts(f"{fault} in ONNX") == {"differs"}
    assert f"`{GRAPH_FAULTS[fault][2]}`" in five.said(f"{fault} in ONNX")


@pytest.mark.parametrize("fault", ["order of branches", "pool off by one"])
def test_integers_show_a_fault_of_structure_and_its_layer(five: Judged, fault: str) -> None:
    faults = {fault: SOURCE_FAULTS[fault][2], f"{fault} in ONNX": GRAPH_FAULTS[fault][2]}
    for label, layer in faults.items():
        assert five.pair(label).verdict == "differs"
        assert f"begins at `{layer}` (" in five.pair(label).note


def test_integers_show_what_a_tolerance_does_not(five: Judged) -> None:
    assert five.verdicts("off") == {"agrees"}
    assert five.pair("off").verdict == "differs"
    assert "behind the last layer" in five.pair("off").note


def test_a_tolerance_shows_what_integers_do_not(five: Judged) -> None:
    """Small integers are exact in half precision too."""
    assert five.verdicts("half precision") == {"differs"}
    assert five.pair("half precision").verdict == "equal"


def test_a_network_of_every_kind_of_layer_is_exact_where_it_can_be() -> None:
    found = exactly(compile_text(EVERYTHING))
    assert found.agree, found
    assert found.rounded


def test_a_mean_of_one_position_with_itself_is_rounded_though_nothing_shows_it() -> None:
    found = exactly(
        compile_text("""
            input: [N, 12, 8, 8]
            layers:
              - {adaptive_avg_pool2d: 1}
              - {conv2d: [12, 1]}
              - {name: up, upsample: {size: 5, mode: bilinear}}
              - {conv2d: [4, 1]}
        """)
    )
    assert found.agree, found
    assert any("`up`" in each for each in found.rounded)


def test_values_under_the_names_of_outputs_are_the_ones_that_are_exchanged() -> None:
    """Two outputs show one value, and an output has the name of another layer."""
    found = exactly(
        compile_text("""
            input: [N, 4, 6, 6]
            layers:
              - {name: first, conv2d: [4, 3, {padding: 1}]}
              - {name: bent, tanh}
              - {name: second, conv2d: [4, 3, {padding: 1}]}
              - {name: third, conv2d: [4, 3, {padding: 1}]}
            outputs: {one: bent, two: bent, second: third}
        """)
    )
    assert found.agree, found
    assert all(pair.verdict == "equal" for pair in found.pairs), found


def test_a_graph_of_which_nothing_is_exact_is_not_compared() -> None:
    found = exactly(compile_text("input: [N, 4]\nlayers: [{softmax: 1}]"))
    assert [pair.verdict for pair in found.pairs] == ["not made", "not made"], found


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "alexnet_2012"])
def test_blocks_that_are_functions_are_inlined_under_the_names_of_the_spec(name: str) -> None:
    spec = {"resnet18": "resnet", "googlenet": "googlenet", "alexnet_2012": "alexnet"}[name]
    network = archcompile.load(SPECS / f"{spec}.yaml", variant=name)
    model = inlined(onnx.parser.parse_model(network.onnx_text()))
    made = {value for node in model.graph.node for value in node.output}
    shown = {output.value.name: output.name for output in network.program.outputs}
    nodes = for_inference(network.program).nodes()
    assert {shown.get(node.name, node.name) for node in nodes} <= made
    assert not read_graph(model.SerializeToString()).model.functions


def test_a_module_used_twice_in_a_block_called_twice_keeps_its_names_apart() -> None:
    network = compile_text("""
        input: [N, 3, 6, 5]
        blocks:
          unit:
            layers:
              - {name: conv, conv2d: [3, 3, padding: 1]}
              - {name: again, apply: conv}
              - relu
        layers:
          - {name: a, unit}
          - {name: b, unit}
          - {name: c, apply: a}
    """)
    found = exactly(network)
    assert found.agree, found


def test_the_digest_of_a_tensor_is_that_of_the_array(tmp_path: Path) -> None:
    import torch

    from archcompile.proof.child import _digest

    array = np.array([[1.0, -0.0, 3.5], [2.0, 0.0, -7.0]])
    assert digest(array) == _digest(torch.from_numpy(array.T.astype("float32")).T)
    assert digest(array) != digest(array.T)
    assert digest(np.array([0.0])) == digest(np.array([-0.0]))


@pytest.mark.parametrize(
    ("made", "magnitude", "is_exact"),
    [
        ([1.0, -3.0], 10.0, True),
        ([0.25, 0.5], 10.0, True),
        ([1 / 3], 10.0, False),
        ([2.0**-9], 10.0, False),
        ([1.0], 2.0**23, True),
        ([1.0], 2.0**23 + 1, False),
        ([0.5], 2.0**22 + 1, False),
        ([np.inf], 1.0, False),
        ([1.0], np.nan, False),
    ],
)
def test_a_value_is_exact_on_a_grid_within_float32(
    made: list[float], magnitude: float, is_exact: bool
) -> None:
    assert is_on_grid(np.array(made), magnitude) is is_exact


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1e-3, 1e-8, 0.1, 1.0])
def test_a_variance_is_exact_with_its_epsilon_in_both_precisions(eps: float) -> None:
    network = compile_text(f"input: [N, 64, 3]\nlayers:\n  - batch_norm1d: {{eps: {eps}}}\n")
    (node,) = network.program.nodes()
    variance = next(each for each in node.weights() if each.name == "running_var")
    whole = whole_weight(node, variance, (64,), 0)
    assert set(whole.double + eps) == {1.0, 4.0}
    assert set(whole.single + np.float32(eps)) == {1.0, 4.0}


def test_a_layer_that_its_weights_do_not_move_is_said_and_nothing_counts() -> None:
    """Of a padded map only the padding is read on."""
    network = compile_text("""
        input: [N, 2, 4, 4]
        layers:
          - pad: [2, 2, 2, 2]
          - {name: dead, slice: {dim: 2, stop: 1}}
          - {name: conv, conv2d: [3, 1]}
    """)
    found = exactly(network, "onnx")
    assert not found.agree
    assert {pair.verdict for pair in found.pairs} == {"not made"}
    assert found.dull == ("the value of `conv` does not move with its `weight`",)


SATURATED = """
    input: [N, 300]
    layers:
      - {name: first, linear: 4}
      - {name: upper, relu6}
      - {name: second, linear: 300}
      - {name: third, linear: 4}
      - {name: bent, tanh}
      - {name: drop, dropout: 0.3}
      - {name: last, linear: 3}
"""


def test_a_saturated_layer_goes_on_with_small_integers_and_counts() -> None:
    network = compile_text(SATURATED)
    found = exactly(network, "onnx")
    assert not found.dull
    assert {pair.verdict for pair in found.pairs} == {"equal"}
    assert [each.split()[0] for each in found.rounded] == ["`bent`"]


DROPOUTS = {
    "dropout whose result is left": ("x = self.drop(x)", "self.drop(x)"),
    "dropout in another place": (
        "x = self.bent(x)\n        x = self.drop(x)",
        "x = self.drop(x)\n        x = self.bent(x)",
    ),
}


def test_a_dropout_is_where_it_should_be_though_evaluation_does_not_show_it() -> None:
    network = compile_text(SATURATED)
    source = network.source()
    artefacts = [
        Artefact(label, "source", edited(source, (edit,))) for label, edit in DROPOUTS.items()
    ]
    weights = verification_weights(network.program, 0)
    given = (Artefact("source", "source", source), *artefacts)
    found = verify_exact(network.program, given, weights)
    assert [pair.verdict for pair in found.pairs] == ["equal", "differs", "differs"]


def test_a_graph_with_names_of_its_own_is_not_said_to_differ() -> None:
    network = compile_text(SATURATED)
    text = network.onnx_text().replace("bent = Tanh", "own = Tanh").replace("(bent", "(own")
    weights = verification_weights(network.program, 0)
    found = verify_exact(network.program, (Artefact("own", "onnx", text),), weights)
    (pair,) = found.pairs
    assert (pair.verdict, pair.note) == (
        "not made",
        "the graph calls no value `bent`, from which the others go on",
    )


def test_open_sizes_are_exact_on_the_larger_images_and_on_the_smallest() -> None:
    network = compile_text("""
        input: [N, 1, H, H]
        layers:
          - {conv2d: [2, 3, stride: 2, padding: 1]}
          - {conv2d: [2, 3, stride: 2, padding: 1]}
          - {name: last, conv2d: [2, 3, padding: 1]}
    """)
    found = exactly(network, "onnx")
    assert [dict(each) for each in found.batches] == [{"H": 9, "N": 3}, {"H": 1, "N": 1}]
    assert {pair.verdict for pair in found.pairs} == {"equal"}


def test_wide_sums_are_thinned_until_they_fit() -> None:
    network = compile_text("""
        input: [N, 16, 64, 63]
        layers:
          - flatten
          - {name: wide, linear: 3}
    """)
    batches = sample_batches(network.program, 0)[:1]
    made = plan(network.program, batches, 0)
    kernel = made.weights["wide.weight"]
    assert 0.1 < np.mean(kernel != 0) <= 1
    assert "wide" in made.batches[0].digests
    assert [pair.verdict for pair in exactly(network, "onnx").pairs] == ["equal"]


def test_a_missing_torch_leaves_the_graphs_compared(
    five: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archcompile.diagnostics import MissingLibrary
    from archcompile.proof import exact

    def none(*_: object, **__: object) -> None:
        raise MissingLibrary("this needs torch: pip install 'archcompile[torch]'")

    monkeypatch.setattr(exact, "run_sources", none)
    found = exactly(five.network)
    assert [pair.verdict for pair in found.pairs] == ["not compared", "equal"]
    assert "pip install" in found.pairs[0].note
    assert not found.agree and found.double is None


def test_the_command_prints_the_exact_comparison(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(f"archcompile: 1\nname: net\n{_undented(FIVE)}", "utf-8")
    network = driver.load(spec)
    report = verification.verify(network, exact=True, out=tmp_path)
    assert report.agree
    said = "\n".join(report.lines())
    assert "bitwise equal" in said and "rounded by nature" in said
    assert "net: all 6 pairs agree, bit by bit where all is exact" in said
    form = report.to_dict()["exact"]
    assert isinstance(form, dict) and form["agree"] is True


def _undented(text: str) -> str:
    from textwrap import dedent

    return dedent(text).lstrip()


def test_every_layer_of_a_plan_is_exact_or_rounded_or_behind_one_that_is() -> None:
    network = compile_text(EVERYTHING)
    made = plan(network.program, sample_batches(network.program, 0)[:2], 0)
    nodes: dict[str, Node] = {node.name: node for node in network.program.nodes()}
    rounded = {node.name for node in made.rounded}
    for each in made.batches:
        for name in nodes.keys() - each.digests.keys() - rounded:
            read = {value.name for value in nodes[name].inputs}
            behind = {one for one in read if one not in each.digests}
            assert behind, name


@pytest.mark.parametrize(("size", "is_rounded"), [(8, True), (14, False), (7, False)])
def test_interpolation_is_exact_between_sizes_that_a_power_of_two_parts(
    size: int, is_rounded: bool
) -> None:
    network = compile_text(f"""
        input: [N, 2, 7]
        layers:
          - {{name: more, upsample: {{size: {size}, mode: linear}}}}
          - conv1d: [2, 1]
    """)
    made = plan(network.program, sample_batches(network.program, 0)[:1], 0)
    assert [node.name for node in made.rounded] == ["more"] * is_rounded
