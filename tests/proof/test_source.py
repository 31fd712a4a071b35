"""Source files in a fresh interpreter: what they say, and what becomes of those that fail."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_networks import TINY_SOURCE, random_weights, tiny

from archcompile.diagnostics import MissingLibrary
from archcompile.proof import child
from archcompile.proof.batches import sample_batch, sample_batches
from archcompile.proof.run import Run, RunFailed
from archcompile.proof.source import SourceJob, run_sources, write_job

NET = tiny()
JOB = SourceJob(random_weights(NET), sample_batches(NET, 0))
MOVING = SourceJob(
    JOB.weights, JOB.batches, sample_batch(NET, 1, JOB.batches[0].sizes, (9,)), ("fc.bias",)
)
HEAD = "from torch import nn\n"

TEXTS = {
    "fine": TINY_SOURCE,
    "chatty": "print('x' * 10_000)\n" + TINY_SOURCE,
    "raises": TINY_SOURCE.replace(
        "x = self.fc", "raise ValueError('no\\nway')\n        x = self.fc"
    ),
    "no class": HEAD,
    "not python": "class Net(:\n",
    "leaves": TINY_SOURCE.replace("x = self.fc", "raise SystemExit\n        x = self.fc"),
    "wrong keys": TINY_SOURCE.replace("self.fc", "self.fd"),
    "dies": TINY_SOURCE + "\nimport os\n\nos._exit(7)\n",
    "needs an argument": TINY_SOURCE.replace(": int = 4", ": int"),
    "hangs": TINY_SOURCE + "\nwhile True:\n    print('still here', flush=True)\n",
    "fine again": TINY_SOURCE,
}


@pytest.fixture(scope="module")
def ran() -> dict[str, Run | RunFailed]:
    tasks = [(text, MOVING if name == "fine" else JOB) for name, text in TEXTS.items()]
    return dict(zip(TEXTS, run_sources(tasks, patience=3), strict=True))


def good(outcome: Run | RunFailed) -> Run:
    assert isinstance(outcome, Run), outcome
    return outcome


def test_a_source_gives_its_outputs_for_every_batch(ran: dict[str, Run | RunFailed]) -> None:
    shapes = [output.shape for (output,) in good(ran["fine"]).outputs]
    assert shapes == [(1, 4), (3, 4), (5, 4)]


def test_a_source_says_what_it_has_and_what_its_modules_make(
    ran: dict[str, Run | RunFailed],
) -> None:
    facts = good(ran["fine"]).inventory
    assert facts is not None
    assert facts.state["c1.weight"] == (6, 2, 3, 3)
    assert facts.state["norm.num_batches_tracked"] == ()
    assert facts.trainable == sum(facts.parameters.values()) == 114 + 12 + 847 + 32
    assert facts.buffers == {"norm.running_mean": 6, "norm.running_var": 6}
    assert facts.modules["drop"] == "Dropout(p=0.3, inplace=False)"
    assert facts.arguments["drop"] == {"p": "0.3", "inplace": "False"}
    assert facts.arguments["c1"]["stride"] == "(1, 1)"
    assert [seen["pool"] for seen in facts.shapes] == [((n, 6, 4, 5),) for n in (1, 3, 5)]


def test_a_source_says_how_far_its_output_moves(ran: dict[str, Run | RunFailed]) -> None:
    moved = good(ran["fine"]).movement
    assert moved is not None
    assert moved.by_input["image"][0] > 1e-2
    assert moved.by_weight.keys() == {"fc.bias"}
    assert 1e-4 < moved.by_weight["fc.bias"][0] < 1
    assert good(ran["chatty"]).movement is None


def test_what_a_source_prints_is_thrown_away(ran: dict[str, Run | RunFailed]) -> None:
    assert np.array_equal(good(ran["chatty"]).outputs[1][0], good(ran["fine"]).outputs[1][0])


def test_a_source_that_fails_while_running_is_looked_at_and_gives_line_and_error(
    ran: dict[str, Run | RunFailed],
) -> None:
    outcome = good(ran["raises"])
    assert outcome.outputs == ()
    assert outcome.error == "line 21: ValueError: no way"
    assert outcome.inventory is not None and "fc.bias" in outcome.inventory.state
    assert good(ran["leaves"]).error == "line 21: SystemExit: "


def test_a_source_whose_keys_differ_is_told_which(ran: dict[str, Run | RunFailed]) -> None:
    error = good(ran["wrong keys"]).error
    assert error is not None and "fd.weight" in error and "fc.weight" in error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no class", "LookupError: the file defines no nn.Module class"),
        ("not python", "line 1: SyntaxError"),
        ("dies", "the process ended with exit status 7"),
        ("hangs", "hangs: no sign of life for 3 s"),
        ("needs an argument", "TypeError: Tiny.__init__() missing 1 required positional argument"),
    ],
)
def test_a_source_that_cannot_be_built_gives_one_line(
    ran: dict[str, Run | RunFailed], name: str, said: str
) -> None:
    outcome = ran[name]
    assert isinstance(outcome, RunFailed)
    assert str(outcome).startswith(said)


def test_a_crash_does_not_take_the_next_source_with_it(ran: dict[str, Run | RunFailed]) -> None:
    assert np.array_equal(good(ran["fine again"]).outputs[2][0], good(ran["fine"]).outputs[2][0])


def test_the_script_does_in_this_process_what_it_does_in_its_own(
    tmp_path: Path, ran: dict[str, Run | RunFailed]
) -> None:
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    write_job(tmp_path / "0", TINY_SOURCE, replace(MOVING, taps=True))
    write_job(tmp_path / "1", TEXTS["raises"], JOB)
    beats: list[int] = []
    try:
        child.main([tmp_path / "0", tmp_path / "1"], lambda: beats.append(1))
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)
        sys.modules.pop("network")
    results = [json.loads((tmp_path / name / "result.json").read_text()) for name in "01"]
    moved = good(ran["fine"]).movement
    assert moved is not None
    assert results[0]["by_weight"] == {key: list(by) for key, by in moved.by_weight.items()}
    assert results[1]["error"] == good(ran["raises"]).error
    assert len(beats) == (2 + 3 + 2) + 2  # start and class, batches, changes; start and class
    with np.load(tmp_path / "0" / "outputs.npz") as shown:
        assert np.array_equal(shown["2/0"], good(ran["fine"]).outputs[2][0])
        assert shown["t/pool"].shape == (5, 6, 4, 5)


def test_a_missing_torch_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(MissingLibrary, match=r"pip install 'archcompile\[torch\]'"):
        run_sources([(TINY_SOURCE, JOB)])
