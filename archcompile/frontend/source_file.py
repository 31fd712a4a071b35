"""From a path to text: the bytes of a spec, decoded strictly, every refusal with its place."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from archcompile.diagnostics import Code, Diagnostic, SourceFile, Span, SpecError
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.findings import finding

LARGEST_FILE = 1 << 20
"""Bytes."""
_MOST_REPORTED = 20

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 (but tab and line breaks), DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what changes the direction of the text
    "\u200b\u2028\u2029\u2060\ufeff"  # what cannot be seen, or breaks lines for some readers only
    "\ud800-\udfff\ufffe\uffff]"  # what is no character
)
_LINE_BREAK = re.compile("\r\n|[\n\r]")
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_BOM = b"\xef\xbb\xbf"


def load_file(path: Path, shown_as: str) -> SourceFile:
    """The text of a file, called ``shown_as`` in findings. A UTF-8 byte order mark is dropped.

    Raises a finding for what is missing, unreadable, no regular file, over 1 MiB or not UTF-8.
    """
    data = _bytes(path, shown_as)
    if len(data) > LARGEST_FILE:
        raise finding(
            Code.TOO_LARGE,
            f"this file is larger than {LARGEST_FILE:,} bytes, the most that a spec may have",
            _start(shown_as),
        )
    return SourceFile(shown_as, _decoded(data, shown_as))


def refuse_forbidden_characters(file: SourceFile) -> None:
    """Raise a finding for each character (the first 20) that a spec must not hold."""
    found = tuple(islice(_forbidden(file), _MOST_REPORTED))
    if found:
        raise SpecError(found)


def forbidden_character(text: str) -> str | None:
    """The first character of a text that no value may hold, e.g. from an escape, or ``None``."""
    match = _FORBIDDEN.search(text)
    return None if match is None else match.group()


def _bytes(path: Path, shown_as: str) -> bytes:
    """At most one byte more than a file may have. Pipes and devices are refused, not read."""
    try:
        # without O_NONBLOCK, opening a pipe waits for its writer
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise finding(Code.FILE_UNREADABLE, "this is not a regular file", _start(shown_as))
            return stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise _not_found(path, shown_as) from None
    except IsADirectoryError:
        raise finding(
            Code.FILE_UNREADABLE, "this is a folder, not a file", _start(shown_as)
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise finding(
            Code.FILE_UNREADABLE, f"this file cannot be read: {reason}", _start(shown_as)
        ) from None


def _not_found(path: Path, shown_as: str) -> SpecError:
    try:
        near = closest(path.name, sorted(entry.name for entry in path.parent.glob("*.y*ml")))
    except OSError:
        near = None
    advice = None if near is None else f"did you mean {Path(shown_as).with_name(near)}?"
    return finding(Code.FILE_NOT_FOUND, "no such file", _start(shown_as), help=advice)


def _decoded(data: bytes, shown_as: str) -> str:
    if data.startswith(_UTF16_BOMS) or _looks_like_utf16(data):
        raise finding(
            Code.ENCODING,
            "this file is UTF-16, expected UTF-8",
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
            _character(file, before, len(before)),
            help="save the file as UTF-8",
        ) from None


def _looks_like_utf16(data: bytes) -> bool:
    """Whether every second byte of the first few is NUL: ASCII in UTF-16 without its mark."""
    head = data[:8]
    return len(head) >= 4 and (not any(head[::2]) or not any(head[1::2])) and any(head)


def _forbidden(file: SourceFile) -> Iterator[Diagnostic]:
    for match in _FORBIDDEN.finditer(file.text):
        character = match.group()
        name = unicodedata.name(character, "a control character")
        yield Diagnostic(
            Code.FORBIDDEN_CHARACTER,
            f"U+{ord(character):04X} ({name.lower()}) must not stand in a spec",
            _character(file, file.text, match.start()),
            help="remove it",
        )


def _character(file: SourceFile, text: str, index: int) -> Span:
    """The span of one character of the text; its line is counted as the renderer counts."""
    before = _LINE_BREAK.split(text[:index])
    line, column = len(before), len(before[-1]) + 1
    return Span(file, line, column, line, column + 1)


def _start(shown_as: str) -> Span:
    return Span(SourceFile(shown_as, ""), 1, 1, 1, 1)
