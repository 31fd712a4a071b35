"""Names: state_dict keys, program tensors, ONNX initialisers and report rows, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from archcompile.ir.uses import Uses, base
from archcompile.proof.batches import Batch
from archcompile.proof.facts import inventory_differences, report_differences
from archcompile.proof.interpreter import float_weights
from archcompile.proof.movement import unread_weights
from archcompile.proof.run import Inventory
from archcompile.weights import tensors

if TYPE_CHECKING:
    from check_values import Shapes
    from findings import Findings
    from subject import Subject


def check_names(subject: Subject, findings: Findings) -> None:
    """Keys, shapes, element types, order, counts."""
    state = {
        key: (tuple(each.shape), each.is_floating_point())
        for key, each in subject.module.state_dict().items()
    }
    wanted = {
        each.key: (each.shape, each.weight.dtype == "float32") for each in tensors(subject.program)
    }
    findings.holds("names", "state_dict", list(state.items()), list(wanted.items()))
    _initialisers(subject, findings)
    _rows(subject, findings)


def _initialisers(subject: Subject, findings: Findings) -> None:
    """The graph has each weight that something reads, bit by bit, and no other."""
    held = {
        each.name: onnx.numpy_helper.to_array(each)
        for each in subject.model.graph.initializer
        if "/" not in each.name
    }
    read = {name for node in subject.model.graph.node for name in node.input}
    shown = {each.value.name for each in subject.inference.outputs}
    asked = [key for key in float_weights(subject.inference) if key in read | shown or key in held]
    findings.holds("names", "initialisers", sorted(held), sorted(asked))
    unread = set(unread_weights(subject.inference))
    missing = [
        key for key in float_weights(subject.inference) if key not in held and key not in unread
    ]
    findings.holds("names", "weights that the graph lacks", missing, [])
    for key, array in held.items():
        weight = subject.weights[key]
        is_equal = array.dtype == weight.dtype and np.array_equal(array, weight)
        findings.holds("names", f"initialiser {key}", is_equal, True)


def _rows(subject: Subject, findings: Findings) -> None:
    """The report's rows are the layers, its counts are those of the module."""
    report = subject.report
    rows = report["layers"]
    findings.holds("report", "rows", [row["name"] for row in rows], [n.name for n in subject.nodes])
    for word in ("parameters", "trainable_parameters", "buffers", "macs", "connections"):
        if all(isinstance(row[word], int) for row in rows):
            findings.holds("report", f"total of {word}", report[word], sum(r[word] for r in rows))
    counts = {key: each.numel() for key, each in subject.module.named_parameters()}
    findings.holds("report", "parameters", report["parameters"], sum(counts.values()))
    uses = Uses()
    for row in rows:
        name, is_first = row["name"], uses.name(base(row["name"])) == base(row["name"])
        own = sum(n for key, n in counts.items() if key == name or key.startswith(f"{name}."))
        findings.holds("report", f"parameters of {name}", row["parameters"], own if is_first else 0)
    for block in report["blocks"]:
        inside = sum(row["parameters"] for row in rows if _is_inside(row, block["name"], report))
        findings.holds("report", f"parameters of {block['name']}", block["parameters"], inside)


def _is_inside(row: dict[str, Any], block: str, report: dict[str, Any]) -> bool:
    parents = {each["name"]: each["block"] for each in report["blocks"]}
    around = row["block"]
    while around is not None and around != block:
        around = parents[around]
    return around == block


def check_inventory(subject: Subject, findings: Findings, seen: list[Shapes]) -> None:
    """Module paths, and the shape that each call made: what ``verify`` says of it."""
    module = subject.module
    state = module.state_dict()
    inventory = Inventory(
        state={key: tuple(each.shape) for key, each in state.items()},
        parameters={key: each.numel() for key, each in module.named_parameters()},
        trainable=sum(each.numel() for each in module.parameters() if each.requires_grad),
        buffers={
            key: each.numel()
            for key, each in module.named_buffers()
            if key in state and each.is_floating_point()
        },
        modules={path: f"{type(each).__name__}()" for path, each in module.named_modules() if path},
        arguments={},
        shapes=tuple(seen),
    )
    batches = tuple(Batch(sizes, {}) for sizes in subject.sizes)
    for line in inventory_differences(subject.program, inventory, batches):
        findings.differs("module", "inventory", line)
    for line in report_differences(subject.report, inventory):
        findings.differs("report", "inventory", line)
    findings.made["module"] += 1
