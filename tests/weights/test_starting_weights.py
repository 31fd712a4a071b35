"""The seeded initialiser and the weights of ``verify``, held against torch's distributions."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from spec_text import compile_text

from archcompile.diagnostics import SpecError
from archcompile.ir.dim import Dim
from archcompile.ir.program import Program
from archcompile.ir.weight import Constant, Init, Normal, UniformFanIn, Weight
from archcompile.ops.linear import Linear
from archcompile.weights import initial_weights, random_tensor, tensors
from tests import handmade
from tests.handmade import Holder, node, program, value

ROOT = Path(__file__).parents[2]


def holding(*weights: Weight) -> Program:
    x = value("x", "N", 8)
    layer = node("layer", Holder(*weights), x)
    return program((x,), (layer,), y=layer.output)


def weight(name: str, init: Init, *shape: int | str, dtype: str = "float32") -> Weight:
    dims = tuple(Dim.symbol(n) if isinstance(n, str) else Dim.of(n) for n in shape)
    return Weight(name, dims, init, dtype=dtype)


def test_the_keys_are_those_of_the_torch_module_in_its_order() -> None:
    module = torch.nn.Sequential()
    module.add_module("fc1", torch.nn.Linear(8, 16))
    module.add_module("tanh", torch.nn.Tanh())
    module.add_module("fc2", torch.nn.Linear(16, 3))
    weights = initial_weights(handmade.perceptron(), 0)
    state = module.state_dict()
    assert list(weights) == list(state)
    assert {k: w.shape for k, w in weights.items()} == {k: w.shape for k, w in state.items()}
    module.load_state_dict({k: torch.from_numpy(w) for k, w in weights.items()}, strict=True)


def test_a_function_whose_path_has_a_front_registers_nothing_there() -> None:
    network = compile_text("""
    input: {image: [N, 4, 6, 6]}
    layers:
      - {name: early.sum, from: [image, image], add: null}
      - {name: conv, conv2d: [4, 1]}
      - {name: early.scale, parameter: {shape: [4, 1, 1]}}
      - {from: [conv, early.scale], mul: null}
    """)
    keys = ["conv.weight", "conv.bias", "early.scale"]
    assert list(initial_weights(network.program, 0)) == keys
    assert list(network.module().state_dict()) == keys


def test_a_constant_is_registered_where_it_stands() -> None:
    network = compile_text("""
    input: {image: [N, 4, 6, 6]}
    layers:
      - {name: early.one, constant: {values: [0.5]}}
      - {name: conv, conv2d: [4, 1], from: image}
      - {from: [conv, early.one], add: null}
      - {name: early.norm, batch_norm2d: {affine: false}}
    """)
    keys = list(network.module().state_dict())
    assert keys[0] == "early.norm.running_mean"
    assert list(initial_weights(network.program, 0)) == keys


def test_a_linear_layer_starts_with_the_distribution_of_torch() -> None:
    x = value("x", "N", 400)
    layer = node("fc", Linear(out_features=1000), x)
    ours = initial_weights(program((x,), (layer,), y=layer.output), 7)
    torch.manual_seed(7)
    theirs = torch.nn.Linear(400, 1000)
    bound = 1 / sqrt(400)
    for name, tensor in theirs.state_dict().items():
        want, got = tensor.numpy().astype(np.float64), ours[f"fc.{name}"].astype(np.float64)
        assert np.abs(got).max() <= bound and np.abs(want).max() <= bound
        assert np.abs(got).max() >= bound * 0.99
        spread = bound / sqrt(3)
        assert abs(got.mean()) < 5 * spread / sqrt(got.size)
        assert got.std() == pytest.approx(want.std(), rel=5 / sqrt(got.size))
        quantiles = np.linspace(0.05, 0.95, 19)
        assert np.quantile(got, quantiles) == pytest.approx(
            np.quantile(want, quantiles), abs=6 * bound / sqrt(got.size)
        )


def test_a_normal_start_has_the_moments_and_tails_of_a_normal() -> None:
    (found,) = initial_weights(holding(weight("w", Normal(0.02), 500, 1000)), 0).values()
    z = found.astype(np.float64) / 0.02
    assert abs(z.mean()) < 5 / sqrt(z.size)
    assert z.var() == pytest.approx(1, abs=0.01)
    assert (z**4).mean() == pytest.approx(3, abs=0.05)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.05, abs=0.002)
    assert 4 < np.abs(z).max() < 6


def test_constants_and_counters_start_as_said() -> None:
    found = initial_weights(
        holding(weight("a", Constant(1), 3), weight("n", Constant(0), dtype="int64")), 0
    )
    assert found["layer.a"].dtype == np.float32 and found["layer.a"].tolist() == [1, 1, 1]
    assert found["layer.n"].dtype == np.int64 and found["layer.n"].shape == ()


def test_a_tensor_does_not_depend_on_the_layers_around_it() -> None:
    image = value("image", "N", 8)
    alone = node("fc1", Linear(out_features=16), image)
    small = initial_weights(program((image,), (alone,), y=alone.output), 11)
    whole = initial_weights(handmade.perceptron(), 11)
    np.testing.assert_array_equal(small["fc1.weight"], whole["fc1.weight"])


def test_another_seed_or_key_gives_other_numbers() -> None:
    first, second = (initial_weights(handmade.blocks(), seed) for seed in (0, 1))
    assert not np.array_equal(first["body.0.fc.weight"], second["body.0.fc.weight"])
    assert not np.array_equal(first["body.0.fc.weight"], first["body.1.fc.weight"])


def test_the_numbers_stay_as_they_are_from_version_to_version() -> None:
    found = initial_weights(handmade.perceptron(), 0)
    digest = sha256(b"".join(array.tobytes() for array in found.values())).hexdigest()
    assert digest == "49a68ece52797cc5ac1cb6b484a217419442fb15ea956b2dffd0488171fe5091"


def test_the_numbers_do_not_depend_on_hash_order() -> None:
    code = (
        "from tests import handmade; from archcompile.weights import initial_weights;"
        "print(initial_weights(handmade.perceptron(), 0)['fc1.weight'].tobytes().hex())"
    )
    mine = initial_weights(handmade.perceptron(), 0)["fc1.weight"].tobytes().hex()
    for seed in "1", "77":
        found = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
        assert found.stdout.strip() == mine


def test_a_network_too_large_to_hold_is_refused_before_anything_is_made() -> None:
    huge = holding(weight("w", UniformFanIn(Dim.of(10**6)), 10**6, 10**6))
    with pytest.raises(SpecError, match=r"AC507 `net` has 1,000,000,000,000 weights"):
        initial_weights(huge, 0)


def test_a_weight_whose_size_depends_on_the_input_is_refused() -> None:
    with pytest.raises(SpecError, match=r"`layer\.w` has no fixed size: \[H, 3\]"):
        tensors(holding(weight("w", Constant(0), "H", 3)))


def test_the_random_tensors_of_verify_leave_nothing_at_rest() -> None:
    layer = holding(
        weight("weight", UniformFanIn(Dim.of(90)), 500, 10, 3, 3),
        weight("bias", UniformFanIn(Dim.of(90)), 500),
        weight("scale", Constant(1), 500),
        weight("faint", Constant(1e-5), 500),
        weight("shift", Constant(0), 500),
        weight("n", Constant(0), dtype="int64"),
    )
    found = {tensor.key: random_tensor(tensor, 2) for tensor in tensors(layer)}
    assert found["layer.weight"].std() == pytest.approx(1 / sqrt(90), rel=0.02)
    for name in "bias", "shift":
        assert 0.2 < found[f"layer.{name}"].std() < 0.3
    for name in "scale", "faint":
        scale = found[f"layer.{name}"]
        assert 0.5 <= scale.min() < 0.55 and 1.45 < scale.max() <= 1.5
    assert found["layer.n"] == 0
    assert {each.dtype.name for each in found.values()} == {"float32", "int64"}
