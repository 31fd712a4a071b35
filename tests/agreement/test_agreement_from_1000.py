"""More of the fixed seeds: a module of its own is a worker of its own."""

from __future__ import annotations

import pytest
from test_agreement import SEEDS, hold


@pytest.mark.parametrize("first", range(1000, 1500, SEEDS))
def test_random_specs_agree_in_every_artefact(first: int) -> None:
    hold(first)
