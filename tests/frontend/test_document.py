"""The document: which keys a spec has, and what kind of value stands under each."""

from __future__ import annotations

import pytest
from documenting import BODY, HEAD, document_of, help_of, layer_of, refused, refused_layer
from hypothesis import given
from hypothesis import strategies as st
from reading import findings_of

from archcompile.diagnostics import Code, SpecError
from archcompile.frontend.text.tree import Sequence


def test_a_small_spec_is_read_whole() -> None:
    read = document_of(
        "archcompile: 1\nname: net\ntitle: A net\ncite: A paper\n"
        "params: {classes: 10}\ninput: {image: [N, 1, 32, 32]}\n"
        "blocks: {unit: {params: {width: int}, inputs: [x, skip], layers: [relu], outputs: [y]}}\n"
        "layers: [relu]\noutputs: {logits: relu, tap: {from: relu}}\n"
    )
    assert (read.name.text, read.title, read.cite and read.cite.paper) == (
        "net",
        "A net",
        "A paper",
    )
    assert [(given.name and given.name.text, len(given.shape)) for given in read.inputs] == [
        ("image", 4)
    ]
    (unit,) = read.blocks
    assert [name.text for name in unit.inputs] == ["x", "skip"]
    assert [(shown.name.text, shown.source.text) for shown in read.outputs] == [
        ("logits", "relu"),
        ("tap", "relu"),
    ]


def test_a_lone_shape_is_the_one_unnamed_input() -> None:
    (given,) = document_of(HEAD + BODY).inputs
    assert given.name is None


def test_a_list_of_outputs_names_layers_or_paths_to_values_inside_them() -> None:
    shown = document_of(f"{HEAD}{BODY}outputs: [fc, features.16]\n").outputs
    assert [(each.name.text, each.source.text) for each in shown] == [
        ("fc", "fc"),
        ("features_16", "features.16"),
    ]


@pytest.mark.parametrize(
    ("value", "kind", "required"),
    [
        ("int", "int", True),
        ("number", "number", True),
        ("bool", "bool", True),
        ("text", "text", True),
        ("list", "list", True),
        ("1", "int", False),
        ("0.5", "number", False),
        ("true", "bool", False),
        ('"int"', "text", False),
        ("A", "text", False),
        ("[1, 2]", "list", False),
    ],
)
def test_a_parameter_has_a_type_or_a_default(value: str, kind: str, required: bool) -> None:
    (parameter,) = document_of(f"{HEAD}params: {{p: {value}}}\n{BODY}").parameters
    assert (parameter.type, parameter.default is None) == (kind, required)


def test_a_variant_sets_parameters_and_says_what_it_is() -> None:
    plain, full = document_of(
        f"{HEAD}{BODY}variants:\n  a:\n"
        "  b: {extends: a, width: 3, title: B, cite: {paper: P, section: '3.1'}, "
        "expect: {parameters: 3}}\n"
    ).variants
    assert (plain.name.text, plain.values, plain.extends) == ("a", (), None)
    assert full.extends is not None
    assert [key.text for key, _ in full.values] == ["width"]
    assert (full.extends.text, full.title, full.expect[0].value) == ("a", "B", 3)


def test_a_citation_says_where_and_what_differs() -> None:
    cite = document_of(
        f"{HEAD}{BODY}cite: {{paper: P, section: '3', url: 'https://a.org', deviations: [d, e]}}\n"
    ).cite
    assert cite is not None
    assert (cite.paper, cite.section, cite.url) == ("P", "3", "https://a.org")
    assert cite.deviations == ("d", "e")


def test_a_claim_is_exact_or_as_the_paper_prints_it() -> None:
    claims = document_of(
        f'{HEAD}{BODY}expect: {{parameters: 61706, macs: "60M", shapes: {{s4: [16, 5, 5]}}, '
        "receptive_field: {s4: 16}}\n"
    ).expect
    assert [(claim.subject, claim.layer, claim.value) for claim in claims] == [
        ("parameters", None, 61706),
        ("macs", None, "60M"),
        ("shapes", "s4", (16, 5, 5)),
        ("receptive_field", "s4", 16),
    ]
    assert (claims[0].span.line, claims[0].span.column) == (5, 22)


@pytest.mark.parametrize("entry", ["relu", "relu:", "{relu: }", "{name: a, relu}"])
def test_an_op_without_a_value_has_no_arguments(entry: str) -> None:
    layer = layer_of(entry)
    assert layer.op is not None
    assert (layer.op.text, layer.arguments) == ("relu", None)


def test_what_stands_beside_an_op_belongs_to_the_layer() -> None:
    layer = layer_of('{name: "l{i}", from: [a, b], when: x > 1, repeat: depth, conv2d: [3, 1]}')
    assert layer.name is not None
    assert layer.sources is not None
    assert layer.when is not None
    assert layer.repeat is not None
    assert layer.name.text == "l{i}"
    assert [source.text for source in layer.sources] == ["a", "b"]
    assert (layer.when.text, layer.repeat.text) == ("x > 1", "depth")
    assert isinstance(layer.arguments, Sequence)


def test_a_loop_has_columns_or_rows() -> None:
    columns = layer_of("{for: {i: range(3), width: [1, 2, 3]}, layers: [relu]}").loop
    rows = layer_of("{for: [t, c], rows: [[1, 2]], layers: [relu]}").loop
    assert columns is not None
    assert rows is not None
    assert [key.text for key, _ in columns.columns] == ["i", "width"]
    assert ([variable.text for variable in rows.variables], rows.rows is None) == (
        ["t", "c"],
        False,
    )


def test_layers_nest() -> None:
    layer = layer_of("{name: s, sequence: [relu, {repeat: 2, layers: [tanh]}]}")
    assert layer.sequence is not None
    inner = layer.sequence[1].layers
    assert inner is not None
    assert inner[0].op is not None
    assert inner[0].op.text == "tanh"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "archcompile: 2\nnmae: x\n",
            ["AC204 1:14 expected version 1 of the language, got the number 2"],
        ),
        (
            "archcompile: 1.0\n",
            ["AC204 1:14 expected version 1 of the language, got the number 1.0"],
        ),
        (
            "relu",
            [
                "AC203 1:1 expected a spec, a mapping that starts with `archcompile: 1`, "
                "got the text `relu`"
            ],
        ),
        (
            "name: net\narchcompile: 1\ninput: [N, 3]\nlayers: [relu]\n",
            ["AC202 1:1 a spec starts with the language's version, got `name`"],
        ),
        (
            "archcompile: 1\n",
            [
                "AC202 1:1 a spec has no `name`",
                "AC202 1:1 a spec has no `input`",
                "AC202 1:1 a spec has no `layers`",
            ],
        ),
        (f"{HEAD}{BODY}titel: x\n", ["AC201 5:1 unknown key `titel` in a spec"]),
        (
            f"{HEAD}{BODY}allow: [a]\n",
            ["AC203 5:9 expected the code of a warning, got the text `a`"],
        ),
        (f"{HEAD}{BODY}title: 3\n", ["AC203 5:8 expected a title, got the number 3"]),
        (f"{HEAD}{BODY}outputs: fc\n", ["AC203 5:10 expected the outputs, got the text `fc`"]),
        (f"{HEAD}{BODY}outputs: [a, a]\n", ["AC309 5:14 `a` stands twice"]),
        (
            f"{HEAD}{BODY}outputs: [a.b, a_b]\n",
            ["AC309 5:16 `a.b` and `a_b` would both be called `a_b`"],
        ),
        (f"{HEAD}{BODY}variants: {{}}\n", ["AC207 5:11 `variants` holds none"]),
        (
            f"{HEAD}{BODY}cite: {{url: 'javascript:x'}}\n",
            ["AC203 5:13 expected an address, got the text `javascript:x`"],
        ),
        (
            f"{HEAD}{BODY}cite: 3\n",
            ["AC203 5:7 expected where the network was published, got the number 3"],
        ),
        (
            f"{HEAD}{BODY}cite: {{url: 3, deviations: none}}\n",
            [
                "AC203 5:13 expected an address, got the number 3",
                "AC203 5:28 expected a list of deviations, got the text `none`",
            ],
        ),
        (
            f"{HEAD}{BODY}expect: {{receptive_field: x}}\n",
            ["AC203 5:27 expected a number of pixels, got the text `x`"],
        ),
        (
            f"{HEAD}{BODY}cite: {{section: 3.1}}\n",
            ["AC203 5:17 expected a text as `section`, got the number 3.1"],
        ),
        (
            f"{HEAD}{BODY}expect: {{parameters: 6.1e7, connections: -3, maks: 1}}\n",
            [
                "AC203 5:22 expected a count, got the number 6.1e7",
                "AC203 5:42 expected a count, got the number -3",
                "AC201 5:46 unknown key `maks` in `expect`",
            ],
        ),
        (
            f"{HEAD}{BODY}expect: {{shapes: {{a: 3, b: [x]}}}}\n",
            [
                "AC203 5:22 expected a shape, got the number 3",
                "AC203 5:29 expected a size, got the text `x`",
            ],
        ),
    ],
)
def test_a_wrong_document_is_said_at_its_place(text: str, lines: list[str]) -> None:
    assert refused(text) == lines


@pytest.mark.parametrize(
    ("shape", "lines"),
    [
        ("3", ["AC203 3:8 expected the shape of the input, got the number 3"]),
        ("[]", ["AC207 3:8 expected a shape, got an empty list"]),
        (
            "[N, 0.5]",
            [
                "AC208 3:12 expected a size: a number, a parameter, or a capital letter such as "
                "`N`, got the number 0.5"
            ],
        ),
        (
            "{x: [N, [3]]}",
            [
                "AC208 3:16 expected a size: a number, a parameter, or a capital letter such as "
                "`N`, got a list"
            ],
        ),
        (
            "{in: [N, 3]}",
            ["AC310 3:9 `in` cannot be the name of an input: it has a meaning in expressions"],
        ),
    ],
)
def test_a_wrong_input_is_said_at_its_place(shape: str, lines: list[str]) -> None:
    assert refused(f"archcompile: 1\nname: net\ninput: {shape}\n{BODY}") == lines


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (
            "in: 3",
            "AC310 5:10 `in` cannot be the name of a parameter: it has a meaning in expressions",
        ),
        (
            "max: 3",
            "AC310 5:10 `max` cannot be the name of a parameter: it has a meaning in expressions",
        ),
        (
            "title: 3",
            "AC310 5:10 `title` cannot be the name of a parameter: it has a meaning in variants",
        ),
        (
            "lambda: 3",
            "AC310 5:10 `lambda` cannot be the name of a parameter: it is a word of Python's own",
        ),
        (
            "ä: 3",
            "AC310 5:10 `ä` cannot be the name of a parameter: `ä` (LATIN SMALL LETTER A "
            "WITH DIAERESIS) is no letter of ASCII",
        ),
        (
            "__init__: 3",
            "AC310 5:10 `__init__` cannot be the name of a parameter: it starts with `__`",
        ),
        ("p: float", "AC203 5:13 expected a type or a default, got the text `float`"),
        ("p: ", "AC203 5:13 expected a type or a default, got nothing"),
    ],
)
def test_a_wrong_parameter_is_said_at_its_place(written: str, line: str) -> None:
    assert refused(f"{HEAD}{BODY}params: {{{written}}}\n") == [line]


def test_a_word_of_another_language_for_a_type_is_recognised() -> None:
    text = f"{HEAD}{BODY}params: {{p: float}}\n"
    assert help_of(text) == 'did you mean `number`? A text as default is quoted: "float"'


def test_a_parameter_and_an_input_have_two_names() -> None:
    text = f"archcompile: 1\nname: net\nparams: {{a: 1}}\ninput: {{a: [N, 3]}}\n{BODY}"
    assert refused(text) == ["AC309 4:9 a parameter is called `a` too"]


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ("", ["AC205 5:2 expected a layer, got nothing"]),
        ("{}", ["AC205 5:3 expected a layer, got nothing"]),
        ("3", ["AC203 5:3 expected a layer, got the number 3"]),
        ("[relu, tanh]", ["AC203 5:3 expected a layer, got a list"]),
        ("{name: a}", ["AC205 5:4 this layer has no op, only `name`"]),
        ("{name: 3, relu}", ["AC203 5:10 expected a name, got the number 3"]),
        ("{name: {stage}, relu}", ["AC203 5:10 expected a name, got a mapping"]),
        ("{from: 3, relu}", ["AC203 5:10 expected the name of a layer, got the number 3"]),
        ("{from: [], relu}", ["AC207 5:10 expected the names of layers, got an empty list"]),
        ("{when: 1, relu}", ["AC203 5:10 expected a condition, got the number 1"]),
        ("{repeat: -1, relu}", ["AC203 5:12 expected a number of copies, got the number -1"]),
        ("{repeat: true, relu}", ["AC203 5:12 expected a number of copies, got `true`"]),
        ("{sequence: relu}", ["AC203 5:14 expected a list of layers, got the text `relu`"]),
        ("{sequence: []}", ["AC207 5:14 expected a list of layers, got an empty list"]),
        ("{nmae: c1, conv2d: 3}", ["AC201 5:4 unknown key `nmae` beside a layer's op"]),
        (
            "{nmae: c1, conv: 3}",
            ["AC201 5:4 unknown key `nmae` beside a layer's op"],
        ),
        ("{relu: , tanh}", ["AC206 5:12 a layer has one op key, this one has 2: `relu`, `tanh`"]),
        (
            "{relu: , sequence: [tanh]}",
            ["AC206 5:12 a layer has one op key, this one has 2: `relu`, `sequence`"],
        ),
        (
            "{layers: [relu]}",
            ["AC202 5:4 `layers` in a layer's entry needs `for` or `repeat` beside it"],
        ),
        ("{for: {i: [1]}}", ["AC202 5:4 `for` has no `layers`"]),
        ("{for: {i: [1]}, relu}", ["AC202 5:4 `for` has no `layers`"]),
        (
            "{for: {i: 3}, layers: [relu]}",
            ["AC203 5:13 expected a list of values, got the number 3"],
        ),
        (
            "{for: i, layers: [relu]}",
            ["AC203 5:9 expected the loop's variables, got the text `i`"],
        ),
        (
            "{for: {i: [1]}, repeat: 2, layers: [relu]}",
            ["AC206 5:19 `for` and `repeat` cannot stand on one entry"],
        ),
        (
            "{for: [a, a], rows: [[1, 2]], layers: [relu]}",
            ["AC309 5:13 two loop variables are called `a`"],
        ),
        (
            "{for: [a], layers: [relu]}",
            ["AC202 5:4 `for` with a list of variables has no `rows`"],
        ),
        (
            "{for: [a], rows: 3, layers: [relu]}",
            ["AC203 5:20 expected a list of rows, got the number 3"],
        ),
        (
            "{for: {a: [1]}, rows: [[1]], layers: [relu]}",
            ["AC203 5:19 `rows` fills variables without columns of their own"],
        ),
        ("{rows: [[1]], relu}", ["AC202 5:4 `rows` without `for`"]),
        (
            "{sequence: [{relu, from: a}]}",
            [
                "AC209 5:22 `from` cannot stand in a `sequence`: each layer there reads the one "
                "before it"
            ],
        ),
    ],
)
def test_a_wrong_layer_is_said_at_its_place(entry: str, lines: list[str]) -> None:
    assert refused_layer(entry) == lines


def test_arguments_beside_their_op_are_recognised() -> None:
    text = f"{HEAD}layers:\n- conv2d:\n  out_channels: 6\n  kernel_size: 5\n"
    (finding,) = findings_of(lambda: document_of(text))
    assert finding.code is Code.SEVERAL_OPS
    assert finding.help == (
        "arguments stand under the op: indent `out_channels`, `kernel_size` more"
    )
    places = [(related.span.line, related.span.column) for related in finding.related]
    assert places == [(5, 3)]


def test_a_misspelt_key_beside_a_block_of_the_file_is_recognised() -> None:
    text = f"{HEAD}blocks: {{unit: {{layers: [relu]}}}}\nlayers: [{{whne: a, unit}}]\n"
    assert refused(text) == ["AC201 5:11 unknown key `whne` beside a layer's op"]
    assert help_of(text) == "did you mean `when`?"


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("{}", "AC202 5:10 the block `u` has no `layers`"),
        ("3", "AC203 5:13 expected a block, got the number 3"),
        (
            "{layers: [relu], sequence: [relu]}",
            "AC206 5:30 a block has `layers` or a `sequence`, not both",
        ),
        ("{layers: [relu], inputs: [x, x]}", "AC309 5:42 `x` stands twice"),
        (
            "{layers: [relu], inputs: [1x]}",
            "AC310 5:39 `1x` cannot be the name of an input: it starts with a digit",
        ),
    ],
)
def test_a_wrong_block_is_said_at_its_place(block: str, line: str) -> None:
    assert refused(f"{HEAD}{BODY}blocks: {{u: {block}}}\n") == [line]


@pytest.mark.parametrize("name", ["class", "a-b", "1net", "_net", "n" * 101, "über"])
def test_a_network_has_a_name_that_files_and_classes_can_bear(name: str) -> None:
    (line,) = refused(f"archcompile: 1\nname: {name}\ninput: [N, 3]\n{BODY}")
    assert line.startswith("AC310 2:7 ")


def test_every_finding_of_a_document_comes_in_one_run() -> None:
    text = f"{HEAD}titel: x\nlayers: [{{name: a}}, 3]\nexpect: {{macs: -1}}\n"
    assert [line.split(" ")[0] for line in refused(text)] == ["AC201", "AC205", "AC203", "AC203"]


LINES = [
    "archcompile: 1", "name: net", "input: [N, 3]", "params: {a: 1}", "layers: [relu]",
    "layers:", "- relu", "- {name: a, conv2d: 3}", "- for: {i: [1]}", "  layers: [relu]",
    "blocks: {u: {layers: [relu]}}", "variants: {a: {x: 1}}", "outputs: {a: b}",
    "expect: {macs: 1}", "cite: {paper: x}", "- [", "- {repeat: 2", "name:", "- 3", "outputs: []",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=10))
def test_a_document_is_read_or_refused_with_findings(lines: list[str]) -> None:
    try:
        read = document_of("\n".join(lines))
    except SpecError:
        return
    assert read.archcompile == 1


TREES = st.recursive(
    st.sampled_from(["relu", "1", "0.5", "true", "~", "''", "a b"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(
                (
                    *("name", "from", "for", "layers", "repeat", "relu", "x", "paper", "branches"),
                    *("join", "residual", "body", "shortcut", "skip", "gpu_groups", "count"),
                    *("apply", "init", "weight", "normal", "choice", "default", "training"),
                )
            ),
            inner,
            max_size=3,
        ).map(
            lambda fields: f"{{{', '.join(f'{key}: {value}' for key, value in fields.items())}}}"
        ),
    ),
    max_leaves=8,
)
KEYS = (
    *("title", "cite", "params", "variants", "input", "blocks", "layers", "outputs", "expect"),
    *("use", "let", "init"),
)


@given(st.dictionaries(st.sampled_from(KEYS), TREES))
def test_any_tree_under_any_key_is_read_or_refused_with_findings(fields: dict[str, str]) -> None:
    lines = [f"{key}: {value}" for key, value in fields.items()]
    try:
        read = document_of("\n".join(["archcompile: 1", "name: net", *lines]))
    except SpecError:
        return
    assert read.name.text == "net"
