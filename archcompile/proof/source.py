"""The generated source as a voice: its text, run in a fresh interpreter without us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

from archcompile.diagnostics import MissingLibrary
from archcompile.libraries import numpy
from archcompile.proof.batches import Batch, widest
from archcompile.proof.run import Inventory, Movement, Run, RunFailed, Shape

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

CHILD = Path(__file__).with_name("child.py")

PATIENCE = 120.0
"""Seconds without a sign of life (one comes with every pass) until a run counts as hanging."""

START = 300.0
"""The same for the start, in which torch is imported."""


@dataclass(frozen=True, slots=True)
class SourceJob:
    """What a source file is run with.

    ``other`` replaces the widest batch's inputs one by one, and ``sensitive`` names the weights
    that are changed one by one, to see whether the outputs move; without ``other`` neither is done.
    """

    weights: Mapping[str, Array]
    batches: tuple[Batch, ...]
    other: Batch | None = None
    sensitive: tuple[str, ...] = ()
    asked: float = 0.0
    """How far an output has to move; until it does, a weight is tried on the next batch too."""
    taps: bool = False
    """Whether to keep what each module made of the last batch."""
    heads: bool = False
    """Whether to ask for the outputs in training too."""
    digests: bool = False
    """Whether to ask for digests of what each call of a module made, and for nothing else."""
    resumed: tuple[Mapping[str, Array], ...] = ()
    """Then what the network goes on with instead of a call's result, for each batch."""
    dtype: str = "float32"
    """What the module computes in."""


def run_sources(
    tasks: Sequence[tuple[str | bytes, SourceJob]], *, patience: float = PATIENCE
) -> tuple[Run | RunFailed, ...]:
    """Run the last module class of each text, built with its defaults, on every batch of its job.

    One thread, evaluation mode, ``load_state_dict(strict=True)``. One process serves all
    tasks in turn, since torch takes seconds to import; after a crash another one does the rest.
    Note that this executes the texts: they are as trusted as the repository that they lie in.

    What a source does wrong is in its place in the result. Raises ``MissingLibrary`` without torch.
    """
    with tempfile.TemporaryDirectory(prefix="archcompile-") as name:
        folders = [Path(name) / str(place) for place in range(len(tasks))]
        for folder, (text, job) in zip(folders, tasks, strict=True):
            write_job(folder, text, job)
        deaths: dict[Path, RunFailed] = {}
        while waiting := [each for each in folders if each not in deaths and not _done(each)]:
            death = _watch(waiting, patience)
            victim = next((each for each in waiting if not _done(each)), None)
            if victim is not None:
                deaths[victim] = death
        return tuple(
            deaths[folder] if folder in deaths else _result(folder, job)
            for folder, (_, job) in zip(folders, tasks, strict=True)
        )


def _done(folder: Path) -> bool:
    return (folder / "result.json").exists()


def _result(folder: Path, job: SourceJob) -> Run | RunFailed:
    facts = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if facts.get("missing"):
        raise MissingLibrary("this needs torch: pip install 'archcompile[torch]'")
    if "error" in facts and "state" not in facts:
        return RunFailed(facts["error"])
    return _read(folder, facts, job)


def write_job(folder: Path, text: str | bytes, job: SourceJob) -> None:
    """Make the folder that ``child.py`` is given for one source file."""
    np = numpy()
    names = tuple(job.batches[0].inputs)
    arrays = {f"w/{key}": array for key, array in job.weights.items()}
    for place, batch in enumerate(job.batches):
        arrays |= {f"i/{place}/{name}": batch.inputs[name] for name in names}
    if job.other is not None:
        arrays |= {f"a/{name}": job.other.inputs[name] for name in names}
    for place, resumed in enumerate(job.resumed):
        arrays |= {f"r/{place}/{call}": array for call, array in resumed.items()}
    folder.mkdir()
    np.savez(folder / "arrays.npz", **arrays)
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "network.py").write_bytes(content)
    words = {
        "inputs": names,
        "batches": len(job.batches),
        "weights": tuple(job.weights),
        "sensitivity": job.other is not None,
        "widest": widest(job.batches),
        "sensitive": job.sensitive,
        "asked": job.asked,
        "taps": job.taps,
        "heads": job.heads,
        "digests": job.digests,
        "dtype": job.dtype,
    }
    (folder / "job.json").write_text(json.dumps(words), encoding="utf-8")


def _watch(folders: Sequence[Path], patience: float) -> RunFailed:
    """Run the child until it ends or falls silent; how it ended, for the job it ended in."""
    # -P: nothing of the folder or the working directory can shadow a library
    command = [sys.executable, "-P", "-B", "-W", "ignore", str(CHILD), *map(str, folders)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    threads["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that spin stop each other on a busy machine
    log = folders[0] / "stderr.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **threads, "CUDA_VISIBLE_DEVICES": ""},
            cwd=folders[0],
        )
        beats: Queue[bytes] = Queue()
        Thread(target=_listen, args=(process, beats), daemon=True).start()
        try:
            started = beats.get(timeout=max(START, patience))
            while started and beats.get(timeout=patience):
                pass
            return RunFailed(_death(log, process.wait(timeout=patience)))
        except (Empty, subprocess.TimeoutExpired):
            return RunFailed(f"hangs: no sign of life for {patience:g} s")
        finally:
            process.kill()
            process.wait()


def _listen(process: subprocess.Popen[bytes], beats: Queue[bytes]) -> None:
    """Pass on each line that the child says; an empty one when it has closed its output."""
    assert process.stdout is not None  # it was opened as a pipe
    with process.stdout as pipe:
        for line in pipe:
            beats.put(line)
    beats.put(b"")


def _death(log: Path, status: int) -> str:
    """What is known of a process that ended without a result."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return f"the process ended with {how}: {last[:400]}"


def _read(folder: Path, facts: dict[str, Any], job: SourceJob) -> Run:
    inventory = Inventory(
        state={key: tuple(shape) for key, shape in facts["state"].items()},
        parameters=facts["parameters"],
        trainable=facts["trainable"],
        buffers=facts["buffers"],
        modules=facts["modules"],
        arguments=facts["arguments"],
        shapes=tuple(_shapes(seen) for seen in facts.get("shapes", ())),
    )
    movement = None
    if "by_weight" in facts:
        movement = Movement(
            {key: tuple(moved) for key, moved in facts["by_input"].items()},
            {key: tuple(moved) for key, moved in facts["by_weight"].items()},
            facts["tried"],
        )
    if "error" in facts:
        return Run((), inventory, movement, error=facts["error"])
    if job.digests:
        return Run((), inventory, digests=tuple(facts["digests"]))
    with numpy().load(folder / "outputs.npz", allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    taps = {name[2:]: array for name, array in found.items() if name.startswith("t/")}
    heads = tuple(found[f"heads/{place}"] for place in range(_count(found, "heads")))
    return Run(
        _outputs(found, len(job.batches)),
        inventory,
        movement,
        taps or None,
        heads=heads if job.heads else None,
    )


def _shapes(seen: Mapping[str, list[list[int]]]) -> dict[str, tuple[Shape, ...]]:
    return {path: tuple(tuple(shape) for shape in shapes) for path, shapes in seen.items()}


def _outputs(found: Mapping[str, Array], batches: int) -> tuple[tuple[Array, ...], ...]:
    return tuple(
        tuple(found[f"{place}/{output}"] for output in range(_count(found, place)))
        for place in range(batches)
    )


def _count(found: Mapping[str, Array], place: int | str) -> int:
    return sum(name.startswith(f"{place}/") for name in found)
