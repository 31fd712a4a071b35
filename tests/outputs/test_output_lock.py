"""One build at a time, told who is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archcompile.diagnostics import Code, SpecError
from archcompile.outputs import MARK, Outcome, lock, locked, write_folder

FILES = {"net.py": f"# {MARK}\n"}
HOLD = """
import sys
from pathlib import Path
from archcompile.outputs import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_build_is_locked_out_and_told_by_whom(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SpecError) as error:
            write_folder(tmp_path / "net", FILES, force=True)
        assert [finding.code for finding in error.value.diagnostics] == [Code.LOCKED]
        assert f"(process {holder.pid})" in error.value.diagnostics[0].message
        assert not (tmp_path / "net").exists()
        holder.kill()
    assert write_folder(tmp_path / "net", FILES, force=False) is Outcome.WRITTEN
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_a_lock_file_that_nobody_holds_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / lock.LOCK_NAME).write_text("1\n")
    assert write_folder(tmp_path / "net", FILES, force=False) is Outcome.WRITTEN
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_a_build_beside_another_is_locked_out_even_if_it_has_nothing_to_write(
    tmp_path: Path,
) -> None:
    write_folder(tmp_path / "net", FILES, force=False)
    with locked(tmp_path), pytest.raises(SpecError):
        write_folder(tmp_path / "net", FILES, force=False)


def test_a_holder_that_has_not_said_its_number_is_another_process(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / lock.LOCK_NAME).write_text("")
        with pytest.raises(SpecError, match=r"another build \(another process\)"), locked(tmp_path):
            raise AssertionError


def test_a_lock_whose_file_was_taken_away_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder removes the file between our opening and our locking it."""
    path = tmp_path / lock.LOCK_NAME
    flock = lock.fcntl.flock
    opened: list[int] = []

    def after_the_holder_left(descriptor: int, how: int) -> None:
        if not opened:
            path.unlink()
        opened.append(descriptor)
        flock(descriptor, how)

    monkeypatch.setattr(lock.fcntl, "flock", after_the_holder_left)
    with locked(tmp_path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert len(opened) == 2
    assert not path.exists()


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path, exists: bool) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    out.mkdir()
    if exists:
        victim.write_text("untouched")
    (out / lock.LOCK_NAME).symlink_to(victim)
    with pytest.raises(SpecError, match="is a symbolic link") as error:
        write_folder(out / "net", FILES, force=True)
    assert [finding.code for finding in error.value.diagnostics] == [Code.NOT_OURS]
    assert victim.exists() == exists
    assert not exists or victim.read_text() == "untouched"


def test_a_pipe_or_a_second_name_of_a_file_is_no_lock(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "piped").mkdir()
    (tmp_path / "named").mkdir()
    os.mkfifo(tmp_path / "piped" / lock.LOCK_NAME)
    os.link(victim, tmp_path / "named" / lock.LOCK_NAME)
    for out in (tmp_path / "piped", tmp_path / "named"):
        with pytest.raises(SpecError, match="no lock of archcompile's") as error:
            write_folder(out / "net", FILES, force=True)
        assert [finding.code for finding in error.value.diagnostics] == [Code.NOT_OURS]
    assert victim.read_text() == "untouched"


def test_a_link_in_the_place_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "generated").symlink_to(elsewhere)
    with pytest.raises(SpecError, match="is a symbolic link"):
        write_folder(tmp_path / "generated" / "net", FILES, force=True)
    assert list(elsewhere.iterdir()) == []
