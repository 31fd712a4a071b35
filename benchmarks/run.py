"""What archcompile costs, beside the usual tools, in whole processes: ``python benchmarks/run.py``.

Both sides of a row run in turn (A B A B) in the same environment, after one warm-up each, so that
caches and the machine's mood meet both alike. Prints a Markdown table of medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.progress import Progress

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SPEC = "specs/lenet5.yaml"
LIBRARIES = ("torch", "onnx", "onnxscript", "torchinfo", "pydantic")


@dataclass(frozen=True, slots=True)
class Side:
    """One way to do it: the processes that run one after the other, and how that is called."""

    label: str
    commands: tuple[tuple[str, ...], ...]

    def seconds(self, folder: Path) -> float:
        """How long it takes; what the processes write goes to ``folder``."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        start = perf_counter()
        for command in self.commands:
            arguments = [each.replace("{out}", str(folder)) for each in command]
            subprocess.run(
                arguments, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
            )
        return perf_counter() - start


@dataclass(frozen=True, slots=True)
class Row:
    """A task, done by archcompile and by another tool on the same network."""

    task: str
    ours: Side
    theirs: Side


def archcompile(*arguments: str) -> tuple[str, ...]:
    """A command of archcompile, as a whole process."""
    return (sys.executable, "-m", "archcompile", *arguments)


def script(name: str, *arguments: str) -> tuple[str, ...]:
    """A script beside this one, as a whole process."""
    return (sys.executable, str(HERE / name), *arguments)


ROWS = (
    Row(
        "check a LeNet-5 and show its layers, parameters and MACs",
        Side(
            "`archcompile check` + `archcompile report`",
            (
                archcompile("check", SPEC),
                archcompile("report", SPEC, "--variant", "lenet5"),
            ),
        ),
        Side("torchinfo on the same net", (script("torchinfo_summary.py"),)),
    ),
    Row(
        "export a LeNet-5 with seeded weights to ONNX",
        Side(
            "`archcompile export --onnx`",
            (
                archcompile(
                    *("export", SPEC, "--variant", "lenet5", "--onnx", "-o", "{out}/a.onnx")
                ),
            ),
        ),
        Side("`torch.onnx.export` (dynamo)", (script("torch_export.py", "{out}/b.onnx"),)),
    ),
)


def measure(rows: Sequence[Row], runs: int) -> list[tuple[list[float], list[float]]]:
    """Seconds of each run of each row, ours and theirs in turn; one warm-up is not counted."""
    measured: list[tuple[list[float], list[float]]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        bar = progress.add_task("measuring", total=len(rows) * (runs + 1))
        for row in rows:
            pairs: list[tuple[float, float]] = []
            for _ in range(runs + 1):
                place = Path(folder)
                pairs.append((row.ours.seconds(place), row.theirs.seconds(place)))
                progress.advance(bar)
            counted = pairs[1:]
            measured.append(([ours for ours, _ in counted], [theirs for _, theirs in counted]))
    return measured


def table(rows: Sequence[Row], measured: Sequence[tuple[list[float], list[float]]]) -> str:
    """The medians with the span of the runs in brackets, and how many times longer theirs is."""
    lines = ["| task | archcompile | the usual way | ratio |", "|---|---|---|---:|"]
    for row, (ours, theirs) in zip(rows, measured, strict=True):
        ratio = median(theirs) / median(ours)
        lines.append(
            f"| {row.task} | {_figure(ours)}: {row.ours.label} "
            f"| {_figure(theirs)}: {row.theirs.label} | {ratio:.1f} × |"
        )
    return "\n".join(lines)


def _figure(seconds: list[float]) -> str:
    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def machine() -> str:
    """Where and with what this was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{date.today().isoformat()}, {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    """The processor's name where Linux tells it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def main() -> None:
    """Measure every row and print the table."""
    parser = argparse.ArgumentParser(description="What archcompile costs, beside the usual tools.")
    parser.add_argument("--runs", type=int, default=5, help="runs that count, after one warm-up")
    runs = max(1, parser.parse_args().runs)
    measured = measure(ROWS, runs)
    print(table(ROWS, measured))
    print(f"\nMedian of {runs} whole processes each (fastest to slowest), in turn. {machine()}.")


if __name__ == "__main__":
    main()
