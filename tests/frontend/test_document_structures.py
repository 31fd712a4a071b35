"""Structures of a class body: branches and their join, residual, gpu_groups; apply; chains."""

from __future__ import annotations

import pytest
from documenting import help_of_layer, layer_of, refused, refused_layer

from archcompile.frontend.document.document import Branches, Layer, Residual
from archcompile.frontend.text.tree import Mapping, Scalar


def branches_of(entry: str) -> Branches:
    found = layer_of(entry).branches
    assert found is not None
    return found


def residual_of(entry: str) -> Residual:
    found = layer_of(entry).residual
    assert found is not None
    return found


def words(layers: tuple[Layer, ...] | None) -> list[str]:
    return [layer.op.text for layer in layers or () if layer.op is not None]


def word(scalar: Scalar | None) -> str | None:
    return None if scalar is None else scalar.text


def test_a_branch_of_one_layer_is_that_layer_under_its_key() -> None:
    (branch,) = branches_of("{branches: {left: {conv2d: 8}}}").branches
    (line,) = branch.lines
    assert (word(branch.name), word(line.name), word(line.op)) == ("left", "left", "conv2d")


def test_a_branch_that_is_a_word_is_an_op_under_its_key() -> None:
    (branch,) = branches_of("{branches: {left: relu}}").branches
    assert [(word(line.name), word(line.op)) for line in branch.lines] == [("left", "relu")]


def test_a_branch_that_is_a_list_is_a_chain_under_its_key() -> None:
    (branch,) = branches_of("{branches: {left: [relu, tanh]}}").branches
    (line,) = branch.lines
    assert (word(line.name), words(line.sequence)) == ("left", ["relu", "tanh"])


def test_branches_in_a_list_hold_lines_of_the_body_around() -> None:
    first, second, third = branches_of(
        "{branches: [[relu, {from: a, name: b, tanh}], {conv2d: 8}, []]}"
    ).branches
    assert [branch.name for branch in (first, second, third)] == [None, None, None]
    assert (words(first.lines), words(second.lines), third.lines) == (
        ["relu", "tanh"],
        ["conv2d"],
        (),
    )


def test_an_empty_list_under_a_key_is_the_identity() -> None:
    (branch,) = branches_of("{branches: {left: []}}").branches
    assert (word(branch.name), branch.lines) == ("left", ())


def test_branches_are_concatenated_where_no_join_is_said() -> None:
    join = branches_of("{branches: [relu, tanh]}").join
    assert word(join.op) == "concat"
    assert (join.span.line, join.span.column, join.span.end_column) == (5, 4, 12)


def test_a_join_is_a_word_or_a_call() -> None:
    assert word(branches_of("{branches: [relu, tanh], join: add}").join.op) == "add"
    call = branches_of("{branches: [relu, tanh], join: {name: merge, concat: 2}}").join
    assert (word(call.op), word(call.name), call.span.column) == ("concat", "merge", 34)
    assert isinstance(call.arguments, Scalar)


def test_name_from_and_when_stand_beside_a_structure() -> None:
    layer = layer_of("{name: mix, from: [a], when: deep, branches: [relu, tanh]}")
    assert (word(layer.name), word(layer.when), layer.is_structure) == ("mix", "deep", True)
    assert [source.text for source in layer.sources or ()] == ["a"]


def test_a_list_under_residual_is_the_body() -> None:
    found = residual_of("{residual: [relu, tanh]}")
    assert (words(found.body), found.shortcut, found.skip) == (["relu", "tanh"], None, None)
    assert (word(found.join.op), found.join.span.column) == ("add", 4)


def test_a_residual_says_its_shortcut_skip_and_join() -> None:
    found = residual_of(
        "{residual: {body: {conv2d: 8}, skip: stride == 1, join: concat, "
        "shortcut: {name: down, when: a, from: b, sequence: [relu]}}}"
    )
    assert (words(found.body), word(found.skip), word(found.join.op)) == (
        ["conv2d"],
        "stride == 1",
        "concat",
    )
    assert found.shortcut is not None
    assert (word(found.shortcut.name), words(found.shortcut.sequence)) == ("down", ["relu"])


def test_a_shortcut_that_is_a_list_is_a_chain_called_shortcut() -> None:
    shortcut = residual_of("{residual: {body: [relu], shortcut: [tanh]}}").shortcut
    assert shortcut is not None
    assert (word(shortcut.name), words(shortcut.sequence)) == ("shortcut", ["tanh"])
    assert shortcut.name is not None
    assert shortcut.name.span.column == 39


def test_an_empty_shortcut_is_the_identity() -> None:
    assert residual_of("{residual: {body: [relu], shortcut: []}}").shortcut is None


def test_a_skip_may_be_a_boolean() -> None:
    skip = residual_of("{residual: {body: [relu], skip: false}}").skip
    assert skip is not None
    assert skip.value is False


def test_gpu_groups_hold_layers_and_a_count() -> None:
    groups = layer_of("{gpu_groups: {count: gpus, layers: [relu, exchange, tanh]}}").gpu_groups
    assert groups is not None
    assert (groups.count.text, words(groups.layers)) == ("gpus", ["relu", "exchange", "tanh"])


def test_exchange_may_bear_a_name() -> None:
    groups = layer_of("{gpu_groups: {count: 2, layers: [{name: whole, exchange}]}}").gpu_groups
    assert groups is not None
    assert [(word(line.name), word(line.op)) for line in groups.layers] == [("whole", "exchange")]


def test_apply_names_a_layer_to_use_once_more() -> None:
    layer = layer_of("{name: second, from: right, apply: encoder}")
    assert (word(layer.apply), word(layer.name), layer.op) == ("encoder", "second", None)


def test_an_op_of_several_outputs_names_them() -> None:
    layer = layer_of("{name: [a, b], chunk: 2}")
    assert ([name.text for name in layer.names], layer.name) == (["a", "b"], None)


def test_structures_stand_inside_one_another_and_in_loops() -> None:
    layer = layer_of(
        "{repeat: 2, layers: [{residual: {body: [{branches: [relu, {gpu_groups: "
        "{count: 2, layers: [tanh]}}]}]}}]}"
    )
    (line,) = layer.layers or ()
    assert line.residual is not None
    (inner,) = line.residual.body
    assert inner.branches is not None
    (last,) = inner.branches.branches[1].lines
    assert last.gpu_groups is not None


def test_a_structure_may_be_repeated() -> None:
    layer = layer_of("{repeat: 3, residual: [relu]}")
    assert (word(layer.repeat), layer.one_copy().residual) == ("3", layer.residual)


def test_a_parameter_of_a_block_that_holds_a_layer_is_an_op_in_its_body() -> None:
    text = (
        "archcompile: 1\nname: net\ninput: [N, 3]\n"
        "blocks: {u: {params: {unit: layer}, layers: [{nmae: a, unit: {width: 3}}]}}\n"
        "layers: [{nmae: a, unit: 3}]\n"
    )
    assert refused(text) == [
        "AC201 4:47 unknown key `nmae` beside a layer's op",
        "AC201 5:11 unknown key `nmae` beside a layer's op",
    ]


def test_arguments_of_a_structures_line_stay_as_they_are_written() -> None:
    (line,) = residual_of("{residual: [{conv2d: {out_channels: 3}}]}").body
    assert isinstance(line.arguments, Mapping)


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ("{branches: relu}", ["AC203 5:14 expected the branches, got the text `relu`"]),
        ("{branches: {}}", ["AC207 5:14 expected the branches, got none"]),
        ("{branches: []}", ["AC207 5:14 expected the branches, got none"]),
        ("{branches: {a: }}", ["AC203 5:18 expected a layer or a list of layers, got nothing"]),
        ("{branches: {a: 3}}", ["AC203 5:18 expected a layer, got the number 3"]),
        (
            "{branches: {a: {name: b, relu}}}",
            ["AC309 5:19 this layer is called `a` by its key"],
        ),
        ("{join: add, relu}", ["AC202 5:4 `join` without `branches`"]),
        (
            "{branches: [relu], join: {from: a, add}}",
            ["AC203 5:28 a join is one op or one block, and nothing beside it"],
        ),
        (
            "{branches: [relu], join: {sequence: [add]}}",
            ["AC203 5:28 a join is one op or one block, and nothing beside it"],
        ),
        (
            "{branches: [relu], join: }",
            ["AC203 5:28 expected an op or a block that joins, got nothing"],
        ),
        (
            "{branches: [relu], join: [add]}",
            ["AC203 5:28 expected an op or a block that joins, got a list"],
        ),
        (
            "{branches: [relu], residual: [tanh]}",
            ["AC206 5:22 a layer has one op key, this one has 2: `branches`, `residual`"],
        ),
        ("{residual: relu}", ["AC203 5:14 expected a body, got the text `relu`"]),
        ("{residual: []}", ["AC207 5:14 expected a list of layers, got an empty list"]),
        ("{residual: {conv2d: 3}}", ["AC202 5:4 `residual` has no `body`"]),
        (
            "{residual: {body: [relu], shortcuts: [tanh]}}",
            ["AC201 5:29 unknown key `shortcuts` in `residual`"],
        ),
        (
            "{residual: {body: [relu], shortcut: }}",
            ["AC205 5:39 expected a layer, got nothing"],
        ),
        (
            "{residual: {body: [relu], skip: 1}}",
            ["AC203 5:35 expected a condition, got the number 1"],
        ),
        ("{gpu_groups: [relu]}", ["AC203 5:16 expected a count and layers, got a list"]),
        ("{gpu_groups: {layers: [relu]}}", ["AC202 5:4 `gpu_groups` has no `count`"]),
        ("{gpu_groups: {count: 2}}", ["AC202 5:4 `gpu_groups` has no `layers`"]),
        (
            "{gpu_groups: {count: true, layers: [relu]}}",
            ["AC203 5:24 expected a number of GPUs, got `true`"],
        ),
        ("{apply: 3}", ["AC203 5:11 expected the name of a layer, got the number 3"]),
        (
            "{apply: a, relu}",
            ["AC206 5:14 a layer has one op key, this one has 2: `apply`, `relu`"],
        ),
        ("{name: [a, a], chunk: 2}", ["AC309 5:14 `a` stands twice"]),
        ("{name: [], chunk: 2}", ["AC207 5:10 expected the names of outputs, got an empty list"]),
        ("{name: [a, 3], chunk: 2}", ["AC203 5:14 expected a name, got the number 3"]),
        ("{name: [a, b], residual: [relu]}", ["AC203 5:10 expected a name, got a list"]),
        ("{name: [a, b], repeat: 2, chunk: 2}", ["AC203 5:10 expected a name, got a list"]),
        ("{exchange: 2}", ["AC304 5:14 `exchange` has no arguments"]),
        (
            "{name: a, repeat: 2, residual: [relu]}",
            [
                "AC209 5:24 `residual` cannot stand in a named `repeat`: a chain holds layers, "
                "`for` and `repeat`"
            ],
        ),
    ],
)
def test_a_wrong_structure_is_said_at_its_place(entry: str, lines: list[str]) -> None:
    assert refused_layer(entry) == lines


@pytest.mark.parametrize("key", ["residual: [relu]", "branches: [relu]", "apply: a", "exchange: "])
@pytest.mark.parametrize(
    ("around", "what"),
    [
        ("{{sequence: [{{{}}}]}}", "a `sequence`"),
        ("{{branches: {{a: [{{{}}}]}}}}", "a branch that is a list"),
        ("{{residual: {{body: [relu], shortcut: [{{{}}}]}}}}", "a shortcut that is a list"),
        ("{{name: s, repeat: 2, layers: [{{{}}}]}}", "a named loop"),
        ("{{name: 's{{i}}', for: {{i: [1]}}, layers: [{{{}}}]}}", "a named loop"),
        ("{{sequence: [{{repeat: 2, layers: [{{{}}}]}}]}}", "a `sequence`"),
    ],
)
def test_a_chain_holds_no_structure(key: str, around: str, what: str) -> None:
    entry = around.format(key)
    (line,) = refused_layer(entry)
    word = key.partition(":")[0]
    assert line.startswith("AC209 ")
    assert line.endswith(
        f"`{word}` cannot stand in {what}: a chain holds layers, `for` and `repeat`"
    )
    assert help_of_layer(entry) == "make it a block with `layers:`"


def test_exchange_alone_is_nothing_for_a_chain_either() -> None:
    assert refused_layer("{sequence: [exchange]}") == [
        "AC209 5:15 `exchange` cannot stand in a `sequence`: a chain holds layers, `for` and "
        "`repeat`"
    ]


def test_a_line_of_a_chain_has_one_value() -> None:
    assert refused_layer("{sequence: [{name: [a, b], chunk: 2}]}") == [
        "AC209 5:22 a line of a `sequence` hands on one value, this one names several"
    ]


def test_a_block_that_is_a_sequence_is_a_chain() -> None:
    text = (
        "archcompile: 1\nname: net\ninput: [N, 3]\nlayers: [u]\n"
        "blocks: {u: {sequence: [{gpu_groups: {count: 2, layers: [relu]}}]}}\n"
    )
    assert refused(text) == [
        "AC209 5:26 `gpu_groups` cannot stand in a `sequence`: a chain holds layers, `for` and "
        "`repeat`"
    ]


def test_a_residual_without_a_body_says_how_it_is_written() -> None:
    assert help_of_layer("{residual: {conv2d: 3}}") == (
        "list the body, e.g. `residual: [conv2d: [8, 3, padding: 1], relu]`"
    )


@pytest.mark.parametrize("name", ["residual", "apply", "init", "exchange", "none", "when"])
def test_a_block_cannot_bear_the_name_of_a_layers_key(name: str) -> None:
    text = (
        "archcompile: 1\nname: net\ninput: [N, 3]\nlayers: [relu]\n"
        f"blocks: {{{name}: {{layers: [relu]}}}}\n"
    )
    assert refused(text) == [
        f"AC310 5:10 `{name}` cannot be the name of a block: it has a meaning in `layers`"
    ]
