"""What keeps a word from being a name, and the nearest that is one."""

from __future__ import annotations

import pytest

from archcompile.frontend.document.identifiers import LONGEST, character_fault, nearest_identifier


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("conv1", None),
        ("_x", None),
        ("1x1", "it starts with a digit"),
        ("conv-1", "it has a `-` in it"),
        ("fc layer", "it has a space in it"),
        ("\u00e4b", "`\u00e4` (LATIN SMALL LETTER A WITH DIAERESIS) is no letter of ASCII"),
        ("", "it is empty"),
    ],
)
def test_the_character_at_fault_is_named(word: str, fault: str | None) -> None:
    assert character_fault(word) == fault


def test_a_letter_that_looks_like_another_is_told_apart() -> None:
    fault = character_fault("\u0441onv") or ""
    assert "(CYRILLIC SMALL LETTER ES, which looks like `c`)" in fault


def test_a_member_of_a_chain_may_have_a_dash_but_not_start_with_one() -> None:
    assert character_fault("block1-0", "_-") is None
    assert character_fault("-block", "_-") == "it starts with `-`"


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("1x1", "layer_1x1"),
        ("conv-1", "conv_1"),
        ("\u0441onv", "conv"),
        ("gr\u00f6\u00dfe", "grosse"),
        ("3\u00d73", "layer_3x3"),
        ("class", "class_"),
        ("\u5377\u79ef", None),
    ],
)
def test_the_nearest_name_is_of_ascii(word: str, near: str | None) -> None:
    assert nearest_identifier(word) == near


def test_a_name_near_a_long_one_is_short_enough() -> None:
    assert len(nearest_identifier("a" * 300) or "") == LONGEST
