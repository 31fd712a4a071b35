"""Did you mean: what is near, what is not, and that very many questions cost little."""

from __future__ import annotations

import pytest

from archcompile.diagnostics.suggest import Words, closest, listed
from archcompile.ops import all_ops


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("conv2", "conv2d"),
        ("Conv2d", "conv2d"),
        ("batch_nrom2d", "batch_norm2d"),
        ("rleu", "relu"),
        ("leaky_rely", "leaky_relu"),
        ("max_pol2d", "max_pool2d"),
        ("xyzzy", None),
        ("q" * 100, None),
    ],
)
def test_the_nearest_op_is_found(word: str, meant: str | None) -> None:
    assert closest(word, all_ops()) == meant


def test_two_letters_in_the_wrong_order_are_near() -> None:
    assert closest("conv_nb", [*all_ops(), "conv_bn"]) == "conv_bn"


def test_words_that_come_later_are_found_too() -> None:
    words = Words(["stem"])
    assert words.closest("layer1_conf") is None
    words.add("layer1_conv")
    assert words.closest("layer1_conf") == "layer1_conv"


def test_a_look_up_among_very_many_words_finds_the_one_that_differs_in_a_letter() -> None:
    words = Words(f"{number:05}_block" for number in range(20_000))
    assert words.closest("19999_block") == "19999_block"


def test_a_list_says_how_many_it_leaves_out() -> None:
    assert listed(["a", "b", "c"], limit=2) == "`a`, `b` and 1 more"
    assert listed(["a"], more=4) == "`a` and 4 more"
    assert listed(iter("ab")) == "`a`, `b`"
