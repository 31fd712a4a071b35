"""Runs of whole compilations by the hundred, without counting lines: other tests cover these."""

from __future__ import annotations

from collections.abc import Iterator

import coverage
import pytest


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """No line is counted during the test; where nothing is counted anyway, nothing happens."""
    counting = coverage.Coverage.current()
    if counting is not None:
        counting.stop()
    yield
    if counting is not None:
        counting.start()
