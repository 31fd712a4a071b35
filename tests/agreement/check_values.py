"""Numbers and shapes: every value of every voice against the NumPy reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from expressions import size_of
from rounding import lost
from shares import USERS
from subject import numpy_of, region_calls, shape

from archcompile.ir.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from findings import Findings
    from numpy.typing import NDArray
    from subject import Subject

DOUBLE = 1e-12
"""In float64, torch against NumPy."""
SINGLE = 1e-5
"""In float32, end to end. Correct networks are at 3e-7, one in a thousand at 5e-6."""

Arrays = dict[str, "NDArray[Any]"]
Shapes = dict[str, tuple[tuple[int, ...], ...]]


def check_double(subject: Subject, findings: Findings) -> tuple[list[Arrays], list[Shapes]]:
    """Outputs and every call of torch in float64.

    Gives the reference's values of each batch but the last, and of each the shapes that every call
    made in evaluation.
    """
    references = [subject.reference(place) for place in range(subject.main + 1)]
    seen: list[Shapes] = []
    for place, reference in enumerate(references):
        _static(subject, findings, place, reference)
        comparing = Comparing(subject, findings, "torch float64", place, reference)
        _module(comparing)
        if subject.has_heads:
            _outputs(comparing, subject.run(place, heads=False), heads=False)
        seen.append(_shapes(subject))
        findings.error(comparing.kind, comparing.worst)
    subject.run(len(subject.sizes) - 1, heads=False)
    seen.append(_shapes(subject))
    return references, seen


def check_single(subject: Subject, findings: Findings, references: list[Arrays]) -> None:
    """Outputs and every call of torch in float32."""
    for place, reference in enumerate(references):
        comparing = Comparing(subject, findings, "torch float32", place, reference)
        _module(comparing)
        findings.error(comparing.kind, comparing.worst)


def _shapes(subject: Subject) -> Shapes:
    calls = subject.recorder.calls.items()
    return {call: tuple(tuple(each.shape) for each in made) for call, made in calls}


def apart(found: NDArray[Any], wanted: NDArray[Any]) -> float:
    """``max|found - wanted| / max|wanted|``; infinite for what is not finite."""
    if not wanted.size:
        return 0.0
    scale = float(np.abs(wanted).max())
    error = float(np.abs(found - wanted).max())
    if not (np.isfinite(scale) and np.isfinite(error)):
        return float("inf")
    return error / scale if scale else (0.0 if error == 0 else float("inf"))


def _static(subject: Subject, findings: Findings, place: int, reference: Arrays) -> None:
    for node in subject.nodes:
        stated = shape(node.output.type, subject.sizes[place])
        findings.holds("static shape", node.name, reference[node.name].shape, stated)


class Comparing:
    """One voice against the reference's values of one batch."""

    def __init__(
        self,
        subject: Subject,
        findings: Findings,
        kind: str,
        place: int,
        reference: Arrays,
    ) -> None:
        self.subject, self.findings, self.kind = subject, findings, kind
        self.place, self.reference = place, reference
        self.tolerance = DOUBLE if kind == "torch float64" else SINGLE
        self.worst = 0.0

    def value(self, layer: str, value: str, found: NDArray[Any]) -> None:
        """``found`` stands for the program's ``value``."""
        wanted = self.reference[value]
        if not self.findings.holds(self.kind, f"{layer} (shape)", found.shape, wanted.shape):
            return
        error = apart(found, wanted)
        if error <= self.tolerance:
            self.worst = max(self.worst, error)
        elif error <= self._rounding(value):
            self.findings.made[self.kind] -= 1
            self.findings.not_made[f"{self.kind}: rounding alone takes the value as far"] += 1
        else:
            self.findings.differs(
                self.kind, layer, f"apart by {error:.1e}, not {self.tolerance:.0e}"
            )

    def _rounding(self, value: str) -> float:
        subject, key = self.subject, (self.place, self.kind == "onnxruntime")
        if key not in subject.lost:
            subject.lost[key] = lost(subject, self.place, self.reference, in_onnx=key[1])
        finer = 2.0**-29 if self.tolerance == DOUBLE else 1.0  # 52 bits against 23
        return subject.lost[key].get(value, 0.0) * finer


def _outputs(comparing: Comparing, made: Sequence[torch.Tensor], *, heads: bool) -> None:
    """What a pass gives, with what only training has or without."""
    outputs = comparing.subject.outputs(heads=heads)
    if comparing.findings.holds(comparing.kind, "number of outputs", len(made), len(outputs)):
        for (name, value), found in zip(outputs, numpy_of(made), strict=True):
            comparing.value(f"output {name}", value, found)


def _module(comparing: Comparing) -> None:
    """Outputs, the calls of layers, those of blocks, as far as the source calls them."""
    subject = comparing.subject
    _outputs(comparing, subject.run(comparing.place, heads=True), heads=True)
    calls = subject.recorder.calls
    for node in subject.nodes:
        if not node.op.is_module:
            continue
        if node.name not in calls:
            comparing.findings.differs(comparing.kind, node.name, "the module is never run")
            continue
        (found,) = numpy_of(calls[node.name])
        comparing.value(node.name, node.name, found)
    for name, region in region_calls(subject.program):
        for value, found in zip(region.outputs, numpy_of(calls.get(name, ())), strict=False):
            comparing.value(name, value.name, found)


def check_graph(subject: Subject, findings: Findings, references: list[Arrays]) -> None:
    """Every value of the graph by its name, its stated shape; the graph as users run it."""
    kind, graph = "onnxruntime", subject.model.graph
    stated = {each.name: each for each in (*graph.value_info, *graph.output)}
    bare = {node.name for node in subject.nodes if any(not each.name for each in node.weights())}
    names = {
        name: value
        for name, value in value_names(subject.inference, {each.name for each in graph.output})
        if value not in bare or name in stated  # a bare parameter is its initialiser
    }
    tapped = subject.session(tapped=True)
    order = [each.name for each in tapped.get_outputs()]
    findings.holds("names", "values of the graph", set(order) - set(names), set())
    comparing = [
        Comparing(subject, findings, kind, place, reference)
        for place, reference in enumerate(references)
    ]
    types = _types(subject)
    for place, sizes in enumerate(subject.sizes):
        made = dict(zip(order, tapped.run(None, subject.feed(place)), strict=True))
        for name, found in made.items():
            dims = stated[name].type.tensor_type.shape.dim
            said = tuple(size_of(dim.dim_param or dim.dim_value, sizes) for dim in dims)
            findings.holds("graph's shape", name, found.shape, said)
        for name, value in names.items():
            if name not in made:
                findings.differs(kind, name, "the graph does not make it")
            elif place < len(references):
                comparing[place].value(name, value, made[name])
            else:
                findings.holds("static shape", name, made[name].shape, shape(types[value], sizes))
    if subject.seed % USERS == 0:
        outputs = [(each.name, each.value.name) for each in subject.inference.outputs]
        session = subject.session(tapped=False)
        found = session.run([name for name, _ in outputs], subject.feed(subject.main))
        for (name, value), array in zip(outputs, found, strict=True):
            comparing[subject.main].value(f"output {name}", value, array)
    findings.error(kind, max(each.worst for each in comparing))


def _types(subject: Subject) -> dict[str, Any]:
    types = {value.name: value.type for value in subject.program.inputs}
    return types | {node.name: node.output.type for node in subject.nodes}


def value_names(program: Program, outputs: set[str]) -> Iterator[tuple[str, str]]:
    """Names of the graph's values, and the program's values that they are.

    A value is called as the first output that shows it; a layer whose name an output has taken
    for another value steps aside.
    """
    shown: dict[str, str] = {}
    for output in program.outputs:
        yield output.name, output.value.name
        shown.setdefault(output.value.name, output.name)
    for node in program.nodes():
        if node.name in shown:
            continue
        yield f"{node.name}/value" if node.name in outputs else node.name, node.name
