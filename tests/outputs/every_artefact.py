"""Makes every artefact in the current folder, as commands do: run by whatever interpreter there is.

What the commands write goes to ``made/``, what they print to ``printed/``, a file for each. The
last line on standard output says where this ran, so that who asked for it can tell that it did.
"""

from __future__ import annotations

import json
import locale
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy

import archcompile
from archcompile.cli import main

TO = ("--out", "made")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("build", "specs/lenet5.yaml", *TO),
    ("build", "specs/resnet.yaml", "--variant", "resnet18", *TO),
    ("build", "specs/resnet.yaml", "--variant", "resnet50", *TO),
    ("build", "specs/googlenet.yaml", *TO),
    ("build", "specs/googlenet_torchvision.yaml", *TO),
    ("build", "specs/alexnet.yaml", *TO),
    ("build", "specs/many.yaml", *TO),
    ("build", "specs/many.yaml", "--emit", "ir"),
    ("export", "--onnx", "specs/lenet5.yaml", "--variant", "lenet5", "-o", "made/lenet5.onnx"),
    ("export", "--onnx", "specs/many.yaml", "--seed", "7", "-o", "made/many.onnx"),
    *(("report", "--format", form, "specs/many.yaml") for form in ("json", "markdown", "table")),
    ("report", "--format", "json", "specs/googlenet_torchvision.yaml"),
    *(("check", "--format", form, "bad") for form in ("json", "sarif", "github", "text")),
    ("schema",),
    ("schema", "specs/many.yaml", "-o", "specs/many.schema.json"),
    ("list", "specs/lenet5.yaml", "specs/many.yaml"),
    ("list", "--ops"),
    ("explain", "AC301"),
    ("new", "fresh", "--like", "googlenet"),
)


@contextmanager
def printed_to(place: Path) -> Iterator[None]:
    """Standard output and error go to files; the streams stay those that Python opened."""
    kept = [(stream, os.dup(stream.fileno())) for stream in (sys.stdout, sys.stderr)]
    try:
        for (stream, _), ending in zip(kept, (".out", ".err"), strict=True):
            with place.with_name(place.name + ending).open("wb") as file:
                os.dup2(file.fileno(), stream.fileno())
        yield
    finally:
        for stream, number in kept:
            stream.flush()
            os.dup2(number, stream.fileno())
            os.close(number)


def run(arguments: tuple[str, ...]) -> int:
    """One command; its exit code."""
    sys.argv = ["archcompile", *arguments]
    name = " ".join(arguments).replace("/", "_")
    with printed_to(Path("printed", name)):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


def is_there(library: str) -> bool:
    """Whether an import would find a library."""
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:
        return False


def surroundings() -> dict[str, object]:
    """Where this runs. Nothing of it may be seen in an artefact."""
    return {
        "python": sys.version_info[:2],
        "numpy": numpy.__version__,
        "package": str(Path(archcompile.__file__).parent),
        "optimize": sys.flags.optimize,
        "hash seed": os.environ.get("PYTHONHASHSEED"),
        "is utf8 mode": bool(sys.flags.utf8_mode),
        "encoding": locale.getencoding(),
        "zone": time.strftime("%z"),
        "torch": is_there("torch"),
        "onnxruntime": is_there("onnxruntime"),
    }


if __name__ == "__main__":
    for folder in ("made", "printed"):
        Path(folder).mkdir()
    codes = {" ".join(arguments): run(arguments) for arguments in COMMANDS}
    print(json.dumps({"codes": codes, **surroundings()}))
