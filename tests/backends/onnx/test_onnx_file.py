"""The model file: checked, inferred and run by onnx and onnxruntime."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnx.checker
import onnx.parser
import onnx.shape_inference
import onnxruntime
import pytest

from archcompile.backends.onnx import onnx_bytes, onnx_text, save_onnx
from archcompile.diagnostics import SpecError
from archcompile.ir.program import Program
from archcompile.passes.inference import for_inference
from archcompile.proof import interpret, verification_weights
from archcompile.weights import initial_weights
from archcompile.weights.writing import model_of_weights
from tests import handmade, programs

ROOT = Path(__file__).parents[3]
PROGRAMS = [handmade.perceptron(), handmade.blocks()]


def run(model: bytes | Path, x: np.ndarray) -> np.ndarray:
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=["plain", "blocks"])
def test_the_file_passes_the_full_check_and_strict_inference(program: Program) -> None:
    model = onnx.load_from_string(onnx_bytes(program, initial_weights(program, 0)))
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert str(inferred.graph.value_info) == str(model.graph.value_info)
    assert (model.ir_version, model.opset_import[0].version) == (10, 22)
    assert (model.producer_name, model.producer_version) == ("archcompile", "")


@pytest.mark.parametrize("program", PROGRAMS, ids=["plain", "blocks"])
@pytest.mark.parametrize("batch", [1, 2, 7])
def test_onnxruntime_computes_what_the_reference_computes(program: Program, batch: int) -> None:
    weights = verification_weights(program, 3)
    x = np.random.default_rng(batch).normal(size=(batch, 8)).astype(np.float32)
    want = handmade.evaluate(program, weights, x)
    got = run(onnx_bytes(program, weights), x)
    assert np.abs(got - want).max() <= 1e-6 * np.abs(want).max()


def test_the_text_with_weights_added_computes_the_same_as_the_file() -> None:
    program = handmade.blocks()
    weights = verification_weights(program, 1)
    model = onnx.parser.parse_model(onnx_text(program))
    for key, array in weights.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, key))
    kept = [each for each in model.graph.input if each.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    x = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    np.testing.assert_array_equal(
        run(model.SerializeToString(), x), run(onnx_bytes(program, weights), x)
    )


def test_large_weights_stand_in_a_file_beside(tmp_path: Path) -> None:
    program = handmade.blocks()
    weights = verification_weights(program, 1)
    path = tmp_path / "net.onnx"
    assert save_onnx(program, weights, path) == (path,)
    x = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    whole = run(path, x)
    written = save_onnx(program, weights, path, external_from=100)
    assert written[0] == path
    assert model_of_weights(written[1].name) == "net.onnx"
    assert sorted(tmp_path.iterdir()) == sorted(written)
    onnx.checker.check_model(str(path), full_check=True)
    np.testing.assert_array_equal(run(path, x), whole)


def test_the_weights_of_the_model_before_go_when_the_new_one_stands(tmp_path: Path) -> None:
    program = handmade.blocks()
    path = tmp_path / "net.onnx"
    (tmp_path / "other.onnx.0123456789abcdef.data").touch()
    first = save_onnx(program, verification_weights(program, 1), path, external_from=100)
    second = save_onnx(program, verification_weights(program, 2), path, external_from=100)
    assert first[1] != second[1]
    assert not first[1].exists()
    assert save_onnx(program, verification_weights(program, 2), path) == (path,)
    assert {each.name for each in tmp_path.iterdir()} == {
        "net.onnx",
        "other.onnx.0123456789abcdef.data",
    }


def test_external_tensors_start_on_pages(tmp_path: Path) -> None:
    program = handmade.perceptron()
    save_onnx(program, initial_weights(program, 0), tmp_path / "a.onnx", external_from=0)
    model = onnx.load(tmp_path / "a.onnx", load_external_data=False)
    entries = [{e.key: e.value for e in each.external_data} for each in model.graph.initializer]
    assert [int(entry["offset"]) for entry in entries] == [0, 4096, 8192, 12288]
    (place,) = {entry["location"] for entry in entries}
    assert model_of_weights(place) == "a.onnx"


def test_weights_that_do_not_fit_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    program = handmade.perceptron()
    weights = initial_weights(program, 0)
    del weights["fc1.bias"]
    with pytest.raises(SpecError, match=r"AC807 the weight `fc1.bias` \[16\] is missing"):
        save_onnx(program, weights, tmp_path / "a.onnx")
    with pytest.raises(SpecError):
        onnx_bytes(program, weights)
    assert list(tmp_path.iterdir()) == []


def test_bytes_do_not_depend_on_hash_order() -> None:
    program = (
        "from hashlib import sha256; from tests import handmade;"
        "from archcompile.backends.onnx import *;"
        "from archcompile.proof import verification_weights; p = handmade.blocks();"
        "b = onnx_bytes(p, verification_weights(p, 5)) + onnx_text(p).encode();"
        "print(sha256(b).hexdigest())"
    )
    here = handmade.blocks()
    mine = sha256(onnx_bytes(here, verification_weights(here, 5)) + onnx_text(here).encode())
    for seed in "0", "1", "4242":
        found = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
        assert found.stdout.strip() == mine.hexdigest()


@pytest.mark.parametrize("made", [programs.twice(), programs.with_heads()], ids=["twice", "heads"])
def test_shared_layers_and_heads_compute_what_the_reference_computes(made: Program) -> None:
    weights = verification_weights(made, 3)
    x = np.random.default_rng(1).normal(size=(3, 3, 8, 8)).astype(np.float32)
    content = onnx_bytes(made, weights)
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert str(inferred.graph.value_info) == str(model.graph.value_info)
    (want,) = interpret(for_inference(made), {"image": x}, weights).values()
    assert np.abs(run(content, x) - want).max() <= 1e-5 * np.abs(want).max()
    text = onnx.parser.parse_model(onnx_text(made))
    onnx.checker.check_model(text, full_check=True)
