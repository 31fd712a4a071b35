"""The partial evaluator: constants fold exactly, the rest stays, mistakes are findings."""

from __future__ import annotations

from functools import reduce
from operator import add

import pytest
from expression_trees import NAMES, expressions, numeric, truths
from hypothesis import assume, given
from hypothesis import strategies as st
from reading import findings_of, line_of

from archcompile.diagnostics import Diagnostic, SourceFile, Span, SpecError
from archcompile.frontend.expressions.evaluate import evaluate
from archcompile.frontend.expressions.expressions import parse_expression
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.expr import Expr, ListOf, Literal, Name

SCOPE = Scope(
    names={
        "width": Literal(64),
        "w": Name("w"),
        "depths": ListOf((Literal(3), Literal(4))),
        "option": Literal("A"),
        "flag": Literal(True),
        "activation": Literal(None),
    },
    shapes={
        "in": (Name("N"), Literal(3), Name("H"), Literal(224)),
        "sequence": (Name("N"), Literal(8), Name("T")),
        "x": (Name("N"), Literal(10)),
    },
)


def parsed(text: str) -> Expr:
    span = Span(SourceFile("spec.yaml", text), 1, 1, 1, len(text) + 1)
    return parse_expression(Scalar(span, text, text, True))


def evaluated(text: str) -> str:
    return str(evaluate(parsed(text), SCOPE))


def finding_of(text: str) -> Diagnostic:
    (finding,) = findings_of(lambda: evaluate(parsed(text), SCOPE))
    return finding


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("width * 4", "256"),
        ("-width // 3", "-22"),
        ("width / 2", "32.0"),
        ("2 ** 10", "1024"),
        ("2 ** (-1)", "0.5"),
        ("7 % -3", "-2"),
        ("2 if width > 1 else 1 / 0", "2"),
        ("width > 1 or nowhere", "True"),
        ("false and nowhere", "False"),
        ("0 < 1 < 1 < nowhere", "False"),
        ("option == 'A'", "True"),
        ("option != 'B'", "True"),
        ("flag == false", "False"),
        ("activation == none", "True"),
        ("option == none", "False"),
        ("depths == [3, 4]", "True"),
        ("max(depths)", "4"),
        ("min(width, 3.5)", "3.5"),
        ("len(depths) + sum(depths)", "9"),
        ("range(3)", "[0, 1, 2]"),
        ("range(5, 0, -2)", "[5, 3, 1]"),
        ("range(0, -10**17)", "[]"),
        ("depths[-1]", "4"),
        ("make_divisible(37, 8)", "40"),
        ("make_divisible(18, 8)", "24"),
        ("make_divisible(3, 8)", "8"),
        ("in.channels", "3"),
        ("in.width // 2", "112"),
        ("sequence.length * 2", "T * 2"),
        ("x.features", "10"),
        ("in.shape", "[N, 3, H, 224]"),
        ("len(in.shape)", "4"),
        ("in.shape[3]", "224"),
    ],
)
def test_what_is_known_is_put_in_and_folded(text: str, result: str) -> None:
    assert evaluated(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("w * 4 + width * 2", "w * 4 + 128"),
        ("w * (width - 60)", "w * 4"),
        ("-w", "-w"),
        ("not w > 1", "not w > 1"),
        ("w > width > 3", "w > 64 > 3"),
        ("w > 1 and flag", "w > 1"),
        ("flag and w > 1 and w < width", "w > 1 and w < 64"),
        ("w > 1 and false", "False"),
        ("w > 1 or flag", "True"),
        ("width if w > 1 else depths[0]", "64 if w > 1 else 3"),
        ("max(width, w)", "max(64, w)"),
        ("[w, width]", "[w, 64]"),
        ("[w, width][1]", "64"),
        ("depths[w]", "[3, 4][w]"),
        ("in.height // 2", "H // 2"),
        ("range(w)", "range(w)"),
    ],
)
def test_what_is_not_known_stays_in_the_authors_order(text: str, result: str) -> None:
    assert evaluated(text) == result


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("withd + 1", "AC402 1:1 unknown name `withd`", "did you mean `width`?"),
        (
            "1 + qqq",
            "AC402 1:5 unknown name `qqq`",
            "known here: `activation`, `depths`, `flag`, `in`, `option`, `sequence`, `w`, "
            "`width`, `x`",
        ),
        ("y.channels", "AC402 1:1 unknown name `y`", None),
        ("in.chanels", "AC402 1:1 an input has no property `chanels`", "write `in.channels`"),
        (
            "in.length",
            "AC403 1:1 `in` has the shape [N, 3, H, 224], which has no length",
            "it has `channels`, `height`, `width`, `shape`",
        ),
        ("x.height", "AC403 1:1 `x` has the shape [N, 10], which has no height", None),
        ("x + 1", "AC403 1:1 `x` is a whole input, expected one of its sizes", None),
        (
            "width.channels",
            "AC403 1:1 `width` is no input and has no property `channels`",
            "inputs here: `in`, `sequence`, `x`",
        ),
        ("1 + 1 // (width - 64)", "AC404 1:11 division by zero: `width - 64` is 0", None),
        ("w % 0", "AC404 1:5 division by zero", None),
        ("0 ** (-1)", "AC404 1:1 division by zero: 0 to a negative power", None),
        ("2 ** 63", "AC404 1:1 the result is beyond 64-bit integers", None),
        ("3 ** 10 ** 17", "AC404 1:1 the result is beyond 64-bit integers", None),
        ("10 ** 17 * 100", "AC404 1:1 the result is beyond 64-bit integers", None),
        ("1e300 * 1e300", "AC404 1:1 the result is beyond the largest float", None),
        ("10.0 ** 999", "AC404 1:1 the result is beyond the largest float", None),
        (
            "(-8) ** 0.5",
            "AC404 1:1 a negative number has no real power of this exponent",
            None,
        ),
        ("range(100002)", "AC404 1:1 `range` of 100,002 numbers; a list has 10,000 at most", None),
        ("range(1, 2, 0)", "AC404 1:1 `range` with a step of 0", None),
        ("[range(6000), range(6000)]", "AC404 1:1 lists of more than 10,000 items", None),
        ("depths[2]", "AC404 1:8 there is no item 2 in a list of 2; the last is item 1", None),
        ("max([])", "AC404 1:1 `max` of nothing", None),
        (
            "make_divisible(3, 0)",
            "AC404 1:1 `make_divisible` takes a divisor of at least 1, got 0",
            None,
        ),
        ("'a' + 'b'", "AC403 1:1 `+` takes numbers, got the text 'a'", None),
        ("w * 'a'", "AC403 1:5 `*` takes numbers, got the text 'a'", None),
        ("true + 1", "AC403 1:1 `+` takes numbers, got true", None),
        ("-depths", "AC403 1:1 `-` takes numbers, got the list [3, 4]", None),
        ("width and flag", "AC403 1:1 `and` takes true or false, got the number 64",
         "write `width != 0`"),
        ("not width", "AC403 1:5 `not` takes true or false, got the number 64", None),
        ("1 if 1 else 2", "AC403 1:6 a choice's condition takes true or false, got the number 1",
         None),
        ("option == 3", "AC403 1:1 the text 'A' is compared with the number 3", None),
        ("flag == 1", "AC403 1:1 true is compared with the number 1", None),
        ("option < 'B'", "AC403 1:1 `<` takes numbers, got the text 'A'", None),
        ("width > none", "AC403 1:1 `>` takes numbers, got none", None),
        ("width[0]", "AC403 1:1 only a list has items, got the number 64", None),
        ("depths[1.5]", "AC403 1:8 an index is an integer, got the number 1.5", None),
        ("depths[true]", "AC403 1:8 an index is an integer, got true", None),
        ("len(3)", "AC403 1:1 `len` takes a list, got the number 3", None),
        ("max(3)", "AC403 1:1 `max` takes a list or several numbers, got the number 3", None),
        ("range(1.5)", "AC403 1:1 `range` takes integers, got the number 1.5", None),
        ("sum([true])", "AC403 1:1 `sum` takes numbers, got true", None),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_operator(text: str, line: str, help: str | None) -> None:
    finding = finding_of(text)
    assert line_of(finding) == line
    if help is not None:
        assert finding.help == help


def test_what_a_name_stands_for_is_blamed_where_it_is_used() -> None:
    result = evaluate(parsed("[1, width]"), SCOPE)
    assert isinstance(result, ListOf)
    span = result.items[1].span
    assert span is not None
    assert (span.column, span.end_column) == (5, 10)


VALUES = st.fixed_dictionaries({name: st.integers(0, 9) for name in NAMES})


def in_python(expr: Expr, values: dict[str, int]) -> object:
    """What Python makes of the printed expression; floats are summed from left to right."""
    names = {
        "min": min,
        "max": max,
        "len": len,
        "sum": lambda items: reduce(add, items, 0),
        **values,
    }
    return eval(str(expr), {"__builtins__": {}}, names)


def scope_of(values: dict[str, int]) -> Scope:
    return Scope({name: Literal(value) for name, value in values.items()}, {})


@given(numeric() | truths(), VALUES)
def test_a_constant_has_pythons_value(expr: Expr, values: dict[str, int]) -> None:
    try:
        result = evaluate(expr, scope_of(values))
    except SpecError:
        assume(False)
        return
    assert isinstance(result, Literal)
    expected = in_python(expr, values)
    assert (type(result.value), result.value) == (type(expected), expected)


@given(numeric() | truths(), VALUES, st.sampled_from(NAMES))
def test_evaluating_in_two_steps_is_evaluating_in_one(
    expr: Expr, values: dict[str, int], later: str
) -> None:
    partly = scope_of(values)
    first = Scope({**partly.names, later: Name(later)}, {})
    try:
        whole = evaluate(expr, partly)
        rest = evaluate(expr, first)
    except SpecError:
        assume(False)
        return
    assert evaluate(rest, partly) == whole


@given(expressions())
def test_any_tree_is_evaluated_or_refused_with_findings(expr: Expr) -> None:
    scope = Scope(
        {"a": Literal(3), "b": ListOf((Literal(1), Literal("x"))), "width": Name("width")},
        {"in": (Name("N"), Literal(3))},
    )
    try:
        result = evaluate(expr, scope)
    except SpecError as error:
        result = None
        found = error.diagnostics
    else:
        found = ()
    assert (result is None) is bool(found)
