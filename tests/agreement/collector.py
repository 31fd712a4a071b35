"""The garbage collector, for processes that make networks by the thousand.

What the libraries have made when they were imported stays to the end: half a million objects, which
a collection need not look through each time. And each network makes many that go by themselves.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000
"""So many more objects than were freed make a collection of the young ones."""


@contextmanager
def seldom() -> Iterator[None]:
    """Inside, garbage is collected less often, and what is there at the start not at all."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
