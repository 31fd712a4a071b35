"""Whatever fails, wherever: the old build stands or the new one does, and the next run mends."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archcompile.diagnostics import Code, SpecError
from archcompile.outputs import MARK, disk, write_folder
from tests.whole_file import write_file

OLD = {"net.py": f"# {MARK}\nold\n", "net.svg": f"<!-- {MARK} old -->\n"}
NEW = {"net.py": f"# {MARK}\nnew\n", "report.md": f"<!-- {MARK} new -->\n"}
MODEL = b"\x08\x0a\x12\x0barchcompile"
CALLS = ("mkdir", "open", "write", "fsync", "close", "link", "rename", "replace", "unlink", "rmdir")
KILLER = Path(__file__).with_name("kill_at_every_call.py")
FAULTS: dict[str, BaseException] = {
    "no space": OSError(errno.ENOSPC, "No space left on device"),
    "input/output error": OSError(errno.EIO, "Input/output error"),
    "interrupt": KeyboardInterrupt(),
}


@pytest.fixture(params=["exchanged", "renamed twice"])
def swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to put a staged folder in its place."""
    if request.param == "renamed twice":
        monkeypatch.setattr(disk, "exchange", lambda staged, target: False)
    return str(request.param)


def read(folder: Path) -> dict[str, str]:
    if not folder.exists():
        return {}
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".onnx"}


def calls_until_fault(
    action: Callable[[], object], at: int, fault: BaseException, *, late: bool
) -> list[str]:
    """Runs the action; its ``at``-th call to the system fails, instead of its work or after it.

    Returns the calls made: not more than ``at`` of them mean that none was left to fail.
    """
    made: list[str] = []

    def counting(name: str) -> Callable[..., object]:
        call = getattr(os, name)

        def counted(*arguments: object, **keywords: object) -> object:
            made.append(name)
            fails = len(made) == at + 1
            if fails and not late and name != "close":
                raise fault
            result = call(*arguments, **keywords)  # a number is given back whatever close says
            if fails:
                raise fault
            return result

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, counting(name))
        raised = _raised_by(action)
    allowed = SpecError if isinstance(fault, OSError) else KeyboardInterrupt
    assert raised is None or isinstance(raised, allowed)
    if isinstance(raised, SpecError):
        assert [finding.code for finding in raised.diagnostics] == [Code.FILE_UNWRITABLE]
    return made


def _raised_by(action: Callable[[], object]) -> BaseException | None:
    try:
        action()
    except (SpecError, KeyboardInterrupt) as error:
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("late", [False, True], ids=["instead of", "after"])
@pytest.mark.parametrize("before", [{}, OLD], ids=["first build", "rebuild"])
def test_a_fault_at_any_call_leaves_one_whole_build(
    tmp_path: Path, swap: str, fault: BaseException, late: bool, before: dict[str, str]
) -> None:
    seen: set[str] = set()
    for at in itertools.count():
        target = tmp_path / str(at) / "net"
        if before:
            write_folder(target, before, force=False)
            (target / "net.onnx").write_bytes(MODEL)
        made = calls_until_fault(
            lambda target=target: write_folder(target, NEW, force=False), at, fault, late=late
        )
        seen.update(made)
        assert read(target) in (before, NEW), made
        write_folder(target, NEW, force=False)
        assert read(target) == NEW, made
        assert (target / "net.onnx").exists() == bool(before), made
        assert [path.name for path in target.parent.iterdir()] == ["net"], made
        if len(made) <= at:
            break
    assert {"mkdir", "open", "write", "fsync", "close", "unlink"} <= seen
    assert not before or {"link", "rmdir"} <= seen


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("late", [False, True], ids=["instead of", "after"])
def test_a_fault_at_any_call_leaves_the_old_file_or_the_new(
    tmp_path: Path, fault: BaseException, late: bool
) -> None:
    for at in itertools.count():
        path = tmp_path / str(at) / "net.onnx"
        path.parent.mkdir()
        path.write_bytes(MODEL)
        made = calls_until_fault(
            lambda path=path: write_file(path, MODEL + b"new", force=False), at, fault, late=late
        )
        assert path.read_bytes() in (MODEL, MODEL + b"new"), made
        write_file(path, MODEL + b"new", force=False)
        leftovers = {entry.name for entry in path.parent.iterdir()} - {"net.onnx"}
        assert not leftovers or "unlink" in made[at : at + 1]
        if len(made) <= at:
            break


@pytest.mark.parametrize("way", ["exchanged", "renamed twice"])
def test_a_kill_at_any_call_leaves_one_whole_build_and_the_next_run_mends(
    tmp_path: Path, way: str
) -> None:
    run = subprocess.run(
        [sys.executable, str(KILLER), str(tmp_path), way, json.dumps([OLD, NEW])],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    rounds = json.loads(run.stdout)
    assert len(rounds) > 15
    assert rounds[-1]["killed"] is False
    assert all(outcome["killed"] for outcome in rounds[:-1])
    for outcome in rounds:
        found = {name: text for name, text in outcome["found"].items() if name != "net.onnx"}
        between = way == "renamed twice" and not found
        assert found in (OLD, NEW) or between, outcome
        assert outcome["mended"] == {**NEW, "net.onnx": "kept"}, outcome
        assert outcome["beside"] == ["net"], outcome


def test_the_killed_builds_show_both_outcomes(tmp_path: Path) -> None:
    """The kills fall on both sides of the swap, or the test above would show little."""
    run = subprocess.run(
        [sys.executable, str(KILLER), str(tmp_path), "renamed twice", json.dumps([OLD, NEW])],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = [outcome["found"].get("net.py") for outcome in json.loads(run.stdout)]
    assert {OLD["net.py"], NEW["net.py"], None} == set(found)
