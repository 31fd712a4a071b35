"""A help line that says what to write can be taken at its word: written, the finding is gone.

Held for every finding in every file under ``tests/bad``; a file added there is held too.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from bad_specs import BAD, bad_specs, findings

from archcompile.diagnostics import Diagnostic, Severity, edited

PROMISE = re.compile(r"(write|did you mean|quote|leave|remove|give|add) .*`", re.IGNORECASE)
"""How a help line starts that says what to write."""
LEFT_TO_THE_AUTHOR = re.compile("…|e\\.g\\.|, say$")
"""What marks a help line that shows a form and leaves the value to the author."""


def mended(path: Path, finding: Diagnostic, folder: Path) -> Path:
    """A copy of the spec, and of what it uses, with the finding's edits made."""
    folder.mkdir()
    shutil.copy(path, folder)
    if (path.parent / "used").is_dir():
        shutil.copytree(path.parent / "used", folder / "used")
    for edit in finding.fix:
        assert Path(edit.span.file.path).parent.is_relative_to(path.parent)
    for name in {edit.span.file.path for edit in finding.fix}:
        target = folder / Path(name).relative_to(path.parent)
        text = target.read_bytes().decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        made = edited(text, [edit for edit in finding.fix if edit.span.file.path == name])
        target.write_bytes(made.encode("utf-8", "surrogateescape"))
    return folder / path.name


def counts(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((each.code.value, each.message) for each in found)


def is_said(help: str, finding: Diagnostic) -> bool:
    """Whether the help line shows what the edits put in, or the edits put in what it shows."""
    put = [words(edit.text) for edit in finding.fix if words(edit.text)]
    shown = [words(each) for each in re.findall(r"`([^`]+)`", help)]
    return all(text in words(help) or any(each in text for each in shown) for text in put)


def words(text: str) -> str:
    return " ".join(re.findall(r"[^\s,:{}\[\]-]+", text))


@pytest.mark.parametrize("path", bad_specs(), ids=lambda path: str(path.relative_to(BAD)))
def test_what_a_help_line_says_to_write_removes_the_finding(path: Path, tmp_path: Path) -> None:
    before = findings(path)
    for number, finding in enumerate(before):
        help = finding.help or ""
        if PROMISE.match(help) and not LEFT_TO_THE_AUTHOR.search(help):
            assert finding.fix, f"nothing does what is said: {help}"
        if not finding.fix:
            continue
        assert is_said(help, finding), (help, finding.fix)
        after = counts(findings(mended(path, finding, tmp_path / str(number))))
        key = (finding.code.value, finding.message)
        assert after[key] < counts(before)[key], (help, finding.fix)
        known = {each.code.value for each in before}
        worse = {code for code, _ in after if is_worse(code, finding)} - known
        assert not worse, (help, finding.fix, worse)


def is_worse(code: str, finding: Diagnostic) -> bool:
    """What must not come of an edit: text that is no YAML; of a warning's, any error at all."""
    return code.startswith("AC1") or (finding.severity is Severity.WARNING and code < "AC9")
