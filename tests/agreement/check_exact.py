"""Bit by bit on integers: the plan of ``verify --exact``, in this process (docs/design/0010).

The reference decides where every number is exact, and what the network goes on with behind a layer
that is not. The module in float32 and the graph must make the same, however small a fault would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from check_values import value_names
from subject import session_of

from archcompile.proof.batches import Batch
from archcompile.proof.graph import bind, cut, read_graph
from archcompile.proof.integers import digest
from archcompile.proof.stretches import Plan, Stretches, plan

if TYPE_CHECKING:
    from findings import Findings
    from numpy.typing import NDArray
    from subject import Subject


def check_exact(subject: Subject, findings: Findings) -> None:
    """The module must be in float32; it keeps the integers as its weights."""
    batch = Batch(subject.sizes[subject.main], {})
    planned = plan(subject.inference, (batch,), subject.seed)
    (stretches,) = planned.batches
    findings.not_made["exact: the layer rounds"] += len(planned.rounded)
    findings.not_made["exact: the layer moves with one of its weights or inputs not"] += len(
        planned.dull
    )
    _module(subject, findings, planned, stretches)
    _graph(subject, findings, planned, stretches)


def _module(subject: Subject, findings: Findings, planned: Plan, stretches: Stretches) -> None:
    """Every call whose value is exact, and the outputs that show such a value."""
    state = subject.module.state_dict()
    for key, array in planned.weights.items():
        state[key].copy_(torch.from_numpy(array))
    recorder, calls = subject.recorder, planned.calls
    recorder.resumed = {
        calls[name]: torch.from_numpy(array).float() for name, array in stretches.resumed.items()
    }
    try:
        made = recorder.run([torch.from_numpy(each) for each in stretches.batch.inputs.values()])
    finally:
        recorder.resumed = {}
    for name, wanted in stretches.digests.items():
        if (call := calls.get(name)) is not None:
            (found,) = recorder.calls[call]
            findings.holds("exact, torch", name, digest(found.numpy()), wanted)
    for (output, value), found in zip(subject.outputs(heads=False), made, strict=True):
        if value in stretches.digests and value not in stretches.resumed:
            wanted = stretches.digests[value]
            findings.holds("exact, torch", f"output {output}", digest(found.numpy()), wanted)


def _graph(subject: Subject, findings: Findings, planned: Plan, stretches: Stretches) -> None:
    """What stands at the ends of the stretches, as onnxruntime runs the graph for users."""
    graph = read_graph(subject.onnx_bytes)
    names: dict[str, str] = {}
    for name, value in value_names(subject.inference, set(graph.outputs)):
        names.setdefault(value, name)
    ranks = {node.name: node.output.type.rank for node in subject.inference.nodes()}
    given: dict[str, NDArray[Any]] = {
        names[value]: array.astype("float32") for value, array in stretches.resumed.items()
    }
    opened = cut(graph, {names[value]: ranks[value] for value in stretches.resumed})
    asked = {
        value: f"{names[value]}/made" if value in stretches.resumed else names[value]
        for value in stretches.ends
    }
    asked = {value: name for value, name in asked.items() if name in opened.values}
    if not asked:
        return
    more = {name: ranks[value] for value, name in asked.items() if name not in opened.outputs}
    weights = {key: array for key, array in planned.weights.items() if key in graph.initialisers}
    session = session_of(bind(opened, weights, more))
    read = {each.name for each in session.get_inputs()}
    feed = {**stretches.batch.inputs, **given}
    found = session.run([*asked.values()], {key: feed[key] for key in feed if key in read})
    for value, array in zip(asked, found, strict=True):
        findings.holds("exact, onnxruntime", value, digest(array), stretches.digests[value])
