"""Planted faults: each makes a spec of the agreement tests differ, so none could slip in.

A fault is tried on the one spec that noticed it (``noticed.json``). When the generator has changed
and it does not any more, ``zoo_search.py`` looks for another.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from zoo_jobs import every_fault, noticed, write_jobs

CHUNKS = 4
LEAST = 100
RUN = Path(__file__).with_name("zoo_run.py")
KNOWN = [fault for fault in every_fault() if fault.name in noticed()]


def test_there_are_faults_enough_in_every_part_of_the_package() -> None:
    assert len(KNOWN) >= LEAST
    parts = {fault.file.partition("/")[0] for fault in KNOWN}
    assert parts >= {"ops", "ir", "passes", "backends", "frontend"}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_planted_fault_is_noticed(chunk: int, tmp_path: Path) -> None:
    faults = KNOWN[chunk::CHUNKS]
    jobs = tmp_path / "jobs.json"
    write_jobs(faults, jobs, most=0)
    done = subprocess.run(
        [sys.executable, str(RUN), str(jobs)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert {each["name"] for each in said} == {fault.name for fault in faults}
    assert [each for each in said if "broken" in each or not each["noticed"]] == []


def test_an_edit_that_changes_nothing_is_not_noticed(tmp_path: Path) -> None:
    """The run does not call everything a difference."""
    fault = KNOWN[0]
    jobs = tmp_path / "jobs.json"
    write_jobs([fault], jobs, most=0)
    held = json.loads(jobs.read_text(encoding="utf-8"))
    held["faults"][0]["new"] = held["faults"][0]["old"]
    jobs.write_text(json.dumps(held), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(RUN), str(jobs)], capture_output=True, text=True, check=False
    )
    (said,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert said["noticed"] == "" and "broken" not in said
