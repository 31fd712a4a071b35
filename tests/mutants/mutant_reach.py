"""Which tests reach which lines, and how long they take: measured once, in a fork."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from mutant_making import PACKAGE

LONGEST = 1.5
"""Seconds of a test; a slower one is left out, and so is one that starts a process."""
FIRST = 6
"""Tests that are run before any is measured: what they import counts for none."""

_NOTHING: dict[str, Any] = {"seconds": {}, "left": [], "lines": {}, "modules": []}


class TooSlow(BaseException):
    """The time of a test is over."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Seconds of each test, the tests that reach a line of a file, and modules that they import."""

    seconds: dict[str, float]
    """In the order of their numbers."""
    lines: dict[str, dict[int, list[int]]]
    modules: list[str]
    left: frozenset[str]
    """Tests that are left out."""

    def tests(self, file: str, first: int, last: int) -> list[str]:
        """Those that reach one of the lines; the fastest first."""
        lines = self.lines.get(file, {})
        numbers = {number for line in range(first, last + 1) for number in lines.get(line, [])}
        names = list(self.seconds)
        return sorted(
            (names[each] for each in numbers), key=lambda test: (self.seconds[test], test)
        )


def forget() -> None:
    """Empties what functions of the package and of the tests remember of earlier calls."""
    root = str(PACKAGE.parent)
    for module in list(sys.modules.values()):
        if not (getattr(module, "__file__", None) or "").startswith(root):
            continue
        for value in list(vars(module).values()):
            for each in (value, *(vars(value).values() if isinstance(value, type) else ())):
                if callable(clear := getattr(each, "cache_clear", None)):
                    clear()


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises ``TooSlow`` after so much time of the processor."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def refuse_processes(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a test that starts a process takes seconds, and the mutant is not in there."""
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        raise TooSlow


def passes(item: pytest.Item, following: pytest.Item | None = None) -> bool:
    """Whether the test passes."""
    return all(each.passed for each in runtestprotocol(item, log=False, nextitem=following))


def measure(items: list[pytest.Item], path: Path) -> None:
    """Runs tests that the file does not know, and adds what they reach.

    One that fails here is of no use for mutants: it is named, and known as left out.
    """
    counting = coverage.Coverage(data_file=None, include=[f"{PACKAGE}/*"], config_file=False)
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else dict(_NOTHING)
    seconds, left = dict(held["seconds"]), list(held["left"])
    before = set(sys.modules)
    sys.addaudithook(refuse_processes)
    for item in items[:FIRST]:
        passes(item)
    for number, item in enumerate(items):
        took = _timed(item, counting)
        if took is None:
            left.append(item.nodeid)
            print(f"left out: {item.nodeid}", flush=True)
        else:
            seconds[item.nodeid] = round(took, 4)
        if number % 100 == 0:
            print(f"{number} of {len(items)} tests", flush=True)
    lines = held["lines"]
    data = counting.get_data()
    numbers = {test: number for number, test in enumerate(seconds)}
    for file in data.measured_files():
        reached = lines.setdefault(str(Path(file).relative_to(PACKAGE)), {})
        for line, tests in data.contexts_by_lineno(file).items():
            found = [numbers[test] for test in tests if test in numbers]
            reached[str(line)] = [*reached.get(str(line), []), *found]
    modules = [*held["modules"], *new_modules(before)]
    held = {"seconds": seconds, "left": left, "lines": lines, "modules": modules}
    path.write_text(json.dumps(held), encoding="utf-8")


def _timed(item: pytest.Item, counting: coverage.Coverage) -> float | None:
    """Seconds that the test takes; None for one that takes too long, or starts a process."""
    forget()
    start = time.process_time()
    counting.start()
    counting.switch_context(item.nodeid)
    try:
        with limited(LONGEST):
            is_good = passes(item)
    except TooSlow:
        is_good = False
    counting.stop()
    return time.process_time() - start if is_good else None


def new_modules(before: set[str]) -> list[str]:
    """Of installed libraries: imported once in advance, and not once for each mutant."""
    return [
        name
        for name, module in sys.modules.items()
        if name not in before and "site-packages" in (getattr(module, "__file__", None) or "")
    ]


def read_reach(path: Path) -> Reach:
    """What ``measure`` wrote."""
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else _NOTHING
    lines = {
        file: {int(line): tests for line, tests in lines.items()}
        for file, lines in held["lines"].items()
    }
    return Reach(held["seconds"], lines, held["modules"], frozenset(held["left"]))
