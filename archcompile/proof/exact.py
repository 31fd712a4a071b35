"""``verify --exact``: every voice on integers, compared bit by bit, stretch by stretch.

What it sees is other than what a tolerance sees: one wrong element, a swapped branch, an off-by-one
are found however small; a number that is a little wrong (an epsilon) is not. ``verify`` does both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archcompile.diagnostics import MissingLibrary
from archcompile.ir.program import Program
from archcompile.libraries import numpy
from archcompile.passes.inference import for_inference
from archcompile.proof.batches import Batch, sample_batches
from archcompile.proof.comparison import distance
from archcompile.proof.exact_report import ExactPair, ExactReport
from archcompile.proof.graph import Graph, bind, cut, inlined_graph, read_graph, run_graph
from archcompile.proof.integers import digest
from archcompile.proof.interpreter import interpret
from archcompile.proof.layers import begins, graph_names, said
from archcompile.proof.run import Run, RunFailed
from archcompile.proof.source import PATIENCE, SourceJob, run_sources
from archcompile.proof.stretches import Plan, Stretches, plan
from archcompile.weights import tensors

if TYPE_CHECKING:
    from archcompile.proof.voice import Artefact, Identity
    from archcompile.targets.reference import Array


def verify_exact(
    program: Program,
    artefacts: Sequence[Artefact],
    weights: Mapping[str, Array],
    *,
    seed: int = 0,
    patience: float = PATIENCE,
) -> ExactReport:
    """Run every artefact on integers and compare it with the reference, value by value.

    ``weights`` are those of ``verify``, for the one comparison in float64: of the first source.
    A graph is taken for what it computes, whatever weights it holds. Whatever an artefact does
    wrong is in the report and never raised.
    """
    inference = for_inference(program)
    batches = _batches(inference, seed)
    planned = plan(inference, batches, seed)
    trial = _Trial(program, inference, planned, _whole_state(program, planned), patience)
    double = SourceJob(weights, batches[-1:], dtype="float64")
    sources, doubles = _sources(trial, artefacts, double)
    heard = sources | _graphs(trial, artefacts)
    return ExactReport(
        tuple(tuple(each.batch.sizes.items()) for each in planned.batches),
        sum(1 for _ in inference.nodes()),
        tuple(_pair(trial, each, heard[each.identity]) for each in artefacts),
        tuple(map(said, planned.rounded)),
        planned.dull,
        _double(inference, double, doubles),
    )


def _batches(program: Program, seed: int) -> tuple[Batch, ...]:
    """Two of ``verify``'s batches, of 1 sample and of 3, or of a large input 2.

    Where the image size is open, the larger images and one of the smallest: on those alone, a
    kernel may be its middle.
    """
    first, second, _, *larger = sample_batches(program, seed)
    return (larger[0], first) if larger else (first, second)


def _double(program: Program, job: SourceJob, runs: Sequence[Run | RunFailed]) -> float | None:
    """The largest error of the first source in float64; None if it was not run."""
    for run in runs:
        if isinstance(run, RunFailed) or not run.outputs:
            return float("inf")
        wanted = interpret(program, job.batches[0].inputs, job.weights)
        if len(run.outputs[0]) != len(program.outputs):
            return float("inf")
        pairs = zip(program.outputs, run.outputs[0], strict=True)
        return max(distance(made, wanted[output.name]) for output, made in pairs)
    return None


@dataclass(frozen=True, slots=True)
class _Trial:
    program: Program
    inference: Program
    plan: Plan
    weights: Mapping[str, Array]
    patience: float


@dataclass(frozen=True, slots=True)
class _Heard:
    """The digests of a voice by layer, for each batch; or why there are none."""

    digests: tuple[Mapping[str, str], ...] = ()
    failure: str | None = None
    missing: str | None = None
    unknown: str | None = None
    """A value of the network that a graph does not show under its name, so that nothing can be
    exchanged there."""


def _whole_state(program: Program, planned: Plan) -> dict[str, Array]:
    """The whole state_dict: zeros for what only training reads."""
    np = numpy()
    zeros = (
        (tensor.key, np.zeros(tensor.shape, tensor.weight.dtype)) for tensor in tensors(program)
    )
    return {key: planned.weights.get(key, zero) for key, zero in zeros}


def _sources(
    trial: _Trial, artefacts: Sequence[Artefact], *others: SourceJob
) -> tuple[dict[Identity, _Heard], tuple[Run | RunFailed, ...]]:
    """Every distinct source, and the first with other jobs too, in one fresh interpreter."""
    texts = {each.identity: each.content for each in artefacts if each.kind == "source"}
    calls = trial.plan.calls
    job = SourceJob(
        trial.weights,
        tuple(each.batch for each in trial.plan.batches),
        digests=True,
        resumed=tuple(
            {calls[name]: array for name, array in each.resumed.items()}
            for each in trial.plan.batches
        ),
    )
    tasks = [(text, job) for text in texts.values()]
    tasks += [(text, each) for text in [*texts.values()][:1] for each in others]
    try:
        runs = run_sources(tasks, patience=trial.patience)
    except MissingLibrary as error:
        return {identity: _Heard(missing=str(error)) for identity in texts}, ()
    heard = {each: _source(trial, run) for each, run in zip(texts, runs, strict=False)}
    return heard, runs[len(texts) :]


def _source(trial: _Trial, run: Run | RunFailed) -> _Heard:
    if isinstance(run, RunFailed) or run.error is not None:
        return _Heard(failure=str(run) if isinstance(run, RunFailed) else run.error)
    return _Heard(tuple(_by_layer(trial, found) for found in run.digests))


def _by_layer(trial: _Trial, found: Mapping[str, str]) -> dict[str, str]:
    """Digests of calls by the name of the layer that made each; outputs stay ``/0``, ``/1``."""
    calls = trial.plan.calls.items()
    layers = {name: found[call] for name, call in calls if call in found}
    return layers | {name: each for name, each in found.items() if name.startswith("/")}


def _graphs(trial: _Trial, artefacts: Sequence[Artefact]) -> dict[Identity, _Heard]:
    graphs = {each.identity: each for each in artefacts if each.kind == "onnx"}
    return {identity: _graph(trial, each.content) for identity, each in graphs.items()}


def _graph(trial: _Trial, content: str | bytes) -> _Heard:
    """A graph, cut where the plan goes on with other numbers."""
    try:
        graph = inlined_graph(read_graph(content))
        names = graph_names(trial.inference)
        resumed = (names[name] for each in trial.plan.batches for name in each.resumed)
        unknown = next((name for name in resumed if name not in graph.values), None)
        if unknown is not None:
            return _Heard(unknown=unknown)
        return _Heard(tuple(_hear_graph(trial, graph, each) for each in trial.plan.batches))
    except RunFailed as error:
        return _Heard(failure=str(error))
    except MissingLibrary as error:
        return _Heard(missing=str(error))


def _hear_graph(
    trial: _Trial, graph: Graph, stretches: Stretches, *, every: bool = False
) -> dict[str, str]:
    """The digests at the ends of the stretches, or of ``every`` exact value."""
    names = graph_names(trial.inference)
    ranks = {
        names[node.name]: node.output.type.rank
        for node in trial.inference.nodes()
        if node.name in stretches.resumed
    }
    opened = cut(graph, ranks)
    asked: dict[str, tuple[str, int]] = {}
    for node in trial.inference.nodes():
        if node.name not in (stretches.digests if every else stretches.ends):
            continue
        name = names[node.name]
        value = f"{name}/made" if name in ranks else name
        if value in opened.values:
            asked[node.name] = (value, node.output.type.rank)
    if not asked:
        return {}
    more = {value: rank for value, rank in asked.values() if value not in opened.outputs}
    model = bind(opened, trial.plan.weights, more)
    given = {names[name]: array.astype("float32") for name, array in stretches.resumed.items()}
    batch = Batch(stretches.batch.sizes, {**stretches.batch.inputs, **given})
    values = tuple(value for value, _ in asked.values())
    (made,) = run_graph(model, (batch,), values).outputs
    return {name: digest(array) for name, array in zip(asked, made, strict=True)}


def _pair(trial: _Trial, artefact: Artefact, heard: _Heard) -> ExactPair:
    if heard.missing is not None:
        return ExactPair(artefact.label, 0, "not compared", heard.missing)
    if heard.failure is not None:
        return ExactPair(artefact.label, 0, "differs", f"{artefact.label}: {heard.failure}")
    if heard.unknown is not None:
        note = f"the graph calls no value `{heard.unknown}`, from which the others go on"
        return ExactPair(artefact.label, 0, "not made", note)
    compared = 0
    for place, (stretches, found) in enumerate(zip(trial.plan.batches, heard.digests, strict=True)):
        wanted = _wanted(trial, stretches)
        held = [name for name in wanted if name in found]
        compared += len(held)
        wrong = [name for name in held if found[name] != wanted[name]]
        if wrong:
            note = f"batch {place + 1}; {_beginning(trial, artefact, place, wrong)}"
            return ExactPair(artefact.label, compared, "differs", note)
    if not compared:
        return ExactPair(artefact.label, 0, "not made", "no value of the network is exact")
    if trial.plan.dull:
        return ExactPair(artefact.label, compared, "not made", trial.plan.dull[0])
    return ExactPair(artefact.label, compared, "equal")


def _wanted(trial: _Trial, stretches: Stretches) -> dict[str, str]:
    """The digests at the ends of the stretches, and of the outputs that show such a value."""
    found = {name: stretches.digests[name] for name in stretches.ends}
    for place, output in enumerate(trial.inference.outputs):
        name = output.value.name
        if name in stretches.digests and name not in stretches.resumed:
            found[f"/{place}"] = stretches.digests[name]
    return found


def _beginning(trial: _Trial, artefact: Artefact, place: int, wrong: Sequence[str]) -> str:
    """The first layer in execution order, of all that are seen, that is not what it should be."""
    found: Mapping[str, str] = {}
    stretches = trial.plan.batches[place]
    if artefact.kind == "source":
        one = replace(trial, plan=replace(trial.plan, batches=(stretches,)))
        (heard,) = _sources(one, [artefact])[0].values()
        found = heard.digests[0] if heard.digests else {}
    else:
        try:
            graph = inlined_graph(read_graph(artefact.content))
            found = _hear_graph(trial, graph, stretches, every=True)
        except RunFailed:
            pass
    asked = stretches.digests
    for node in trial.inference.nodes():
        differs = node.name in asked and found.get(node.name, asked[node.name]) != asked[node.name]
        if differs or (not found and node.name in wrong):
            return begins(trial.inference, node, {*found, *stretches.resumed, node.name})
    shown = trial.inference.outputs[int(wrong[0].removeprefix("/"))]
    return f"begins at the output `{shown.name}`, behind the last layer"
