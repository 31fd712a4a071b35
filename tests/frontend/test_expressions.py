"""Expressions: text to a tree whose every part knows its columns, or a finding that helps."""

from __future__ import annotations

import pytest
from expression_trees import expressions
from hypothesis import example, given
from hypothesis import strategies as st
from reading import findings_of, line_of, scalar_of

from archcompile.diagnostics import Diagnostic, SourceFile, Span, SpecError
from archcompile.frontend.expressions.expressions import parse_expression, parse_template
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.expr import (
    Attribute,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    ListOf,
    Literal,
    Logical,
    Name,
    Subscript,
    Unary,
)

A, B, C = Name("a"), Name("b"), Name("c")


def plain(text: str) -> Scalar:
    """An unquoted text whose first character stands in line 1, column 1."""
    return Scalar(Span(SourceFile("spec.yaml", text), 1, 1, 1, len(text) + 1), text, text, True)


def parsed(text: str) -> Expr:
    return parse_expression(plain(text))


def finding_of(text: str) -> Diagnostic:
    (finding,) = findings_of(lambda: parsed(text))
    return finding


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("true", Literal(True)),
        ("False", Literal(False)),
        ("none", Literal(None)),
        ("1e-4", Literal(1e-4)),
        ("0", Literal(0)),
        (".5", Literal(0.5)),
        ("'it\\'s'", Literal("it's")),
        ('"\\u4f60"', Literal("你")),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a ** b ** c", Binary("**", A, Binary("**", B, C))),
        ("-a ** -b", Unary("-", Binary("**", A, Unary("-", B)))),
        ("a // b % c", Binary("%", Binary("//", A, B), C)),
        ("not a == b", Unary("not", Compare(A, (("==", B),)))),
        ("a < b <= c", Compare(A, (("<", B), ("<=", C)))),
        ("a or b and c", Logical("or", (A, Logical("and", (B, C))))),
        ("a and b and c", Logical("and", (A, B, C))),
        ("a if b else c", Conditional(B, A, C)),
        ("a if b else b if c else a", Conditional(B, A, Conditional(C, B, A))),
        ("[a, 1,]", ListOf((A, Literal(1)))),
        ("[]", ListOf(())),
        ("max(a, [1][0])", Call("max", (A, Subscript(ListOf((Literal(1),)), Literal(0))))),
        ("in.shape[1]", Subscript(Attribute(Name("in"), "shape"), Literal(1))),
        (
            "stride != 1 or in.channels != width",
            Logical(
                "or",
                (
                    Compare(Name("stride"), (("!=", Literal(1)),)),
                    Compare(Attribute(Name("in"), "channels"), (("!=", Name("width")),)),
                ),
            ),
        ),
    ],
)
def test_a_text_is_the_tree_that_python_would_make(text: str, tree: Expr) -> None:
    assert parsed(text) == tree


@given(expressions())
def test_a_tree_printed_and_parsed_again_is_the_same(tree: Expr) -> None:
    assert parsed(str(tree)) == tree


def test_every_part_knows_its_columns() -> None:
    whole = parsed("(a + bb) * max(c, 12)")
    assert isinstance(whole, Binary)
    assert isinstance(whole.right, Call)
    spans = [whole.span, whole.left.span, whole.right.span, whole.right.arguments[1].span]
    assert [span and (span.column, span.end_column) for span in spans] == [
        (1, 22),
        (2, 8),
        (12, 22),
        (19, 21),
    ]


@pytest.mark.parametrize(
    ("written", "column"),
    [("width * 4 4", 14), ('"width * 4 4"', 15), ("'width * 4 4'", 15), ('"width\\t* 4 4"', 4)],
)
def test_columns_inside_quotes_are_exact_where_they_can_be(written: str, column: int) -> None:
    scalar = scalar_of(written)
    (finding,) = findings_of(lambda: parse_expression(scalar))
    assert line_of(finding) == f"AC401 1:{column} an operator is missing before `4`"


def test_a_number_is_an_expression_as_it_is() -> None:
    assert parse_expression(scalar_of("4")) == Literal(4)


def test_nothing_is_no_expression() -> None:
    lines = [line_of(each) for each in findings_of(lambda: parse_expression(scalar_of("")))]
    assert lines == ["AC401 1:3 expected an expression, got nothing"]


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("a && b", "1:3 `&&` is not part of an expression", "write `and`"),
        ("a || b", "1:3 `||` is not part of an expression", "write `or`"),
        ("!a", "1:1 `!` is not part of an expression", "write `not`"),
        ("a = b", "1:3 `=` is not part of an expression", "write `==`: a comparison is `==`"),
        ("a ^ b", "1:3 `^` is not part of an expression", "write `**`: a power is `**`"),
        ("a × b", "1:3 `×` is not part of an expression", "write `*`"),
        (
            "a ? b : c",
            "1:3 `?` is not part of an expression",
            "write `b if a else c`",
        ),
        ("a[1:2]", "1:4 `:` is not part of an expression", None),
        ("“A”", "1:1 `“` is not part of an expression", "write `\"'A'\"`"),
        ("a @ b", "1:3 `@` is not part of an expression", None),
        ("a b", "1:3 an operator is missing before `b`", None),
        ("a +", "1:4 expected a value, got the end", None),
        ("* a", "1:1 expected a value, got `*`", None),
        ("a)", "1:2 `)` closes nothing", "leave `)` out"),
        ("(a", "1:3 `(` is not closed", "add `)`"),
        ("[a, b", "1:6 `[` is not closed", 'write `"[a, b]"`'),
        ("(a, b)", "1:3 a list is written in brackets", 'write `"[a, b]"`'),
        ("a if b", "1:7 expected `else`, got the end", "e.g. `a if condition else b`"),
        ("a in [1]", "1:3 `in` cannot stand here", "write `a == 1`"),
        ("a is b", "1:3 `is` cannot stand here", "write `a == b`"),
        ("[a for a in b]", "1:4 `for` cannot stand here", None),
        ("lambda", "1:1 expected a value, got `lambda`", None),
        ("2 * not a", "1:5 `not` needs parentheses here", "write `(not ...)`"),
        ("a.b.c", "1:4 only an input has properties", "e.g. `in.channels`, `x.height`"),
        ("a.", "1:3 expected a property after `.`, got the end", None),
        ("a[0](1)", "1:5 only functions can be called", None),
        ("'abc", "1:1 this quoted text is not closed", None),
        ("'a\\qb'", "1:3 `\\q` is not an escape that a text can hold", None),
        ("'\\x00'", "1:1 this text holds the character U+0000, which no spec may hold", None),
        ("'\\ud800'", "1:1 this text holds the character U+D800, which no spec may hold", None),
        ("'\\U99999999'", "1:2 `\\U99999999` is not an escape that a text can hold", None),
        ("3x", "1:1 `3x` is not a number", "write `3 * x`"),
        ("1_000", "1:1 `1_000` is not a number", "write `1000`"),
        ("010", "1:1 `010` is ambiguous: some read it as octal", "write `10`"),
        ("  ", "1:1 expected an expression, got nothing", None),
    ],
)
def test_a_slip_is_shown_where_it_is_and_what_to_write(
    text: str, line: str, help: str | None
) -> None:
    finding = finding_of(text)
    assert line_of(finding) == f"AC401 {line}"
    if help is not None:
        assert finding.help == help


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("maxx(a)", "AC402 1:1 there is no function `maxx`", "did you mean `max`?"),
        ("int(a)", "AC402 1:1 there is no function `int`", "write `a`"),
        ("int(a / 2)", "AC402 1:1 there is no function `int`", "write `a // 2`"),
        ("x.shape()", "AC402 1:1 there is no function `x.shape`", "write `x.shape`"),
        ("__import__('os')", "AC402 1:1 there is no function `__import__`", None),
        ("len(a, b)", "AC403 1:1 `len` takes 1 argument, got 2", None),
        ("range()", "AC403 1:1 `range` takes 1 to 3 arguments, got 0", None),
        ("1e999", "AC111 1:1 `1e999` is too large for a float", None),
        ("1" * 19, "AC111 1:1 this integer has 19 digits, expected at most 18", None),
    ],
)
def test_what_the_language_does_not_have_is_said(text: str, line: str, help: str | None) -> None:
    finding = finding_of(text)
    assert line_of(finding) == line
    if help is not None:
        assert finding.help == help


@pytest.mark.parametrize(
    "text",
    [
        "(" * 51 + "a" + ")" * 51,
        "-" * 51 + "a",
        "not " * 51 + "a",
        "+".join("a" * 51),
        " ** ".join("a" * 52),
        "a" + "[0]" * 51,
        "a if b else " * 51 + "c",
        f"[{'1,' * 501}]",
        "a" * 2001,
        "[" * 900,
    ],
)
def test_an_expression_has_a_size_that_people_can_read(text: str) -> None:
    assert line_of(finding_of(text)).startswith("AC405 1:")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("conv1", ["conv1"]),
        ("layer{stage + 1}", ["layer", "stage + 1"]),
        ("{a}.{b}", ["a", ".", "b"]),
        ("", []),
    ],
)
def test_a_template_is_texts_and_expressions(text: str, pieces: list[str]) -> None:
    assert [str(piece) for piece in parse_template(plain(text))] == pieces


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("layer{stage", "AC401 1:6 `{` is not closed"),
        ("layer}", "AC401 1:6 `}` without a `{` before it"),
        ("layer{}", "AC401 1:7 expected an expression, got nothing"),
        ("layer{a b}", "AC401 1:9 an operator is missing before `b`"),
    ],
)
def test_a_broken_template_is_shown_where_it_breaks(text: str, line: str) -> None:
    assert [line_of(each) for each in findings_of(lambda: parse_template(plain(text)))] == [line]


WORDS = st.sampled_from(
    ["a", "in", ".", "channels", "1", "2.5", "+", "-", "**", "//", "(", ")", "[", "]", ",", "and",
     "or", "not", "if", "else", "==", "<", "max", "'A'", "\"", "'", "\\", "{", "}", "&", "é", "1e"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
@example("'\\")
@example("1.e")
def test_any_text_is_parsed_or_refused_with_findings(text: str) -> None:
    try:
        tree = parsed(text)
    except SpecError:
        return
    assert parsed(str(tree)) == tree


@given(st.text(alphabet="a{}1+ ", max_size=12))
def test_any_template_is_parsed_or_refused_with_findings(text: str) -> None:
    try:
        pieces = parse_template(plain(text))
    except SpecError:
        return
    assert all(isinstance(piece, str) for piece in pieces) is ("{" not in text)
