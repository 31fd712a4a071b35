"""Whole networks as ONNX: LeNet-5 and a small residual network."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.checker
import onnx.parser
import onnx.shape_inference
import onnxruntime
import pytest
import torch

from archcompile.backends.onnx import onnx_bytes, onnx_model, onnx_text
from archcompile.ir.program import Program
from archcompile.proof import verification_weights
from archcompile.proof.comparison import TOLERANCE
from archcompile.weights import initial_weights, random_tensor, tensors
from tests import handmade, programs

NETWORKS = {
    "lenet5": (programs.lenet5(), (1, 32, 32)),
    "lenet5_28": (programs.lenet5(size=28, padding=2), (1, 28, 28)),
    "small_resnet": (programs.small_resnet(), (3, 32, 32)),
}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> tuple[Program, tuple[int, ...]]:
    return NETWORKS[request.param]


def test_a_network_is_checked_inferred_and_read_back(
    network: tuple[Program, tuple[int, ...]],
) -> None:
    program, _ = network
    model = onnx.load_from_string(onnx_bytes(program, initial_weights(program, 0)))
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    ours = {each.name: str(each) for each in model.graph.value_info}
    assert ours == {each.name: str(each) for each in inferred.graph.value_info if each.name in ours}
    text = onnx.parser.parse_model(onnx_text(program))
    onnx.checker.check_model(text, full_check=True)


@pytest.mark.parametrize("batch", [1, 3])
def test_onnxruntime_agrees_with_the_reference_and_everything_counts(
    network: tuple[Program, tuple[int, ...]], batch: int
) -> None:
    program, sizes = network
    weights = {tensor.key: random_tensor(tensor, 1) for tensor in tensors(program)}
    x, other = np.random.default_rng(4).normal(size=(2, batch, *sizes)).astype(np.float32)
    want = handmade.evaluate(program, weights, x)
    session = onnxruntime.InferenceSession(onnx_bytes(program, weights))

    def moved(found: np.ndarray) -> float:
        return float(np.abs(found - want).max() / np.abs(want).max())

    assert moved(session.run(None, {"image": x})[0]) < 2e-6
    assert moved(session.run(None, {"image": other})[0]) > 1e-2
    for key in weights:
        if weights[key].dtype == np.float32:
            changed = weights | {key: weights[key] * np.float32(1.1)}
            assert moved(handmade.evaluate(program, changed, x)) > 1e-3, key


def test_onnxruntime_agrees_on_the_weights_that_verify_makes(
    network: tuple[Program, tuple[int, ...]],
) -> None:
    program, sizes = network
    weights = verification_weights(program, 1)
    x = np.random.default_rng(4).normal(size=(3, *sizes)).astype(np.float32)
    want = handmade.evaluate(program, weights, x)
    (got,) = onnxruntime.InferenceSession(onnx_bytes(program, weights)).run(None, {"image": x})
    assert np.abs(got - want).max() < TOLERANCE * np.abs(want).max()


def test_blocks_of_the_residual_network_share_one_function_without_counters() -> None:
    model = onnx_model(programs.small_resnet(), functions=True)
    assert [function.name for function in model.functions] == ["basic_block"]
    assert [step.name for step in model.steps if "layer1" in step.name] == ["layer1.0", "layer1.1"]
    names = {each.name for each in model.weights}
    assert "layer1.1.bn2.running_var" in names
    assert not [name for name in names if "num_batches_tracked" in name]


def test_the_keys_of_lenet5_are_those_of_the_torch_module() -> None:
    weights = initial_weights(programs.lenet5(), 0)
    module = torch.nn.Module()
    module.c1 = torch.nn.Conv2d(1, 6, 5)
    module.c3 = torch.nn.Conv2d(6, 16, 5)
    module.c5 = torch.nn.Linear(400, 120)
    module.f6 = torch.nn.Linear(120, 84)
    module.output = torch.nn.Linear(84, 10)
    assert list(weights) == list(module.state_dict())
    module.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
    assert sum(array.size for array in weights.values()) == 61_706
    for key, tensor in module.state_dict().items():
        fan_in = {"c1": 25, "c3": 150, "c5": 400, "f6": 120, "output": 84}[key.split(".")[0]]
        assert float(tensor.abs().max()) <= fan_in**-0.5


def test_batch_norm_starts_as_in_torch_counter_included() -> None:
    state = torch.nn.BatchNorm2d(16).state_dict()
    weights = initial_weights(programs.small_resnet(), 0)
    ours = {k.removeprefix("bn1."): v for k, v in weights.items() if k.startswith("bn1.")}
    assert list(ours) == list(state)
    for key, tensor in state.items():
        np.testing.assert_array_equal(ours[key], tensor.numpy())
        assert ours[key].dtype == tensor.numpy().dtype
