"""Laws on random specs: each is held where it applies, and a wrong rewriting must be noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from law_holding import Rewritten, Side, Spec, hold, side
from law_trees import mapping_of, word_of
from law_values import single
from random_families import random_family
from random_specs import spec_text

from archcompile.diagnostics import SpecError

APPLIED = 40
"""Specs on which each law is held."""
PLANTED = 12
"""Specs on which it is broken on purpose."""
SEEDS = 400
"""So many are looked through at most."""


@dataclass(frozen=True)
class Law:
    """A rewriting, and what it needs of a spec."""

    name: str
    rewrite: Callable[[Side, Random], Rewritten]
    wrong: Callable[[Side, Random], Rewritten]
    """The same with a fault planted."""
    noticed: int = PLANTED
    """In how many of ``PLANTED`` specs the fault shows: some stand where they change nothing."""
    fits: Callable[[Spec], bool] = lambda spec: True
    prepared: Callable[[Spec], Spec] | None = None


def network_of(seed: int) -> Spec:
    """One network of a random family, as a file of its own."""
    family = random_family(seed)
    names = list(family.get("variants", {})) or [family["name"]]
    return single(family, names[seed % len(names)])


@lru_cache(maxsize=2 * APPLIED)
def _started(seed: int) -> Side:
    return side(network_of(seed))


def applied(law: Law, count: int, *, wrong: bool = False) -> Iterator[tuple[Side, Rewritten]]:
    """The first random specs that a law has something to rewrite in."""
    rewrite = law.wrong if wrong else law.rewrite
    for seed in range(SEEDS):
        spec = network_of(seed)
        if not law.fits(spec):
            continue
        before = side(law.prepared(spec)) if law.prepared else _started(seed)
        made = rewrite(before, Random(seed))
        if made.count:
            yield before, made
            count -= 1
        if count == 0:
            return


def hold_everywhere(law: Law) -> None:
    """The law on ``APPLIED`` specs."""
    number = 0
    for before, made in applied(law, APPLIED):
        hold(before, made)
        number += 1
    assert number == APPLIED, f"the law applied to {number} specs only"


def notice(law: Law) -> None:
    """The planted fault, seen by the comparison; a spec that it makes illegal does not count."""
    seen = 0
    for before, made in applied(law, PLANTED, wrong=True):
        try:
            hold(before, made)
        except AssertionError:
            seen += 1
        except SpecError:
            continue
    assert seen >= law.noticed, f"the fault showed in {seen} specs only"


def calls_a_block(spec: Spec) -> bool:
    """Whether the network's own body has a call of a block that can be written out."""
    blocks = spec.get("blocks", {})
    return any(
        word_of(line) in blocks and not {"repeat", "init"} & mapping_of(line).keys()
        for line in spec["layers"]
    )


def says(word: str) -> Callable[[Spec], bool]:
    """Whether a word stands in a spec."""
    return lambda spec: word in spec_text(spec)
