"""The reader: YAML text to a tree in which every value knows its place, or findings."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from reading import findings_of, helps, line_of, mapping_of, refused, scalar_of, tree_of

from archcompile.diagnostics import SourceFile, SpecError
from archcompile.frontend.text import yaml_events
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree

GOOD = """\
archcompile: 1
name: lenet5
input: {image: [N, 1, 32, 32]}
layers:
  - {name: c1, conv2d: {out_channels: 6, kernel_size: 5}}
  - tanh
  - repeat: 2
    layers: [relu, "tanh"]
"""


def columns(scalar: Tree | None) -> tuple[int, int, int]:
    """Line, first column, column behind the last character."""
    assert isinstance(scalar, Scalar)
    return scalar.span.line, scalar.span.column, scalar.span.end_column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1.", 1.0),
        (".5", 0.5),
        ("-3", -3),
        ("+7", 7),
        ("0", 0),
        ("999999999999999999", 999999999999999999),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("N", "N"),
        ("inf", "inf"),
        ("60M", "60M"),
        ("width * 4", "width * 4"),
        ("3x3", "3x3"),
        ("1.2.3", "1.2.3"),
        ("'010'", "010"),
        ('"true"', "true"),
        ('"a\\nb"', "a\nb"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = scalar_of(text).value
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("010", 'write `10`, or `"010"` if it is a text'),
        ("-010", 'write `-10`, or `"-010"` if it is a text'),
        ("00.5", 'write `0.5`, or `"00.5"` if it is a text'),
        ("0x1F", 'write `31`, or `"0x1F"` if it is a text'),
        ("0o17", 'write `15`, or `"0o17"` if it is a text'),
        ("0b12", 'quote this: `"0b12"`'),
        ("1_000", 'write `1000`, or `"1_000"` if it is a text'),
        ("61,706", 'write `61706`, or `"61,706"` if it is a text'),
        ("0,5", 'write `0.5`, or `"0,5"` if it is a text'),
        ("1,2,3", 'quote this: `"1,2,3"`'),
        ("12:30:45", 'quote this: `"12:30:45"`'),
        ("2021-13-45", 'quote this: `"2021-13-45"`'),
    ],
)
def test_what_looks_like_a_number_of_another_yaml_is_refused(text: str, help: str) -> None:
    (finding,) = findings_of(lambda: scalar_of(text))
    assert line_of(finding).startswith(f"AC110 1:4 `{text}` is ambiguous")
    assert finding.help == help


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("010", "8 (octal) in YAML 1.1, 10 in YAML 1.2"),
        ("007", "an octal number in YAML 1.1, a decimal one in YAML 1.2"),
        ("-08", "-8 to some versions of YAML, a text to others"),
        ("0b101", "5 to some versions of YAML, a text to others"),
        ("1_000", "1000 in YAML 1.1, a text in YAML 1.2"),
        ("61,706", "61706 to some readers, 61.706 to others, a text to YAML"),
        ("1,234,567", "1234567 to some readers, a text to YAML"),
        ("-1:30", "-90 (in base 60) in YAML 1.1, a text in YAML 1.2"),
    ],
)
def test_both_readings_of_an_ambiguous_number_are_said(text: str, readings: str) -> None:
    assert refused(f"a: {text}") == [f"AC110 1:4 `{text}` is ambiguous: {readings}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".inf", "`.inf` is not a number that a spec may hold"),
        ("-.Inf", "`-.Inf` is not a number that a spec may hold"),
        (".nan", "`.nan` is not a number that a spec may hold"),
        ("1e400", "`1e400` is too large for a float"),
        ("1e-400", "`1e-400` is too small for a float"),
        ("1234567890123456789", "this integer has 19 digits, expected at most 18"),
        (f"0.{'1' * 100}", "this number has 102 characters, expected at most 64"),
    ],
)
def test_a_number_out_of_range_is_refused(text: str, message: str) -> None:
    assert refused(f"a: {text}") == [f"AC111 1:4 {message}"]


def test_a_file_of_mistakes_alone_is_given_up_in_time() -> None:
    assert len(refused("- 010\n" * 5_000)) == 1_001


def test_every_finding_of_a_file_comes_in_one_run() -> None:
    assert refused("a: 010\na: 2\n<<: {b: 1}\n1: x\n? [k]\n: v\nq: !!int 3\nr: *gone\n") == [
        "AC110 1:4 `010` is ambiguous: 8 (octal) in YAML 1.1, 10 in YAML 1.2",
        "AC108 2:1 duplicate key `a`",
        "AC106 3:1 merge keys (`<<`) are not allowed",
        "AC109 4:1 expected a text as key, got `1`",
        "AC109 5:3 expected a text as key, got a list",
        "AC105 7:4 tags are not allowed, got `!!int`",
        "AC107 8:4 there is no anchor `&gone` before this",
    ]


def test_a_duplicate_key_shows_the_first() -> None:
    (finding,) = findings_of(lambda: tree_of("a:\n  k: 1\n  j: 2\n  k: 3\n"))
    assert line_of(finding) == "AC108 4:3 duplicate key `k`"
    (first,) = finding.related
    assert (first.span.line, first.span.column, first.message) == (2, 3, "first here")


@pytest.mark.parametrize("key", ["true", "~", "1.5", ""])
def test_a_key_that_is_no_text_is_refused(key: str) -> None:
    (line,) = refused(f"? {key}\n: x\n")
    assert line.startswith("AC109 1:")


def test_quoted_keys_are_texts() -> None:
    assert [entry.key.text for entry in mapping_of("\"1\": x\n'<<': y\n").entries] == ["1", "<<"]


def test_columns_count_characters_not_bytes_or_cells() -> None:
    tree = mapping_of("a: 你好\nb: {😀: 日本, c: é}\n")
    assert columns(tree.entries[0].value) == (1, 4, 6)
    inner = tree.get("b")
    assert isinstance(inner, Mapping)
    assert [columns(entry.key) for entry in inner.entries] == [(2, 5, 6), (2, 12, 13)]


def test_columns_behind_a_tab_count_it_as_one() -> None:
    tree = mapping_of("a:\tb # x\nc: {d:\t\te}\n")
    inner = tree.get("c")
    assert isinstance(inner, Mapping)
    assert columns(inner.entries[0].value) == (2, 9, 10)


def test_lines_end_as_on_any_system() -> None:
    tree = mapping_of("a: 1\r\nb: 2\rc: 3\n")
    assert [entry.key.span.line for entry in tree.entries] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "plain", "inner"),
    [
        ("width * 4", True, None),
        ('"width * 4"', False, (1, 5, 14)),
        ("'width * 4'", False, (1, 5, 14)),
        ('"width\\t4"', False, None),
        ("'it''s'", False, None),
        ("&x width * 4", True, None),
        ("width *\n  4", False, None),
        ("|\n  width\n", False, None),
    ],
)
def test_a_scalar_says_whether_its_columns_are_exact(
    text: str, plain: bool, inner: tuple[int, int, int] | None
) -> None:
    scalar = scalar_of(text)
    assert scalar.plain is plain
    found = scalar.inner
    assert (found and (found.line, found.column, found.end_column)) == inner


def test_an_anchor_is_no_part_of_its_scalar() -> None:
    assert columns(scalar_of("&x width")) == (1, 7, 12)


def test_a_block_collection_ends_with_its_last_value() -> None:
    tree = mapping_of("a:\n  - b\n  - c\n\n\nd: e\n")
    items = tree.get("a")
    assert isinstance(items, Sequence)
    assert (items.span.line, items.span.end_line, items.span.end_column) == (2, 3, 6)


def test_an_honest_alias_repeats_what_it_names() -> None:
    tree = mapping_of("a: &x [1, 2]\nb: *x\n")
    assert tree.get("b") == tree.get("a")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: &x [1, *x]", ["AC107 1:11 `*x` would contain itself"]),
        ("a: &x 1\nb: &x 2", ["AC107 2:4 anchor `&x` stands twice"]),
        ("a: b\n---\nc: d", ["AC104 2:1 a second document starts here, expected one in a file"]),
        ("", ["AC207 1:1 this file holds nothing"]),
        ("# only a comment\n", ["AC207 1:1 this file holds nothing"]),
        ("- " * 65 + "x", ["AC112 1:129 this is nested more than 64 levels deep"]),
        ("[" * 100_000, ["AC112 1:1001 this is nested too deep"]),
        ('a: "\\0"', ["AC103 1:5 this text holds the escaped character U+0000 (null)"]),
        ("[1,]" + "\n# end", []),
        ("[" + "1," * 300_001 + "]", ["AC113 1:600000 this file holds more than 300,000 values"]),
    ],
)
def test_what_a_file_must_not_do_is_said_in_one_finding(text: str, lines: list[str]) -> None:
    assert refused(text) == lines


def test_a_misspelt_alias_is_recognised() -> None:
    assert helps("a: &stage 1\nb: *stag\n") == ["did you mean `*stage`?"]


def test_aliases_cannot_explode() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (line,) = refused("\n".join(lines))
    assert line.startswith("AC113 5:") and line.endswith("aliases repeat more than 20,000 values")


def test_aliases_cannot_nest_deeper_than_text() -> None:
    lines = ["a0: &a0 [[[[[[[[x]]]]]]]]"]
    lines += [f"a{i}: &a{i} [[[[[[[[*a{i - 1}]]]]]]]]" for i in range(1, 9)]
    (line,) = refused("\n".join(lines))
    assert line.startswith("AC112 8:")


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("{c: max(8, c // 4)}", "1:5", 'quote this: `c: "max(8, c // 4)"`'),
        ("{a: 1, c: min(a, b, c), d: 2}", "1:11", 'quote this: `c: "min(a, b, c)"`'),
        ("[1, max(8, 3), 4]", "1:5", 'quote this: `"max(8, 3)"`'),
        ("[1, c: max(8, 3)]", "1:8", 'quote this: `"max(8, 3)"`'),
        ("{c: 3, d)}", "1:8", 'quote this: `"d)"`'),
    ],
)
def test_an_expression_cut_at_a_comma_is_explained(text: str, line: str, help: str) -> None:
    assert refused(text) == [f"AC114 {line} YAML ends an unquoted text at a comma inside brackets"]
    assert helps(text) == [help]


def test_empty_values_in_a_flow_mapping_are_no_trap() -> None:
    tree = mapping_of("{when: f(x), batch_norm2d}")
    assert [entry.key.text for entry in tree.entries] == ["when", "batch_norm2d"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: |x\n  b\n", "1:5 behind `|` or `>` the line must end"),
        ("- [a, b] c\n- d", "1:10 nothing more can stand behind this value"),
        ("a:\n  b: 1\n c: d", "3:2 this line does not fit what is around it"),
        ("- a\nb: c", "2:1 expected a list entry, `- `, here"),
        ("a: b\nword\nc: d", "2:1 a key without `:`"),
        ("a: >\nb", "2:1 a key without `:`"),
    ],
)
def test_where_nobody_can_know_what_was_meant_there_is_advice_and_no_edit(
    text: str, line: str
) -> None:
    (finding,) = findings_of(lambda: tree_of(text))
    assert line_of(finding) == f"AC101 {line}"
    assert finding.help and "`" not in finding.help.replace("`- `", "") and not finding.fix


def test_a_syntax_error_does_not_hide_what_was_found_before_it() -> None:
    assert [line.split()[0] for line in refused("a: 010\nb: [1, 2\nc: 3\n")] == ["AC110", "AC101"]


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x07", "U+0007 (bell)"),
        ("\x85", "U+0085 (next line)"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\u2066", "U+2066 (left-to-right isolate)"),
        ("\ufeff", "U+FEFF (zero width no-break space)"),
        ("\u2028", "U+2028 (line separator)"),
        ("\x00", "U+0000 (null)"),
        ("\x1b", "U+001B (escape)"),
        ("\u200b", "U+200B (zero width space)"),
        ("\u3164", "U+3164 (hangul filler)"),
        ("\U000e0041", "U+E0041 (tag latin capital letter a)"),
        ("\ud800", "U+D800 (half of a surrogate pair)"),
    ],
)
def test_a_character_that_misleads_is_refused_with_its_place(character: str, name: str) -> None:
    assert refused(f"a: 1\nb: 你{character}x") == [f"AC103 2:5 {name} must not stand in a spec"]


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = tree_of(GOOD)
    monkeypatch.setattr(yaml_events, "_LOADER", yaml.BaseLoader)
    assert tree_of(GOOD) == fast


def everything(tree: Tree) -> int:
    """Walk the whole tree; every span must lie in order."""
    spans = [tree.span]
    count = 1
    if isinstance(tree, Sequence):
        count += sum(map(everything, tree.items))
    elif isinstance(tree, Mapping):
        spans += [entry.key.span for entry in tree.entries]
        count += sum(everything(entry.value) for entry in tree.entries)
    for span in spans:
        assert (span.line, span.column) <= (span.end_line, span.end_column)
    return count


def read_or_refuse(text: str) -> None:
    try:
        tree = read(SourceFile("spec.yaml", text))
    except SpecError:
        return
    assert everything(tree) > 0


@given(st.text(alphabet=st.sampled_from(list("ab1:-?{}[],&*!|>'\"%@#` \t\n\r.~<0x_\\é你\x85"))))
@example("? a\n? b")
@example("!<x> a")
@example("&a *a")
@example("*a : b")
def test_the_reader_raises_nothing_but_findings_on_any_text(text: str) -> None:
    read_or_refuse(text)


@given(st.binary(max_size=60))
def test_the_reader_raises_nothing_but_findings_on_any_bytes(data: bytes) -> None:
    read_or_refuse(data.decode("utf-8", errors="surrogateescape"))


@given(st.integers(0, len(GOOD)), st.integers(0, 8), st.text(max_size=4))
def test_the_reader_raises_nothing_but_findings_on_a_damaged_spec(
    start: int, length: int, piece: str
) -> None:
    read_or_refuse(GOOD[:start] + piece + GOOD[start + length :])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])))
def test_plain_columns_are_exact_wherever_they_are_claimed(text: str) -> None:
    source = f"{{a: b, c: [{text}, d]}}"
    try:
        tree = tree_of(source)
    except SpecError:
        return
    lines = source.split("\n")

    def check(node: Tree) -> None:
        if isinstance(node, Scalar):
            exact = node.span if node.plain else node.inner
            if exact is not None:
                line = lines[exact.line - 1]
                assert line[exact.column - 1 : exact.end_column - 1] == node.text
            return
        for part in node.items if isinstance(node, Sequence) else node.entries:
            check(part.value if not isinstance(part, Scalar | Sequence | Mapping) else part)

    check(tree)
