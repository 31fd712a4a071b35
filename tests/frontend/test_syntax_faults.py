"""Syntax errors: what the author may have meant is said, and its edit reads."""

from __future__ import annotations

import pytest
from reading import findings_of, line_of, refused, tree_of

from archcompile.diagnostics import edited


def mended(text: str) -> str:
    """The text with the edit of its only finding, which can be read then."""
    (finding,) = findings_of(lambda: tree_of(text))
    new = edited(text, finding.fix)
    assert new != text
    assert findings_of(lambda: tree_of(new)) == []
    return new


@pytest.mark.parametrize(
    ("text", "line", "new"),
    [
        ("a:\n\tb: c", "2:1 a tab cannot indent a line in YAML", "a:\n  b: c"),
        ("a: |\n\tb", "2:1 a tab cannot indent a line in YAML", "a: |\n  b"),
        ("a: b\n\tc: d", "2:1 a tab cannot indent a line in YAML", "a: b\nc: d"),
        (
            "title: a: b",
            "1:8 a text that holds a colon and a space must be quoted",
            'title: "a: b"',
        ),
        ("a: b: c", "1:4 keys on the line of another key stand in braces", "a: {b: c}"),
        ("a: 1 b: 2", "1:6 a second key on one line", "a: 1\nb: 2"),
        ("- a: 1 b: 2", "1:8 a second key on one line", "- a: 1\n  b: 2"),
        ("a: - b", "1:4 a list entry, `- `, cannot start on the line of its key", "a:\n   - b"),
        ("x: {a: 1", "1:4 this `{` is not closed", "x: {a: 1}"),
        ("x: [{a: 1\ny: 2", "1:5 this `{` is not closed", "x: [{a: 1}]\ny: 2"),
        ("x: [1, {a: 2}\ny: 2", "1:4 this `[` is not closed", "x: [1, {a: 2}]\ny: 2"),
        ("x: [\n", "1:4 this `[` is not closed", "x: []\n"),
        ("x: [1, # one\n  2\ny: 3", "1:4 this `[` is not closed", "x: [1, # one\n  2]\ny: 3"),
        ("x: {a: [1, 2}", "1:13 expected `]` here, got `}`", "x: {a: [1, 2]}"),
        ("x: {a: 1]", "1:9 expected `}` here, got `]`", "x: {a: 1}"),
        ("x: {a: 1}}\ny: 2", "1:10 this closes nothing", "x: {a: 1}\ny: 2"),
        ("x: [1],\ny: 2", "1:7 a `,` separates entries inside brackets only", "x: [1]\ny: 2"),
        ("x: [1,, 2]", "1:7 nothing stands before this `,`", "x: [1, 2]"),
        ("x: {a: 1 b: 2}", "1:10 a `,` is missing before this", "x: {a: 1, b: 2}"),
        ("x: {a: [1] b: 2}", "1:12 a `,` is missing before this", "x: {a: [1], b: 2}"),
        ("x: {\n  a: 1\n  b: 2}", "2:7 a `,` is missing behind this", "x: {\n  a: 1,\n  b: 2}"),
        ("x: {a: 1; b: 2}", "1:9 entries are separated by `,`, got `;`", "x: {a: 1, b: 2}"),
        ("a: 'x\nb: c\n", "1:4 this quoted text is not closed", "a: 'x'\nb: c\n"),
        ("a: 'x # y\nb: c\n", "1:4 this quoted text is not closed", "a: 'x' # y\nb: c\n"),
        ("{a: 'x, b: 2}", "1:5 this quoted text is not closed", "{a: 'x', b: 2}"),
        ("a: 'it's'", "1:4 this quoted text goes on behind its closing quote", 'a: "it\'s"'),
        ('a: "b" c', "1:4 this quoted text goes on behind its closing quote", "a: '\"b\" c'"),
        ("a: @b # c", "1:4 an unquoted text cannot start with `@`", 'a: "@b" # c'),
        ("{a: @b, c: d}", "1:5 an unquoted text cannot start with `@`", '{a: "@b", c: d}'),
        ("a: * b", "1:4 an unquoted text cannot start with `*`", 'a: "* b"'),
        ("a: ? b", "1:4 an unquoted text cannot start with `?`", 'a: "? b"'),
        ('a: "x\\q"', "1:6 `\\q` is not an escape of double quotes", 'a: "x\\\\q"'),
        ('a: "\\x4"', "1:5 `\\x4` is not an escape of double quotes", 'a: "\\\\x4"'),
        (
            'a: "\\ud83d\\ude00"',
            "1:5 `\\ud83d\\ude00` is two halves of a character, as JSON has it",
            'a: "😀"',
        ),
        ("a:b\nc: d", "1:2 a space is missing behind this `:`", "a: b\nc: d"),
        ("c: d\na:1\nb: 2", "2:2 a space is missing behind this `:`", "c: d\na: 1\nb: 2"),
        ("- a\n-b\n", "2:1 a space is missing behind this `-`", "- a\n- b\n"),
        ("l:\n  -a\n  -b\n", "2:3 a space is missing behind this `-`", "l:\n  - a\n  - b\n"),
        ("a = 1\nb: 2", "1:3 a key is followed by `: ` in YAML, got `=`", "a: 1\nb: 2"),
        ("b: 1\na：2\nc: 3", "2:2 a key is followed by `: ` in YAML, got `：`", "b: 1\na: 2\nc: 3"),
        ("l\n  - a\nb: 1", "1:1 a `:` is missing behind this key", "l:\n  - a\nb: 1"),
        ("- a {b: 1, c: 2}", "1:3 a `:` is missing behind this key", "- a: {b: 1, c: 2}"),
        ("{x: y, a [b, 1]}", "1:8 a `:` is missing behind this key", "{x: y, a: [b, 1]}"),
        (
            "- repeat 3\n  b:\n  - c",
            "1:3 a `:` is missing behind this key",
            "- repeat: 3\n  b:\n  - c",
        ),
        ("{x: y a: [b]}", "1:7 a `,` is missing before this", "{x: y, a: [b]}"),
        ("a:\u3000b\nc: d", "1:3 U+3000 is not a space to YAML", "a: b\nc: d"),
        ("a:\n  - b\n - c", "3:1 an indentation of 1 space fits nothing here", "a:\n  - b\n  - c"),
        ("a: 1\n  b: 2", "2:1 an indentation of 2 spaces fits nothing here", "a: 1\nb: 2"),
        ("a:\n  - b: {c: 1}\n   - d: 1", "3:1 an indentation of 3 spaces fits nothing here", None),
        (
            "  a: 1\nb: 2",
            "1:1 this line is indented by 2 spaces, and the keys below by 0 spaces",
            "a: 1\nb: 2",
        ),
        ("a: 1\n...\nb: 2", "2:1 `...` ends the document", "a: 1\n\nb: 2"),
        (
            "%YAML 2.0\n---\na: b",
            "1:1 this version of YAML is not known, a spec is YAML 1.2",
            "\n---\na: b",
        ),
        (
            "%TITLE x\n---\na: b",
            "1:1 a line that starts with `%` is a directive of YAML, and not `%TITLE`",
            "\n---\na: b",
        ),
    ],
)
def test_a_syntax_error_says_what_was_meant_and_mends_it(
    text: str, line: str, new: str | None
) -> None:
    (finding,) = findings_of(lambda: tree_of(text))
    assert line_of(finding) == f"AC101 {line}"
    assert new in (None, mended(text))


@pytest.mark.parametrize(
    ("text", "column", "mark", "new"),
    [
        ("{a: b[0]}", 5, "[", '{a: "b[0]"}'),
        ("{a: b[0] * 2, c: 1}", 5, "[", '{a: "b[0] * 2", c: 1}'),
        ("[b[0] * 2, 3]", 2, "[", '["b[0] * 2", 3]'),
        ("{a: [1, 2][i], c: 1}", 5, "]", '{a: "[1, 2][i]", c: 1}'),
        ("{a: layer{i}, c: 1}", 5, "{", '{a: "layer{i}", c: 1}'),
        ("{a: {i}_conv, c: 1}", 5, "}", '{a: "{i}_conv", c: 1}'),
    ],
)
def test_an_unquoted_text_with_brackets_inside_brackets_is_to_be_quoted(
    text: str, column: int, mark: str, new: str
) -> None:
    (finding,) = findings_of(lambda: tree_of(text))
    message = f"YAML ends an unquoted text at `{mark}` inside brackets"
    assert line_of(finding) == f"AC114 1:{column} {message}"
    assert mended(text) == new


@pytest.mark.parametrize(
    ("text", "place", "new"),
    [
        ("{a:1}", "1:3", "{a: 1}"),
        ("{a: 1, kernel_size:3}", "1:19", "{a: 1, kernel_size: 3}"),
    ],
)
def test_a_key_in_braces_without_a_space_is_a_trap(text: str, place: str, new: str) -> None:
    (finding,) = findings_of(lambda: tree_of(text))
    assert line_of(finding).startswith(f"AC114 {place} a space is missing behind this `:`")
    assert mended(text) == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("c: &c {o: 6, k: 5}\nd: {<<: *c, o: 2}\n", "c: &c {o: 6, k: 5}\nd: {k: 5, o: 2}\n"),
        (
            "c: &c {o: 6, k: 5}\nd:\n  <<: *c\n",
            "c: &c {o: 6, k: 5}\nd:\n  o: 6\n  k: 5\n",
        ),
        (
            "a: &a {o: 6}\nb: &b {o: 7, k: 5}\nd: {<<: [*a, *b]}\n",
            "a: &a {o: 6}\nb: &b {o: 7, k: 5}\nd: {o: 6, k: 5}\n",
        ),
    ],
)
def test_a_merge_key_is_written_out(text: str, new: str) -> None:
    assert mended(text) == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("{a: 1, b: 2, a: 1}", "{a: 1, b: 2}"),
        ("l:\n  - a: 1\n    a: 1  # one\n    b: 3\n", "l:\n  - a: 1\n    b: 3\n"),
        ("a:\n  - 1\na:\n  - 1\nb: 4\n", "a:\n  - 1\nb: 4\n"),
    ],
)
def test_the_second_of_two_keys_is_removed_with_its_value(text: str, new: str) -> None:
    assert mended(text) == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("a: !!int 3", "a: 3"),
        ("a: !plain", "a: not plain"),
        ("a: !not plain", "a: not plain"),
        ("a: &x !t [1]", "a: &x [1]"),
        ("a: !my!t x", "a: x"),
    ],
)
def test_a_tag_is_dropped_or_was_a_negation(text: str, new: str) -> None:
    assert mended(text) == new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("a: x\u202ey", "a: xy"),
        ("a: x\x85b: y", "a: x\nb: y"),
        ("a: \x1b[31mred", "a: red"),
        ('a: "x\\u202ey"', 'a: "xy"'),
        ('a: "x\n  \\0y"', 'a: "x\n  y"'),
    ],
)
def test_a_character_that_misleads_is_removed(text: str, new: str) -> None:
    assert mended(text) == new


def test_a_fault_far_down_in_a_large_file_is_mended_too() -> None:
    lines = "  - conv2d: {out_channels: 6, kernel_size: 5}\n" * 3_000
    assert mended(f"layers:\n{lines}  - relu: {{a: b[0]}}\n").endswith('{a: "b[0]"}\n')


def test_a_key_that_is_nothing_is_said_to_be_empty() -> None:
    for text in ("a:\n  : 1", "{: 1}"):
        assert refused(text)[0].startswith("AC109") and refused(text)[0].endswith("a key is empty")
