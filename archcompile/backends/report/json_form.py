"""The report's JSON form. Every key is described in docs/report.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from archcompile.backends.report.model import SCHEMA, Group, Layer, ReportModel, Row
from archcompile.ir.dim import Dim
from archcompile.ir.program import ProgramOutput, Value
from archcompile.passes.costs import Cost

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


def json_form(report: ReportModel) -> dict[str, Json]:
    """Integers where a size is known, else the text of its expression; no floats anywhere."""
    return {
        "schema": SCHEMA,
        "name": report.name,
        "variant": report.variant,
        "title": report.title,
        **_counts(report.total),
        "inference": {
            **_counts(report.inference),
            "weight_bytes": number(report.inference.weight_bytes),
        },
        "weight_bytes": number(report.total.weight_bytes),
        "peak_activation_bytes": number(report.peak_activation_bytes),
        "overridden": list(report.overridden),
        "inputs": [{"name": value.name, "shape": shape(value)} for value in report.inputs],
        "outputs": [_output(output) for output in report.outputs],
        "layers": [_layer(layer, block) for layer, block in layers(report.rows)],
        "blocks": [_block(group, parent) for group, parent in groups(report.rows)],
    }


def json_text(form: Mapping[str, Json]) -> str:
    """The form as JSON with a layer on each line: long networks stay short, and diffs readable."""
    fields = (f"  {json.dumps(key)}: {_field(value)}" for key, value in form.items())
    return "{\n" + ",\n".join(fields) + "\n}"


def _field(value: Json) -> str:
    if not isinstance(value, list) or not any(isinstance(each, dict) for each in value):
        return json.dumps(value)
    lines = ",\n".join(f"    {json.dumps(each)}" for each in value)
    return f"[\n{lines}\n  ]"


def layers(rows: tuple[Row, ...], block: str | None = None) -> Iterator[tuple[Layer, str | None]]:
    """Every layer in execution order with the path of the innermost block around it."""
    for row in rows:
        if isinstance(row, Layer):
            yield row, block
        else:
            yield from layers(row.rows, row.name)


def groups(rows: tuple[Row, ...], block: str | None = None) -> Iterator[tuple[Group, str | None]]:
    """Every group, an outer one first, with the path of the group around it."""
    for row in rows:
        if isinstance(row, Group):
            yield row, block
            yield from groups(row.rows, row.name)


def number(size: Dim) -> int | str:
    """A known size as an integer, another as the text of its expression."""
    return str(size) if size.constant is None else size.constant


def shape(value: Value) -> list[Json]:
    """The sizes behind the batch axis."""
    return [number(size) for size in value.type.sample]


def axes(sizes: tuple[Dim, ...]) -> Json:
    """One number where all axes agree, else a list; ``None`` where there is no axis."""
    if not sizes:
        return None
    if all(size == sizes[0] for size in sizes):
        return number(sizes[0])
    return [number(size) for size in sizes]


def stride(layer: Layer) -> Json:
    """The step between neighbours of the output in input positions; ``None`` behind ``flatten``."""
    return axes(layer.field.jump) if layer.output.type.spatial else None


def _output(output: ProgramOutput) -> Json:
    weight = output.loss_weight
    return {
        "name": output.name,
        "from": output.value.name,
        "shape": shape(output.value),
        "training": output.training,
        "loss_weight": None if weight is None else repr(weight),
    }


def _layer(layer: Layer, block: str | None) -> Json:
    return {
        "name": layer.name,
        "op": layer.op,
        "arguments": dict(layer.arguments),
        "inputs": list(layer.inputs),
        "output": layer.output.name,
        "output_shape": shape(layer.output),
        "gpus": layer.output.type.parts,
        **_counts(layer.cost),
        "activation_bytes": number(layer.activation_bytes),
        "receptive_field": axes(layer.field.extent),
        "stride": stride(layer),
        "block": block,
        "shares": layer.path if layer.is_shared else None,
        "training": layer.training,
        "starts": dict(layer.starts),
    }


def _block(group: Group, parent: str | None) -> Json:
    return {
        "name": group.name,
        "kind": group.kind,
        "calls": group.block,
        "inputs": list(group.inputs),
        "output_shapes": [shape(value) for value in group.outputs],
        **_counts(group.cost),
        "block": parent,
        "training": group.training,
    }


def _counts(cost: Cost) -> dict[str, Json]:
    return {
        "parameters": number(cost.parameters),
        "trainable_parameters": number(cost.trainable),
        "buffers": number(cost.buffers),
        "macs": number(cost.macs),
        "connections": number(cost.connections),
    }
