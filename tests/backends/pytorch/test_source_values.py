"""The walker behind read-back: a closed set of expressions, and nothing that Python runs."""

from __future__ import annotations

import ast
import math

import pytest

from archcompile.backends.pytorch.values import agrees, evaluate
from archcompile.diagnostics import InternalError

NAMES = {"depth": 3, "widths": (8, 16), "flag": True, "word": "same"}


def value(text: str) -> object:
    return evaluate(ast.parse(text, mode="eval").body, NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("depth // 2 * 4 - 1", 3),
        ("depth / 2", 1.5),
        ("-depth % 2", 1),
        ("+depth ** 2", 9),
        ("(1, [2, depth])", (1, (2, 3))),
        ("widths[-1]", 16),
        ("min(depth, 2) + max(widths)", 18),
        ("len(widths) + sum(widths)", 26),
        ("range(depth)", (0, 1, 2)),
        ("range(1, depth)", (1, 2)),
        ("range(5, 0, -2)", (5, 3, 1)),
        ("zip(widths, range(2), strict=True)", ((8, 0), (16, 1))),
        ("1 < depth <= 3 and not depth == 4", True),
        ("depth > 5 or depth != 2", True),
        ("depth >= 4", False),
        ("'a' if flag else 'b'", "a"),
        ("1 if word == 'other' else None", None),
        ('f"conv{depth + 1}_{word}"', "conv4_same"),
        ('float("inf")', math.inf),
    ],
)
def test_an_expression_is_what_python_makes_of_it(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "print(1)",
        "flag + 1",
        "word + word",
        "word * 3",
        "1 // 0",
        "10.0 ** 1000",
        "2 ** 99999999",
        "1 << 3",
        "~depth",
        "-flag",
        "not depth",
        "depth and flag",
        "1 if depth else 2",
        "word < 'z'",
        "depth in widths",
        "widths[2]",
        "widths[flag]",
        "depth[0]",
        "depth.real",
        "range(10 ** 9)",
        "range(1, 2, 0)",
        "range(1.5)",
        "range()",
        "zip(widths, range(3), strict=True)",
        "zip(widths, widths)",
        "min(widths, key=len)",
        "min()",
        "max([])",
        "len(depth)",
        'float("1")',
        'f"{depth!r}"',
        'f"{depth:>9}"',
        'f"{flag}"',
        "[x for x in widths]",
        "lambda: 1",
        "{1: 2}",
        "(x := 3)",
        "...",
        "b'bytes'",
    ],
)
def test_what_a_generated_constructor_never_says_is_refused(text: str) -> None:
    with pytest.raises(InternalError):
        value(text)


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (3, 3, True),
        (3, (3, 3), True),
        ((3, 3), 3, True),
        ((3, 3), (3, 4), False),
        (((0, 1), (0, 1)), ((0, 1), (0, 1)), True),
        ((0, 1), ((0, 1), (0, 1)), False),
        (1, ((1, 1), (1, 1)), True),
        (1, ((1, 1),), True),
        ((1, 2), ((1, 1), (2, 2)), True),
        (1, ((1, 1), (1, 2)), False),
        (3, 3.0, False),
        (1.0, 1, True),
        (True, 1, False),
        (1, True, False),
        ("zeros", "zeros", True),
        (None, None, True),
        (None, 0, False),
        ((1, 2, 3), (1, 2), False),
    ],
)
def test_arguments_agree_if_torch_would_do_the_same(
    wanted: object, found: object, expected: bool
) -> None:
    assert agrees(wanted, found) is expected
