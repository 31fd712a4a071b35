"""Parameters of every type, ``let``, ``init``, outputs for training, claims of inference."""

from __future__ import annotations

import pytest
from documenting import (
    BODY,
    HEAD,
    body_of,
    document_of,
    help_of_key,
    help_of_layer,
    layer_of,
    refused,
    refused_key,
    refused_layer,
)

from archcompile.frontend.document.document import Parameter, WeightInit
from archcompile.frontend.text.tree import Mapping, Scalar


def parameter_of(written: str) -> Parameter:
    (parameter,) = body_of(f"params: {{p: {written}}}").parameters
    return parameter


def said(rules: tuple[WeightInit, ...]) -> list[tuple[str | None, str | None, str]]:
    return [
        (
            None if rule.op is None else rule.op.text,
            None if rule.weight is None else rule.weight.text,
            rule.distribution.text,
        )
        for rule in rules
    ]


def test_a_parameter_may_be_a_layer() -> None:
    assert (parameter_of("layer").type, parameter_of("layer").default) == ("layer", None)


@pytest.mark.parametrize("written", ["relu", "none", "{conv2d: {out_channels: 3}}"])
def test_a_layer_parameter_has_an_op_or_block_as_default(written: str) -> None:
    parameter = parameter_of(f"{{layer: {written}}}")
    assert parameter.type == "layer"
    assert isinstance(parameter.default, Scalar | Mapping)


def test_a_choice_is_closed_and_has_a_default() -> None:
    parameter = parameter_of("{choice: [A, B], default: B}")
    assert (parameter.type, parameter.choices_texts) == ("choice", ("A", "B"))
    assert isinstance(parameter.default, Scalar)
    assert parameter.default.text == "B"


def test_a_choice_without_a_default_is_required() -> None:
    assert parameter_of("{choice: [A, B]}").default is None


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("{choice: [A, B], default: C}", "AC203 5:39 expected one of `A`, `B`, got the text `C`"),
        ("{choice: [A, B], default: 1}", "AC203 5:39 expected one of `A`, `B`, got the number 1"),
        ("{choice: [A, A]}", "AC309 5:26 `A` stands twice"),
        ("{choice: []}", "AC207 5:22 expected the choices, got an empty list"),
        ("{choice: A}", "AC203 5:22 expected the choices, got the text `A`"),
        ("{choice: [1, B]}", "AC203 5:23 expected a text, got the number 1"),
        ("{choice: [A], defautl: A}", "AC201 5:27 unknown key `defautl` in a choice"),
        ("{default: A}", "AC202 5:13 a choice has no `choice`"),
        ("{layer: 3}", "AC203 5:21 expected an op or a block, got the number 3"),
        ("{layer: {}}", "AC203 5:21 expected an op or a block, got a mapping"),
        ("{layer: {relu: , tanh}}", "AC203 5:21 expected an op or a block, got a mapping"),
        (
            "{layer: relu, default: relu}",
            "AC201 5:27 unknown key `default` in a parameter of type `layer`",
        ),
        ("{int: 3}", "AC203 5:13 expected a type or a default, got a mapping"),
        ("choice", "AC203 5:13 expected a type or a default, got the text `choice`"),
    ],
)
def test_a_wrong_parameter_is_said_at_its_place(written: str, line: str) -> None:
    assert refused_key(f"params: {{p: {written}}}") == [line]


def test_the_default_of_a_choice_is_suggested() -> None:
    assert help_of_key("params: {p: {choice: [same, valid], default: sane}}") == ("write `same`")


def test_let_names_derived_values_in_order() -> None:
    read = document_of(
        f"{HEAD}params: {{p: 3}}\nlet: {{a: p * 2, b: [1, a]}}\n{BODY}"
        "blocks: {u: {params: {w: int}, let: {inner: w // 4}, layers: [relu]}}\n"
    )
    assert [name.text for name, _ in read.let] == ["a", "b"]
    assert [name.text for name, _ in read.blocks[0].let] == ["inner"]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("let: [a]", "AC203 5:6 expected a mapping of derived values, got a list"),
        ("let: {a: }", "AC203 5:10 expected a value or an expression, got nothing"),
        ("let: {a: {b: 1}}", "AC203 5:10 expected a value or an expression, got a mapping"),
        (
            "let: {in: 1}",
            "AC310 5:7 `in` cannot be the name of a derived value: it has a meaning in expressions",
        ),
        (
            "let: {1a: 1}",
            "AC310 5:7 `1a` cannot be the name of a derived value: it starts with a digit",
        ),
    ],
)
def test_a_wrong_derived_value_is_said_at_its_place(entry: str, line: str) -> None:
    assert refused_key(entry) == [line]


def test_a_derived_value_a_parameter_and_an_input_have_names_of_their_own() -> None:
    assert refused(f"{HEAD}params: {{a: 1}}\nlet: {{a: 2}}\n{BODY}") == [
        "AC309 5:7 a parameter is called `a` too"
    ]
    block = "blocks: {u: {inputs: [y, z], params: {y: 1}, let: {z: 2}, layers: [relu]}}"
    assert refused_key(block) == [
        "AC309 5:23 a parameter is called `y` too",
        "AC309 5:52 an input is called `z` too",
    ]


def test_a_layer_says_how_its_weights_start() -> None:
    layer = layer_of("{conv2d: 8, init: {weight: {normal: 0.01}, bias: 1}}")
    assert said(layer.init) == [(None, "weight", "normal"), (None, "bias", "constant")]
    assert isinstance(layer.init[1].arguments, Scalar)
    assert layer.init[1].arguments.value == 1
    assert (layer.init[0].span.column, layer.init[0].span.end_column) == (22, 44)


def test_a_bare_parameter_is_the_weight_itself() -> None:
    layer = layer_of("{name: scale, parameter: {shape: [8]}, init: {normal: 0.02}}")
    assert said(layer.init) == [(None, None, "normal")]
    assert said(layer_of("{parameter: {shape: [8]}, init: 1e-6}").init) == [
        (None, None, "constant")
    ]


def test_a_file_and_a_block_say_it_by_weight_or_by_op() -> None:
    written = (
        "{weight: {normal: 0.01}, bias: 0, linear: {weight: xavier_uniform}, parameter: "
        "{truncated_normal: 0.02}, conv2d: {weight: {kaiming_normal: {mode: fan_out, "
        "nonlinearity: relu}}}}"
    )
    expected = [
        (None, "weight", "normal"),
        (None, "bias", "constant"),
        ("linear", "weight", "xavier_uniform"),
        ("parameter", None, "truncated_normal"),
        ("conv2d", "weight", "kaiming_normal"),
    ]
    read = body_of(f"init: {written}\nblocks: {{u: {{init: {written}, layers: [relu]}}}}")
    assert said(read.init) == expected
    assert said(read.blocks[0].init) == expected


@pytest.mark.parametrize(
    "written",
    [
        "normal: {std: 0.1, mean: 0}",
        "uniform: 0.05",
        "uniform: {low: -1, high: 1}",
        "truncated_normal: {std: 0.02}",
        "kaiming_normal: ",
        "kaiming_uniform: fan_out",
        "kaiming_uniform: {a: 0.1}",
        "xavier_normal: 2",
        "xavier_uniform: {gain: sqrt_two}",
        "constant: depth / 2",
    ],
)
def test_every_distribution_is_known(written: str) -> None:
    (rule,) = layer_of(f"{{conv2d: 8, init: {{weight: {{{written}}}}}}}").init
    assert rule.distribution.text == written.partition(":")[0]


def test_a_constant_may_be_an_expression() -> None:
    assert said(layer_of("{conv2d: 8, init: {bias: 1 / depth}}").init) == [
        (None, "bias", "constant")
    ]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("3", "AC203 5:21 expected weights with their distributions, got the number 3"),
        ("{normal: 0.1}", "AC202 5:22 `normal` is a distribution: of which weight?"),
        ("{weight: {normla: 1}}", "AC201 5:31 unknown distribution `normla`"),
        ("{weight: {trunc_normal: 1}}", "AC201 5:31 unknown distribution `trunc_normal`"),
        ("{weight: zeros}", "AC201 5:30 unknown distribution `zeros`"),
        ("{weight: true}", "AC203 5:30 expected a distribution or a number, got `true`"),
        ("{weight: }", "AC203 5:30 expected a distribution or a number, got nothing"),
        ("{weight: {}}", "AC203 5:30 expected a distribution or a number, got a mapping"),
        ("{weight: normal}", "AC303 5:30 `normal` has no arguments"),
        ("{weight: {normal: }}", "AC303 5:31 `normal` has no arguments"),
        ("{weight: {normal: [0, 1]}}", "AC203 5:39 expected the arguments of `normal`, got a list"),
        ("{weight: {normal: {sdt: 1}}}", "AC201 5:40 unknown key `sdt` in `normal`"),
        (
            "{weight: {normal: 1, mean: 0}}",
            "AC206 5:42 expected one distribution, got several keys",
        ),
        (
            "{0w: 1}",
            "AC310 5:22 `0w` cannot be the name of a weight: it starts with a digit",
        ),
    ],
)
def test_a_wrong_start_is_said_at_its_place(written: str, line: str) -> None:
    assert refused_layer(f"{{conv2d: 8, init: {written}}}") == [line]


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("{normla: 1}", "write `normal`"),
        ("{trunc_normal: 1}", "write `truncated_normal`"),
        ("{kaiming_normal_: fan_out}", "write `kaiming_normal`"),
        ("zeros", "write `0`"),
    ],
)
def test_other_spellings_of_a_distribution_are_recognised(written: str, help: str) -> None:
    assert help_of_layer(f"{{conv2d: 8, init: {{weight: {written}}}}}") == help


def test_a_start_stands_beside_an_op() -> None:
    assert refused_layer("{sequence: [relu], init: {weight: 1}}") == [
        "AC202 5:22 `init` without an op"
    ]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            "init: {conv: {weight: {normal: 1}}}",
            "AC301 5:8 `conv` is no op: `init` is by op or by weight",
        ),
        ("init: {normal: 0.01}", "AC202 5:8 `normal` is a distribution: of which weight?"),
        ("init: {parameter: {}}", "AC203 5:19 expected a distribution, got a mapping"),
        (
            "init: [normal]",
            "AC203 5:7 expected weights or ops with their distributions, got a list",
        ),
    ],
)
def test_a_wrong_start_of_a_file_is_said_at_its_place(entry: str, line: str) -> None:
    assert refused_key(entry) == [line]


def test_an_output_may_be_for_training_and_have_a_losss_weight() -> None:
    first, second = body_of(
        "outputs: {logits: fc, aux: {from: head.fc, training: true, loss_weight: 0.3}}"
    ).outputs
    assert (first.training, first.loss_weight) == (False, None)
    assert (second.source.text, second.training, second.loss_weight) == ("head.fc", True, 0.3)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            "outputs: {a: {training: yes}}",
            "AC203 5:25 expected `true` or `false`, got the text `yes`",
        ),
        (
            "outputs: {a: {loss_weight: -1}}",
            "AC203 5:28 expected a number that is not negative, got the number -1",
        ),
        (
            "outputs: {a: {loss_weight: x}}",
            "AC203 5:28 expected a number that is not negative, got the text `x`",
        ),
        ("outputs: {a: {trainig: true}}", "AC201 5:15 unknown key `trainig` in an output"),
        (
            "outputs: [class]",
            "AC310 5:11 `class` cannot be the name of an output: it is a word of Python's own",
        ),
        (
            "blocks: {u: {layers: [relu], outputs: {a: {from: relu, training: true}}}}",
            "AC201 5:56 unknown key `training` in an output of a block",
        ),
    ],
)
def test_a_wrong_output_is_said_at_its_place(entry: str, line: str) -> None:
    assert refused_key(entry) == [line]


def test_connections_and_claims_of_inference_are_claims() -> None:
    read = body_of(
        'expect: {connections: 340908, inference: {parameters: "7M", shapes: {fc: [10]}}}\n'
        "variants: {a: {expect: {inference: {parameters: 3}}}}"
    )
    assert [(claim.subject, claim.value, claim.inference) for claim in read.expect] == [
        ("connections", 340908, False),
        ("parameters", "7M", True),
        ("shapes", (10,), True),
    ]
    assert read.variants[0].expect[0].inference


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("expect: {inference: 3}", "AC203 5:21 expected claims, got the number 3"),
        (
            "expect: {inference: {inference: {macs: 1}}}",
            "AC201 5:22 unknown key `inference` in `inference`",
        ),
        (
            "variants: {a: {inference: {parameters: 3}}}",
            "AC201 5:16 `inference` stands inside `expect`",
        ),
    ],
)
def test_a_wrong_claim_of_inference_is_said_at_its_place(entry: str, line: str) -> None:
    assert refused_key(entry) == [line]


@pytest.mark.parametrize(
    ("written", "codes"), [("[AC901, AC903]", ["AC901", "AC903"]), ("AC902", ["AC902"])]
)
def test_warnings_are_allowed_by_code(written: str, codes: list[str]) -> None:
    assert [code.text for code in body_of(f"allow: {written}").allow] == codes


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("[AC502]", "AC203 5:9 `AC502` is an error, and only a warning can be allowed"),
        ("AC999", "AC203 5:8 expected the code of a warning, got the text `AC999`"),
        ("{AC901: true}", "AC203 5:8 expected codes of warnings, got a mapping"),
        ("[[AC901]]", "AC203 5:9 expected the code of a warning, got a list"),
        ("[AC901, AC901]", "AC309 5:16 `AC901` stands twice"),
    ],
)
def test_only_a_warning_can_be_allowed(written: str, found: str) -> None:
    assert refused_key(f"allow: {written}") == [found]


def test_a_warning_that_is_misspelt_has_the_nearest_as_help() -> None:
    assert help_of_key("allow: [ac903]") == "did you mean `AC903`?"
