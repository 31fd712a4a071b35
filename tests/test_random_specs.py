"""Random specs: the source, the ONNX file and the reference agree on whatever can be said.

``python tests/test_random_specs.py 0 1000`` runs more of them, and prints the first that fails.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import checker, parser
from random_specs import random_spec, spec_text
from spec_text import compile_text, names_of

from archcompile import backends
from archcompile.diagnostics import SpecError
from archcompile.ir.program import Program
from archcompile.network import Network
from archcompile.proof import interpret
from archcompile.weights import initial_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS = 8
SEEDS = 20
"""Specs of one test."""
MOST_REFUSED = 0.25
SIZES = ({"N": 2, "H": 20, "W": 18}, {"N": 3, "H": 26, "W": 21})
_UNFIT = "AC5"
"""The family of what does not fit; the generator's own reading is coarser."""


def _networks(seed: int) -> Iterator[Network]:
    """The networks of a seed's spec that fit."""
    text = spec_text(random_spec(seed))
    for name in names_of(text):
        try:
            yield compile_text(text, name)
        except SpecError as error:
            if any(not each.code.value.startswith(_UNFIT) for each in error.diagnostics):
                raise


def _weights(program: Program, seed: int) -> dict[str, NDArray[Any]]:
    """Starting weights, with statistics that a normalisation does something with."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(program, seed)
    for key, array in weights.items():
        if key.endswith(("running_mean", "running_var")):
            weights[key] = rng.uniform(0.5, 1.5, array.shape).astype("float32")
    return weights


def _close(made: NDArray[Any], wanted: NDArray[Any], tolerance: float) -> bool:
    scale = max(float(np.linalg.norm(wanted)), 1e-9)
    return made.shape == wanted.shape and bool(
        np.linalg.norm(made.astype("float64") - wanted) <= tolerance * scale
    )


def _tensors(result: Any) -> tuple[torch.Tensor, ...]:
    return (result,) if isinstance(result, torch.Tensor) else tuple(result)


def _agree(network: Network, seed: int) -> None:
    """Every voice says the same of one network, at two sizes of its input."""
    program, weights = network.program, _weights(network.program, seed)
    module = network.module()
    shapes = {key: tuple(array.shape) for key, array in weights.items()}
    held = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    assert list(held.items()) == list(shapes.items())
    total = network.report().to_dict()["parameters"]
    assert total == sum(each.numel() for each in module.parameters())
    module.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
    module.eval().double()
    session = _session(network, weights)
    for sizes in SIZES:
        inputs = _inputs(program, sizes, seed)
        wanted = interpret(program, inputs, weights)
        with torch.no_grad():
            said = _tensors(module(*map(torch.from_numpy, inputs.values())))
        shown = session.run(None, {key: held.astype("float32") for key, held in inputs.items()})
        for output, tensor, array in zip(program.outputs, said, shown, strict=True):
            reference = wanted[output.name]
            dims = (dim.evaluate(_of(sizes, dim.symbols)) for dim in output.value.type.dims)
            assert reference.shape == tuple(dims)
            assert _close(tensor.numpy(), reference, 1e-10), output.name
            assert _close(array, reference, 1e-4), output.name


def _of(sizes: Mapping[str, int], symbols: frozenset[str]) -> dict[str, int]:
    return {name: sizes[name] for name in symbols}


def _inputs(program: Program, sizes: Mapping[str, int], seed: int) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    shapes = {
        value.name: [dim.evaluate(_of(sizes, dim.symbols)) for dim in value.type.dims]
        for value in program.inputs
    }
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _session(network: Network, weights: Mapping[str, NDArray[Any]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    content = backends.onnx.onnx_bytes(network.program, weights)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _hold(seed: int) -> int:
    """How many of a seed's networks were there to agree."""
    count = 0
    for network in _networks(seed):
        try:
            _agree(network, seed)
            if seed % 4 == 0:
                model = parser.parse_model(network.onnx_text())
                checker.check_model(model, full_check=True)
                assert network.svg().endswith("</svg>\n")
        except Exception as error:
            error.add_note(f"seed {seed}, {network.name}\n{spec_text(random_spec(seed))}")
            raise
        count += 1
    return count


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_a_random_spec_says_all_voices_say_the_same(chunk: int) -> None:
    torch.set_num_threads(1)
    held = [_hold(seed) for seed in range(chunk * SEEDS, (chunk + 1) * SEEDS)]
    assert held.count(0) <= MOST_REFUSED * SEEDS


@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_a_random_spec_compiles_to_the_same_files_again(seed: int) -> None:
    first, again = ([network.files() for network in _networks(seed)] for _ in range(2))
    assert first == again


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    first, last = map(int, sys.argv[1:])
    print(sum(_hold(seed) for seed in range(first, last)), "networks agree")
