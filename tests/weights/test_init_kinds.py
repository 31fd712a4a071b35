"""Starts that a spec may ask for, held against torch.nn.init: deviation, bounds, shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from archcompile.diagnostics import SpecError
from archcompile.ir.dim import Dim
from archcompile.ir.program import Program
from archcompile.ir.weight import (
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    UniformFanIn,
    Weight,
    Xavier,
)
from archcompile.ops.linear import Linear
from archcompile.weights import initial_weights, random_tensor, tensors
from archcompile.weights.quantile import lower_tail, normal_quantile
from tests.handmade import Holder, node, program, value

SHAPE = (160, 90, 3, 5)
"""fan_in 1350, fan_out 2400; 216,000 numbers."""


def holding(init: Init, *shape: int) -> Program:
    x = value("x", "N", 8)
    layer = node("layer", Holder(Weight("weight", tuple(map(Dim.of, shape)), init)), x)
    return program((x,), (layer,), y=layer.output)


def drawn(init: Init, *shape: int) -> NDArray[np.float32]:
    (found,) = initial_weights(holding(init, *shape), 3).values()
    return found


def by_torch(fill: Callable[[torch.Tensor], torch.Tensor], *shape: int) -> NDArray[np.float32]:
    torch.manual_seed(3)
    made: NDArray[np.float32] = fill(torch.empty(shape)).numpy()
    return made


def assert_alike(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    """The same deviation, mean and quantiles, as far as so many numbers can say."""
    off = 6 * float(theirs.std()) / sqrt(theirs.size)
    assert ours.shape == theirs.shape and ours.dtype == np.float32
    assert float(ours.mean()) == pytest.approx(float(theirs.mean()), abs=off)
    assert float(ours.std()) == pytest.approx(float(theirs.std()), abs=off)
    places = np.linspace(0.02, 0.98, 25)
    assert np.quantile(ours, places) == pytest.approx(np.quantile(theirs, places), abs=3 * off)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("form", ["normal", "uniform"])
@pytest.mark.parametrize(
    ("nonlinearity", "a"),
    [("relu", 0.0), ("leaky_relu", 0.0), ("leaky_relu", sqrt(5)), ("linear", 0.0),
     ("tanh", 0.0), ("sigmoid", 0.0), ("selu", 0.0)],
)  # fmt: skip
def test_kaiming_is_that_of_torch(
    form: Literal["normal", "uniform"],
    mode: Literal["fan_in", "fan_out"],
    nonlinearity: Literal["relu", "leaky_relu", "linear", "tanh", "sigmoid", "selu"],
    a: float,
) -> None:
    fill = nn.init.kaiming_normal_ if form == "normal" else nn.init.kaiming_uniform_
    theirs = by_torch(lambda x: fill(x, a=a, mode=mode, nonlinearity=nonlinearity), *SHAPE)
    assert_alike(drawn(Kaiming(form, mode, nonlinearity, a), *SHAPE), theirs)


@pytest.mark.parametrize("gain", [1.0, 5 / 3])
@pytest.mark.parametrize("form", ["normal", "uniform"])
def test_xavier_is_that_of_torch(form: Literal["normal", "uniform"], gain: float) -> None:
    fill = nn.init.xavier_normal_ if form == "normal" else nn.init.xavier_uniform_
    theirs = by_torch(lambda x: fill(x, gain=gain), *SHAPE)
    assert_alike(drawn(Xavier(form, gain), *SHAPE), theirs)


def test_a_uniform_start_never_leaves_its_bounds() -> None:
    ours = drawn(Uniform(-0.25, 1.0), *SHAPE)
    assert_alike(ours, by_torch(lambda x: nn.init.uniform_(x, -0.25, 1.0), *SHAPE))
    assert ours.min() >= -0.25 and ours.max() <= 1.0
    assert ours.min() < -0.249 and ours.max() > 0.999


def test_a_normal_start_lies_about_its_mean() -> None:
    ours = drawn(Normal(0.5, 2.0), *SHAPE)
    assert_alike(ours, by_torch(lambda x: nn.init.normal_(x, 2.0, 0.5), *SHAPE))


@pytest.mark.parametrize("std", [0.02, 0.5, 1.0, 2.0, 50.0])
def test_a_truncated_normal_is_cut_at_two_whatever_its_deviation(std: float) -> None:
    ours = drawn(TruncatedNormal(std), *SHAPE)
    assert_alike(ours, by_torch(lambda x: nn.init.trunc_normal_(x, std=std), *SHAPE))
    assert np.abs(ours).max() <= 2
    assert (np.abs(ours).max() > 1.98) is np.True_ or std < 0.5


def test_a_truncated_normal_without_deviation_is_zero() -> None:
    assert not drawn(TruncatedNormal(0.0), 30).any()


def test_quantiles_are_those_of_the_standard_library() -> None:
    p = np.concatenate([np.linspace(2**-25, 1 - 2**-25, 997), [0.075, 0.925, 0.5, 1e-9]])
    ours, normal = normal_quantile(p), NormalDist()
    assert ours == pytest.approx([normal.inv_cdf(each) for each in p], rel=1e-14, abs=1e-16)
    assert lower_tail(-2.0) == pytest.approx(normal.cdf(-2.0), rel=1e-14)


def test_a_vector_has_no_fans() -> None:
    with pytest.raises(SpecError, match=r"`layer\.weight` has 1 axes, and fans need 2"):
        drawn(Kaiming("normal"), 30)


def test_the_start_that_a_spec_gives_is_taken_for_the_ops_own() -> None:
    x = value("x", "N", 400)
    layer = replace(node("fc", Linear(out_features=50), x), starts=(("weight", Normal(0.01)),))
    made = initial_weights(program((x,), (layer,), y=layer.output), 0)
    assert made["fc.weight"].std() == pytest.approx(0.01, rel=0.02)
    assert np.abs(made["fc.bias"]).max() <= 1 / 20


def test_the_random_tensors_of_verify_do_not_depend_on_the_specs_start() -> None:
    x = value("x", "N", 8)
    own = node("fc", Linear(out_features=5), x)
    asleep = replace(own, starts=(("weight", UniformFanIn(Dim.of(10**9))),))
    first, second = (
        [random_tensor(each, 0) for each in tensors(program((x,), (layer,), y=own.output))]
        for layer in (own, asleep)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
