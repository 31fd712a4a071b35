"""Makes mutants of files of the package, one at a time, and asks the tests that reach them.

    python tests/mutants/run_mutants.py ops/pooling.py            every mutant of a file
    python tests/mutants/run_mutants.py ops passes --share 0.2    a fifth of those of two folders
    python tests/mutants/run_mutants.py ops --again               those that have lived so far
    python tests/mutants/run_mutants.py --report                  what has come of them

Tests are collected once; each mutant gets a fork of this process, in which a function has the
mutant's code. Its tests run there, the fastest first, until one fails. A line of JSON for each
mutant goes into ``.mutants/results.jsonl``; one that is in there is not tried twice.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from mutant_folder import HERE, ROOT
from mutant_making import PACKAGE, Mutant, mutants_of
from mutant_reach import Reach, forget, limited, measure, passes, read_reach, refuse_processes

STATE = ROOT / ".mutants"
RESULTS = STATE / "results.jsonl"
REACH = STATE / "reach.json"
SELECTED = (
    *("ops", "passes", "backends", "proof", "ir", "weights", "test_bad_specs.py"),
    "mutants/mutant_specs.py",
)
"""Below ``tests``: none of them copies the package, or reads its files."""
SLACK = 10
"""How many times as long as before a test may take, until it counts as failed."""
KILLED, LIVES, BROKEN = range(3)
WORDS = {KILLED: "killed", LIVES: "lives", BROKEN: "not planted"}


class Loop:
    """In place of pytest's own loop over the tests that it has collected."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measures what is reached, if that is not known, and tries the mutants."""
        importlib.import_module("torch.utils.flop_counter")  # its own import is dear
        for path in PACKAGE.rglob("*.py"):
            if path.name != "__main__.py":
                parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
                importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        forget()
        reach = read_reach(REACH)
        new = [
            item
            for item in session.items
            if item.nodeid not in reach.seconds and item.nodeid not in reach.left
        ]
        if new:
            child = fork(lambda: measured(new))
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != LIVES:
                raise SystemExit("the tests could not be measured")
            reach = read_reach(REACH)
        for name in reach.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        try_all(self.given, {item.nodeid: item for item in session.items}, reach)
        return True


def measured(items: list[pytest.Item]) -> int:
    """Of a fork, so that nothing of a test stays in this process."""
    measure(items, REACH)
    return LIVES


def fork(act: Callable[[], int]) -> int:
    """The child's number; it ends with what ``act`` gives."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = KILLED
    try:
        code = act()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


def try_all(given: argparse.Namespace, items: dict[str, pytest.Item], reach: Reach) -> None:
    """Every mutant that has no result yet, or those that live."""
    known = results_so_far()
    functions = functions_of_the_package()
    gc.freeze()
    with RESULTS.open("a", encoding="utf-8") as results:
        for file in files(given.paths or [""]):
            seen: Counter[str] = Counter()
            for mutant in mutants_of(file, given.share):
                before = known.get(mutant.name)
                if (before is not None) != given.again:
                    continue
                if before is not None and before["result"] == "killed":
                    continue
                said = tried(mutant, functions, items, reach, given.seconds)
                seen[said["result"]] += 1
                results.write(json.dumps(said) + "\n")
                results.flush()
            if seen:
                print(file, dict(seen), flush=True)


def results_so_far() -> dict[str, dict[str, Any]]:
    """The last result of each mutant, by its name."""
    if not RESULTS.exists():
        return {}
    lines = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return {said["name"]: said for said in lines}


def report(paths: list[str]) -> None:
    """Results by folder, and the changes that no test has noticed."""
    kept = [
        said for said in results_so_far().values() if said["name"].startswith(tuple(paths or [""]))
    ]
    counts: dict[str, Counter[str]] = {}
    for said in kept:
        folder = str(Path(said["name"].partition(":")[0]).parent)
        counts.setdefault(folder, Counter())[said["result"]] += 1
        if said["result"] != "killed":
            print(
                f"{said['name']} {said['result']}, {said['tests']} tests", said["change"], sep="\n"
            )
    for folder, seen in sorted(counts.items()):
        share = seen["killed"] / seen.total()
        print(f"{folder}: {seen['killed']} of {seen.total()} noticed, {share:.1%}")


def files(paths: list[str]) -> Iterator[str]:
    """Of the package, below its folder."""
    for path in paths:
        whole = PACKAGE / path
        for file in sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]:
            yield str(file.relative_to(PACKAGE))


def functions_of_the_package() -> dict[tuple[str, str], list[FunctionType]]:
    """By file and qualified name."""
    found: dict[tuple[str, str], list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename.startswith(str(PACKAGE)):
            code = each.__code__
            found.setdefault((code.co_filename, code.co_qualname), []).append(each)
    return found


def tried(
    mutant: Mutant,
    functions: dict[tuple[str, str], list[FunctionType]],
    items: dict[str, pytest.Item],
    reach: Reach,
    most: float,
) -> dict[str, object]:
    """What became of a mutant."""
    held = functions.get((str(PACKAGE / mutant.file), mutant.function), [])
    reaching = reach.tests(mutant.file, mutant.first, mutant.last)
    tests, expected = [], 0.0
    for test in reaching:
        if test in items and expected + reach.seconds[test] <= most:
            tests.append(items[test])
            expected += reach.seconds[test]
    start = time.monotonic()
    child = fork(lambda: run(mutant, held, tests, expected))
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    result = WORDS[code] if code >= 0 else "killed"  # by a signal: it crashed, or came to no end
    if not tests and result == "lives":
        result = "not reached"
    return {
        "name": mutant.name,
        "lines": [mutant.first, mutant.last],
        "change": mutant.change,
        "result": result,
        "tests": len(tests),
        "not_run": len(reaching) - len(tests),
        "seconds": round(used.ru_utime + used.ru_stime, 2),
        "wall": round(time.monotonic() - start, 2),
    }


def run(
    mutant: Mutant, functions: list[FunctionType], tests: list[pytest.Item], expected: float
) -> int:
    """In the fork: plants the mutant, and runs tests until one fails."""
    if not functions:
        return BROKEN
    for each in functions:
        try:
            each.__code__ = mutant.code
        except ValueError:  # it reads other names of what is around it
            return BROKEN
    hushed = os.open(os.devnull, os.O_WRONLY)
    os.dup2(hushed, 1)
    os.dup2(hushed, 2)
    sys.addaudithook(refuse_processes)
    limit = int(30 + SLACK * expected)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
    forget()
    with limited(10 + SLACK * expected):
        return LIVES if all(passes(each) for each in tests) else KILLED


def main() -> None:
    """Collects the tests, and goes on in ``Loop``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", help="below the package's folder")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each file")
    parser.add_argument("--seconds", type=float, default=10.0, help="of tests for one mutant")
    parser.add_argument("--again", action="store_true", help="those that have lived so far")
    parser.add_argument("--report", action="store_true", help="by folder, and each that lives")
    given = parser.parse_args()
    if given.report:
        report(given.paths)
        return
    STATE.mkdir(exist_ok=True)
    sys.path[:0] = [str(HERE)]
    selected = [str(ROOT / "tests" / each) for each in SELECTED]
    options = ["-q", "-n0", "--no-cov", "-p", "no:cacheprovider", "--capture=no"]
    kept = ["-o", "tmp_path_retention_policy=none", "-o", "python_files=test_*.py mutant_specs.py"]
    with contextlib.chdir(ROOT):
        sys.exit(pytest.main([*options, *kept, *selected], plugins=[Loop(given)]))


if __name__ == "__main__":
    main()
