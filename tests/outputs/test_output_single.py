"""A file at a place that the user named."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from archcompile.diagnostics import Code, SpecError
from archcompile.outputs import file_output, usual_place
from tests.whole_file import write_file

MODEL = b"\x08\x0a\x12\x0barchcompile" + b"weights"
FOREIGN_MODEL = b"\x08\x08\x12\x07pytorch" + b"weights"


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_file(tmp_path / "net.onnx", MODEL, force=False)
    assert (tmp_path / "net.onnx").read_bytes() == MODEL
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_a_model_of_ours_is_overwritten(tmp_path: Path) -> None:
    write_file(tmp_path / "net.onnx", MODEL, force=False)
    write_file(tmp_path / "net.onnx", MODEL + b"more", force=False)
    assert (tmp_path / "net.onnx").read_bytes() == MODEL + b"more"


@pytest.mark.parametrize("content", [b"import mine\n", FOREIGN_MODEL, b""])
def test_a_file_of_others_is_overwritten_by_force_only(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(SpecError) as error:
        write_file(path, MODEL, force=False)
    assert [finding.code for finding in error.value.diagnostics] == [Code.NOT_OURS]
    assert path.read_bytes() == content
    write_file(path, MODEL, force=True)
    assert path.read_bytes() == MODEL


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "link.onnx").symlink_to("net.onnx")
    write_file(tmp_path / "link.onnx", MODEL, force=False)
    assert (tmp_path / "link.onnx").is_symlink()
    assert (tmp_path / "net.onnx").read_bytes() == MODEL


def test_what_is_no_file_is_refused_even_by_force(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in {"pipe": "not a plain file", ".": "a folder"}.items():
        with pytest.raises(SpecError, match=why) as error:
            write_file(tmp_path / name, MODEL, force=True)
        assert [finding.code for finding in error.value.diagnostics] == [Code.NOT_OURS]


def test_a_missing_folder_is_a_finding_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        write_file(tmp_path / "sub" / "net.onnx", MODEL, force=True)
    (finding,) = error.value.diagnostics
    assert finding.code is Code.FILE_NOT_FOUND
    assert finding.help == f"mkdir -p {tmp_path / 'sub'}"


def test_a_link_to_itself_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SpecError):
        write_file(tmp_path / "loop", MODEL, force=True)


def test_leftovers_of_killed_runs_go_and_those_of_others_stay(tmp_path: Path) -> None:
    dead, alive = 2**22 + 1, os.getppid()
    for process in (dead, alive, 10**30):
        (tmp_path / f".net.onnx.{process}.archcompile-new").write_bytes(b"half")
    (tmp_path / f".net.onnx.{dead}.archcompile-part").write_bytes(b"half")
    (tmp_path / ".net.onnx.mine.archcompile-new").write_bytes(b"mine")
    write_file(tmp_path / "net.onnx", MODEL, force=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [
            f".net.onnx.{alive}.archcompile-new",
            f".net.onnx.{10**30}.archcompile-new",
            ".net.onnx.mine.archcompile-new",
            "net.onnx",
        ]
    )


def test_a_block_that_cannot_write_is_a_finding(tmp_path: Path) -> None:
    with (
        pytest.raises(SpecError, match="No space left on device") as error,
        file_output(tmp_path / "net.onnx", force=False),
    ):
        raise OSError(28, "No space left on device")
    assert [finding.code for finding in error.value.diagnostics] == [Code.FILE_UNWRITABLE]


def test_a_usual_place_has_its_folders_made_or_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "net.onnx"
    assert usual_place(path) == usual_place(path) == path
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(SpecError) as error:
        usual_place(tmp_path / "file" / "net.onnx")
    assert [finding.code for finding in error.value.diagnostics] == [Code.FILE_UNWRITABLE]


@pytest.mark.parametrize("link", ["a", "a/b", "a/b/net.onnx"])
def test_a_usual_place_lies_behind_no_link(tmp_path: Path, link: str) -> None:
    """A stranger's tree may hold links to anywhere; who names a place himself may use one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(elsewhere)
    with pytest.raises(SpecError, match="is a symbolic link") as error:
        usual_place(tmp_path / "a" / "b" / "net.onnx")
    assert [finding.code for finding in error.value.diagnostics] == [Code.NOT_OURS]
    assert list(elsewhere.iterdir()) == []


def test_a_link_laid_out_for_what_is_staged_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    (tmp_path / f".net.onnx.{os.getpid()}.archcompile-part").symlink_to(victim)
    write_file(tmp_path / "net.onnx", MODEL, force=False)
    assert victim.read_bytes() == b"untouched"
    assert (tmp_path / "net.onnx").read_bytes() == MODEL


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    write_file(tmp_path / "net.onnx", MODEL, force=False)
    (tmp_path / "net.onnx").chmod(0o600)
    write_file(tmp_path / "net.onnx", MODEL + b"new", force=False)
    assert stat.S_IMODE((tmp_path / "net.onnx").stat().st_mode) == 0o600
