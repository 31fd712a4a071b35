"""``verify``: every artefact of a network against the NumPy reference and against each other.

All voices get the same weights and the same random inputs. The weights are made for the
purpose (``weights.py``), whatever a file on disk holds: a file is asked for its graph, not for
what it was trained to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from archcompile.backends.report import report
from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program
from archcompile.libraries import numpy
from archcompile.passes.facts import facts
from archcompile.passes.inference import for_inference
from archcompile.proof.batches import sample_batch, sample_batches, widest
from archcompile.proof.comparison import TOLERANCE, Comparison, compare
from archcompile.proof.facts import module_differences, report_differences, state_shapes
from archcompile.proof.locate import located
from archcompile.proof.movement import (
    Sensitivity,
    judge,
    measure,
    needed,
    read_inputs,
    unread_weights,
)
from archcompile.proof.report import Discrepancy, VerifyReport
from archcompile.proof.source import PATIENCE
from archcompile.proof.voice import (
    REFERENCE,
    Artefact,
    Identity,
    Trial,
    Voice,
    forward_graph,
    hear_graph,
    hear_reference,
    hear_sources,
)
from archcompile.weights import tensors

if TYPE_CHECKING:
    from archcompile.targets.reference import Array


def verify(
    program: Program,
    artefacts: Sequence[Artefact],
    weights: Mapping[str, Array],
    *,
    seed: int = 0,
    patience: float = PATIENCE,
    reference: bool = True,
) -> VerifyReport:
    """Run everything and compare.

    ``weights`` is the state_dict that all are given. The first source among the artefacts is the
    one emitted now; other sources are held against it. Whatever an artefact does, it is in the
    report and never raised. A source is executed: it is trusted as its repository is. Without
    ``reference`` the artefacts are compared with the first of them, and where a difference begins
    is not looked for.
    """
    trial = _trial(program, weights, seed, patience)
    voices = _hear(trial, artefacts, reference=reference)
    sensitivity = _sensitivity(trial, artefacts, voices)
    return VerifyReport(
        name=program.name,
        seed=seed,
        tolerance=TOLERANCE,
        batches=tuple(tuple(batch.sizes.items()) for batch in trial.batches),
        comparisons=located(
            trial, artefacts, tuple(_comparisons(trial, artefacts, voices, sensitivity))
        ),
        discrepancies=(
            *_discrepancies(program, artefacts, voices),
            *_report_discrepancies(trial, artefacts, voices),
        ),
        sensitivity=sensitivity,
    )


def _trial(program: Program, weights: Mapping[str, Array], seed: int, patience: float) -> Trial:
    held = dict(weights)
    for tensor in tensors(program):
        if tensor.weight.dtype == "int64":  # a batch counter: evaluation never reads it
            held.setdefault(tensor.key, numpy().zeros(tensor.shape, "int64"))
    stated = state_shapes(program)
    if held.keys() != stated.keys():
        odd = ", ".join(sorted(held.keys() ^ stated.keys()))
        raise InternalError(f"the verification weights are not the network's: {odd}")
    batches = sample_batches(program, seed)
    wide = batches[widest(batches)]
    other = sample_batch(program, wide.count, wide.sizes, (seed, len(batches)))
    inference = for_inference(program)
    return Trial(program, inference, {key: held[key] for key in stated}, batches, other, patience)


def _hear(trial: Trial, artefacts: Sequence[Artefact], *, reference: bool) -> dict[str, Voice]:
    """Every artefact's voice by its label; equal contents are run once.

    The sources' process imports torch while the other voices are computed here.
    """
    texts = {each.identity: each.content for each in artefacts if each.kind == "source"}
    graphs = {each.identity: each for each in artefacts if each.kind == "onnx"}
    with ThreadPoolExecutor(max_workers=1) as pool:
        sources = pool.submit(hear_sources, trial, tuple(texts.values()))
        heard: dict[Identity, Voice] = {}
        first = {REFERENCE: hear_reference(trial)} if reference else {}
        heard |= {identity: hear_graph(trial, each) for identity, each in graphs.items()}
        heard |= dict(zip(texts, sources.result(), strict=True))
    return {**first, **{each.label: heard[each.identity] for each in artefacts}}


def _sensitivity(
    trial: Trial, artefacts: Sequence[Artefact], voices: Mapping[str, Voice]
) -> Sensitivity | None:
    """From the emitted source, else from the first graph that runs; None if neither does.

    What only heads for training read need not move an output of inference.
    """
    unread = unread_weights(trial.inference)
    spared = read_inputs(trial.program) - read_inputs(trial.inference)
    for each in artefacts:
        run = voices[each.label].run
        if run is None or not run.outputs:
            continue
        if run.movement is not None:
            moved = run.movement.without(spared)
            return judge(each.label, moved, trial.outputs, TOLERANCE, unread)
    for each in artefacts:
        if each.kind == "onnx" and voices[each.label].run is not None:
            forward = partial(forward_graph, trial, each.content)
            moved = measure(
                forward, trial.batches, trial.other, trial.read_weights, needed(TOLERANCE)
            )
            return judge(each.label, moved.without(spared), trial.outputs, TOLERANCE, unread)
    return None


def _comparisons(
    trial: Trial,
    artefacts: Sequence[Artefact],
    voices: Mapping[str, Voice],
    sensitivity: Sensitivity | None,
) -> Iterator[Comparison]:
    """The reference with every artefact, then every source with every graph.

    Without the reference the first artefact stands in its place.
    """
    dull = ("its sensitivity is not known",) if sensitivity is None else sensitivity.dull
    distinct: dict[Identity, str] = {}
    anchor = REFERENCE if REFERENCE in voices else next(iter(voices), REFERENCE)
    for each in artefacts:
        first = distinct.setdefault(each.identity, each.label)
        if each.label != anchor:
            pair = _pair(trial, anchor, each.label, voices).counting(dull)
            yield pair if first == each.label else pair.noting(f"the same as {first}")
    sources = [e.label for e in artefacts if e.kind == "source" and e.label in distinct.values()]
    graphs = [e.label for e in artefacts if e.kind == "onnx" and e.label in distinct.values()]
    for source in sources:
        for graph in graphs if source != anchor else ():
            yield _pair(trial, source, graph, voices).counting(dull)


def _pair(trial: Trial, left: str, right: str, voices: Mapping[str, Voice]) -> Comparison:
    for label in (left, right):
        voice = voices[label]
        if voice.missing is not None:
            return Comparison(left, right, 0, None, "not compared", voice.missing)
    for label in (left, right):
        voice = voices[label]
        if voice.run is None or voice.failure is not None:
            return Comparison(left, right, 0, None, "differs", f"{label}: {voice.failure}")
    first, second = voices[left].run, voices[right].run
    if first is None or second is None:
        raise InternalError("a voice has neither a run nor a reason")
    return compare(left, right, first, second, TOLERANCE, trial.outputs)


def _discrepancies(
    program: Program, artefacts: Sequence[Artefact], voices: Mapping[str, Voice]
) -> Iterator[Discrepancy]:
    for label, voice in voices.items():
        for message in voice.differences:
            yield Discrepancy(label, message)
    sources = [each for each in artefacts if each.kind == "source"]
    for each in sources[1:]:
        emitted, found = voices[sources[0].label].run, voices[each.label].run
        if emitted is None or found is None or each.identity == sources[0].identity:
            continue
        if emitted.inventory is None or found.inventory is None:
            continue
        for message in module_differences(program, emitted.inventory, found.inventory):
            yield Discrepancy(each.label, message)


def _report_discrepancies(
    trial: Trial, artefacts: Sequence[Artefact], voices: Mapping[str, Voice]
) -> Iterator[Discrepancy]:
    """The report against the module that the emitted source builds."""
    stated = report(trial.program, facts(trial.program)).to_dict()
    for each in [each for each in artefacts if each.kind == "source"][:1]:
        run = voices[each.label].run
        if run is not None and run.inventory is not None:
            for message in report_differences(stated, run.inventory):
                yield Discrepancy("report", message)
