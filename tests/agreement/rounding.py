"""What rounding must lose in a network, whoever computes it: the conditioning of each value.

A value that is the small difference of large ones has an error of its own, in torch and in
onnxruntime alike. So where a comparison is beyond its tolerance, the reference is run a few times
more in float64 with each layer's result off by a unit in the last place of float32: no layer can do
much better than that. What comes out as far off as was found was no comparison, and is counted so.
In float64 the same is less by 2 to the 29. A GELU is x / 2 times 1 + erf, a unit off where that
is nearly 0.

onnxruntime takes the variance of a group norm and of a layer norm as the mean of squares less the
square of the mean, as the function in ONNX's own definition of the first does. Where the mean is
large that loses mean² / variance times as much, and the mean's own rounding shifts the whole
group: so much is added to what such a norm makes. An ELU there is exp(x) - 1, a unit off near 0.
Its response norm keeps one sum of squares and moves it along the channels, adding the next and
taking away the last: what the largest before it lost is in every sum behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archcompile.proof.interpreter import walk
from archcompile.targets.reference import compute

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from subject import Subject

    from archcompile.ir.program import Node

UNIT = 2.0**-23
RUNS = 4
MARGIN = 16
"""A sum of k terms, one after the other, loses about sqrt(k) roundings; k is some hundreds here."""


def lost(
    subject: Subject, place: int, reference: dict[str, NDArray[Any]], *, in_onnx: bool
) -> dict[str, float]:
    """For each value how far off, norm-wise, rounding alone may take it."""
    found: dict[str, float] = {}
    inputs = {name: each.astype("float64") for name, each in subject.inputs[place].items()}
    for run in range(RUNS):
        random = np.random.default_rng((subject.seed, place, run))
        for node, made in walk(subject.program, inputs, _noisy(subject, random, in_onnx)):
            wanted = reference[node.name]
            scale = float(np.abs(wanted).max(initial=0.0))
            error = float(np.abs(made - wanted).max(initial=0.0))
            found[node.name] = max(found.get(node.name, 0.0), error / scale if scale else 0.0)
    return {name: MARGIN * error for name, error in found.items()}


def _noisy(
    subject: Subject, random: np.random.Generator, in_onnx: bool
) -> Callable[[Node, tuple[NDArray[Any], ...]], NDArray[Any]]:
    """What a node makes, a little off."""

    def run(node: Node, arguments: tuple[NDArray[Any], ...]) -> NDArray[Any]:
        own = {
            weight.name: subject.weights[node.key(weight)].astype("float64")
            for weight in node.weights()
            if weight.dtype == "float32"
        }
        made = compute(node.op, arguments, own)
        off: NDArray[Any] = made * (1 + UNIT * random.uniform(-1, 1, made.shape))
        if in_onnx and node.op.key in ("group_norm", "layer_norm"):
            wide = float(np.abs(own.get("weight", np.ones(1))).max())
            off = off + UNIT * _of_statistics(node.op, arguments[0], made, wide, random)
        if in_onnx and node.op.key == "local_response_norm":
            off = off + UNIT * _of_moving_sum(node.op, arguments[0], made, random)
        if node.op.key == "gelu":
            off = off + UNIT * arguments[0] * random.uniform(-1, 1, made.shape)
        if in_onnx and node.op.key in ("elu", "celu", "selu"):
            off = off + UNIT * random.uniform(-1, 1, made.shape) * (made < 0)
        return off

    return run


def _of_moving_sum(
    op: Any, x: NDArray[Any], made: NDArray[Any], random: np.random.Generator
) -> NDArray[Any]:
    """What a response norm is off by in units, for the sum of squares that it moves along."""
    size, share = int(op.size), float(op.alpha) / int(op.size)
    before = np.pad(np.square(x), [(0, 0), (size // 2, (size - 1) // 2), *[(0, 0)] * (x.ndim - 2)])
    sums = sum(before[:, place : place + x.shape[1]] for place in range(size))
    largest = np.maximum.accumulate(sums, axis=1)
    factor = float(op.beta) * share * largest / (float(op.k) + share * sums)
    found: NDArray[Any] = made * factor * random.uniform(-1, 1, made.shape)
    return found


def _of_statistics(
    op: Any, x: NDArray[Any], made: NDArray[Any], wide: float, random: np.random.Generator
) -> NDArray[Any]:
    """What a norm is off by in units, for its variance (a factor) and its mean (a shift)."""
    if op.key == "group_norm":
        parts, axes = x.reshape(len(x), int(op.num_groups), -1), (2,)
    else:
        count = len(op.normalized_shape) if isinstance(op.normalized_shape, tuple) else 1
        parts, axes = x, tuple(range(x.ndim - count, x.ndim))
    mean, variance = parts.mean(axis=axes, keepdims=True), parts.var(axis=axes, keepdims=True)
    ratio = mean**2 / (variance + op.eps)
    factor = ratio * random.uniform(-1, 1, ratio.shape)  # each group's own
    shift = wide * np.sqrt(ratio) * random.uniform(-1, 1, ratio.shape)
    off: NDArray[Any] = (made.reshape(parts.shape) * factor + shift).reshape(x.shape)
    return off
