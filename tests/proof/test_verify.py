"""``verify`` on networks that agree, and on more than thirty that were tampered with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from proof_faults import GRAPH_FAULTS, SOURCE_FAULTS, edited, graph, source
from proof_networks import SPAN, TINY_GRAPH, TINY_SOURCE, chain, network, op, random_weights, tiny
from spec_text import compile_text

from archcompile.diagnostics import InternalError
from archcompile.ir.program import Node, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.proof import Artefact, VerifyReport, verification_weights, verify
from archcompile.proof.graph import bind, read_graph
from archcompile.proof.interpreter import float_weights

NET = tiny()
WEIGHTS = random_weights(NET)
FLOATS = {key: WEIGHTS[key] for key in float_weights(NET)}
MODEL = bind(read_graph(TINY_GRAPH), FLOATS)


COPY = Artefact("copy", "source", TINY_SOURCE.encode())
LATIN = Artefact("latin", "source", TINY_SOURCE.encode() + b"\nPLACE = 'caf\xe9'\n")


@pytest.fixture(scope="module")
def sources() -> VerifyReport:
    return verify(NET, (source("source"), graph("onnx"), *SOURCE_FAULTS, COPY, LATIN), WEIGHTS)


@pytest.fixture(scope="module")
def graphs() -> VerifyReport:
    return verify(NET, (graph("onnx"), *GRAPH_FAULTS), WEIGHTS)


def verdicts(report: VerifyReport, label: str) -> set[str]:
    """What is said of the artefact, and of everything that it is compared with."""
    said = {pair.verdict for pair in report.comparisons if label in (pair.left, pair.right)}
    return said | {"otherwise" for each in report.discrepancies if each.artefact == label}


def test_what_was_written_from_one_network_agrees(sources: VerifyReport) -> None:
    pairs = {(pair.left, pair.right): pair for pair in sources.comparisons}
    for pair in (("reference", "source"), ("reference", "onnx"), ("source", "onnx")):
        assert pairs[pair].verdict == "agrees", pairs[pair]
        assert 0 < (pairs[pair].error or 0) < 2e-6
        assert pairs[pair].samples == 1 + 3 + 5
    assert not [each for each in sources.discrepancies if each.artefact in ("source", "onnx")]


def test_an_equal_file_is_run_once_and_said_to_be_the_same(sources: VerifyReport) -> None:
    (pair,) = [pair for pair in sources.comparisons if pair.right == "copy"]
    assert (pair.verdict, pair.note) == ("agrees", "the same as source")


def test_one_file_given_as_a_source_and_as_a_graph_is_read_as_both() -> None:
    content = TINY_SOURCE.encode()
    given = (
        graph("onnx"),
        Artefact("as source", "source", content),
        Artefact("as graph", "onnx", content),
    )
    report = verify(NET, given, WEIGHTS)
    assert verdicts(report, "as graph") == {"differs"}
    assert "agrees" in verdicts(report, "as source")


@pytest.mark.parametrize("label", [each.label for each in SOURCE_FAULTS])
def test_a_tampered_source_is_caught(sources: VerifyReport, label: str) -> None:
    assert verdicts(sources, label) & {"differs", "otherwise"}


@pytest.mark.parametrize("label", [each.label for each in GRAPH_FAULTS])
def test_a_tampered_graph_is_caught(graphs: VerifyReport, label: str) -> None:
    assert verdicts(graphs, label) & {"differs", "otherwise"}


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("layer not run", "`squash` is built and never run"),
        ("dropout removed", "there is no module `drop`"),
        ("no bias", "the state_dict lacks `out.bias`"),
        ("other width", "`fc.weight` has shape [8, 120], the spec [7, 120]"),
        ("another key", "the state_dict has `fully.bias`, which the spec does not have"),
        ("frozen weights", "158 trainable parameters, the spec has 1,005"),
        ("other dropout", "`drop` has p=0.5, the spec's is 0.3 (net.yaml:1)"),
        ("two outputs", "2 outputs, the spec has 1"),
        ("squeezed output", "output `out` has shape [4], the spec [1, 4]"),
    ],
)  # fmt: skip
def test_what_a_source_has_too_much_or_too_little_is_named(
    sources: VerifyReport, label: str, said: str
) -> None:
    assert said in [each.message for each in sources.discrepancies if each.artefact == label]


@pytest.mark.parametrize(
    ("label", "layer"),
    [
        ("wrong eps", "norm (batch_norm2d, net.yaml:1)"),
        ("half precision", "c1 (conv2d, net.yaml:1)"),
        ("other activation", "squash (tanh, net.yaml:1)"),
    ],
)
def test_a_difference_is_traced_to_the_layer_in_which_it_begins(
    sources: VerifyReport, graphs: VerifyReport, label: str, layer: str
) -> None:
    name, rest = layer.split(" ", 1)
    pairs = [*sources.comparisons, *graphs.comparisons]
    notes = [pair.note for pair in pairs if (pair.left, pair.right) == ("reference", label)]
    assert notes
    for note in notes:
        assert note.endswith(f"; begins at `{name}` {rest}")


def test_a_layer_with_the_wrong_shape_is_named_though_the_run_ends_there(
    sources: VerifyReport,
) -> None:
    said = [each.message for each in sources.discrepancies if each.artefact == "ceil pool"]
    assert said[:3] == [
        "`pool` makes [1, 6, 5, 5], the report says [1, 6, 4, 5]",
        "`drop` makes [1, 6, 5, 5], the report says [1, 6, 4, 5]",
        "`flat` makes [1, 150], the report says [1, 120]",
    ]
    assert said[3] == "`pool` has ceil_mode=True, the spec's is False (net.yaml:1)"


def test_a_source_that_raises_gives_its_last_line_in_the_table(sources: VerifyReport) -> None:
    table = "\n".join(sources.lines())
    assert "raises: line 24: RuntimeError: broken" in table
    assert "Traceback" not in table


def test_a_file_that_is_no_text_gives_what_python_says_of_it(sources: VerifyReport) -> None:
    (pair,) = [p for p in sources.comparisons if (p.left, p.right) == ("reference", "latin")]
    assert pair.verdict == "differs"
    assert "SyntaxError" in pair.note


def test_numbers_that_are_not_finite_never_agree(sources: VerifyReport) -> None:
    (pair,) = [p for p in sources.comparisons if (p.left, p.right) == ("reference", "not a number")]
    assert pair.verdict == "differs"
    assert pair.note.startswith("the second holds numbers that are not finite; ")


def test_a_report_with_one_fault_does_not_agree_and_says_so(sources: VerifyReport) -> None:
    assert not sources.agree
    assert sources.lines()[-1].startswith("tiny: not shown to agree: ")


def test_the_sensitivity_of_every_weight_tensor_is_measured(sources: VerifyReport) -> None:
    assert sources.sensitivity is not None and sources.sensitivity.enough
    assert sources.sensitivity.voice == "source"
    assert sources.sensitivity.weakest in FLOATS
    assert 1e-3 < sources.sensitivity.weight < sources.sensitivity.input


def test_torch_and_onnxruntime_measure_the_same_sensitivity(
    sources: VerifyReport, graphs: VerifyReport
) -> None:
    first, second = sources.sensitivity, graphs.sensitivity
    assert first is not None and second is not None
    assert (second.voice, second.weakest) == ("onnx", first.weakest)
    assert np.isclose(first.weight, second.weight, rtol=1e-3)
    assert np.isclose(first.input, second.input, rtol=1e-3)


def test_a_report_is_a_table_for_people_and_a_versioned_dictionary() -> None:
    report = verify(NET, (graph("onnx"), Artefact("onnx file", "onnx", MODEL)), WEIGHTS, seed=5)
    head, columns, first, *_, last = report.lines()
    assert head == "tiny: seed 5, batches N=1; N=3; N=5"
    assert " ".join(columns.split()) == "compared samples worst error tolerance moves by verdict"
    assert first.startswith("  reference - onnx ") and first.endswith("agrees")
    assert last == "tiny: all 2 pairs agree"
    assert report.agree
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["schema"] == 1 and plain["agree"] is True
    assert [pair["right"] for pair in plain["comparisons"]] == ["onnx", "onnx file"]


def test_a_graph_on_disk_is_asked_for_its_function_whatever_it_was_trained_to() -> None:
    trained = bind(read_graph(TINY_GRAPH), {key: array + 1 for key, array in FLOATS.items()})
    report = verify(NET, (Artefact("trained", "onnx", trained),), WEIGHTS)
    assert report.agree


def test_a_graph_written_with_the_verification_weights_must_hold_them() -> None:
    swapped = {**FLOATS, "norm.weight": FLOATS["norm.bias"], "norm.bias": FLOATS["norm.weight"]}
    good, bad = MODEL, bind(read_graph(TINY_GRAPH), swapped)
    assert verify(NET, (Artefact("onnx", "onnx", good, holds_weights=True),), WEIGHTS).agree
    report = verify(NET, (Artefact("onnx", "onnx", bad, holds_weights=True),), WEIGHTS)
    assert not report.agree
    assert [each.message for each in report.discrepancies] == [
        "its weight `norm.weight` is not the one that it was written with",
        "its weight `norm.bias` is not the one that it was written with",
    ]


def test_an_output_that_ignores_the_input_counts_as_not_made() -> None:
    blind = {**WEIGHTS, "out.weight": np.zeros_like(WEIGHTS["out.weight"])}
    report = verify(NET, (graph("onnx"),), blind)
    (pair,) = report.comparisons
    assert pair.verdict == "not made"
    assert pair.note.startswith("the input `image` moves no output (and ")
    assert not report.agree
    assert report.lines()[-1] == "tiny: not shown to agree: 1 not made"
    assert any("not sensitive: a 10 % change of `c1.weight`" in line for line in report.lines())


def test_one_dead_weight_tensor_is_named_and_the_comparison_counts_as_not_made() -> None:
    dead = {**WEIGHTS, "fc.bias": np.zeros_like(WEIGHTS["fc.bias"])}
    report = verify(NET, (graph("onnx"),), dead)
    assert report.sensitivity is not None
    assert report.sensitivity.dull == (
        "a 10 % change of `fc.bias` moves the output by 0.0e+00 only",
    )
    assert [pair.verdict for pair in report.comparisons] == ["not made"]


def test_a_missing_library_leaves_the_rest_compared_and_nothing_called_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    report = verify(NET, (source("source"), graph("onnx")), WEIGHTS)
    said = {(pair.left, pair.right): pair for pair in report.comparisons}
    assert said["reference", "onnx"].verdict == "agrees"
    assert said["reference", "source"].verdict == "not compared"
    assert "pip install 'archcompile[torch]'" in said["reference", "source"].note
    assert not report.agree


def test_without_the_reference_the_artefacts_are_compared_with_the_source() -> None:
    fault = next(each for each in GRAPH_FAULTS if each.label == "other activation")
    artefacts = (source("source"), source("copy"), graph("onnx"), fault)
    report = verify(NET, artefacts, WEIGHTS, reference=False)
    said = {(pair.left, pair.right): pair.verdict for pair in report.comparisons}
    assert said == {
        ("source", "copy"): "agrees",
        ("source", "onnx"): "agrees",
        ("source", "other activation"): "differs",
    }


def test_a_missing_onnxruntime_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    report = verify(NET, (graph("onnx"),), WEIGHTS)
    (pair,) = report.comparisons
    assert pair.verdict == "not compared"
    assert "pip install 'archcompile[onnxruntime]'" in pair.note
    assert report.lines()[-1] == "tiny: not shown to agree: 1 not compared"


def test_weights_of_another_network_are_our_own_mistake() -> None:
    with pytest.raises(InternalError, match=r"not the network's: fc.bias"):
        verify(NET, (), {key: array for key, array in WEIGHTS.items() if key != "fc.bias"})


def test_nothing_to_compare_is_not_agreement() -> None:
    report = verify(chain(TensorType.of("N", 2), ("act", op("relu"))), (), {})
    assert not report.agree
    assert report.lines()[-1] == "net: not shown to agree: nothing was compared"


def test_an_input_that_no_output_reads_makes_the_comparison_not_count() -> None:
    a, b = Value("a", TensorType.of("N", 3)), Value("b", TensorType.of("N", 4))
    y = Value("y", a.type)
    nodes = (Node("y", op("tanh"), (a,), y, SPAN),)
    net = network("half_blind", (a, b), nodes, (ProgramOutput("y", y),))
    text = (
        '<ir_version: 10, opset_import: ["" : 22]>\n'
        "half_blind (float[N,3] a, float[N,4] b) => (float[N,3] y) { y = Tanh (a) }"
    )
    report = verify(net, (Artefact("onnx", "onnx", text),), {})
    assert [pair.note for pair in report.comparisons] == ["the input `b` moves no output"]


def test_a_dilation_that_small_images_do_not_show_is_caught() -> None:
    network = compile_text("""
        input: [N, 2, H, W]
        layers:
          - {conv2d: [3, 3, stride: 2, padding: 1]}
          - {conv2d: [3, 3, stride: 2, padding: 1]}
          - {name: last, conv2d: [3, 3, padding: 1]}
    """)
    weights = verification_weights(network.program, 0)
    text = network.onnx_text()
    plain = (
        "dilations = [1, 1], group = 1, kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1"
    )
    wide = plain.replace("[1, 1], group", "[2, 2], group").replace("[1, 1, 1, 1]", "[2, 2, 2, 2]")
    given = (
        Artefact("onnx", "onnx", text),
        Artefact("other", "onnx", edited(text, ((plain, wide),))),
    )
    report = verify(network.program, given, weights)
    assert [pair.verdict for pair in report.comparisons] == ["agrees", "differs"]


def test_open_image_sizes_are_verified_on_two_sizes() -> None:
    net = chain(
        TensorType.of("N", 2, "H", "W"),
        ("c", op("conv2d", out_channels=3, kernel_size=4, stride=3)),
        ("act", op("sigmoid")),
        name="open",
    )
    text = (
        '<ir_version: 10, opset_import: ["" : 22]>\n'
        'open (float[N,2,H,W] image, float[3,2,4,4] "c.weight", float[3] "c.bias")'
        " => (float[N,3,h,w] act)\n"
        '{ c = Conv <strides = [3, 3]> (image, "c.weight", "c.bias")\n act = Sigmoid (c) }'
    )
    report = verify(net, (Artefact("onnx", "onnx", text),), random_weights(net))
    assert report.agree
    assert [dict(sizes) for sizes in report.batches] == [
        {"H": 4, "W": 5, "N": 1},
        {"H": 4, "W": 5, "N": 3},
        {"H": 4, "W": 5, "N": 5},
        {"H": 8, "W": 9, "N": 3},
    ]
