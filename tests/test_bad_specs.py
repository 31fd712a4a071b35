"""Every file under ``tests/bad`` holds a mistake, and what is said about it in its head comment.

Adding a case is adding a file: a first line ``# expect: CODE line:column message`` for each
finding, in order of place, and the spec below.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archcompile.diagnostics import Diagnostic, SpecError, ordered
from archcompile.driver import compiled
from archcompile.frontend import networks, read_document

BAD = Path(__file__).with_name("bad")
FILES = sorted(BAD.glob("*.yaml"))
EXPECT = re.compile(r"^# expect: (.*)$", re.MULTILINE)


def findings(path: Path) -> tuple[Diagnostic, ...]:
    """What a build would find: of the stage that stops it, and of every network of the file."""
    found: list[Diagnostic] = []
    try:
        document = read_document(path)
    except SpecError as error:
        return ordered(error.diagnostics)
    for name in networks(document):
        try:
            compiled(document, name, {})
        except SpecError as error:
            found += error.diagnostics
    return ordered(found)


def line_of(finding: Diagnostic) -> str:
    """``CODE line:column message``."""
    span = finding.span
    place = "-" if span is None else f"{span.line}:{span.column}"
    return f"{finding.code.value} {place} {finding.message}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_spec_has_the_findings_that_its_head_says(path: Path) -> None:
    expected = EXPECT.findall(path.read_text(encoding="utf-8"))
    assert expected, "the file says nothing of what is wrong with it"
    assert [line_of(finding) for finding in findings(path)] == expected


def test_there_are_bad_specs() -> None:
    assert len(FILES) >= 25
