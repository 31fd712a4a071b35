"""The way in: whatever a path leads to, there is a text or a finding, at once."""

from __future__ import annotations

import io
import os
import socket
import sys
from pathlib import Path

import pytest
from reading import findings_of, line_of

from archcompile import driver
from archcompile.diagnostics import Code, SourceFile
from archcompile.frontend.text.source_file import load_file, load_stdin

SPEC = b"archcompile: 1\nname: net\ninput: [N, 3, 8, 8]\nlayers: [relu]\n"


def load(path: Path) -> list[str]:
    return [line_of(finding) for finding in findings_of(lambda: load_file(path, "specs/x.yaml"))]


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xe4\xbd\xa0\n")
    assert load_file(path, "x.yaml") == SourceFile("x.yaml", "a: 你\n")
    assert load_file(path, "x.yaml").text == "a: 你\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: 1\nb: \xe4\xbd\xa0\xff\n", "AC102 2:5 byte 0xff is not UTF-8 here"),
        ("a: b\n".encode("utf-16"), "AC102 1:1 this file is UTF-16, expected UTF-8"),
        ("a: b\n".encode("utf-16-be"), "AC102 1:1 this file is UTF-16, expected UTF-8"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "AC102 1:1 this file is UTF-32, expected UTF-8"),
        (b"+/v8-a: b", "AC102 1:1 this file is UTF-7, expected UTF-8"),
        (b"x" * (2**20 + 1), "AC113 1:1 this file has 1,048,577 bytes, expected at most 1,048,576"),
    ],
)
def test_bytes_that_are_no_spec_are_refused(tmp_path: Path, data: bytes, line: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    (found,) = load(path)
    assert found.startswith(line)


def test_a_missing_file_names_one_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "lenet5.yaml").write_text("a: b")
    (finding,) = findings_of(lambda: load_file(tmp_path / "lenet.yaml", "specs/lenet.yaml"))
    assert (finding.code, finding.message) == (Code.FILE_NOT_FOUND, "no such file")
    assert finding.help == f"did you mean {Path('specs/lenet5.yaml')}?"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert load(tmp_path) == ["AC802 1:1 this is a folder, expected a file"]


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert load(tmp_path / "pipe") == ["AC802 1:1 this is a pipe, expected a file"]


def test_an_impossible_path_is_a_finding() -> None:
    assert load(Path("a\0b"))[0].startswith("AC802 1:1 this file cannot be read")
    assert load(Path("a" * 5000))[0].startswith("AC802 1:1 this file cannot be read")


def test_a_byte_that_is_not_utf_8_is_read_as_windows_would(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("title: Réseau".encode("latin-1"))
    (finding,) = findings_of(lambda: load_file(path, "x.yaml"))
    assert finding.help == "save the file as UTF-8 (in Windows-1252 this byte is é)"


def test_a_megabyte_is_not_too_much(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * 2**20)
    assert len(load_file(path, "x.yaml").text) == 2**20


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(2**40)
    assert load(path) == [
        "AC113 1:1 this file has 1,099,511,627,776 bytes, expected at most 1,048,576"
    ]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null"])
def test_a_device_is_not_read(device: str) -> None:
    assert load(Path(device)) == ["AC802 1:1 this is a device, expected a file"]


def test_a_socket_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert load(Path("s")) == ["AC802 1:1 this is a socket, expected a file"]


def test_a_broken_link_says_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("gone.yaml")
    assert load(tmp_path / "x.yaml") == [
        "AC801 1:1 this link leads to `gone.yaml`, which is not there"
    ]


def test_links_in_a_circle_are_a_finding(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("x.yaml")
    assert load(tmp_path / "x.yaml") == [
        "AC802 1:1 this file cannot be read: too many levels of symbolic links"
    ]


def test_a_file_that_may_not_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "x.yaml"
    path.write_bytes(SPEC)
    monkeypatch.setattr(os, "open", refuse)  # a test may be run by root, who may read all
    assert load(path) == ["AC802 1:1 this file cannot be read: permission denied"]


def test_a_file_that_vanishes_before_it_is_opened_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(path: Path, flags: int) -> int:
        Path(path).unlink()
        raise FileNotFoundError(2, "No such file or directory")

    path = tmp_path / "x.yaml"
    path.write_bytes(SPEC)
    monkeypatch.setattr(os, "open", vanish)
    assert load(path) == ["AC801 1:1 no such file"]


def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(SPEC)
    os.mkfifo(tmp_path / "pipe")
    really = os.open
    monkeypatch.setattr(os, "open", lambda _, flags: really(tmp_path / "pipe", flags))
    assert load(path) == ["AC802 1:1 this is a pipe, expected a file"]


@pytest.mark.parametrize("path", ["a\0b", "a\nb", "a" * 5_000, "a/" * 2_500, "x.yaml/y"])
def test_an_impossible_path_is_a_finding_of_the_whole_run_too(path: str) -> None:
    found = findings_of(lambda: driver.load_all([path]))
    (code,) = (each.code for each in found)
    assert code in (Code.FILE_UNREADABLE, Code.FILE_NOT_FOUND)


class Terminal(io.StringIO):
    """Standard input as a terminal that nobody types at."""

    def isatty(self) -> bool:
        return True


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, SPEC)
    (network,) = driver.load_all(["-"])
    assert (network.name, network.program.spec) == ("net", "<stdin>")


def test_one_network_can_be_loaded_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, SPEC)
    assert driver.load("-").name == "net"


def test_findings_in_standard_input_have_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b"a: 1\na: 2\n")
    (finding,) = findings_of(lambda: driver.load_all(["-"]))
    assert str(finding.span) == "<stdin>:2:1"


def test_what_standard_input_uses_stands_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("unit.yaml").write_text("archcompile: 1\nblocks: {unit: {layers: [relu]}}\n")
    standard_input(monkeypatch, SPEC.replace(b"[relu]", b"[unit]\nuse: [unit.yaml]"))
    assert [network.name for network in driver.load_all(["-"])] == ["net"]


def test_a_file_called_dash_has_another_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(SPEC)
    assert [network.program.spec for network in driver.load_all(["./-"])] == ["-"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 2**21, "this file has over 1,048,576 bytes, expected at most 1,048,576"),
        (b"\xff\xfea\x00", "this file is UTF-16, expected UTF-8"),
        (b"a: \xe9", "byte 0xe9 is not UTF-8 here"),
        (b"", "this file holds nothing"),
    ],
)
def test_standard_input_is_held_to_what_a_file_is(
    monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    standard_input(monkeypatch, content)
    (finding,) = findings_of(lambda: driver.load_all(["-"]))
    assert (finding.message, str(finding.span).split(":")[0]) == (message, "<stdin>")


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert [line_of(each) for each in findings_of(load_stdin)] == [
        "AC802 1:1 standard input is a terminal"
    ]


def test_a_closed_standard_input_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert [line_of(each) for each in findings_of(load_stdin)] == [
        "AC802 1:1 standard input is closed"
    ]


def test_a_standard_input_that_cannot_be_read_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))
    assert [line_of(each) for each in findings_of(load_stdin)] == [
        "AC802 1:1 standard input cannot be read: input/output error"
    ]
