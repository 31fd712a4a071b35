"""Two trees are the same as ``ast.dump`` has it; no statement hides from a look at statements."""

from __future__ import annotations

import ast
from itertools import product

import pytest

from archcompile.backends.pytorch.nodes import is_same, statements

TEXTS = (
    *("x = 1", "x = 1.0", "x = True", "x = -1", "x = '1'", "x: int = 1", "x = (1,)", "x = [1]"),
    *("x = f(1)", "x = f(1, 2)", "x = f(a=1)", "x = f(b=1)", "x = a.b", "x = a.c", "x += 1"),
    *("x = y = 1", "x = f'{a}'", "x = None", "x = a if b else c", "x = 0j", "return 1"),
)


@pytest.mark.parametrize(("one", "other"), [*product(TEXTS, repeat=2)])
def test_what_is_the_same_is_what_is_dumped_alike(one: str, other: str) -> None:
    first, second = ast.parse(one), ast.parse(f"\n{other}")
    assert is_same(first, second) == (ast.dump(first) == ast.dump(second))


def test_nothing_is_not_the_same_as_a_statement() -> None:
    assert not is_same(None, ast.parse("x = 1").body[0])


NESTED = """
def f(self):
    a1: int = 1
    if b:
        a2: int = 1
    elif c:
        a3: int = 1
    else:
        a4: int = 1
    for i in j:
        a5: int = (lambda: 1)()
    while d:
        with e:
            a6: int = 1
    try:
        a7: int = 1
    except E:
        a8: int = 1
    finally:
        a9: int = 1
    match g:
        case 1:
            a10: int = 1
    class C:
        def h(self):
            a11: int = 1
"""


def test_every_annotation_is_among_the_statements() -> None:
    tree = ast.parse(NESTED)
    wanted = [each for each in ast.walk(tree) if isinstance(each, ast.AnnAssign)]
    found = [each for each in statements(tree) if isinstance(each, ast.AnnAssign)]
    assert len(wanted) == 11 and {*map(id, found)} == {*map(id, wanted)}
