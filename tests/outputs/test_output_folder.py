"""A folder of a build: what is written, kept, refused and left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from archcompile.diagnostics import Code, InternalError, SpecError
from archcompile.outputs import MARK, Outcome, disk, write_folder, write_folders

FILES: dict[str, str | bytes] = {
    "net.py": f"# {MARK}\nx = 1\n",
    "net.svg": f"<!-- {MARK} -->\n<svg/>\n".encode(),
}
MODEL = b"\x08\x0a\x12\x0barchcompile" + b"weights" * 10


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def built() -> dict[str, bytes]:
    return {k: v.encode() if isinstance(v, str) else v for k, v in FILES.items()}


def state(folder: Path) -> list[tuple[str, int, int]]:
    paths = [folder, *sorted(folder.rglob("*"))]
    return [(str(p), p.lstat().st_ino, p.lstat().st_mtime_ns) for p in paths]


def codes(error: pytest.ExceptionInfo[SpecError]) -> list[Code]:
    return [finding.code for finding in error.value.diagnostics]


@pytest.fixture(params=["exchanged", "renamed twice"])
def swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to put a staged folder in its place."""
    if request.param == "renamed twice":
        monkeypatch.setattr(disk, "exchange", lambda staged, target: False)
    return str(request.param)


def test_a_first_build_makes_the_folder_and_those_above_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "generated" / "net"
    assert write_folder(target, FILES, force=False) is Outcome.WRITTEN
    assert contents(target) == built()
    assert sorted(path.name for path in target.parent.iterdir()) == ["net"]


def test_files_have_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_folder(tmp_path / "net", FILES, force=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "net").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "net" / "net.py").stat().st_mode) == 0o640


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path, swap: str) -> None:
    target = tmp_path / "net"
    write_folder(target, FILES, force=False)
    target.chmod(0o700)
    write_folder(target, {**FILES, "net.py": f"# {MARK}\nx = 2\n"}, force=False)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


def test_folders_of_others_that_look_like_staged_ones_stay(tmp_path: Path) -> None:
    for name in (".net.12.tmp", ".cache.1.old"):
        (tmp_path / name).mkdir()
    write_folder(tmp_path / "net", FILES, force=False)
    assert {path.name for path in tmp_path.iterdir()} == {"net", ".net.12.tmp", ".cache.1.old"}


def test_a_changed_build_replaces_the_folder(tmp_path: Path, swap: str) -> None:
    target = tmp_path / "net"
    write_folder(target, {**FILES, "old.txt": f"# {MARK}\n"}, force=False)
    changed = {**FILES, "net.py": f"# {MARK}\nx = 2\n"}
    assert write_folder(target, changed, force=False) is Outcome.WRITTEN
    assert contents(target) == {**built(), "net.py": f"# {MARK}\nx = 2\n".encode()}
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_a_file_that_is_no_longer_built_goes(tmp_path: Path) -> None:
    target = tmp_path / "net"
    write_folder(target, {**FILES, "old.txt": f"{MARK}\n"}, force=False)
    assert write_folder(target, FILES, force=False) is Outcome.WRITTEN
    assert contents(target) == built()


def test_all_is_on_the_disk_before_the_swap_and_the_swap_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        steps.append(Path(f"/dev/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        steps.append("swap")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    write_folder(tmp_path / "net", FILES, force=False)
    staged = f".net.{os.getpid()}.archcompile-new"
    assert steps == ["net.py", "net.svg", staged, "swap", tmp_path.name]


def test_a_second_build_of_the_same_writes_nothing_at_all(tmp_path: Path) -> None:
    target = tmp_path / "net"
    write_folder(target, FILES, force=False)
    before = state(tmp_path)
    assert write_folder(target, FILES, force=False) is Outcome.UNCHANGED
    assert state(tmp_path) == before


def test_an_unchanged_folder_beside_a_changed_one_keeps_its_files(tmp_path: Path) -> None:
    write_folders(tmp_path, {"a": FILES, "b": FILES}, force=False)
    before = state(tmp_path / "a")
    outcomes = write_folders(tmp_path, {"a": FILES, "b": {"net.py": f"# {MARK}\n"}}, force=False)
    assert outcomes == (Outcome.UNCHANGED, Outcome.WRITTEN)
    assert state(tmp_path / "a") == before


@pytest.mark.parametrize("force", [False, True])
def test_a_rebuild_keeps_exported_models_and_drops_caches(
    tmp_path: Path, swap: str, force: bool
) -> None:
    target = tmp_path / "net"
    write_folder(target, FILES, force=False)
    (target / "net.onnx").write_bytes(MODEL)
    (target / "__pycache__").mkdir()
    (target / "__pycache__" / "net.pyc").write_bytes(b"code")
    assert write_folder(target, FILES, force=force) is Outcome.UNCHANGED
    (target / "net.py").write_text(f"# {MARK}\nedited\n")
    assert write_folder(target, FILES, force=force) is Outcome.WRITTEN
    assert contents(target) == {**built(), "net.onnx": MODEL}


def test_the_weights_beside_a_large_model_are_kept_with_it_and_foreign_without(
    tmp_path: Path,
) -> None:
    target = tmp_path / "net"
    write_folder(target, FILES, force=False)
    (target / "net.onnx").write_bytes(MODEL)
    (target / "net.onnx.0123456789abcdef.data").write_bytes(b"numbers")
    write_folder(target, {"net.py": f"# {MARK}\n"}, force=False)
    assert (target / "net.onnx.0123456789abcdef.data").read_bytes() == b"numbers"
    (target / "net.onnx").unlink()
    with pytest.raises(SpecError, match=r"\.data` was not written by archcompile"):
        write_folder(target, FILES, force=False)


def test_a_model_is_copied_where_links_are_not_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "net"
    write_folder(target, FILES, force=False)
    (target / "net.onnx").write_bytes(MODEL)

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert write_folder(target, {"net.py": f"# {MARK}\n"}, force=False) is Outcome.WRITTEN
    assert (target / "net.onnx").read_bytes() == MODEL


def test_a_folder_with_files_of_others_is_refused_and_untouched(tmp_path: Path) -> None:
    target = tmp_path / "net"
    target.mkdir()
    (target / "net.py").write_text("import mine\n")
    (target / "notes.txt").write_text("mine\n")
    (target / "link.py").symlink_to(target / "notes.txt")
    before = state(target)
    with pytest.raises(SpecError) as error:
        write_folder(target, FILES, force=False)
    assert codes(error) == [Code.NOT_OURS] * 3
    assert [finding.message for finding in error.value.diagnostics] == [
        f"`{target / name}` was not written by archcompile"
        for name in ("link.py", "net.py", "notes.txt")
    ]
    assert all("--force" in (finding.help or "") for finding in error.value.diagnostics)
    assert state(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_one_refused_folder_keeps_all_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine").write_text("mine")
    with pytest.raises(SpecError):
        write_folders(tmp_path, {"a": FILES, "b": FILES}, force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_force_replaces_what_has_our_names_and_keeps_the_rest(tmp_path: Path, swap: str) -> None:
    target = tmp_path / "net"
    (target / "sub").mkdir(parents=True)
    (target / "sub" / "deep.txt").write_text("deep")
    (target / "notes.txt").write_text("mine\n")
    victim = tmp_path / "victim.py"
    victim.write_text("untouched")
    (target / "net.py").symlink_to(victim)
    (target / "link").symlink_to("nowhere")
    assert write_folder(target, FILES, force=True) is Outcome.WRITTEN
    assert victim.read_text() == "untouched"
    assert not (target / "net.py").is_symlink()
    assert (target / "net.py").read_bytes() == built()["net.py"]
    assert (target / "notes.txt").read_text() == "mine\n"
    assert (target / "sub" / "deep.txt").read_text() == "deep"
    assert (target / "link").readlink() == Path("nowhere")
    before = state(tmp_path)
    assert write_folder(target, FILES, force=True) is Outcome.UNCHANGED
    assert state(target) == before[1 : 1 + len(state(target))]


def test_a_folder_in_the_place_of_a_file_is_refused_even_by_force(tmp_path: Path) -> None:
    (tmp_path / "net" / "net.py").mkdir(parents=True)
    with pytest.raises(SpecError) as error:
        write_folder(tmp_path / "net", FILES, force=True)
    assert codes(error) == [Code.NOT_OURS]


@pytest.mark.parametrize("force", [False, True])
def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path: Path, force: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "net").symlink_to(elsewhere)
    with pytest.raises(SpecError, match="is a symbolic link") as error:
        write_folder(tmp_path / "net", FILES, force=force)
    assert codes(error) == [Code.NOT_OURS]
    assert list(elsewhere.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net").write_text("mine")
    with pytest.raises(SpecError, match="is a file, not a folder"):
        write_folder(tmp_path / "net", FILES, force=True)
    assert (tmp_path / "net").read_text() == "mine"


def test_a_file_in_the_place_of_the_output_folder_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "generated").write_text("mine")
    with pytest.raises(SpecError, match="Not a directory"):
        write_folder(tmp_path / "generated" / "net", FILES, force=True)


def test_a_tree_that_may_not_be_written_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The permission is refused by hand: the tests may run as a user who may do anything."""

    def read_only(*_: object, **__: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "mkdir", read_only)
    with pytest.raises(SpecError, match="Read-only file system") as error:
        write_folder(tmp_path / "generated" / "net", FILES, force=False)
    assert codes(error) == [Code.FILE_UNWRITABLE]


def test_a_file_that_may_not_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "net", FILES, force=False)

    def no_entry(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", no_entry)
    with pytest.raises(SpecError, match="Permission denied") as error:
        write_folder(tmp_path / "net", FILES, force=False)
    assert codes(error) == [Code.FILE_UNREADABLE]


def test_bytes_that_come_one_at_a_time_arrive_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, view: write(descriptor, view[:1]))
    write_folder(tmp_path / "net", FILES, force=False)
    assert contents(tmp_path / "net") == built()


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a\\b", "a\0b", "__pycache__"])
def test_a_name_that_leaves_the_folder_is_our_own_bug(tmp_path: Path, name: str) -> None:
    with pytest.raises(InternalError):
        write_folder(tmp_path / "net", {name: "x"}, force=True)
    with pytest.raises(InternalError):
        write_folders(tmp_path, {name: FILES}, force=True)
    assert list(tmp_path.iterdir()) == []


def test_text_that_no_file_can_hold_is_our_own_bug(tmp_path: Path) -> None:
    with pytest.raises(InternalError):
        write_folder(tmp_path / "net", {"net.py": "\ud800"}, force=True)


def test_without_the_system_call_folders_are_renamed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.mkdir()
    b.mkdir()
    (a / "in_a").touch()
    monkeypatch.setattr("sys.platform", "darwin")
    assert not disk.exchange(a, b)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    assert not disk.exchange(a, b)
    assert (a / "in_a").exists()


def test_a_swap_with_nothing_there_fails_as_the_system_says(tmp_path: Path) -> None:
    if not os.uname().sysname.startswith("Linux"):
        return
    (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError):
        disk.exchange(tmp_path / "a", tmp_path / "gone")
