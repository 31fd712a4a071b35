"""Weight files: read, written, refused; and whether they fit a program."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from archcompile.diagnostics import Code, SpecError
from archcompile.ir.weight import Constant, Weight
from archcompile.weights import fit, initial_weights, load_weights, save_weights
from archcompile.weights.writing import replaced
from tests import handmade


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_weights(path)
    (finding,) = caught.value.diagnostics
    return f"{finding.code.name}: {finding.message}"


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "w.pth"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    weights["counter"] = np.array(3)
    save_weights(weights, tmp_path / name)
    found = load_weights(tmp_path / name)
    assert set(found) == set(weights)
    for key, array in weights.items():
        assert found[key].dtype == array.dtype
        np.testing.assert_array_equal(found[key], array)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    for name in "a.safetensors", "b.safetensors":
        save_weights(weights, tmp_path / name)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_other_precisions_become_float32(tmp_path: Path, dtype: torch.dtype, suffix: str) -> None:
    tensor = torch.tensor([[1.0, -2.5, 3.1e-5], [float("inf"), 0.1, -0.0]], dtype=dtype)
    path = tmp_path / f"w{suffix}"
    if suffix == ".pt":
        torch.save({"w": tensor}, path)
    else:
        safetensors.torch.save_file({"w": tensor}, path)
    found = load_weights(path)["w"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, tensor.float().numpy())


def test_a_checkpoint_with_a_nested_state_dict_is_understood(tmp_path: Path) -> None:
    state = torch.nn.Linear(2, 3).state_dict()
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "c.pt")
    found = load_weights(tmp_path / "c.pt")
    assert {key: array.shape for key, array in found.items()} == {"weight": (3, 2), "bias": (3,)}


def test_parameters_of_a_module_need_no_detaching(tmp_path: Path) -> None:
    torch.save(OrderedDict(torch.nn.Linear(2, 3).named_parameters()), tmp_path / "c.pt")
    assert set(load_weights(tmp_path / "c.pt")) == {"weight", "bias"}


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    assert refusal(tmp_path / "w.pt").startswith("FILE_NOT_FOUND: there is no file")


def test_a_folder_is_no_weight_file(tmp_path: Path) -> None:
    (tmp_path / "w.pt").mkdir()
    assert refusal(tmp_path / "w.pt").startswith("FILE_UNREADABLE")


def test_a_file_that_may_not_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(b"x")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(path).endswith("cannot be read: Permission denied")


def test_another_kind_of_file_is_named_as_such(tmp_path: Path) -> None:
    assert "expected a file ending in .safetensors, .pt, .pth" in refusal(tmp_path / "w.h5")
    with pytest.raises(SpecError, match="expected a file ending in"):
        save_weights({}, tmp_path / "w.h5")


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\xff" * 64, b"\x08\0\0\0\0\0\0\0{}      "[:-3]]
)
def test_a_corrupt_safetensors_file_is_a_finding(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    assert refusal(tmp_path / "w.safetensors").startswith("BAD_WEIGHTS")


def test_a_safetensors_file_of_a_type_that_no_weight_has_is_a_finding(tmp_path: Path) -> None:
    safetensors.torch.save_file(
        {"w": torch.zeros(2, dtype=torch.float8_e5m2)}, tmp_path / "w.safetensors"
    )
    assert "`w` has the type F8_E5M2" in refusal(tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 cut short"])
def test_a_corrupt_torch_file_is_a_finding(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    assert refusal(tmp_path / "w.pt").startswith("BAD_WEIGHTS")


class Planted:
    """Unpickled without a guard, this would run a command."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, ("planted",))


def test_a_torch_file_cannot_run_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"w": Planted()}, tmp_path / "w.pt")
    assert refusal(tmp_path / "w.pt").startswith("BAD_WEIGHTS")
    assert [each.name for each in tmp_path.iterdir()] == ["w.pt"]


@pytest.mark.parametrize(
    ("content", "words"),
    [([1, 2], "holds a list, expected a state_dict"), ({"w": 3}, "`w` is a int")],
)
def test_a_torch_file_without_tensors_is_a_finding(
    tmp_path: Path, content: object, words: str
) -> None:
    torch.save(content, tmp_path / "w.pt")
    assert words in refusal(tmp_path / "w.pt")


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_text("old")

    def fail() -> None:
        with replaced(path) as file:
            file.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def findings(weights: dict[str, np.ndarray]) -> list[str]:
    with pytest.raises(SpecError) as caught:
        fit(handmade.perceptron(), weights)
    assert {each.code for each in caught.value.diagnostics} == {Code.BAD_WEIGHTS}
    return [
        f"{each.message}; {each.help}" if each.help else each.message
        for each in caught.value.diagnostics
    ]


def test_weights_that_fit_come_back_in_the_order_of_the_state_dict() -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    backwards = dict(reversed(weights.items()))
    backwards["fc1.weight"] = np.asfortranarray(backwards["fc1.weight"])
    found = fit(handmade.perceptron(), backwards)
    assert list(found) == list(weights)
    assert all(array.flags.c_contiguous for array in found.values())
    np.testing.assert_array_equal(found["fc1.weight"], weights["fc1.weight"])


def test_every_key_that_does_not_fit_is_listed_with_a_close_one() -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    weights["fc1.wieght"] = weights.pop("fc1.weight")
    weights["fc1.bias"] = weights["fc1.bias"][:5]
    weights["fc2.bias"] = weights["fc2.bias"].astype(np.int64)
    weights["zzz"] = np.zeros((2, 3), np.float32)
    assert findings(weights) == [
        "the weight `fc1.weight` [16, 8] is missing; the weights have `fc1.wieght`",
        "`fc1.wieght` [16, 8] is no weight of `net`; did you mean `fc1.weight`?",
        "`zzz` [2, 3] is no weight of `net`",
        "the weight `fc1.bias` expects [16], got [5]",
        "the weight `fc2.bias` expects float32, got int64",
    ]


def test_a_prefix_before_every_key_is_one_finding() -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    (only,) = findings({f"module.{key}": array for key, array in weights.items()})
    assert only.startswith("every key starts with `module.`")


def test_hundreds_of_keys_are_counted_rather_than_listed() -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    many = {f"k{number}": np.zeros(1, np.float32) for number in range(5000)}
    found = findings(weights | many)
    assert len(found) == 51 and found[-1] == "and 4950 more keys"


def test_a_counter_that_old_files_lack_starts_anew() -> None:
    counter = Weight("n", (), Constant(0), kind="buffer", dtype="int64")
    x = handmade.value("x", "N", 8)
    layer = handmade.node("bn", handmade.Holder(counter), x)
    found = fit(handmade.program((x,), (layer,), y=layer.output), {})
    assert found["bn.n"].dtype == np.int64 and found["bn.n"].shape == () and found["bn.n"] == 0


def test_values_that_are_no_arrays_are_findings() -> None:
    weights = initial_weights(handmade.perceptron(), 0)
    assert findings(weights | {"fc1.weight": 1}) == [
        "the weight `fc1.weight` is no array: got a value of type int; "
        "pass NumPy arrays or torch tensors"
    ]
