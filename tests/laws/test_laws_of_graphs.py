"""Laws on edges and channels: order, identities, zero branches, permutations, groups, towers."""

from __future__ import annotations

import warnings
from random import Random

import pytest
from law_edges import (
    misread,
    reordered,
    with_branches_turned,
    with_groups_apart,
    with_identities,
    with_nothing_added,
    with_sums_turned,
)
from law_gpus import as_groups, as_towers, shared, towers
from law_holding import hold
from law_running import APPLIED, Law, hold_everywhere, notice, says

LAWS = (
    Law("lines in another order", reordered, misread, noticed=10),
    Law(
        "identities on edges",
        with_identities,
        lambda side, rng: with_identities(side, rng, op="tanh"),
        noticed=9,
    ),
    Law(
        "branches of zeros",
        with_nothing_added,
        lambda side, rng: with_nothing_added(side, rng, zero=0.3),
    ),
    Law(
        "operands of sums turned",
        with_sums_turned,
        lambda side, rng: with_sums_turned(side, rng, ops=("sub",)),
        noticed=8,
        fits=says("add"),
    ),
    Law(
        "operands of concatenations turned, with the weights",
        with_branches_turned,
        lambda side, rng: with_branches_turned(side, rng, moving=False),
        noticed=10,
    ),
    Law(
        "groups apart",
        with_groups_apart,
        lambda side, rng: with_groups_apart(side, rng, swapped=True),
        noticed=10,
        fits=says("groups"),
    ),
)
NAMES = [law.name for law in LAWS]


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_a_graph_with_other_edges_computes_the_same(law: Law) -> None:
    hold_everywhere(law)


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_a_fault_on_an_edge_shows(law: Law) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numbers of a wrong network may be large
        notice(law)


def test_gpu_groups_are_grouped_layers_and_towers_of_layers() -> None:
    for seed in range(APPLIED):
        made = towers(Random(seed))
        before = shared(made)
        hold(before, as_groups(made))
        hold(before, as_towers(made))


def test_towers_that_share_their_weights_or_channels_otherwise_show() -> None:
    seen = [0, 0]
    for seed in range(12):
        made = towers(Random(seed))
        for place, law in enumerate((as_groups, as_towers)):
            try:
                hold(shared(made), law(made, wrong=True))
            except AssertionError:
                seen[place] += 1
    assert min(seen) >= 9
