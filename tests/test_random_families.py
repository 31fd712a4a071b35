"""Random specs of motifs: what the new forms say, the source, ONNX and the reference say alike.

``python tests/test_random_families.py 0 1000`` runs more of them, and prints the first that fails.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from random_families import random_family
from random_specs import spec_text
from spec_text import compile_text
from test_random_specs import _close, _inputs, _of, _session, _tensors, _weights

from archcompile.diagnostics import SourceFile
from archcompile.frontend import networks
from archcompile.frontend.document.documents import document
from archcompile.frontend.text.reader import read
from archcompile.ir.program import Program
from archcompile.network import Network
from archcompile.ops import all_ops
from archcompile.passes.inference import for_inference
from archcompile.proof import interpret

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNKS = 4
SEEDS = 8
"""Specs of one test."""
CACHE = Path(__file__).resolve().parents[1] / ".mypy_cache" / "generated"
SIZES = ({"N": 2, "H": 2, "W": 2, "T": 2}, {"N": 3, "H": 3, "W": 2, "T": 3})


def names_of(text: str) -> tuple[str, ...]:
    """The names of a spec's networks."""
    return networks(document(read(SourceFile("net.yaml", text)), frozenset(all_ops())))


def agree(network: Network, seed: int) -> None:
    """Every voice says the same of one network, at two sizes of its input."""
    program, weights = for_inference(network.program), _weights(network.program, seed)
    module = network.module()
    shapes = {key: tuple(array.shape) for key, array in weights.items()}
    held = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    assert held == shapes
    total = network.report().to_dict()["parameters"]
    assert total == sum(each.numel() for each in module.parameters())
    module.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
    session, least = _session(network, weights), _tolerance(program)
    single, double = deepcopy(module).eval(), module.double().eval()
    for sizes in SIZES:
        inputs = _inputs(program, sizes, seed)
        wanted = interpret(program, inputs, weights)
        shown = session.run(None, {key: held.astype("float32") for key, held in inputs.items()})
        said, rounded = (_said(each, inputs) for each in (double, single))
        for place, output in enumerate(program.outputs):
            reference = wanted[output.name]
            dims = (dim.evaluate(_of(sizes, dim.symbols)) for dim in output.value.type.dims)
            assert reference.shape == tuple(dims)
            assert _close(said[place], reference, 1e-10), output.name
            # what torch's own float32 loses (a norm of nearly equal numbers) ONNX Runtime may lose
            lost = np.linalg.norm(rounded[place] - reference) / max(np.linalg.norm(reference), 1e-9)
            assert _close(shown[place], reference, max(least, 10 * float(lost))), output.name
        _trained(network, double, inputs, sizes)


def _tolerance(program: Program) -> float:
    """What ONNX Runtime may be off by in float32.

    It takes a group norm's variance as the mean of squares less the square of the mean, as the
    function in ONNX's own definition does, which loses digits where the mean is large.
    """
    return 1e-3 if any(node.op.key == "group_norm" for node in program.nodes()) else 1e-5


def _said(module: torch.nn.Module, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """What a module gives in evaluation; what only training gives is left out."""
    kind = next(module.parameters(), torch.zeros((), dtype=torch.float64)).dtype
    with torch.no_grad():
        found = module(*(torch.from_numpy(array).to(kind) for array in inputs.values()))
    return [each.numpy() for each in _tensors(found) if each is not None]


def _trained(
    network: Network,
    module: torch.nn.Module,
    inputs: Mapping[str, NDArray[Any]],
    sizes: Mapping[str, int],
) -> None:
    """In training every output is there, those that only training computes too."""
    outputs = sorted(network.program.outputs, key=lambda output: output.training)
    with torch.no_grad():
        found = _tensors(deepcopy(module).train()(*map(torch.from_numpy, inputs.values())))
    for output, tensor in zip(outputs, found, strict=True):
        dims = (dim.evaluate(_of(sizes, dim.symbols)) for dim in output.value.type.dims)
        assert tensor is not None and tuple(tensor.shape) == tuple(dims)


def _hold(seed: int) -> int:
    """How many of a seed's networks there were to agree."""
    text = spec_text(random_family(seed))
    names = names_of(text)
    for name in names:
        try:
            agree(compile_text(text, name), seed)
        except Exception as error:
            error.add_note(f"seed {seed}, {name}\n{text}")
            raise
    return len(names)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_motifs_are_put_together_all_voices_say_the_same(chunk: int) -> None:
    torch.set_num_threads(1)
    for seed in range(chunk * SEEDS, (chunk + 1) * SEEDS):
        _hold(seed)


@pytest.mark.parametrize("seed", range(0, 120, 10))
def test_a_random_family_compiles_to_the_same_files_again(seed: int) -> None:
    text = spec_text(random_family(seed))
    first, again = ([compile_text(text, name).files() for name in names_of(text)] for _ in "ab")
    assert first == again


def test_the_sources_of_random_families_are_strictly_typed_and_clean(tmp_path: Path) -> None:
    for seed in range(100, 112):
        text = spec_text(random_family(seed))
        (tmp_path / f"seed{seed}.py").write_text(compile_text(text, names_of(text)[0]).source())
    typed = ["mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}", "."]
    clean = ["ruff", "check", "--isolated", "--no-cache", "."]
    formed = ["ruff", "format", "--isolated", "--no-cache", "--check", "."]
    for check in (typed, clean, formed):
        done = subprocess.run(
            [sys.executable, "-m", *check],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    first, last = map(int, sys.argv[1:])
    print(sum(_hold(seed) for seed in range(first, last)), "networks agree")
