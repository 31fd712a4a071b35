"""Where a difference begins: the first layer, in execution order, that makes something else.

Done only when something differs: the artefact is run once more on the batch that was worst, with
every layer's result kept, and those are held against the reference's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archcompile.ir.program import Node, Program
from archcompile.ir.uses import Uses
from archcompile.proof.comparison import TOLERANCE, Comparison, distance
from archcompile.proof.graph import bind, inlined_graph, read_graph, run_graph
from archcompile.proof.interpreter import trace
from archcompile.proof.layers import begins, graph_names
from archcompile.proof.run import RunFailed
from archcompile.proof.source import SourceJob, run_sources
from archcompile.proof.voice import REFERENCE, Artefact, Trial

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def located(
    trial: Trial, artefacts: Sequence[Artefact], pairs: tuple[Comparison, ...]
) -> tuple[Comparison, ...]:
    """The same pairs; where the reference and an artefact ran and differ, with the layer."""
    worst = {
        pair.right: pair.batch
        for pair in pairs
        if pair.left == REFERENCE and pair.verdict == "differs" and pair.batch is not None
    }
    if not worst:
        return pairs
    wanted = [each for each in artefacts if each.label in worst]
    found = _source_taps(trial, wanted, worst)
    for each in wanted:
        if each.kind == "onnx":
            found[each.label] = _graph_taps(trial, each, worst[each.label])
    places = _places(trial, worst, found)
    return tuple(
        pair.locating(places[pair.right])
        if pair.left == REFERENCE and pair.right in places
        else pair
        for pair in pairs
    )


def _source_taps(
    trial: Trial, artefacts: Sequence[Artefact], worst: Mapping[str, int]
) -> dict[str, Mapping[str, Array]]:
    """For each source file, each call of a module to what it made."""
    sources = [each for each in artefacts if each.kind == "source"]
    job = SourceJob(trial.weights, trial.batches, taps=True)
    tasks = [
        (each.content, replace(job, batches=(trial.batches[worst[each.label]],)))
        for each in sources
    ]
    runs = run_sources(tasks, patience=trial.patience)
    return {
        each.label: run.taps
        for each, run in zip(sources, runs, strict=True)
        if not isinstance(run, RunFailed) and run.taps is not None
    }


def _graph_taps(trial: Trial, artefact: Artefact, batch: int) -> dict[str, Array]:
    """Each call of a layer to its value, where the graph shows it by its name."""
    graph, calls = inlined_graph(read_graph(artefact.content)), _calls(trial.inference)
    names = graph_names(trial.inference)
    nodes = [node for node in trial.inference.nodes() if names[node.name] in graph.values]
    shown = {names[node.name]: node.output.type.rank for node in nodes}
    more = {name: rank for name, rank in shown.items() if name not in graph.outputs}
    try:
        model = bind(graph, trial.float_weights, more)
        (values,) = run_graph(model, (trial.batches[batch],), tuple(shown)).outputs
    except RunFailed:
        return {}
    return dict(zip((calls[node.name] for node in nodes), values, strict=True))


def _calls(program: Program) -> dict[str, str]:
    """For each node which call of its module it is: the second is ``path#2``."""
    uses = Uses()
    return {node.name: uses.name(node.path) for node in program.nodes()}


def _places(
    trial: Trial, worst: Mapping[str, int], found: Mapping[str, Mapping[str, Array]]
) -> dict[str, str]:
    """For each artefact the first layer that differs; where none does, what is left."""
    first: dict[str, Node] = {}
    calls = _calls(trial.inference)
    for batch in sorted(set(worst.values())):
        asked = {label: taps for label, taps in found.items() if worst[label] == batch}
        inputs = trial.batches[batch].inputs
        for node, ours in trace(trial.inference, inputs, trial.weights):
            for label, taps in asked.items():
                theirs = taps.get(calls[node.name])
                if label in first or theirs is None or distance(theirs, ours) <= TOLERANCE:
                    continue
                first[label] = node
    return {
        label: begins(
            trial.inference,
            first.get(label),
            {name for name, call in calls.items() if call in taps},
        )
        for label, taps in found.items()
    }
