"""How long ``archcompile check`` takes, as a whole process, for the largest specs that it accepts.

Each is about 20,000 lines or 1 MiB, some without a mistake and some with one on every line::

    python benchmarks/big_specs.py             every spec
    python benchmarks/big_specs.py NAME...     these
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

START = "archcompile: 1\nname: net\n"
INPUT = "input: [N, 3, 32, 32]\n"


def lines(count: int, line: Callable[[int], str]) -> str:
    """A network of so many lines."""
    return f"{START}{INPUT}layers:\n{''.join(f'  - {line(i)}' + chr(10) for i in range(count))}"


def convolutions() -> str:
    """Each reads the one before it by name."""
    return lines(
        8_000, lambda i: f"{{name: c{i}, from: {f'c{i - 1}' if i else 'x'}, conv2d: [8, 1]}}"
    )


def blocks() -> str:
    """Each is called once."""
    bodies = "".join(
        f"  b{i}:\n    params: {{width: int}}\n    sequence:\n"
        "      - conv2d: [width, 3, padding: 1]\n      - batch_norm2d\n      - relu\n"
        for i in range(2_000)
    )
    calls = "".join(f"  - {{name: l{i}, b{i}: [8]}}\n" for i in range(2_000))
    return f"{START}{INPUT}blocks:\n{bodies}layers:\n{calls}"


def variants() -> str:
    """Each is a network of its own."""
    every = "".join(f"  v{i}: {{width: {i + 1}}}\n" for i in range(3_000))
    body = "layers:\n  - conv2d: [width, 1]\n  - relu\n"
    return f"{START}params: {{width: 1}}\nvariants:\n{every}{INPUT}{body}"


def mistakes() -> str:
    """One on every line, of eight kinds, among them shapes, names, expressions and arguments."""
    kinds = (
        "{{name: c{i}, conv{i}d: [8, 3]}}",
        "{{name: c{i}, from: x, conv2d: {{out_chan{i}: 8, kernel_size: 1}}}}",
        "{{name: c{i}, from: x, conv2d: [8 + width{i}, 1]}}",
        "{{name: c{i}, from: x, conv2d: [8 +* {i}, 1]}}",
        "{{name: c{i}, from: x, conv2d: [8, {kernel}]}}",
        "{{name: c{i}, from: layer{i}, batch_norm2d: {{}}}}",
        "{{name: c{i}, from: x, conv2d: [{channels}, 1, groups: 2]}}",
        "{{name: c{i}, from: x, conv2d: [8, 3, padding: maybe{i}]}}",
    )
    return lines(
        19_000,
        lambda i: kinds[i % len(kinds)].format(i=i, kernel=40 + i, channels=2 * i + 1),
    )


SPECS: dict[str, Callable[[], str]] = {
    "a mistake on every line": mistakes,
    "one-word layers": lambda: lines(20_000, lambda _: "relu"),
    "named convolutions": convolutions,
    "blocks": blocks,
    "variants": variants,
    "unknown ops": lambda: lines(20_000, lambda i: f"{{name: c{i}, conv{i}d: [8, 3]}}"),
    "unknown arguments": lambda: lines(
        14_000, lambda i: f"{{name: c{i}, conv2d: {{out_chan{i}: 8, kernel_size: 1}}}}"
    ),
    "unknown names": lambda: lines(20_000, lambda i: f"{{name: c{i}, conv2d: [8 + w{i}, 1]}}"),
    "unreadable expressions": lambda: lines(
        20_000, lambda i: f"{{name: c{i}, conv2d: [8 +* {i}, 1]}}"
    ),
    "kernels that do not fit": lambda: lines(
        18_000, lambda i: f"{{name: c{i}, from: x, conv2d: [8, {40 + i}]}}"
    ),
    "unknown layers": lambda: lines(20_000, lambda i: f"{{name: c{i}, from: d{i}, relu}}"),
    "values that nothing reads": lambda: lines(
        15_000, lambda i: f"{{name: c{i}, from: x, conv2d: [{i + 1}, 1]}}"
    ),
}


def measured(path: Path) -> tuple[float, float, int]:
    """Seconds of wall clock, MiB at the most, and the exit code."""
    command = [sys.executable, "-m", "archcompile", "check", str(path)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return seconds, used.ru_maxrss / 1024, process.returncode


def main(names: list[str]) -> None:
    """Prints a line for each spec."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names or SPECS:
            path = Path(folder) / "spec.yaml"
            path.write_text(SPECS[name](), encoding="utf-8")
            seconds, memory, code = measured(path)
            size = path.stat().st_size / 1024
            print(f"{name:28} {size:6.0f} KiB {seconds:6.2f} s {memory:5.0f} MiB  exit {code}")


if __name__ == "__main__":
    main(sys.argv[1:])
