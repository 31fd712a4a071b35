"""Arguments of a call set and left out, however the call is written."""

from __future__ import annotations

import pytest
from reading import mapping_of

from archcompile.diagnostics import edited
from archcompile.frontend.mending.call_edits import with_arguments, without_given
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

NAMES = ("kernel_size", "stride", "padding", "ceil_mode")


def call_of(text: str) -> tuple[Scalar, Tree | None, dict[str, Tree]]:
    """The word, its arguments and the tree of each, by Python's rules."""
    entry = mapping_of(text).entries[0]
    arguments = entry.value
    if isinstance(arguments, Scalar):
        given: dict[str, Tree] = {} if arguments.value is None else {NAMES[0]: arguments}
        return entry.key, None if arguments.value is None else arguments, given
    if isinstance(arguments, Mapping):
        return entry.key, arguments, {each.key.text: each.value for each in arguments.entries}
    given = {}
    for name, item in zip(NAMES, arguments.items, strict=False):
        named = item.entries[0] if isinstance(item, Mapping) else None
        given[named.key.text if named else name] = named.value if named else item
    return entry.key, arguments, given


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("pool: 2", {"ceil_mode": "true"}, "pool: [2, ceil_mode: true]"),
        ("pool: 2", {"kernel_size": "3"}, "pool: 3"),
        ("pool: 2", {"kernel_size": "3", "stride": "2"}, "pool: [3, stride: 2]"),
        ("pool: [2, 2]", {"padding": "1"}, "pool: [2, 2, padding: 1]"),
        ("pool: [2, 2]", {"stride": "1", "padding": "1"}, "pool: [2, 1, padding: 1]"),
        (
            "pool: [2]",
            {"stride": "1", "padding": "1"},
            "pool: [2, stride: 1, padding: 1]",
        ),
        ("pool: {kernel_size: 2}", {"stride": "1"}, "pool: {kernel_size: 2, stride: 1}"),
        ("pool:\n  kernel_size: 2\n", {"stride": "1"}, "pool:\n  kernel_size: 2\n  stride: 1\n"),
        ("pool:", {"stride": "1"}, "pool: {stride: 1}"),
        ("pool:  # why\n", {"stride": "1"}, "pool: {stride: 1}  # why\n"),
        ("{pool: , name: p}", {"stride": "1"}, "{pool: {stride: 1}, name: p}"),
        ("{pool, name: p}", {"stride": "1"}, "{pool: {stride: 1}, name: p}"),
        ("pool: null", {"stride": "1"}, "pool: {stride: 1}"),
        ("pool: []", {"stride": "1"}, "pool: {stride: 1}"),
    ],
)
def test_arguments_are_set(text: str, values: dict[str, str], wanted: str) -> None:
    word, arguments, given = call_of(text)
    assert edited(text, with_arguments(word, arguments, values, given)) == wanted


def test_a_list_that_is_the_one_argument_becomes_the_first() -> None:
    text = "pool: [6, 6]"
    word, arguments, _ = call_of(text)
    assert isinstance(arguments, Sequence)
    fix = with_arguments(word, arguments, {"stride": "1"}, {"kernel_size": arguments})
    assert edited(text, fix) == "pool: [[6, 6], stride: 1]"


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("pool: {kernel_size: 2, stride: 1}", "stride", "pool: {kernel_size: 2}"),
        ("pool: {stride: 1}", "stride", "pool: {}"),
        ("pool: 2", "kernel_size", "pool: {}"),
        ("pool: [2, 1]", "stride", "pool: [2]"),
        ("pool: [2, stride: 1, padding: 1]", "stride", "pool: [2, padding: 1]"),
        ("pool: [stride: 1, kernel_size: 1]", "stride", "pool: [kernel_size: 1]"),
        ("pool: [2]", "kernel_size", "pool: {}"),
        ("pool: [stride: 1]", "stride", "pool: {}"),
        ("pool: [2, {stride: 1, padding: 1}]", "stride", "pool: [2, {padding: 1}]"),
        ("pool:\n  stride: 1\n", "stride", "pool:\n  {}\n"),
    ],
)
def test_an_argument_is_left_out(text: str, name: str, wanted: str) -> None:
    _, arguments, given = call_of(text)
    assert edited(text, without_given(arguments, name, given)) == wanted


def test_a_position_before_others_stays_as_they_would_move() -> None:
    _, arguments, given = call_of("pool: [2, 1, 1]")
    assert without_given(arguments, "stride", given) == ()
