"""Every file under ``tests/bad/commands`` holds commands, and its head says what is found."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bad_commands import FILES, codes_of_commands
from bad_specs import bad_specs, expected

from archcompile.diagnostics import Code


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_commands_have_the_finding_that_their_head_says(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    said = re.findall(r"^# expect: (AC\d{3})$", text, re.M)
    assert set(codes_of_commands(text, tmp_path)) == set(said)


def test_the_corpus_is_large_and_has_every_code() -> None:
    heads = [{line.split()[0] for line in expected(path)} for path in bad_specs()]
    heads += [set(re.findall(r"^# expect: (AC\d{3})$", path.read_text(), re.M)) for path in FILES]
    files = Counter(code for head in heads for code in head)
    assert len(heads) >= 1_200
    assert {code.value: files[code.value] for code in Code if files[code.value] < 3} == {}
