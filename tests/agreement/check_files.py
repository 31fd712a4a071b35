"""The artefacts as files: the source imported from the disk, the graph from its text, the rest."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

import torch
from check_values import SINGLE, apart
from expressions import size_of
from recorder import tensors
from subject import session_of
from torch import nn

from archcompile.proof.graph import bind, read_graph
from archcompile.proof.interpreter import float_weights

if TYPE_CHECKING:
    from pathlib import Path

    from findings import Findings
    from subject import Subject


def check_gradients(subject: Subject, findings: Findings, folder: Path) -> None:
    """The source's file in a module of its own: the same loss, bit by bit the same gradients.

    In training, from the same random numbers, so that dropout and batch statistics are there too.
    Both modules in float64.
    """
    path = folder / "network_from_file.py"
    path.write_text(subject.network.source(), encoding="utf-8")
    fresh = _class_of(path)().double()
    state = subject.module.state_dict()
    findings.holds("file", "keys", list(fresh.state_dict()), list(state))
    fresh.load_state_dict(state)
    live = type(subject.module)().double()
    live.load_state_dict(state)
    first, again = (_gradients(subject, findings, each.train()) for each in (live, fresh))
    for key in first:
        ours, theirs = first[key], again.get(key)
        is_equal = (
            theirs is None if ours is None else theirs is not None and torch.equal(ours, theirs)
        )
        findings.holds("gradients", key, is_equal, True)
        if ours is None or not bool(ours.any()):
            findings.not_made["gradients: no loss depends on the weight in training"] += 1


def _class_of(path: Path) -> type[nn.Module]:
    """The last class of a source file, imported anew."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    own = [e for e in vars(module).values() if isinstance(e, type) and issubclass(e, nn.Module)]
    return [each for each in own if each.__module__ == path.stem][-1]


def _gradients(
    subject: Subject, findings: Findings, module: nn.Module
) -> dict[str, torch.Tensor | None]:
    torch.manual_seed(subject.seed)
    inputs = [torch.from_numpy(each).double() for each in subject.inputs[subject.main].values()]
    made = tensors(module(*inputs))
    shown = sorted(subject.program.outputs, key=lambda each: each.training)
    findings.holds("training", "number of outputs", len(made), len(shown))
    loss = torch.zeros((), dtype=torch.float64)
    for output, each in zip(shown, made, strict=False):
        stated = tuple(dim.evaluate(subject.sizes[subject.main]) for dim in output.value.type.dims)
        findings.holds("training", f"output {output.name}", tuple(each.shape), stated)
        loss = loss + (each * torch.randn(each.shape, dtype=each.dtype)).sum()
    if loss.requires_grad:
        loss.backward()
    return {key: each.grad for key, each in module.named_parameters()}


def check_graph_text(subject: Subject, findings: Findings) -> None:
    """The graph from ONNX's text, with blocks as functions, against the reference."""
    graph = read_graph(subject.network.onnx_text())
    weights = {key: subject.weights[key] for key in float_weights(subject.inference)}
    kept = {key: each for key, each in weights.items() if key in graph.inputs}
    session = session_of(bind(graph, kept))
    names = [each.name for each in subject.inference.outputs]
    binary = subject.session(tapped=False).run(names, subject.feed(subject.main))
    for name, found, wanted in zip(
        names, session.run(names, subject.feed(subject.main)), binary, strict=True
    ):
        error = apart(found.astype("float64"), wanted.astype("float64"))
        findings.made["graph's text"] += 1
        if found.shape != wanted.shape or not error <= SINGLE:
            findings.differs("graph's text", f"output {name}", f"apart by {error:.1e}")


def check_forms(subject: Subject, findings: Findings) -> None:
    """The report's other forms say what its data says; the picture is whole."""
    report = subject.network.report()
    held = subject.report
    findings.holds("forms", "JSON", json.loads(report.to_json()), held)
    page = report.to_markdown()
    for row in held["layers"]:
        findings.holds("forms", f"{row['name']} in the page", f"{row['name']}" in page, True)
    findings.holds("forms", "picture", subject.network.svg().endswith("</svg>\n"), True)
    sizes = subject.sizes[0]
    for row, node in zip(held["layers"], subject.nodes, strict=True):
        said = tuple(size_of(each, sizes) for each in row["output_shape"])
        stated = tuple(dim.evaluate(sizes) for dim in node.output.type.sample)
        findings.holds("forms", f"shape of {node.name}", said, stated)
