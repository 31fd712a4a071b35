"""The faults, and for each the random specs to try: the one that noticed it before goes first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from random_families import random_family
from random_specs import random_spec, spec_text
from zoo_fault import Fault

HERE = Path(__file__).resolve().parent
NOTICED = HERE / "noticed.json"
"""For each fault that was noticed, the seed of the spec that did."""
SEEDS = 2000
"""Of these specs seeds are taken; the agreement run of 2,000 specs has them all."""
MOST_TRIED = 24
OTHER = 10


def every_fault() -> tuple[Fault, ...]:
    """All that stand in files ``zoo_faults_*.py``."""
    names = sorted(path.stem for path in HERE.glob("zoo_faults_*.py"))
    found = tuple(fault for name in names for fault in import_module(name).FAULTS)
    assert len({fault.name for fault in found}) == len(found)
    return found


def noticed() -> dict[str, int]:
    """What the file says."""
    held: dict[str, int] = json.loads(NOTICED.read_text(encoding="utf-8"))
    return held


@cache
def text_of(seed: int) -> str:
    """The spec of a seed, as the agreement tests have it."""
    return spec_text(random_spec(seed) if seed % OTHER == OTHER - 1 else random_family(seed))


@cache
def seeds_with(op: str) -> tuple[int, ...]:
    """Seeds whose specs say the op's word, the shortest first: they take least time."""
    word = re.compile(rf"\b{op}\b")
    found = [seed for seed in range(SEEDS) if word.search(text_of(seed))]
    return tuple(sorted(found, key=lambda seed: len(text_of(seed))))


def seeds_for(fault: Fault, first: int | None, most: int) -> Iterable[int]:
    """Which specs to try, and in which order."""
    if first is not None:
        yield first
    share = max(1, most // max(1, len(fault.ops)))
    if most and fault.ops:
        yield from (seed for op in fault.ops for seed in seeds_with(op)[:share])
    else:
        yield from range(most)


def write_jobs(faults: Sequence[Fault], path: Path, most: int = MOST_TRIED) -> None:
    """The file that ``zoo_run.py`` is given; up to ``most`` specs besides the known one."""
    known = noticed()
    seeds = {
        fault.name: tuple(dict.fromkeys(seeds_for(fault, known.get(fault.name), most)))
        for fault in faults
    }
    texts = {seed: text_of(seed) for each in seeds.values() for seed in each}
    jobs = [
        {
            "name": fault.name,
            "file": fault.file,
            "old": fault.old,
            "new": fault.new,
            "seeds": seeds[fault.name],
        }
        for fault in faults
    ]
    path.write_text(json.dumps({"faults": jobs, "texts": texts}), encoding="utf-8")
