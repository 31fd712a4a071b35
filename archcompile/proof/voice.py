"""The voices of one verification: each artefact is run on the same weights and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from archcompile.diagnostics import MissingLibrary
from archcompile.ir.program import Program
from archcompile.proof.batches import Batch, widest
from archcompile.proof.comparison import TOLERANCE
from archcompile.proof.facts import (
    dtype_differences,
    inventory_differences,
    output_differences,
)
from archcompile.proof.graph import (
    Graph,
    bind,
    interface_differences,
    read_graph,
    run_graph,
    value_differences,
    weight_differences,
)
from archcompile.proof.interpreter import float_weights, interpret
from archcompile.proof.movement import needed, unread_weights
from archcompile.proof.run import Run, RunFailed
from archcompile.proof.source import SourceJob, run_sources

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

Identity: TypeAlias = tuple[str, str | bytes]

REFERENCE = "reference"
"""What people read for the NumPy reference."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to verify, by what people call it: ``source``, ``generated/lenet5/lenet5.py``."""

    label: str
    kind: Literal["source", "onnx"]
    content: str | bytes = field(repr=False)
    """Source text (or its bytes as they are on the disk), an ONNX model's bytes, or a graph in
    ONNX's text syntax."""
    holds_weights: bool = False
    """For a graph written with the verification weights: it must then hold exactly those."""

    @property
    def identity(self) -> Identity:
        """What is run, and as what; artefacts that are equal in it are run once.

        One file may be given as both kinds: then it is two artefacts.
        """
        if self.kind == "source" and isinstance(self.content, str):
            return self.kind, self.content.encode()
        return self.kind, self.content


@dataclass(frozen=True, slots=True)
class Trial:
    """What every voice is given. ``other`` exchanges the inputs of the widest batch."""

    program: Program
    """The whole network."""
    inference: Program
    """What all voices compute: the network without what only training needs."""
    weights: Mapping[str, Array] = field(repr=False)
    """The whole state_dict, float32 and int64."""
    batches: tuple[Batch, ...] = field(repr=False)
    other: Batch = field(repr=False)
    patience: float

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs of inference, in order."""
        return tuple(output.name for output in self.inference.outputs)

    @property
    def has_heads(self) -> bool:
        """Whether there are outputs for training only."""
        return len(self.inference.outputs) < len(self.program.outputs)

    @property
    def float_weights(self) -> dict[str, Array]:
        """The weights that take part in the computation."""
        return {key: self.weights[key] for key in float_weights(self.inference)}

    @property
    def read_weights(self) -> dict[str, Array]:
        """Those of them that an output depends on."""
        unread = frozenset(unread_weights(self.inference))
        return {key: array for key, array in self.float_weights.items() if key not in unread}


@dataclass(frozen=True, slots=True)
class Voice:
    """What an artefact said: a run, or why there is none; and what else is wrong with it."""

    run: Run | None = field(default=None, repr=False)
    failure: str | None = None
    """Why it did not run."""
    missing: str | None = None
    """The library that is not installed, and the remedy; then nothing is known of the artefact."""
    differences: tuple[str, ...] = ()


def hear_reference(trial: Trial) -> Voice:
    """The NumPy reference in float64."""
    found = (interpret(trial.inference, batch.inputs, trial.weights) for batch in trial.batches)
    outputs = tuple(tuple(made[name] for name in trial.outputs) for made in found)
    run = Run(outputs, heads=_heads(trial, outputs))
    return Voice(run, differences=_output_shapes(trial, run))


def _heads(trial: Trial, outputs: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
    """What training gives: the outputs of inference, where it has no others."""
    wide = widest(trial.batches)
    if not trial.has_heads:
        return outputs[wide]
    found = interpret(trial.program, trial.batches[wide].inputs, trial.weights)
    ordered = sorted(trial.program.outputs, key=lambda each: each.training)  # as sources give them
    return tuple(found[output.name] for output in ordered)


def hear_sources(trial: Trial, texts: Sequence[str | bytes]) -> tuple[Voice, ...]:
    """Source files in a fresh interpreter; the first also says how far its outputs move."""
    plain = SourceJob(trial.weights, trial.batches, heads=True)
    moving = replace(
        plain, other=trial.other, sensitive=tuple(trial.read_weights), asked=needed(TOLERANCE)
    )
    tasks = [(text, plain if place else moving) for place, text in enumerate(texts)]
    try:
        runs = run_sources(tasks, patience=trial.patience)
    except MissingLibrary as error:
        return tuple(Voice(missing=str(error)) for _ in texts)
    return tuple(_source_voice(trial, run) for run in runs)


def _source_voice(trial: Trial, run: Run | RunFailed) -> Voice:
    if isinstance(run, RunFailed):
        return Voice(failure=str(run))
    facts = run.inventory
    ran = run.error is None
    inventory = (
        ()
        if facts is None
        else inventory_differences(trial.program, facts, trial.batches, complete=ran)
    )
    if run.error is not None:
        return Voice(run, run.error, differences=inventory)
    return Voice(run, differences=(*inventory, *_output_types(trial, run)))


def hear_graph(trial: Trial, artefact: Artefact) -> Voice:
    """An ONNX graph in onnxruntime, bound to the verification weights by name."""
    weights = trial.float_weights
    try:
        graph = read_graph(artefact.content)
        differences = _graph_differences(trial, artefact, graph)
        if differences:
            return Voice(failure="it is another graph", differences=differences)
        run = run_graph(bind(graph, weights), trial.batches, trial.outputs)
    except MissingLibrary as error:
        return Voice(missing=str(error))
    except RunFailed as error:
        return Voice(failure=str(error))
    return Voice(run, differences=_output_types(trial, run))


def forward_graph(
    trial: Trial, content: str | bytes, inputs: Mapping[str, Array], weights: Mapping[str, Array]
) -> tuple[Array, ...]:
    """One pass of a graph that is known to run, with weights of the caller's."""
    batch = Batch(trial.batches[0].sizes, inputs)
    model = bind(read_graph(content), {**trial.float_weights, **weights})
    return run_graph(model, (batch,), trial.outputs).outputs[0]


def _graph_differences(trial: Trial, artefact: Artefact, graph: Graph) -> tuple[str, ...]:
    program = trial.inference
    shapes = float_weights(program)
    names = tuple(value.name for value in program.inputs)
    found = weight_differences(graph, shapes)
    found += interface_differences(graph, shapes, names, trial.outputs)
    if artefact.holds_weights:
        found += value_differences(graph, trial.float_weights)
    return found


def _output_types(trial: Trial, run: Run) -> tuple[str, ...]:
    """Shapes, and where these are right the numbers' type, which is the same in every batch."""
    if found := _output_shapes(trial, run):
        return found
    dtypes = [str(output.dtype) for output in run.outputs[0]]
    return dtype_differences(trial.inference, dtypes)


def _output_shapes(trial: Trial, run: Run) -> tuple[str, ...]:
    for batch, outputs in zip(trial.batches, run.outputs, strict=True):
        shapes = tuple(tuple(map(int, output.shape)) for output in outputs)
        if found := output_differences(trial.inference, shapes, batch):
            return found
    return ()
