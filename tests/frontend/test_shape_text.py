"""Shapes in other tools' forms."""

from __future__ import annotations

import pytest
from reading import tree_of

from archcompile.frontend.document.shape_text import shape_inside, with_batch, written_sizes
from archcompile.frontend.text.tree import Mapping, Tree


def value_of(text: str) -> Tree:
    tree = tree_of(f"input: {text}\n")
    assert isinstance(tree, Mapping)
    return tree.entries[0].value


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("3x224x224", ("3", "224", "224")),
        ("(3, 224, 224)", ("3", "224", "224")),
        ("3 × 224 × 224", ("3", "224", "224")),
        ("{height: 32, channels: 3, width: 64}", ("3", "32", "64")),
        ("{image: 3, width: 64}", ()),
        ("data", ()),
        ("[3, 224]", ()),
        ("784", ()),
    ],
)
def test_sizes_are_read_from_other_forms(text: str, sizes: tuple[str, ...]) -> None:
    assert written_sizes(value_of(text)) == sizes


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [
        (("3", "224", "224"), ("N", "3", "224", "224")),
        (("32", "3", "224", "224"), ("N", "3", "224", "224")),
        (("1", "784"), ("N", "784")),
        (("N", "3", "8", "8"), ("N", "3", "8", "8")),
        (("None", "3", "8", "8"), ("N", "3", "8", "8")),
    ],
)
def test_the_batch_is_put_first(sizes: tuple[str, ...], shape: tuple[str, ...]) -> None:
    assert with_batch(sizes) == shape


def test_a_shape_beside_what_is_none_is_found() -> None:
    inner = shape_inside(value_of("{shape: [N, 3, 8, 8], dtype: float32}"))
    assert inner is not None
    assert inner.span.text() == "[N, 3, 8, 8]"
    assert shape_inside(value_of("{shape: [N, 3, 8, 8]}")) is None
