"""The specs under ``tests/bad``: what is found in each, and what its head says is found.

Run as a program this writes the heads anew, for review in a diff::

    python tests/bad_specs.py            every file
    python tests/bad_specs.py FILE...    these
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from archcompile.diagnostics import Diagnostic, SpecError, ordered
from archcompile.driver import check_document
from archcompile.frontend import read_document

BAD = Path(__file__).with_name("bad")
EXPECT = re.compile(r"^# expect: (.*)\n", re.MULTILINE)
_MOST_HEADS = 60
"""A head grows by its own lines, which move the places; more rounds than this never help."""


def bad_specs() -> list[Path]:
    """Every file that holds a mistake; what is under ``used`` is there to be used by them."""
    return sorted(path for path in BAD.rglob("*.yaml") if "used" not in path.parts)


def findings(path: Path) -> tuple[Diagnostic, ...]:
    """What a check finds: of the stage that stops it, and of every network of the file."""
    try:
        return ordered(check_document(read_document(path)).findings)
    except SpecError as error:
        return ordered(error.diagnostics)


def line_of(finding: Diagnostic) -> str:
    """``CODE line:column message``, as a head has it."""
    span = finding.span
    place = "-" if span is None else f"{span.line}:{span.column}"
    message = finding.message.encode("ascii", "backslashreplace").decode()
    return f"{finding.code.value} {place} {message}"


def expected(path: Path) -> list[str]:
    """The findings that a file's head says."""
    return EXPECT.findall(path.read_bytes().decode("utf-8-sig", "replace"))


def bless(path: Path) -> None:
    """Writes the head of a file anew, at the start of it; a byte order mark stays first."""
    for _ in range(_MOST_HEADS):
        said = [line_of(finding) for finding in findings(path)]
        if said == expected(path):
            return
        content = path.read_bytes()
        mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        rest = re.sub(rb"(?m)^# expect: .*\n", b"", content.removeprefix(mark))
        head = "".join(f"# expect: {line}\n" for line in said)
        path.write_bytes(mark + head.encode() + rest)
    raise RuntimeError(f"the head of {path} does not settle")


if __name__ == "__main__":
    for each in map(Path, sys.argv[1:]) if sys.argv[1:] else bad_specs():
        bless(each)
