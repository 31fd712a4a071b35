"""The shipped networks of the five families, and the facts they are held against.

A fact's row is one layer as the literature and an independent interpreter have it:
``name kind CxHxW field [parameters macs] [< inputs]``. A row without inputs reads the row before
it; a field of ``?`` is not stated. The rows leave out the softmax at the end and adaptive pooling
onto the size that is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import archcompile
from archcompile.driver import find_specs
from archcompile.frontend import networks, read_document
from archcompile.ir.program import Node, Program
from archcompile.network import Network
from archcompile.passes.costs import costs

ROOT = Path(__file__).resolve().parents[1]
FACTS_FOLDER = Path(__file__).parent / "facts"


TWINS = (
    *(f"densenet{depth}" for depth in (121, 161, 169, 201)),
    *(f"efficientnet_b{size}" for size in (0, 1)),
    "mobilenet_v2",
    *(f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")),
    *(f"squeezenet1_{form}" for form in (0, 1)),
)
"""Shipped networks of other families, which torchvision has under the same names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: what it is, what it reads, what it gives and costs."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    field: int | None
    parameters: int
    macs: int


def facts() -> dict[str, dict[str, Any]]:
    """The facts of every network, by its name."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FACTS_FOLDER.glob("*.json")):
        if path.stem != "papers":
            found |= json.loads(path.read_text("utf-8"))
    return found


def papers() -> dict[str, Any]:
    """Numbers that the papers print."""
    read: dict[str, Any] = json.loads((FACTS_FOLDER / "papers.json").read_text("utf-8"))
    return read


@cache
def places() -> dict[str, Path]:
    """The spec file of every network that is shipped."""
    return {
        name: path
        for path in find_specs([ROOT / "specs"])
        for name in networks(read_document(path))
    }


def load(name: str, **values: object) -> Network:
    """A network by its name."""
    return archcompile.load(places()[name], variant=name, **values)


def stated_rows(layers: list[Any]) -> Iterator[Row]:
    """The facts' rows of one network."""
    before = "input"
    for layer in layers:
        if isinstance(layer, dict):
            if layer["op"] != "softmax":
                yield _long_row(layer)
            continue
        text, _, named = layer.partition(" < ")
        name, kind, shape, field, *costs = text.split()
        parameters, macs = map(int, costs or (0, 0))
        yield Row(
            name=name,
            kind=kind,
            inputs=tuple(named.split()) or (before,),
            shape=tuple(map(int, shape.split("x"))),
            field=None if field == "?" else int(field),
            parameters=parameters,
            macs=macs,
        )
        before = name


def _long_row(layer: dict[str, Any]) -> Row:
    return Row(
        name=layer["name"],
        kind=layer["op"],
        inputs=tuple(layer["inputs"]),
        shape=tuple(layer["out"]),
        field=layer["rf"],
        parameters=layer["params"],
        macs=layer["macs"],
    )


KINDS = {
    "conv2d": "conv",
    "partial_conv2d": "conv_partial",
    "linear": "fc",
    "euclidean_rbf": "rbf",
    "batch_norm2d": "bn",
    "local_response_norm": "lrn",
    "max_pool2d": "maxpool",
    "avg_pool2d": "avgpool",
    "adaptive_avg_pool2d": "avgpool",
    "trainable_subsample": "subsample",
    "pad": "pad_shortcut",
}
"""The facts' words for our ops; what is not here has the same word in both."""


def our_rows(network: Network) -> Iterator[Row]:
    """The network's layers in the facts' words.

    A strided slice belongs to the padding behind it (shortcut A), and an adaptive pooling onto the
    size that is there does nothing: neither is a row, whoever reads one reads what it read.
    """
    same_as: dict[str, str] = {value.name: "input" for value in network.program.inputs}
    known = zip(
        network.program.nodes(),
        costs(network.program).nodes,  # training-only heads included
        network.facts.receptive_fields.nodes,
        strict=True,
    )
    for node, cost, seen in known:
        inputs = tuple(same_as.get(value.name, value.name) for value in node.inputs)
        if _is_transparent(node):
            same_as[node.name] = inputs[0]
            continue
        (field,) = {int(extent) for extent in seen.extent}
        yield Row(
            name=node.name,
            kind=KINDS.get(node.op.key, node.op.key),
            inputs=inputs,
            shape=tuple(int(size) for size in node.output.type.dims[1:]),
            field=field,
            parameters=int(cost.parameters),
            macs=int(cost.macs),
        )


def _is_transparent(node: Node) -> bool:
    reads, makes = node.inputs[0].type, node.output.type
    onto_itself = node.op.key == "adaptive_avg_pool2d" and reads.spatial == makes.spatial
    return node.op.key == "slice" or onto_itself


def paths(program: Program) -> set[str]:
    """The paths of every layer."""
    return {node.path for node in program.nodes()}
