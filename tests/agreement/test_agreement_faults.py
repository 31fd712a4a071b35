"""The comparisons notice: a fault of each kind, planted in memory, is a difference of that kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import check_files
import check_values
import pytest
import subject
import torch
from differences import differences, examine
from shares import DEAR, EXACT, FIELDS

from archcompile import backends
from archcompile.backends.report.model import Layer
from archcompile.backends.report.model import model as report_model
from archcompile.ir.dim import Dim
from archcompile.network import Network
from archcompile.passes.receptive_field import ReceptiveField

SPEC = """\
archcompile: 1
name: net
input: {image: [N, 3, "4 * H", "4 * W"]}
blocks:
  unit: {params: {width: int}, sequence: [{conv2d: [width, 3, {padding: 1}]}, batch_norm2d, relu]}
layers:
  - {name: stem, unit: 8}
  - {name: down, conv2d: [8, 3, {stride: 2, padding: 1}]}
  - {residual: [{name: inner, unit: 8}]}
  - {name: tap, max_pool2d: 2}
  - {name: side, from: down, sequence: [{adaptive_avg_pool2d: 1}, flatten, {linear: 4}]}
  - {name: pooled, from: tap, adaptive_avg_pool2d: 1}
  - flatten
  - {name: fc, linear: 5}
outputs: {main: fc, aux: {from: side, training: true}}
"""
ALL = FIELDS * DEAR
"""A seed that has its receptive fields and its FLOPs; the next ones have the other dear checks."""

EVERY = {"names", "report", "module", "macs", "static shape", "graph's shape"}
EVERY |= {"torch float64", "onnxruntime"}
"""What every seed has compared."""


def kinds(seed: int = ALL) -> set[str]:
    """The kinds of what differs."""
    return {line.split(": ")[1] for line in differences(SPEC, seed)}


@pytest.mark.parametrize("seed", [*range(ALL, ALL + 4), ALL + EXACT - 1])
def test_without_a_fault_nothing_differs_and_everything_is_compared(seed: int) -> None:
    findings = examine(SPEC, seed)
    assert findings.differences == []
    rounds = findings.not_made.pop("exact: the layer rounds", 0)  # a mean
    assert rounds <= 1 and findings.not_made == dict.fromkeys(findings.not_made, 0)
    assert findings.made["torch float64"] > 20 and findings.made["onnxruntime"] > 10
    assert {*findings.made} >= EVERY


def test_an_exception_is_a_difference() -> None:
    assert differences("archcompile: 1\nname: net\n", 0) != []
    assert differences(SPEC.replace("linear: 5", "linear: -5"), 0) != []


def in_source(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """The module is that of a source in which some text is another one."""
    real = Network.source

    def source(self: Network) -> str:
        assert old in real(self)
        return real(self).replace(old, new)

    monkeypatch.setattr(Network, "source", source)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.BatchNorm2d(width)", "nn.BatchNorm2d(width, eps=1.001e-05)"),
        ("nn.ReLU()", "nn.LeakyReLU(1e-9)"),
        ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)"),
        ("x = down + x", "x = down - x"),
    ],
)
def test_another_number_in_the_source(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    in_source(monkeypatch, old, new)
    assert "torch float64" in kinds()


@pytest.mark.parametrize(("layer", "kind"), [("Linear(2, 2)", "names"), ("ReLU()", "module")])
def test_another_layer_in_the_source(
    monkeypatch: pytest.MonkeyPatch, layer: str, kind: str
) -> None:
    in_source(monkeypatch, "self.fc ", f"self.fd = nn.{layer}\n        self.fc ")
    assert kind in kinds()


def test_another_number_in_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    real = backends.onnx.onnx_bytes

    def changed(program: Any, weights: Any) -> bytes:
        key = "inner.1.running_var"
        return real(program, {**weights, key: weights[key] * 1.01})

    monkeypatch.setattr(backends.onnx, "onnx_bytes", changed)
    assert {"names", "onnxruntime"} <= kinds()


def in_graph(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """The graph is changed before it is read and run."""
    real = vars(subject.Subject)["onnx_bytes"].func

    def content(self: subject.Subject) -> bytes:
        model = subject.onnx.load_model_from_string(real(self))
        change(model.graph)
        found: bytes = model.SerializeToString()
        return found

    monkeypatch.setattr(subject.Subject, "onnx_bytes", property(content))


def test_another_attribute_in_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(graph: Any) -> None:
        (node,) = [each for each in graph.node if each.name == "stem.1"]
        (epsilon,) = [each for each in node.attribute if each.name == "epsilon"]
        epsilon.f = 1e-3

    in_graph(monkeypatch, change)
    assert kinds() == {"onnxruntime"}


def test_another_size_that_the_graph_states(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(graph: Any) -> None:
        (value,) = [each for each in graph.value_info if each.name == "down"]
        value.type.tensor_type.shape.dim[2].dim_param = "2 * W"

    in_graph(monkeypatch, change)
    assert kinds() == {"graph's shape"}


def test_a_value_that_the_graph_calls_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(graph: Any) -> None:
        for node in graph.node:
            for names in (node.input, node.output):
                names[:] = ["other" if name == "tap" else name for name in names]
        (value,) = [each for each in graph.value_info if each.name == "tap"]
        value.name = "other"

    in_graph(monkeypatch, change)
    assert {"names", "onnxruntime"} <= kinds()


@pytest.mark.parametrize(
    ("word", "kind"), [("macs", "macs"), ("parameters", "report"), ("buffers", "report")]
)
def test_another_count_in_the_report(monkeypatch: pytest.MonkeyPatch, word: str, kind: str) -> None:
    def changed(program: Any, facts: Any) -> Any:
        made = report_model(program, facts)
        rows = list(made.rows)
        place = next(p for p, row in enumerate(rows) if row.name == "down")
        assert isinstance(rows[place], Layer)
        cost = replace(rows[place].cost, **{word: getattr(rows[place].cost, word) + 1})
        rows[place] = replace(rows[place], cost=cost)
        return replace(made, rows=tuple(rows))

    monkeypatch.setattr("archcompile.backends.report.model", changed)
    assert kind in kinds()


@pytest.mark.parametrize(
    ("extent", "jump", "kind"), [(2, 0, "field, exact"), (-2, 0, "field"), (0, 1, "step")]
)
def test_another_receptive_field(
    monkeypatch: pytest.MonkeyPatch, extent: int, jump: int, kind: str
) -> None:
    real = vars(subject.Subject)["nodes"].func

    def nodes(self: subject.Subject) -> Any:
        found = real(self)
        place = [node.name for node in found].index("down")
        fields = list(self.network.facts.receptive_fields.nodes)
        field = fields[place]
        if field.extent[0] == Dim.of(5):
            fields[place] = ReceptiveField(
                tuple(each + extent for each in field.extent),
                tuple(each + jump for each in field.jump),
            )
            known = replace(self.network.facts.receptive_fields, nodes=tuple(fields))
            self.network = replace(
                self.network, facts=replace(self.network.facts, receptive_fields=known)
            )
        return found

    monkeypatch.setattr(subject.Subject, "nodes", property(nodes))
    assert kind in kinds()


def test_work_that_torch_counts_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    in_source(monkeypatch, "x = self.tap(x)", "x = self.tap(x + (x @ x.mT @ x) * 0)")
    assert "flops" in kinds(ALL)


def test_a_source_on_the_disk_with_other_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    real = check_files._class_of

    def other(path: Any) -> Any:
        text = path.read_text()
        assert "self.fc(x)" in text
        path.write_text(text.replace("self.fc(x)", "self.fc(x.detach())"))
        return real(path)

    monkeypatch.setattr(check_files, "_class_of", other)
    assert kinds(ALL + 1) == {"gradients"}


def test_another_text_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Network.onnx_text
    monkeypatch.setattr(
        Network, "onnx_text", lambda self: real(self).replace("epsilon = 1e-05", "epsilon = 1e-02")
    )
    assert kinds(ALL + 2) == {"graph's text"}


def test_another_shape_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "svg", lambda self: "<svg>")
    assert kinds(ALL + 3) == {"forms"}


def test_other_shapes_in_the_program_than_in_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = subject.Subject.reference

    def cut(self: subject.Subject, place: int) -> Any:
        values = real(self, place)
        return {**values, "tap": values["tap"][:, :, 1:]}

    monkeypatch.setattr(subject.Subject, "reference", cut)
    assert "static shape" in kinds()


def test_a_head_for_training_that_has_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    in_source(monkeypatch, "NetOutput(fc, side)", "NetOutput(fc, side[:, :2])")
    assert "torch float64" in kinds() and "training" in kinds(ALL + 1)


def test_what_moves_no_output_is_counted_as_not_made() -> None:
    text = SPEC.replace("- flatten\n", "- flatten\n  - {softmax: 1}\n").replace(
        "{name: fc, linear: 5}", "{name: fd, linear: 1}\n  - {name: fc, softmax: 1}"
    )
    findings = examine(text, ALL)  # of one class, so that all outputs are 1
    assert findings.differences == []
    dull = "movement, float64: the {} moves an output"
    assert findings.made[dull.format("input")] == findings.made[dull.format("weight")] == 0
    assert findings.not_made[dull.format("input")] == 1
    assert findings.not_made[dull.format("weight")] > 10


def test_rounding_excuses_nothing_in_a_network_that_is_well_conditioned() -> None:
    torch.manual_seed(0)
    made: list[float] = []
    real = check_values.lost

    def seen(*arguments: Any, in_onnx: bool) -> dict[str, float]:
        found = real(*arguments, in_onnx=in_onnx)
        made.append(max(found.values()))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_values, "lost", seen)
        patch.setattr(check_values, "SINGLE", 1e-12)
        examine(SPEC, ALL)
    assert made and max(made) < 1e-4


def test_a_fault_of_the_graph_that_is_below_the_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(graph: Any) -> None:
        for node in graph.node:
            if node.op_type == "Relu":
                node.op_type = "LeakyRelu"
                node.attribute.append(subject.onnx.helper.make_attribute("alpha", 1e-6))

    in_graph(monkeypatch, change)
    assert kinds(ALL) == set()
    assert kinds(ALL + EXACT - 1) == {"exact, onnxruntime"}


def test_a_fault_of_the_source_that_is_below_the_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    in_source(monkeypatch, "nn.ReLU()", "nn.LeakyReLU(1e-14)")
    assert kinds(ALL) == set()
    assert kinds(ALL + EXACT - 1) == {"exact, torch"}
