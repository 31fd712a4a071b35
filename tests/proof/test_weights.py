"""The weights of ``verify``: in a correct network everything matters, and voices still agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from lively_networks import NETWORKS, conv, spec
from numpy.typing import NDArray
from proof_networks import tiny

import archcompile
from archcompile.diagnostics import SpecError
from archcompile.ir.dim import Dim
from archcompile.ir.weight import Constant, Normal, UniformFanIn, Weight
from archcompile.network import Network
from archcompile.ops.linear import Linear
from archcompile.proof import interpret, verification_weights
from archcompile.proof.batches import sample_batch, sample_batches, widest
from archcompile.proof.comparison import TOLERANCE, distance
from archcompile.proof.graph import bind, read_graph, run_graph
from archcompile.proof.interpreter import float_weights
from archcompile.proof.movement import judge, measure, needed, unread_weights
from tests import handmade
from tests.handmade import Holder, node, program, value

Arrays = Mapping[str, NDArray[np.generic]]


def loaded(text: str, folder: Path) -> Network:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return archcompile.load(path)


class Live:
    """The live module with weights of the caller's."""

    def __init__(self, network: Network, weights: Arrays) -> None:
        self.module = network.module().eval()
        self.held = {key: torch.from_numpy(np.array(array)) for key, array in weights.items()}
        self.module.load_state_dict(self.held)
        self.state = self.module.state_dict()

    @torch.no_grad()
    def __call__(self, inputs: Arrays, weights: Arrays) -> tuple[NDArray[np.generic], ...]:
        """``weights`` differ from the ones held in some tensors, by identity of the arrays."""
        for key, array in weights.items():
            self.state[key].copy_(torch.from_numpy(np.array(array)))
        made = self.module(*(torch.from_numpy(array.copy()) for array in inputs.values()))
        return tuple(each.numpy() for each in (made if isinstance(made, tuple) else (made,)))


@pytest.mark.parametrize("name", NETWORKS)
def test_everything_in_a_correct_network_matters_and_the_voices_agree(
    name: str, tmp_path: Path
) -> None:
    network = loaded(NETWORKS[name], tmp_path)
    program = network.program
    weights = verification_weights(program, 0)
    floats = {key: weights[key] for key in float_weights(program)}
    batches, live = sample_batches(program, 0), Live(network, weights)
    outputs = tuple(output.name for output in program.outputs)
    graph = run_graph(bind(read_graph(network.onnx_text()), floats), batches, outputs)
    for batch, in_onnx in zip(batches, graph.outputs, strict=True):
        reference = interpret(program, batch.inputs, weights).values()
        for ours, theirs, third in zip(reference, live(batch.inputs, floats), in_onnx, strict=True):
            assert distance(theirs, ours) < 0.8 * TOLERANCE
            assert distance(third, ours) < 0.8 * TOLERANCE
    wide = batches[widest(batches)]
    other = sample_batch(program, wide.count, wide.sizes, (0, len(batches)))
    moved = measure(live, batches, other, floats, needed(TOLERANCE))
    assert judge("module", moved, outputs, TOLERANCE).dull == ()


def test_a_seed_gives_the_same_weights_and_another_seed_other_ones() -> None:
    first, again, other = (verification_weights(tiny(), seed) for seed in (3, 3, 4))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert not any(np.array_equal(first[key], other[key]) for key in float_weights(tiny()))


def test_each_layer_has_unit_spread_and_means_that_are_not_zero() -> None:
    net = handmade.perceptron()
    weights = verification_weights(net, 0)
    samples = np.random.default_rng(5).standard_normal((500, 8))
    first = samples @ weights["fc1.weight"].T.astype(float) + weights["fc1.bias"]
    assert 0.7 < first.std(axis=0).mean() < 1.4
    assert np.abs(first.mean(axis=0)).mean() > 0.25
    assert np.abs(weights["fc1.bias"]).min() > 0.05


def test_batch_statistics_lie_about_those_of_the_layers_own_input(tmp_path: Path) -> None:
    network = loaded(spec(f"{conv(40)}\nbatch_norm2d"), tmp_path)
    weights = verification_weights(network.program, 0)
    image = np.random.default_rng(1).standard_normal((60, 3, 12, 14))
    live = Live(network, weights)
    with torch.no_grad():
        maps = live.module.conv2d(torch.from_numpy(image.astype("float32"))).numpy()
    off = weights["batch_norm2d.running_mean"] - maps.mean(axis=(0, 2, 3))
    assert 0.05 < np.abs(off).mean() < 0.6
    ratio = weights["batch_norm2d.running_var"] / maps.var(axis=(0, 2, 3))
    assert 0.3 < ratio.min() < 0.8 and 1.2 < ratio.max() < 2.5


def test_a_module_that_is_used_twice_keeps_the_weights_of_its_first_use() -> None:
    x = value("x", "N", 8)
    first = node("fc", Linear(out_features=8), x)
    again = node("fc", Linear(out_features=8), first.output)
    alone = verification_weights(program((x,), (first,), y=first.output), 0)
    twice = verification_weights(program((x,), (first, again), y=again.output), 0)
    assert all(np.array_equal(alone[key], twice[key]) for key in alone)


def test_weights_of_an_unknown_kind_of_op_are_random_and_none_is_at_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "archcompile.proof.fitting.compute", lambda op, inputs, held: inputs[0] * held["slope"]
    )
    x = value("x", "N", 8)
    strange = Holder(
        Weight("token", tuple(map(Dim.of, (1, 4, 8))), Normal(0.02)),
        Weight("slope", (Dim.of(8),), Constant(0.25)),
        Weight("gamma", (Dim.of(8),), Constant(1e-6)),
        Weight("bias", (Dim.of(5),), UniformFanIn(Dim.of(8))),
    )
    layer = node("odd", strange, x)
    found = verification_weights(program((x,), (layer,), y=layer.output), 0)
    assert all(np.isfinite(array).all() for array in found.values())
    assert all(np.abs(found[f"odd.{name}"]).min() > 0 for name in ("token", "slope", "gamma"))
    assert np.abs(found["odd.gamma"]).min() > 0.1


def test_a_network_too_large_to_hold_is_refused_before_its_weights_are_made() -> None:
    x = value("x", "N", 8)
    million = Dim.of(10**6)
    layer = node("layer", Holder(Weight("w", (million, million), UniformFanIn(million))), x)
    with pytest.raises(SpecError, match=r"AC507 `net` has 1,000,000,000,000 weights"):
        verification_weights(program((x,), (layer,), y=layer.output), 0)


def test_weights_that_no_output_reads_are_known_without_a_run(tmp_path: Path) -> None:
    text = spec(
        "{name: a, linear: 4}\n{name: b, from: a, linear: 3}\n{name: c, from: a, linear: 2}",
        "[N, 8]", outputs="[c]",
    )  # fmt: skip
    assert unread_weights(loaded(text, tmp_path).program) == ("b.weight", "b.bias")


def test_types_are_those_of_the_state_dict() -> None:
    kinds = {key: array.dtype.name for key, array in verification_weights(tiny(), 0).items()}
    assert kinds.pop("norm.num_batches_tracked") == "int64"
    assert set(kinds.values()) == {"float32"}
