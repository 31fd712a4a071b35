"""Laws on how a spec says a network: names, order, loops, blocks, values, conditions."""

from __future__ import annotations

import warnings

import pytest
from law_blocks import in_a_file, inlined, named, outlined, with_identities_between
from law_flat import flat
from law_holding import Rewritten, Side, hold
from law_loops import unrolled
from law_names import renamed, shuffled
from law_running import Law, calls_a_block, hold_everywhere, notice, says
from law_values import single, variants_of, with_defaults, with_whens_decided, without_let
from random_families import random_family
from random_specs import spec_text
from spec_text import compile_text

LAWS = (
    Law(
        "other names",
        lambda side, rng: renamed(side),
        lambda side, rng: renamed(side, wrong=True),
        noticed=3,
    ),
    Law(
        "another order of mappings",
        shuffled,
        lambda side, rng: shuffled(side, rng, wrong=True),
        noticed=3,
    ),
    Law(
        "loops written out",
        lambda side, rng: unrolled(side),
        lambda side, rng: unrolled(side, wrong=True),
        noticed=6,
        fits=says("layers: [{"),
    ),
    Law(
        "calls as lines",
        lambda side, rng: inlined(side),
        lambda side, rng: inlined(side, wrong=True),
        noticed=9,
        fits=calls_a_block,
        prepared=named,
    ),
    Law(
        "lines as a call",
        lambda side, rng: outlined(side),
        lambda side, rng: outlined(side, wrong=True),
        noticed=3,
    ),
    Law(
        "blocks in a file",
        lambda side, rng: in_a_file(side),
        lambda side, rng: in_a_file(side, wrong=True),
        noticed=2,
        fits=says("blocks:"),
    ),
    Law(
        "every default written",
        lambda side, rng: with_defaults(side),
        lambda side, rng: with_defaults(side, wrong=True),
        noticed=6,
    ),
    Law(
        "let written where it is used",
        lambda side, rng: without_let(side),
        lambda side, rng: without_let(side, wrong=True),
        noticed=2,
        fits=says("let:"),
    ),
    Law(
        "conditions decided",
        lambda side, rng: with_whens_decided(side),
        lambda side, rng: with_whens_decided(side, wrong=True),
        noticed=6,
        fits=says("when:"),
    ),
    Law(
        "identities between lines",
        with_identities_between,
        lambda side, rng: with_identities_between(side, rng, wrong=True),
        noticed=9,
    ),
    Law(
        "the flat form",
        lambda side, rng: _flat(side),
        lambda side, rng: _flat(side, wrong=True),
        noticed=6,
    ),
)
NAMES = [law.name for law in LAWS]


def _flat(before: Side, *, wrong: bool = False) -> Rewritten:
    """All of the network as one list: what every layer reads is said by name."""
    made = flat(before.program)
    if wrong:
        last = next(line for line in reversed(made.lines) if len(line.get("from", ())) > 1)
        last["from"] = last["from"][:1] * len(last["from"])
    return Rewritten(made.spec(), len(made.lines), made.weights)


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_what_is_said_in_another_way_is_the_same_network(law: Law) -> None:
    hold_everywhere(law)


@pytest.mark.parametrize("law", LAWS, ids=NAMES)
def test_a_fault_in_a_rewriting_shows(law: Law) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numbers of a wrong network may be large
        notice(law)


def test_a_variant_is_the_spec_with_its_parameters_written_in() -> None:
    count = 0
    for seed in range(100):
        family = random_family(seed)
        for name in variants_of(family):
            spec = single(family, name)
            before = Side(family, compile_text(spec_text(family), name))
            hold(before, Rewritten(spec, 1, graph=True))
            count += 1
    assert count >= 40


def test_a_variant_with_a_value_of_another_one_shows() -> None:
    seen = 0
    for seed in range(60):
        family = random_family(seed)
        names = list(variants_of(family))
        if len(names) == 2:
            before = Side(family, compile_text(spec_text(family), names[0]))
            spec = {**single(family, names[1]), "name": names[0]}
            try:
                hold(before, Rewritten(spec, 1, graph=True))
            except AssertionError:
                seen += 1
    assert seen >= 6
