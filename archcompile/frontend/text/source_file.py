"""From a path to text: the bytes of a spec, decoded strictly, every refusal with its place."""

from __future__ import annotations

import os
import re
import stat
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from archcompile.diagnostics import Code, Diagnostic, Edit, SourceFile, Span, SpecError
from archcompile.diagnostics.edit import line_starts
from archcompile.diagnostics.span import BREAK
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.findings import finding

LARGEST_FILE = 1 << 20
"""Bytes."""
STDIN = "<stdin>"
"""What standard input is called in findings."""
SUFFIXES = (".yaml", ".yml")
_MOST_REPORTED = 20
_MOST_BESIDE = 10_000
_PIPE_IT = "pipe a spec into it, or name a file"
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 (but tab and line breaks), DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what changes the direction of the text
    "\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # what cannot be seen
    "\u115f\u1160\u3164\uffa0\U000e0000-\U000e007f"  # ... although some are letters, or tags
    "\u2028\u2029"  # what breaks lines for some readers only
    "\ud800-\udfff\ufffe\uffff]"  # what is no character
)
_CONTROLS = {
    0: "null",
    7: "bell",
    8: "backspace",
    0x0B: "line tabulation",
    0x0C: "form feed",
    0x1B: "escape",
    0x7F: "delete",
    0x85: "next line",
}
_COLOUR = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")
_LONGEST_COLOUR = 30
_BREAKING = frozenset("\x0b\x0c\x85\u2028\u2029")
"""What other programs take for the end of a line."""
_OTHER_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"+/v", "UTF-7"),
)
_UTF8_BOM = b"\xef\xbb\xbf"


def load_file(path: Path, shown_as: str) -> SourceFile:
    """The text of a file, called ``shown_as`` in findings. A UTF-8 byte order mark is dropped.

    Raises a finding for what is missing, unreadable, no regular file, over 1 MiB or not UTF-8.
    """
    content = _bytes(path, shown_as)
    return _source(content, shown_as, f"{path.stat().st_size:,}" if _is_long(content) else "")


def _is_long(content: bytes) -> bool:
    return len(content) > LARGEST_FILE


def _source(content: bytes, shown_as: str, size: str) -> SourceFile:
    """The text, unless it is too long; ``size`` says how long it is then."""
    if _is_long(content):
        raise finding(
            Code.TOO_LARGE,
            f"this file has {size} bytes, expected at most {LARGEST_FILE:,}",
            _start(shown_as),
            help="move blocks to files of their own, and name those under `use`",
        )
    return SourceFile(shown_as, _decoded(content, shown_as))


def is_folder(path: Path) -> bool:
    """Whether a folder is there; an impossible path is none."""
    try:
        return path.is_dir()
    except OSError:  # a name of 5,000 characters, a folder around it that is closed
        return False


def refuse_forbidden_characters(file: SourceFile) -> None:
    """Raise a finding for each character (the first 20) that a spec must not hold."""
    found = tuple(islice(_forbidden(file), _MOST_REPORTED))
    if found:
        raise SpecError(found)


def forbidden_character(text: str) -> str | None:
    """The first character of a text that no value may hold, e.g. from an escape, or ``None``."""
    match = _FORBIDDEN.search(text)
    return None if match is None else match.group()


def character_name(character: str) -> str:
    """A character in words: ``U+202E (right-to-left override)``."""
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:
        name = "half of a surrogate pair"
    else:
        known = _CONTROLS.get(number, "no character" if number >= 0xFFFE else "a control character")
        name = unicodedata.name(character, known).lower()
    return f"U+{number:04X} ({name})"


def load_stdin() -> SourceFile:
    """The text on standard input, as a file of the name ``<stdin>``.

    Raises a finding for what is closed, a terminal, over 1 MiB or not UTF-8.
    """
    stream = sys.stdin
    if stream is None or stream.closed:
        raise _unreadable("standard input is closed", STDIN, _PIPE_IT)
    try:
        if stream.isatty():
            raise _unreadable("standard input is a terminal", STDIN, _PIPE_IT)
        content = stream.buffer.read(LARGEST_FILE + 1) or b""
    except (OSError, ValueError) as error:
        raise _unreadable(f"standard input cannot be read: {_reason(error)}", STDIN) from None
    return _source(content, STDIN, f"over {LARGEST_FILE:,}")


def _bytes(path: Path, shown_as: str) -> bytes:
    """At most one byte more than a file may have. Pipes and devices are refused, not opened."""
    try:
        _refuse_special(path.stat().st_mode, shown_as)
        # it may be another file by now: without O_NONBLOCK, opening a pipe waits for its writer
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            _refuse_special(os.fstat(descriptor).st_mode, shown_as)
            return stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise _not_found(path, shown_as) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(f"this file cannot be read: {_reason(error)}", shown_as) from None


def _refuse_special(mode: int, shown_as: str) -> None:
    """Raise a finding for what is no regular file, and say what it is."""
    if stat.S_ISREG(mode):
        return
    what = next((name for test, name in _KINDS if test(mode)), "not a regular file")
    help = "save it as a file, or pipe it in and name it `-`" if stat.S_ISFIFO(mode) else None
    raise _unreadable(f"this is {what}, expected a file", shown_as, help)


def _unreadable(message: str, shown_as: str, help: str | None = None) -> SpecError:
    return finding(Code.FILE_UNREADABLE, message, _start(shown_as), help=help)


def _reason(error: Exception) -> str:
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()


def _not_found(path: Path, shown_as: str) -> SpecError:
    if path.is_symlink():
        leads = path.readlink()
        return finding(
            Code.FILE_NOT_FOUND,
            f"this link leads to `{leads}`, which is not there",
            _start(shown_as),
        )
    near = _near(path)
    advice = None if near is None else f"did you mean {Path(shown_as).with_name(near)}?"
    return finding(Code.FILE_NOT_FOUND, "no such file", _start(shown_as), help=advice)


def nearest_file(name: str, beside: Iterable[str]) -> str | None:
    """The YAML file among those ``beside`` whose name is most like this one, suffix aside."""
    stems = {
        file.removesuffix(suffix): file
        for file in sorted(beside)
        for suffix in SUFFIXES
        if file.endswith(suffix)
    }
    near = closest(name.rpartition(".")[0] or name, stems)
    return None if near is None else stems[near]


def _near(path: Path) -> str | None:
    """The name of a YAML file beside the path that is most like it."""
    try:
        with os.scandir(path.parent) as entries:
            inside = [entry.name for entry in islice(entries, _MOST_BESIDE)]
    except OSError:
        return None
    return nearest_file(path.name, inside)


def _decoded(data: bytes, shown_as: str) -> str:
    other = next((name for mark, name in _OTHER_BOMS if data.startswith(mark)), None)
    if other is not None or _looks_like_utf16(data):
        raise finding(
            Code.ENCODING,
            f"this file is {other or 'UTF-16'}, expected UTF-8",
            _start(shown_as),
            help="save it as UTF-8",
        )
    data = data.removeprefix(_UTF8_BOM)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        file = SourceFile(shown_as, data.decode("utf-8", errors="replace"))
        raise finding(
            Code.ENCODING,
            f"byte 0x{data[error.start]:02x} is not UTF-8 here",
            _character(file, len(before), line_starts(before)),
            help=f"save the file as UTF-8{_in_windows_1252(data[error.start])}",
        ) from None


def _in_windows_1252(byte: int) -> str:
    """What the byte is in the encoding that text most likely has if it is not UTF-8."""
    character = bytes([byte]).decode("cp1252", "replace")
    return f" (in Windows-1252 this byte is {character})" if character.isprintable() else ""


def _looks_like_utf16(data: bytes) -> bool:
    """Whether every second byte of the first few is NUL: ASCII in UTF-16 without its mark."""
    head = data[:8]
    return len(head) >= 4 and (not any(head[::2]) or not any(head[1::2])) and any(head)


def _forbidden(file: SourceFile) -> Iterator[Diagnostic]:
    starts = line_starts(file.text)
    for match in _FORBIDDEN.finditer(file.text):
        character = match.group()
        place = _character(file, match.start(), starts)
        breaks = character in _BREAKING
        new = "\n" if breaks else ""
        yield Diagnostic(
            Code.FORBIDDEN_CHARACTER,
            f"{character_name(character)} must not stand in a spec",
            place,
            help="end the line there as others do" if breaks else "remove it",
            fix=(Edit(_whole(place, file.text[match.start() :][:_LONGEST_COLOUR]), new),),
        )


def _character(file: SourceFile, index: int, starts: tuple[int, ...]) -> Span:
    """The span of one character of the text; its line is counted as the renderer counts."""
    line = bisect_right(starts, index)
    column = index - starts[line - 1] + 1
    return Span(file, line, column, line, column + 1)


def _whole(place: Span, text: str) -> Span:
    """The character's span as an edit takes it: to the next line, or a terminal's whole command."""
    if BREAK.match(text) is not None:
        return Span(place.file, place.line, place.column, place.line + 1, 1)
    command = _COLOUR.match(text)
    return place if command is None else place.within(0, command.end())


def _start(shown_as: str) -> Span:
    return Span(SourceFile(shown_as, ""), 1, 1, 1, 1)
