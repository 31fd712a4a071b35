"""Fuzzes the way in, and the way out of what is accepted.

    python tests/run_fuzz.py --inputs 2000000 --workers 2     about an hour on two cores
    python tests/run_fuzz.py --engine atheris --inputs 200000 coverage guides the changes
    python tests/run_fuzz.py FILE...                          these inputs once more

An input that fails, takes over 2 s, or brings the process over 500 MB is kept, with what it did, in
``tests/fuzz_found``; the exit code is 1 then. ``--engine atheris`` needs ``pip install atheris``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from fuzz_inputs import Inputs
from fuzz_target import run

FOUND = Path(__file__).with_name("fuzz_found")
LONGEST = 60
"""Seconds by the clock after which an input hangs."""
SLOWEST = 2.0
"""Seconds of the processor for one input."""
LARGEST = 450
"""Megabytes that the process may grow by; it starts with 50."""
BUILT_EVERY = 10
"""One input in so many is shown in every form, and built if it is accepted."""


def grown() -> float:
    """Megabytes that this process has needed at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(slots=True)
class Tally:
    """What a worker has seen."""

    inputs: int = 0
    accepted: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    megabytes: float = 0.0
    start: float = field(default_factory=grown)


def work(seed: int, count: int, folder: Path) -> Tally:
    """Runs inputs of a seed; each stands in the same file of a folder of its own."""
    tally, inputs = Tally(), Inputs(seed)
    path = folder / "net.yaml"
    before = set(folder.iterdir())
    for number in range(count):
        content = inputs.next()
        path.write_bytes(content)
        one(tally, path, content, build=number % BUILT_EVERY == 0)
        if number % 20_000 == 19_999:
            print(f"seed {seed}: {number + 1:,} inputs, {len(tally.faults)} faults", flush=True)
    if extra := set(folder.iterdir()) - before - {path}:
        tally.faults.append(f"files that nobody asked for: {sorted(extra)}")
    return tally


def one(tally: Tally, path: Path, content: bytes, *, build: bool) -> None:
    """One input: its time, what it needs, and what escapes."""
    start = time.process_time()
    fault = ""
    signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(LONGEST)
    try:
        seen = run(path, build=build)
        tally.accepted += seen.networks > 0
        tally.codes.update({each.code.value for each in seen.findings})
    except Exception:  # whatever escapes is what is looked for
        fault = traceback.format_exc()
    finally:
        signal.alarm(0)
    took = time.process_time() - start
    megabytes = grown()
    if took > SLOWEST:
        fault = fault or f"took {took:.1f} s"
    if megabytes - tally.start > LARGEST >= tally.megabytes - tally.start:
        fault = fault or f"the process came to {megabytes:.0f} MB"
    tally.inputs += 1
    tally.slowest = max(tally.slowest, took)
    tally.megabytes = max(tally.megabytes, megabytes)
    if fault:
        tally.faults.append(fault)
        keep(content, fault)


def _hangs(*_: object) -> None:
    raise TimeoutError(f"hangs for {LONGEST} s")


def keep(content: bytes, fault: str) -> None:
    """An input that failed, named by its content, and beside it what it did."""
    FOUND.mkdir(exist_ok=True)
    name = sha256(content).hexdigest()[:12]
    (FOUND / f"{name}.yaml").write_bytes(content)
    (FOUND / f"{name}.txt").write_text(fault, encoding="utf-8")


def fuzz(seed: int, count: int, workers: int) -> list[Tally]:
    """The tallies of so many processes, each with seeds of its own."""
    folders = [Path(tempfile.mkdtemp(prefix="fuzz-", dir=_memory())) for _ in range(workers)]
    shares = [(seed + i, count // workers, folder) for i, folder in enumerate(folders)]
    try:
        if workers == 1:
            return [work(*shares[0])]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            return pool.starmap(work, shares)
    finally:
        for folder in folders:
            shutil.rmtree(folder)


def _memory() -> str | None:
    """Where files cost least: a file system in memory, if there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def guided(seed: int, count: int) -> None:
    """Atheris makes the choices: its bytes seed the generator, coverage tells it which to keep."""
    import atheris

    atheris.instrument_all()
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_memory()))
    path, start = folder / "net.yaml", folder / "start"
    inputs = Inputs(seed)
    start.mkdir()
    for number, text in enumerate(inputs.legal):
        (start / str(number)).write_bytes(b"00000000" + text.encode())

    def test(data: bytes) -> None:
        inputs.random.seed(data[:8])
        content = data[8:] or inputs.next()
        path.write_bytes(content)
        one(tally, path, content, build=False)
        if tally.faults:
            raise RuntimeError(tally.faults[-1])  # which ends the run, with its input kept

    def mutate(data: bytes, most: int, mutation: int) -> bytes:
        inputs.random.seed(mutation)
        text = data[8:].decode("utf-8", "replace")
        new = inputs.spoilt(text) if text.strip() else inputs.next().decode("utf-8", "replace")
        return (data[:8].ljust(8, b"0") + new.encode("utf-8", "replace"))[:most]

    options = [sys.argv[0], f"-runs={count}", f"-seed={seed}", "-max_len=20000", "-timeout=20"]
    options.append(str(start))
    atheris.Setup(options, test, custom_mutator=mutate)
    atheris.Fuzz()


def lines(tallies: list[Tally], seconds: float) -> Iterator[str]:
    """The figures of a run."""
    total = sum(each.inputs for each in tallies)
    codes = sum((each.codes for each in tallies), Counter[str]())
    faults = [fault for each in tallies for fault in each.faults]
    accepted = sum(each.accepted for each in tallies)
    yield f"{total:,} inputs in {seconds:,.0f} s, {accepted:,} accepted"
    yield f"{len(codes)} codes: {', '.join(f'{code} {n:,}' for code, n in sorted(codes.items()))}"
    yield f"slowest {max(each.slowest for each in tallies):.2f} s"
    yield f"largest process {max(each.megabytes for each in tallies):.0f} MB"
    yield f"{len(faults)} faults"
    for kind, number in Counter(fault.strip().splitlines()[-1] for fault in faults).most_common():
        yield f"  {number:,} x {kind}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="*", type=Path)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--engine", choices=["random", "atheris"], default="random")
    chosen = parser.parse_args()
    start = time.perf_counter()
    if chosen.file:
        tally = Tally()
        for path in chosen.file:
            one(tally, path, path.read_bytes(), build=True)
        tallies = [tally]
    elif chosen.engine == "atheris":
        guided(chosen.seed, chosen.inputs)
        return 0
    else:
        tallies = fuzz(chosen.seed, chosen.inputs, chosen.workers)
    for line in lines(tallies, time.perf_counter() - start):
        print(line)
    return int(any(each.faults for each in tallies))


if __name__ == "__main__":
    sys.exit(main())
