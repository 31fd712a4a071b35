"""A file written as an export writes it: refused where it must be, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from archcompile.outputs import file_output
from archcompile.weights.writing import replaced


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """What ``Network.save_onnx`` does with the bytes of a model."""
    with file_output(path, force=force) as place, replaced(place) as file:
        file.write(content)
