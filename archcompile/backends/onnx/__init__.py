"""ONNX: the graph as reviewable text, and as a model file with weights.

The text keeps blocks as functions; the file holds one flat graph, so that every node, value and
weight has the spec's own name in whatever runs it (docs/design/0004-onnx-functions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archcompile.backends.onnx.graph import OnnxModel, onnx_model
from archcompile.backends.onnx.proto import EXTERNAL_FROM, encode, write
from archcompile.backends.onnx.text import print_model
from archcompile.ir.program import Program
from archcompile.weights.fit import fit

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

__all__ = ["OnnxModel", "onnx_bytes", "onnx_model", "onnx_text", "save_onnx"]


def onnx_text(program: Program, header: tuple[str, ...] = ()) -> str:
    """The weights-free graph in ONNX's text syntax; ``header`` lines stand on top as comments."""
    return print_model(onnx_model(program, functions=True), header)


def onnx_bytes(program: Program, weights: Mapping[str, Array]) -> bytes:
    """The model with its weights, serialised; for models that fit into one protobuf (2 GiB).

    Raises SpecError (BAD_WEIGHTS) if the weights are not the program's.
    """
    return encode(onnx_model(program, functions=False), fit(program, weights))


def save_onnx(
    program: Program, weights: Mapping[str, Array], path: Path, external_from: int = EXTERNAL_FROM
) -> tuple[Path, ...]:
    """Write the model; from ``external_from`` weight bytes on, weights go to ``<file>.data``.

    Returns what was written. Raises SpecError (BAD_WEIGHTS) if the weights are not the program's.
    """
    model = onnx_model(program, functions=False)
    return write(model, fit(program, weights), path, external_from)
