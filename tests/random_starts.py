"""``init``: distributions with their arguments, as a layer, a block or a file says them."""

from __future__ import annotations

from random import Random
from typing import Any

FANS = ("fan_in", "fan_out")


def start(rng: Random, *, has_fans: bool = True) -> Any:
    """How one weight starts; what counts connections is for kernels and matrices only."""
    kinds = ["a number", "constant", "normal", "uniform", "truncated_normal"]
    if has_fans:
        kinds += ["kaiming_normal", "kaiming_uniform", "xavier_normal", "xavier_uniform"] * 2
    kind = rng.choice(kinds)
    if kind == "a number":
        return rng.choice((0.1, 0, "0.2 / 2"))
    return {kind: _arguments(rng, kind)}


def _arguments(rng: Random, kind: str) -> Any:
    is_alone = rng.random() < 0.4
    if kind == "constant":
        return 0.1 if is_alone else {"value": 0.2}
    if kind == "uniform":
        return 0.1 if is_alone else {"low": -0.1, "high": 0.2}
    if kind == "truncated_normal":
        return 0.1 if is_alone else {"std": 0.2}
    if kind == "normal":
        return 0.1 if is_alone else {"std": 0.05, "mean": rng.choice((0, 0.01))}
    if kind.startswith("xavier"):
        return rng.choice((1.5, None)) if is_alone else {"gain": 2}
    if is_alone:
        return rng.choice((*FANS, None))
    given = {"mode": rng.choice(FANS), "nonlinearity": "leaky_relu", "a": rng.choice((0, 0.1))}
    return given if rng.random() < 0.6 else {"nonlinearity": "relu"}


def of_layer(rng: Random, *, is_biased: bool = True) -> dict[str, Any]:
    """A kernel's start, and perhaps its bias's."""
    held = {"weight": start(rng)}
    if is_biased and rng.random() < 0.5:
        held["bias"] = start(rng, has_fans=False)
    return held


def of_body(rng: Random, conv: str) -> dict[str, Any]:
    """Of a file or a block: by op, by weight, or both."""
    held: dict[str, Any] = {}
    if rng.random() < 0.6:
        held[conv] = of_layer(rng)
    if rng.random() < 0.4:
        held["parameter"] = start(rng, has_fans=False)
    if not held or rng.random() < 0.4:
        held["bias"] = start(rng, has_fans=False)
    if rng.random() < 0.4:
        held["weight"] = start(rng)
    return held
