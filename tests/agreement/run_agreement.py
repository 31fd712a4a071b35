"""The long run: random specs, every artefact of each against every other, until there are enough.

    python tests/agreement/run_agreement.py --specs 200000 --workers 2 --state FILE
    python tests/agreement/run_agreement.py --first 200000   other seeds
    python tests/agreement/run_agreement.py --seed 1234      one seed once more
    python tests/agreement/run_agreement.py FILE...          these specs once more

Seeds are done in chunks; the state file has a line of JSON for each chunk that is done, so that a
run that was killed goes on where it was, with any number of workers. A spec that differs is kept,
as small as it can be made, in ``tests/agreement/found``; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from agreement_folder import HERE
from collector import seldom
from differences import examine
from findings import Findings
from random_coverage import missing, used
from random_families import random_family
from random_shrink import shrink
from random_specs import random_spec, spec_text

FOUND = HERE / "found"
CHUNK = 100
"""Seeds of one line of the state file."""
OTHER = 10
"""One seed in so many is one of ``random_specs``, whose networks need not fit."""
TRIES = 300
"""How often a spec that differs is tried with less in it."""
LARGE = 60
"""Layers from which on a network counts as large."""
WIDTH = 300
RAISING = ("reads", "compiles", "raises")
QUANTILES = (0.5, 0.9, 0.99, 0.999, 1.0)


def spec_of(seed: int) -> dict[str, Any]:
    """The spec of a seed."""
    return random_spec(seed) if is_other(seed) else random_family(seed)


def is_other(seed: int) -> bool:
    """Whether the spec is one of ``random_specs``."""
    return seed % OTHER == OTHER - 1


def look(seed: int) -> Findings:
    """All comparisons of one seed."""
    return examine(spec_text(spec_of(seed)), seed, may_refuse=is_other(seed))


def work(first: int) -> dict[str, Any]:
    """What the seeds of one chunk come to, as the state file has it."""
    with seldom():
        return _work(first)


def _work(first: int) -> dict[str, Any]:
    start, total = time.process_time(), Findings()
    found: list[list[Any]] = []
    hits: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        spec = spec_of(seed)
        hits += used(spec) if not is_other(seed) else Counter()
        findings = examine(spec_text(spec), seed, may_refuse=is_other(seed))
        if findings.differences:
            found.append([seed, findings.differences])
            keep(seed, spec, findings.differences)
        total += findings
    return {
        "first": first,
        "seconds": time.process_time() - start,
        "found": found,
        "hits": dict(hits),
        "findings": {
            "made": total.made,
            "not_made": total.not_made,
            "errors": total.errors,
            "sizes": total.sizes,
            "refused": total.refused,
        },
    }


def keep(seed: int, spec: dict[str, Any], lines: list[str]) -> None:
    """A spec that differs, made smaller, and beside it what differs."""
    FOUND.mkdir(exist_ok=True)
    text = shrunk(seed, spec, kind_of(lines[0]))
    (FOUND / f"seed{seed}.yaml").write_text(text, encoding="utf-8")
    (FOUND / f"seed{seed}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def kind_of(line: str) -> str:
    """Of ``network: kind: layer: what`` the kind, and what was raised or found, without names."""
    _, kind, *_ = line.split(": ")
    said = (
        re.search(r"AC\d{3}|InternalError|\w+Error", line.replace("SpecError", ""))
        if kind in RAISING
        else None
    )
    return f"{kind} {said[0] if said else ''}"


def shrunk(seed: int, spec: dict[str, Any], kind: str) -> str:
    """The least text that still has a difference of the kind, as far as deleting parts leads."""

    def still(text: str) -> bool:
        return any(kind_of(line) == kind for line in examine(text, seed).differences)

    text = spec_text(spec)
    return spec_text(shrink(spec, still, tries=TRIES)) if still(text) else text


def chunks(state: Path | None) -> Iterator[dict[str, Any]]:
    """The chunks that are done; a last line that was cut off is none."""
    if state is None or not state.exists():
        return
    for line in state.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def run(seeds: range, workers: int, state: Path | None) -> list[dict[str, Any]]:
    """Every chunk of these seeds, those that are done already with the others."""
    done = {each["first"]: each for each in chunks(state) if each["first"] in seeds}
    left = [first for first in seeds if first not in done]
    start, new = time.monotonic(), 0
    with multiprocessing.get_context("spawn").Pool(workers, maxtasksperchild=20) as pool:
        for chunk in pool.imap_unordered(work, left):
            done[chunk["first"]] = chunk
            new += CHUNK
            if state is not None:
                with state.open("a", encoding="utf-8") as file:
                    file.write("\n" + json.dumps(chunk))  # in front: a line cut off stays alone
            rate = new / (time.monotonic() - start)
            differ = sum(len(each["found"]) for each in done.values())
            print(f"{len(done) * CHUNK:,} specs, {rate:.1f} a second, {differ} differ", flush=True)
            for seed, lines in chunk["found"]:
                print(f"  seed {seed}: {lines[0][:WIDTH]}", flush=True)
    return [done[first] for first in sorted(done)]


def table(done: list[dict[str, Any]]) -> Iterator[str]:
    """The figures of a run."""
    total, hits = Findings(), Counter[str]()
    for chunk in done:
        held = chunk["findings"]
        held = {**held, "made": Counter(held["made"]), "not_made": Counter(held["not_made"])}
        total += Findings(**held)
        hits += Counter(chunk["hits"])
    specs, seconds = len(done) * CHUNK, sum(chunk["seconds"] for chunk in done)
    yield f"{specs:,} specs, {specs / max(seconds, 1e-9):.1f} for a second of the processor"
    if total.sizes:
        large = sum(size >= LARGE for size in total.sizes) / len(total.sizes)
        yield f"{len(total.sizes):,} networks, {total.refused:,} more that do not fit"
        yield f"layers: median {median(total.sizes):.0f}, most {max(total.sizes)}"
        yield f"{large:.1%} of the networks have {LARGE} layers or more"
    yield f"{sum(total.made.values()):,} comparisons made"
    yield from (f"  {number:12,} {kind}" for kind, number in sorted(total.made.items()))
    yield f"{sum(total.not_made.values()):,} not made, since they would mean nothing"
    yield from (f"  {number:12,} {kind}" for kind, number in sorted(total.not_made.items()))
    yield f"largest errors of a network: {', '.join(f'{q:.1%}' for q in QUANTILES)}"
    for kind, sizes in total.errors.items():
        ordered = sorted(sizes)
        shown = (f"{ordered[int(q * (len(ordered) - 1))]:.1e}" for q in QUANTILES)
        yield f"  {kind}: {', '.join(shown)}"
    left = missing(hits)
    yield f"{len(left)} of what the language has not hit"
    yield from (f"  {each}" for each in left)
    found = [each for chunk in done for each in chunk["found"]]
    yield f"{len(found)} specs differ"
    for seed, lines in found:
        yield f"seed {seed}:"
        yield from (f"  {line[:WIDTH]}" for line in lines[:5])
        kept = FOUND / f"seed{seed}.yaml"
        if kept.exists():
            yield from (f"  | {line}" for line in kept.read_text(encoding="utf-8").splitlines())


def again(texts: list[tuple[str, int, bool]]) -> int:
    """Some specs once more; what differs."""
    count = 0
    for text, seed, may_refuse in texts:
        lines = examine(text, seed, may_refuse=may_refuse).differences
        print(text, *lines, sep="\n")
        count += len(lines)
    print(f"{count} differences")
    return int(count > 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="*", type=Path)
    parser.add_argument("--specs", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        seed = chosen.seed
        return again([(spec_text(spec_of(seed)), seed, is_other(seed))])
    if chosen.file:
        return again([(path.read_text(encoding="utf-8"), 0, False) for path in chosen.file])
    seeds = range(chosen.first, chosen.first + chosen.specs, CHUNK)
    done = run(seeds, chosen.workers, chosen.state)
    for line in table(done):
        print(line)
    return int(any(chunk["found"] for chunk in done))


if __name__ == "__main__":
    sys.exit(main())
