"""Every file under ``tests/bad`` holds a mistake, and its head comment says what is found.

Adding a case is adding a file: ``python tests/bad_specs.py FILE`` writes its head, a first line
``# expect: CODE line:column message`` for each finding in order of place, for you to review.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_specs import BAD, bad_specs, expected, findings, line_of


@pytest.mark.parametrize("path", bad_specs(), ids=lambda path: str(path.relative_to(BAD)))
def test_a_bad_spec_has_the_findings_that_its_head_says(path: Path) -> None:
    said = expected(path)
    assert said, "the file says nothing of what is wrong with it"
    assert [line_of(finding) for finding in findings(path)] == said


def test_there_are_bad_specs() -> None:
    assert len(bad_specs()) >= 1_200
