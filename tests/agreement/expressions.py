"""Sizes as the artefacts print them, worked out by Python's own arithmetic and not by ours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import CodeType


def size_of(said: int | str, sizes: Mapping[str, int]) -> int:
    """The number that a printed size is: ``4*H``, ``(H - 1)//2 + 1``, ``max(H, W)``."""
    if not isinstance(said, str):
        return said
    found: int = eval(_code(said), {"__builtins__": {}, "max": max, "min": min}, dict(sizes))
    return found


@lru_cache(maxsize=4096)
def _code(text: str) -> CodeType:
    return compile(text, "size", "eval")
