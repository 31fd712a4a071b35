"""What a person sees of a finding, byte for byte."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompile.diagnostics import (
    Code,
    Diagnostic,
    Related,
    SourceFile,
    Span,
    render,
    summary,
    terminal_text,
    to_dict,
)
from archcompile.diagnostics.excerpt import excerpt
from archcompile.diagnostics.terminal import cells

BAD = SourceFile(
    "specs/bad.yaml",
    "archcompile: 1\nname: bad\nlayers:\n\n\n\n"
    "  - {name: c1, conv2d: {filters: 6, kernel_size: 5}}\n",
)


def span_of(file: SourceFile, text: str) -> Span:
    """The first place of ``text`` in the file (one line)."""
    for number, line in enumerate(file.lines(), start=1):
        if text in line:
            column = line.index(text) + 1
            return Span(file, number, column, number, column + len(text))
    raise LookupError(text)


def finding(
    span: Span | None,
    message: str = "wrong",
    *,
    code: Code = Code.UNKNOWN_ARGUMENT,
    related: tuple[Related, ...] = (),
    help: str | None = None,
) -> Diagnostic:
    return Diagnostic(code, message, span, related, help)


def caret_line(text: str, marked: str, width: int = 100) -> tuple[str, str]:
    """The quoted line and the carets below it, both from where the source starts."""
    file = SourceFile("a.yaml", text)
    lines = render([finding(span_of(file, marked))], color=False, width=width).splitlines()
    return lines[2][5:], lines[3][5:]


def test_a_finding_looks_as_rustc_shows_one() -> None:
    diagnostic = finding(
        span_of(BAD, "filters"),
        "`conv2d` has no argument `filters`",
        help="write `out_channels: 6`",
        related=(Related(span_of(BAD, "layers"), "in this body"),),
    )
    assert render([diagnostic], color=False, width=100) == (
        "specs/bad.yaml:7:25: error[AC302]: `conv2d` has no argument `filters`\n"
        "   |\n"
        " 7 |   - {name: c1, conv2d: {filters: 6, kernel_size: 5}}\n"
        "   |                         ^^^^^^^\n"
        "   = help: write `out_channels: 6`\n"
        "specs/bad.yaml:3:1: note: in this body\n"
        "   |\n"
        " 3 | layers:\n"
        "   | ------\n"
        "\n"
        "1 error in specs/bad.yaml\n"
    )


def test_line_numbers_of_different_length_share_one_gutter() -> None:
    file = SourceFile("a.yaml", "first\n" * 9 + "tenth\n")
    diagnostic = finding(span_of(file, "tenth"), related=(Related(span_of(file, "first"), "see"),))
    lines = render([diagnostic], color=False, width=80).splitlines()
    assert lines[1:4] == ["    |", " 10 | tenth", "    | ^^^^^"]
    assert lines[5:8] == ["    |", "  1 | first", "    | -----"]


def test_a_caret_stands_under_its_text_after_tabs() -> None:
    assert caret_line("\ta:\tbad", "bad") == ("    a:    bad", "          ^^^")


def test_a_caret_stands_under_its_text_after_wide_characters() -> None:
    assert caret_line("名前: 悪い x", "悪い") == ("名前: 悪い x", "      ^^^^")


def test_a_caret_stands_under_its_text_after_combining_marks() -> None:
    assert caret_line("e\u0301e\u0301: bad", "bad") == ("e\u0301e\u0301: bad", "    ^^^")


def test_a_span_that_starts_in_a_combining_mark_is_marked_at_its_letter() -> None:
    assert caret_line("ae\u0301x", "\u0301")[1] == " ^"


def test_an_empty_span_has_one_caret() -> None:
    file = SourceFile("a.yaml", "name:\n")
    lines = render([finding(Span(file, 1, 6, 1, 6))], color=False, width=80).splitlines()
    assert lines[2:4] == [" 1 | name:", "   |      ^"]


def test_a_span_of_several_lines_shows_its_first() -> None:
    file = SourceFile("a.yaml", "layers:\n  - relu  \n  - tanh\n")
    lines = render([finding(Span(file, 2, 3, 3, 9))], color=False, width=80).splitlines()
    assert lines[2:4] == [" 2 |   - relu", "   |   ^^^^^^"]
    assert "tanh" not in "\n".join(lines)


@pytest.mark.parametrize("line", [0, 2, 9], ids=["before", "at the end", "far behind"])
def test_a_place_without_a_line_is_named_and_not_quoted(line: int) -> None:
    file = SourceFile("a.yaml", "x\n")
    assert render([finding(Span(file, line, 1, line, 1))], color=False, width=80) == (
        f"a.yaml:{line}:1: error[AC302]: wrong\n\n1 error in a.yaml\n"
    )


def test_a_finding_without_a_place_is_a_sentence() -> None:
    diagnostic = Diagnostic(Code.NO_SPECS, "no specs in specs/", None, help="write one")
    assert render([diagnostic], color=False, width=80) == (
        "error[AC806]: no specs in specs/\n   = help: write one\n\n1 error\n"
    )


def test_lines_are_counted_as_libyaml_counts_them() -> None:
    file = SourceFile("a.yaml", "a\r\nb\rc\x85d\u2028e\x0bf\nlast")
    lines = [file.line(number) for number in range(8)]
    assert lines == [
        "",
        "a",
        "b",
        "c",
        "d",
        "e\x0bf",
        "last",
        "",
    ]


@pytest.mark.parametrize("side", ["start", "middle", "end"])
def test_a_long_line_is_cut_around_the_caret(side: str) -> None:
    pad = "x" * 500
    text = {"start": f"bad{pad}", "middle": f"{pad}bad{pad}", "end": f"{pad}bad"}[side]
    shown, carets = caret_line(text, "bad", width=60)
    assert len(shown) <= 60 - 5
    start = carets.index("^")
    assert carets == " " * start + "^^^"
    assert shown[start : start + 3] == "bad"
    assert shown.startswith("...") == (side != "start")
    assert shown.endswith("...") == (side != "end")


def test_a_line_of_a_mebibyte_is_cut_at_once() -> None:
    text = "\u0301" * 2**20 + "bad"
    shown, _ = caret_line(text, "bad", width=80)
    assert len(shown) <= 4 * 80


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\r", "a\\nb\\r"),
        ("user\u202egpj", "user\\u202egpj"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\tb", "a    b"),
        ("名e\u0301", "名e\u0301"),
    ],
)
def test_text_cannot_act_on_a_terminal(text: str, safe: str) -> None:
    assert terminal_text(text) == safe
    assert safe.encode()


def test_a_finding_neutralises_what_the_spec_says_everywhere() -> None:
    evil = "\x1b[2J\u202e"
    file = SourceFile(f"{evil}.yaml", f"{evil}bad\n")
    diagnostic = finding(
        span_of(file, "bad"),
        evil,
        help=evil,
        related=(Related(span_of(file, "bad"), evil),),
    )
    text = render([diagnostic], color=False, width=80)
    assert not any(unicodedata.category(c) in {"Cc", "Cf"} for c in text.replace("\n", ""))


def test_colour_changes_nothing_but_colour() -> None:
    diagnostic = finding(
        span_of(BAD, "filters"), help="h", related=(Related(span_of(BAD, "layers"), "r"),)
    )
    plain = render([diagnostic], color=False, width=80)
    coloured = render([diagnostic], color=True, width=80)
    assert "\x1b[1;31merror[AC302]\x1b[0m" in coloured
    for colour in ("1;31", "1;34", "1;36", "1", "0"):
        coloured = coloured.replace(f"\x1b[{colour}m", "")
    assert coloured == plain


def test_findings_stand_in_the_order_of_the_files_and_once() -> None:
    other = SourceFile("specs/a.yaml", "x y\n")
    findings = [
        Diagnostic(Code.NO_SPECS, "run", None),
        finding(span_of(BAD, "kernel_size")),
        finding(span_of(BAD, "name")),
        finding(span_of(other, "y")),
        finding(span_of(BAD, "name")),
    ]
    text = render(findings, color=False, width=80)
    heads = [line.split(": ")[0] for line in text.splitlines() if "error[" in line]
    assert heads == [
        "specs/a.yaml:1:3",
        "specs/bad.yaml:2:1",
        "specs/bad.yaml:7:37",
        "error[AC806]",
    ]
    assert text.endswith("\n4 errors in 2 files\n")
    assert render(reversed(findings), color=False, width=80) == text


def test_only_the_first_findings_are_shown_and_all_are_counted() -> None:
    file = SourceFile("a.yaml", "x\n" * 63)
    findings = [finding(Span(file, line, 1, line, 2)) for line in range(1, 64)]
    text = render(findings, color=False, width=80)
    assert text.count("error[AC302]") == 50
    assert text.endswith("\n\n... and 13 more\n\n63 errors in a.yaml\n")


def test_warnings_are_counted_apart() -> None:
    warning = finding(span_of(BAD, "name"), code=Code.UNREAD)
    assert summary([warning]) == "1 warning in specs/bad.yaml"
    assert summary([warning, finding(span_of(BAD, "layers"))]) == (
        "1 error, 1 warning in specs/bad.yaml"
    )
    assert "warning[AC901]" in render([warning], color=False, width=80)


def test_no_findings_are_no_text() -> None:
    assert render([], color=True, width=80) == ""


def test_a_finding_is_json() -> None:
    diagnostic = finding(
        span_of(BAD, "filters"), help="h", related=(Related(span_of(BAD, "layers"), "r"),)
    )
    assert json.loads(json.dumps(to_dict(diagnostic))) == {
        "code": "AC302",
        "severity": "error",
        "message": "wrong",
        "file": "specs/bad.yaml",
        "line": 7,
        "column": 25,
        "end_line": 7,
        "end_column": 32,
        "help": "h",
        "fix": [],
        "related": [
            {
                "message": "r",
                "file": "specs/bad.yaml",
                "line": 3,
                "column": 1,
                "end_line": 3,
                "end_column": 7,
            }
        ],
    }
    assert to_dict(Diagnostic(Code.NO_SPECS, "m", None))["file"] is None


@given(
    line=st.text(st.characters(exclude_characters="\n\r\x85\u2028\u2029"), max_size=80),
    start=st.integers(1, 90),
    length=st.integers(0, 90),
    width=st.integers(0, 90),
)
def test_any_line_fits_and_its_carets_are_under_it(
    line: str, start: int, length: int, width: int
) -> None:
    file = SourceFile("a.yaml", line)
    shown = excerpt(line, Span(file, 1, start, 1, start + length), width)
    limit = max(width, 20)
    assert sum(map(cells, shown.text)) <= limit
    assert shown.carets >= 1
    assert shown.offset <= limit
    assert terminal_text(shown.text) == shown.text
