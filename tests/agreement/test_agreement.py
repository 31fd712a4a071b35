"""Random specs: every artefact of each against every other, on the seeds from 0 to 1999.

Four modules have 500 seeds each, since a module is what a worker takes. What is compared for every
seed and what for some stands in ``shares.py``. ``tests/agreement/run_agreement.py`` is the same
over as many seeds as there is time for.
"""

from __future__ import annotations

import pytest
from collector import seldom
from differences import examine
from findings import Findings
from random_families import random_family
from random_specs import random_spec, spec_text

SEEDS = 100
"""Specs of one test."""
OTHER = 10
"""One seed in so many is one of ``random_specs``, whose networks need not fit."""
MOST_REFUSED = 0.4
MOST_DULL = 0.15
"""Weight tensors whose change may move no output in float32: some networks end in a softmax."""


def hold(first: int) -> None:
    """All comparisons of some seeds; of a spec's networks one each."""
    total, found = Findings(), []
    with seldom():
        for seed in range(first, first + SEEDS):
            is_other = seed % OTHER == OTHER - 1
            text = spec_text(random_spec(seed) if is_other else random_family(seed))
            findings = examine(text, seed, may_refuse=is_other, every=False)
            if findings.differences:
                found.append("\n".join([f"seed {seed}", *findings.differences[:10], text]))
            total += findings
    assert not found, "\n\n".join(found)
    assert total.refused <= MOST_REFUSED * SEEDS / OTHER + 2
    assert len(total.sizes) + total.refused == SEEDS
    for voice, most in (("float64", MOST_DULL), ("float32", 2 * MOST_DULL)):
        kind = f"movement, {voice}: the weight moves an output"
        assert total.not_made[kind] <= most * (total.made[kind] + total.not_made[kind])


@pytest.mark.parametrize("first", range(0, 500, SEEDS))
def test_the_first_random_specs_agree_in_every_artefact(first: int) -> None:
    hold(first)
