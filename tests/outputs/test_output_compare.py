"""The diff that ``build --check`` shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcompile.diagnostics import SpecError
from archcompile.outputs import MARK, compare_folder, write_folder

FILES = {"net.py": f"# {MARK}\nx = 1\n"}


def test_a_folder_that_is_up_to_date_has_no_diff(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", FILES, force=False)
    (tmp_path / "net" / "net.onnx").write_bytes(b"\x08\x0a\x12\x0barchcompile")
    (tmp_path / "net" / "__pycache__").mkdir()
    assert compare_folder(tmp_path / "net", FILES) == ""


def test_a_changed_line_is_shown_as_a_unified_diff(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", FILES, force=False)
    path = tmp_path / "net" / "net.py"
    assert compare_folder(tmp_path / "net", {"net.py": f"# {MARK}\nx = 2"}) == (
        f"--- {path}\n+++ {path} (as built)\n"
        f"@@ -1,2 +1,2 @@\n # {MARK}\n-x = 1\n+x = 2\n\\ No newline at end of file\n"
    )


def test_a_missing_folder_is_all_new(tmp_path: Path) -> None:
    diff = compare_folder(tmp_path / "net", FILES)
    assert diff.startswith("--- /dev/null\n")
    assert f"\n+# {MARK}\n+x = 1\n" in diff
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_longer_built_is_shown_as_gone(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", {**FILES, "old.txt": f"{MARK}\n"}, force=False)
    diff = compare_folder(tmp_path / "net", FILES)
    assert f"+++ /dev/null\n@@ -1 +0,0 @@\n-{MARK}\n" in diff


def test_a_file_of_others_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", FILES, force=False)
    (tmp_path / "net" / "notes.txt").write_text("mine")
    diff = compare_folder(tmp_path / "net", FILES)
    assert diff == f"{tmp_path / 'net' / 'notes.txt'}: not written by archcompile\n"


def test_line_ends_count(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", {"net.py": f"# {MARK}\r\n"}, force=False)
    assert "-# " in compare_folder(tmp_path / "net", {"net.py": f"# {MARK}\n"})


def test_binary_files_are_said_to_differ(tmp_path: Path) -> None:
    write_folder(tmp_path / "net", {"net.bin": f"{MARK}\0".encode()}, force=False)
    diff = compare_folder(tmp_path / "net", {"net.bin": b"\0"})
    assert diff == f"Binary files {tmp_path / 'net' / 'net.bin'} and its build differ\n"


def test_very_long_files_are_compared_without_being_aligned(tmp_path: Path) -> None:
    lines = "x\n" * 30_000
    write_folder(tmp_path / "net", {"net.py": f"# {MARK}\n{lines}"}, force=False)
    path = tmp_path / "net" / "net.py"
    assert compare_folder(tmp_path / "net", {"net.py": f"# {MARK}\n{lines}y\n"}) == (
        f"{path} (30001 lines) and its build (30002 lines) differ from line 30002\n"
    )


def test_a_link_in_the_place_of_the_folder_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "net").symlink_to(tmp_path)
    with pytest.raises(SpecError):
        compare_folder(tmp_path / "net", FILES)
