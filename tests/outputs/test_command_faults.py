"""A fault at a call of a whole build, export or ``new`` leaves the old or the new.

Every twelfth call is taken here; ``faults.py`` with STEP 1 takes every one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outputs.faults import COMMANDS

FAULTS = Path(__file__).with_name("faults.py")
ENDS = {"SIGKILL": (-9, 0), "SIGINT": (130, 0)}
"""The exit codes of a run; a fault after the last step that counts leaves it 0."""
LEFT = (".archcompile-new", ".archcompile-old", ".archcompile-part", ".archcompile.lock")
"""What may stand beside a whole build until the next run."""


def outcomes(
    folder: Path, command: str, fault: str, *, late: bool, first: int, step: int
) -> list[dict]:
    run = subprocess.run(
        [
            sys.executable,
            str(FAULTS),
            *(str(folder), command, fault, str(int(late)), str(first), str(step)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    found: list[dict] = json.loads(run.stdout)
    return found


def check(outcome: dict, command: str, fault: str) -> None:
    word, *beside = outcome["state"]
    is_between = command == "rebuild in two steps" and any("-old" in name for name in beside)
    is_single = command == "new" and word == "*some"  # it writes two files, each for itself
    assert word in ("old", "new") or is_between or is_single, outcome
    assert all(any(left in name for left in LEFT) or "/" not in name for name in beside), outcome
    assert outcome["code"] in ENDS.get(fault, (0, 1)), outcome
    assert "Traceback" not in outcome["said"], outcome
    assert "bug in archcompile" not in outcome["said"], outcome
    assert outcome["code"] != 1 or "error" in outcome["said"], outcome
    assert outcome["again"] == 0, outcome
    assert outcome["mended"][0] == "new", outcome


@pytest.mark.parametrize("place", range(len(COMMANDS)), ids=COMMANDS)
def test_a_fault_in_a_command_leaves_the_old_or_the_new_and_the_next_run_mends(
    tmp_path: Path, place: int
) -> None:
    command = [*COMMANDS][place]
    kinds = ("ENOSPC", "EIO", "EACCES", "EROFS", "SIGKILL", "SIGINT")
    made = 0
    for number, fault in enumerate(kinds):
        folder = tmp_path / fault
        folder.mkdir()
        late = (number + place) % 2 == 1
        first = 1 + (2 * number + place) % 12
        found = outcomes(folder, command, fault, late=late, first=first, step=12)
        made += len(found) - 1
        for outcome in found:
            check(outcome, command, fault)
    assert made >= 6
