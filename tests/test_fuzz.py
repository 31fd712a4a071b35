"""A slice of the fuzzer with a fixed seed, and everything that it has found before."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_fuzz import Tally, one, work

CORPUS = sorted(Path(__file__).with_name("fuzz_corpus").glob("*.yaml"))
INPUTS = 3_000


@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_escapes_from_inputs_of_a_fixed_seed(seed: int, tmp_path: Path) -> None:
    tally = work(seed, INPUTS, tmp_path)
    assert tally.faults == []
    assert tally.inputs == INPUTS
    assert tally.accepted > INPUTS // 50, "hardly anything is accepted: the inputs are too wild"
    assert len(tally.codes) > 30, "hardly anything is found: the inputs are too tame"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_was_found_before_stays_mended(path: Path) -> None:
    tally = Tally()
    one(tally, path, path.read_bytes(), build=True)
    assert tally.faults == []
