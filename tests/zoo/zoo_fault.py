"""A planted fault: a small edit of one file of the package, that a test run must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Text of a file exchanged in memory when it is imported; ``old`` stands in it exactly once."""

    name: str
    file: str
    """Below the package's folder."""
    old: str
    new: str
    ops: tuple[str, ...] = ()
    """Keys of the ops that show it; specs that use one of them are tried first."""
