"""Edits of a spec's text: the text after each is what an author would have written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import mapping_of, scalar_of

from archcompile.diagnostics import Fix, edited
from archcompile.frontend.mending.rewriting import (
    quoted,
    replaced,
    with_entry,
    without_entry,
    without_item,
    yaml_text,
)
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

WORDS = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Lo"]), min_size=1
)


def value_of(text: str) -> Tree:
    """What stands under the key ``a``."""
    value = mapping_of(text).get("a")
    assert value is not None
    return value


def collection_of(text: str) -> Mapping | Sequence:
    value = value_of(text)
    assert not isinstance(value, Scalar)
    return value


def after(text: str, fix: Fix) -> str:
    assert fix
    return edited(text, fix)


@given(WORDS)
def test_a_word_put_in_is_read_as_it_is(word: str) -> None:
    source = f"a: [{yaml_text(f'x{word}')}, b]"
    items = value_of(source)
    assert isinstance(items, Sequence)
    assert [item.text for item in items.items if isinstance(item, Scalar)] == [f"x{word}", "b"]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("conv1", "conv1"),
        ("width * 4", "width * 4"),
        ("max(8, c)", '"max(8, c)"'),
        ("layer{i}", '"layer{i}"'),
        ("-1 + x", '"-1 + x"'),
        ("*x", '"*x"'),
        ('a "b"', '"a \\"b\\""'),
        ("a\\b", '"a\\\\b"'),
        ("a\nb\tc", '"a\\nb\\tc"'),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_unless_it_is_surely_plain(word: str, written: str) -> None:
    assert yaml_text(word) == written


@pytest.mark.parametrize("text", ["width", "'it''s'", '"a\\tb"', "|\n  two\n  lines\n"])
def test_a_text_between_quotes_is_the_same_text(text: str) -> None:
    source = f"a: {text}"
    scalar = scalar_of(text)
    assert scalar_of(after(source, quoted(scalar))[3:]).text == scalar.text


def test_a_value_is_replaced_in_its_place() -> None:
    source = "a: [1, {b: 2}]  # c\n"
    assert after(source, replaced(value_of(source), "3")) == "a: 3  # c\n"


@pytest.mark.parametrize(
    ("source", "new"),
    [
        ("a: {}", "a: {k: 1}"),
        ("a: {b: 2}", "a: {b: 2, k: 1}"),
        ("a: {b: 2,}", "a: {b: 2, k: 1}"),
        ("a: [b, c]", "a: [b, c, k: 1]"),
        ("a:\n  b: 2  # two\n", "a:\n  b: 2  # two\n  k: 1\n"),
        ("a:\n  - b\n", "a:\n  - b\n  - k: 1\n"),
    ],
)
def test_a_collection_gets_an_entry_at_its_end(source: str, new: str) -> None:
    assert after(source, with_entry(collection_of(source), "k: 1")) == new


@pytest.mark.parametrize(
    ("source", "new"),
    [
        ("a: {b: 1, c: 2}", "a: {b: 1}"),
        ("a: {c: 2, b: 1}", "a: {b: 1}"),
        ("a:\n  b: 1\n  c: 2\n", "a:\n  b: 1\n"),
        ("a:\n  c: 2\n  b: 1\n", "a:\n  b: 1\n"),
    ],
)
def test_an_entry_goes_with_its_comma_or_line(source: str, new: str) -> None:
    mapping = collection_of(source)
    assert isinstance(mapping, Mapping)
    assert after(source, without_entry(mapping, "c")) == new


@pytest.mark.parametrize(
    ("source", "at", "new"),
    [
        ("a: [b, c]", 1, "a: [b]"),
        ("a: [b, c]", 0, "a: [c]"),
        ("a:\n  - b\n  - c\n", 1, "a:\n  - b\n"),
        ("a:\n  - b\n  - c\n", 0, "a:\n  - c\n"),
    ],
)
def test_an_item_goes_with_its_comma_or_line(source: str, at: int, new: str) -> None:
    sequence = collection_of(source)
    assert isinstance(sequence, Sequence)
    assert after(source, without_item(sequence, sequence.items[at])) == new


def test_the_only_item_of_a_list_is_left_to_the_author() -> None:
    sequence = collection_of("a: [b]")
    assert isinstance(sequence, Sequence)
    assert without_item(sequence, sequence.items[0]) == ()
