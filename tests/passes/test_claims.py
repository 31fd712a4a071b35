"""Claims: what is right passes, what is wrong is a finding at its own line with the true number."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from archcompile.diagnostics import Code, Diagnostic, Edit
from archcompile.ir.program import Claim, Program
from archcompile.passes.claims import check_claims
from archcompile.passes.printed_number import PrintedNumber
from tests.programs import (
    at,
    chain,
    conv,
    image,
    lenet5,
    node,
    op,
    program,
    region,
    small_resnet,
    twice,
)

Subject = Literal["parameters", "buffers", "macs", "receptive_field", "shapes"]


def claim(
    subject: Subject,
    value: int | str | tuple[int | str, ...],
    layer: str | None = None,
    line: int = 30,
) -> Claim:
    return Claim(subject, layer, value, at(line))


def findings(made: Program, *claims: Claim) -> tuple[Diagnostic, ...]:
    return check_claims(replace(made, claims=claims))


RIGHT = (
    claim("parameters", 61706),
    claim("parameters", "61,706"),
    claim("parameters", "61.7K"),
    claim("parameters", "62K"),
    claim("parameters", "61K"),
    claim("parameters", "0.06M"),
    claim("buffers", 0),
    claim("macs", 416520),
    claim("macs", "0.42M"),
    claim("macs", "0.41M"),
    claim("shapes", (16, 5, 5), "s4"),
    claim("shapes", (10,), "output"),
    claim("shapes", 10, "output"),
    claim("receptive_field", 14, "c3"),
    claim("receptive_field", (14, 14), "c3"),
    claim("receptive_field", 32),
)


@pytest.mark.parametrize("right", RIGHT, ids=lambda c: f"{c.subject}-{c.value}")
def test_a_right_claim_is_no_finding(right: Claim) -> None:
    assert findings(lenet5(), right) == ()


WRONG = {
    claim("parameters", 60000): (
        "expected 60,000 parameters, but the network has 61,706",
        "if the claim is wrong, write `parameters: 61706`",
    ),
    claim("parameters", "60K"): (
        "expected 60K parameters, but the network has 61,706",
        "if the claim is wrong, write `parameters: 62K`",
    ),
    claim("parameters", "0.27M"): (
        "expected 0.27M parameters, but the network has 61,706",
        "if the claim is wrong, write `parameters: 0.06M`",
    ),
    claim("buffers", 12): (
        "expected 12 buffer elements, but the network has 0",
        "if the claim is wrong, write `buffers: 0`",
    ),
    claim("macs", "1.8G"): (
        "expected 1.8G multiply-accumulates, but the network has 416,520",
        "if the claim is wrong, write `macs: 416520`",
    ),
    claim("shapes", (16, 4, 4), "s4"): (
        "expected the output shape [16, 4, 4] at `s4`, but it is [16, 5, 5]",
        "if the claim is wrong, write `s4: [16, 5, 5]`",
    ),
    claim("shapes", (16, 25), "s4"): (
        "expected the output shape [16, 25] at `s4`, but it is [16, 5, 5]",
        "if the claim is wrong, write `s4: [16, 5, 5]`",
    ),
    claim("receptive_field", 15, "c3"): (
        "expected the receptive field 15 at `c3`, but it is 14",
        "if the claim is wrong, write `c3: 14`",
    ),
    claim("receptive_field", 30): (
        "expected the receptive field 30 at `output`, but it is 32",
        "if the claim is wrong, write `receptive_field: 32`",
    ),
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda c: f"{c.subject}-{c.value}")
def test_a_wrong_claim_is_a_finding_with_the_true_number(wrong: Claim) -> None:
    (found,) = findings(lenet5(), wrong)
    assert found.code is Code.CLAIM_WRONG
    assert (found.message, found.help) == WRONG[wrong]
    assert found.span == wrong.span


def test_a_wrong_shape_shows_the_layer_that_makes_it() -> None:
    (found,) = findings(lenet5(), claim("shapes", (16, 4, 4), "s4"))
    assert [(related.span, related.message) for related in found.related] == [
        (at(6), "`s4` is here")
    ]


def test_every_wrong_claim_is_found_in_one_run() -> None:
    assert len(findings(lenet5(), *WRONG)) == len(WRONG)


def test_a_claim_about_an_unknown_layer_suggests_the_nearest() -> None:
    (found,) = findings(lenet5(), claim("shapes", (1,), "ouput"))
    assert (found.code, found.message) == (
        Code.CLAIM_UNKNOWN,
        "there is no layer `ouput` in `lenet5`",
    )
    assert found.help == "did you mean `output`?"
    assert found.fix == (Edit(at(30), "output"),)


def test_a_name_like_no_other_lists_the_layers_of_a_small_network() -> None:
    start = image(3, 8, 8)
    for count, help_line in (
        (12, f"there are {', '.join(f'`{c}`' for c in 'abcdefghijkl')}"),
        (13, None),
    ):
        made = program((start,), chain(start, *((c, op("relu")) for c in "abcdefghijklm"[:count])))
        (found,) = findings(made, claim("shapes", (1,), "nothing"))
        assert (found.help, found.fix) == (help_line, ())


@pytest.mark.parametrize(
    ("name", "help_line"),
    [("features", "did you mean `features_in`?"), ("feature", "there are `features_in`")],
)
def test_a_name_is_meant_if_it_is_at_most_three_letters_longer(name: str, help_line: str) -> None:
    start = image(3, 8, 8)
    made = program((start,), chain(start, ("features_in", op("relu"))))
    (found,) = findings(made, claim("shapes", (1,), name))
    assert found.help == help_line


def test_a_name_without_its_path_is_completed() -> None:
    (found,) = findings(small_resnet(), claim("shapes", (16, 32, 32), "1.conv2"))
    assert found.help == "did you mean `layer1.1.conv2`?"


def test_the_shape_of_a_region_is_that_of_its_output() -> None:
    assert findings(small_resnet(), claim("shapes", (16, 32, 32), "layer1")) == ()
    assert findings(small_resnet(), claim("receptive_field", 11, "layer1.1")) == ()


def test_a_region_of_two_outputs_has_no_single_shape() -> None:
    start = image(3, 8, 8)
    inner = chain(start, ("a", conv(4)), ("b", conv(4)), prefix="unit.")
    made = replace(region("unit", *inner), outputs=(inner[0].output, inner[1].output))
    (found,) = findings(program((start,), (made,)), claim("shapes", (4, 8, 8), "unit"))
    assert found.code is Code.CLAIM_UNKNOWN
    assert found.message == "`unit` has 2 outputs, so it has no single shape"
    assert found.help == "name one of its layers, e.g. `unit.a`"
    assert found.span == at(30)
    assert [(each.span, each.message) for each in found.related] == [(at(1), "`unit` is here")]


def test_a_region_without_an_output_names_none_of_its_layers() -> None:
    start = image(3, 8, 8)
    unit = replace(region("unit", node("unit.a", conv(4), start)), outputs=())
    made = program((start,), (unit, node("b", conv(4), start)))
    (found,) = findings(made, claim("shapes", (4, 8, 8), "unit"))
    assert (found.code, found.help) == (Code.CLAIM_UNKNOWN, None)


def test_a_second_use_of_a_module_is_claimed_by_its_own_name() -> None:
    assert findings(twice(), claim("receptive_field", 5, "same#2")) == ()
    assert findings(twice(), claim("receptive_field", 3, "same")) == ()


def test_a_field_that_is_not_square_is_said_in_full() -> None:
    start = image(3, 8, 8)
    made = program((start,), (node("c", op("conv2d", out_channels=2, kernel_size=[3, 1]), start),))
    (found,) = findings(made, claim("receptive_field", 3, "c"))
    assert found.message == "expected the receptive field 3 at `c`, but it is [3, 1]"


def test_claims_are_not_checked_where_the_caller_overrides_a_parameter() -> None:
    made = replace(lenet5(claims=(claim("parameters", 1),)), overridden=("classes",))
    assert check_claims(made) == ()


def test_a_claim_about_a_number_that_the_input_decides_is_wrong_and_says_why() -> None:
    start = image(3, "H", 8)
    made = program((start,), chain(start, ("c", conv(2))))
    (found,) = findings(made, claim("macs", 1000))
    assert found.code is Code.CLAIM_WRONG
    assert "depends on the input's size" in found.message
    assert found.help == "give the input numbers for its size, or make no claim of it"
    assert findings(made, claim("parameters", 56)) == ()


def test_open_sizes_are_compared_as_text() -> None:
    start = image(3, "H", 8)
    made = program((start,), chain(start, ("r", op("relu"))))
    right = Claim("shapes", "r", (3, "H", 8), at(3))
    assert findings(made, right) == ()
    (found,) = findings(made, claim("shapes", (3, 8, 8), "r"))
    assert found.message == "expected the output shape [3, 8, 8] at `r`, but it is [3, H, 8]"
    assert found.help == "make no claim of what the input's size decides"
    assert [each.message for each in found.related] == ["`r` is here"]


@pytest.mark.parametrize("text", ["", "many", "60 m", "-3", "1e6", "6.M", "60MM", "٣", "1,00"])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    (found,) = findings(lenet5(), claim("parameters", text))
    assert found.code is Code.WRONG_TYPE
    assert found.message.startswith("expected a number or the number as the paper prints it")


@pytest.mark.parametrize(
    ("text", "count", "agrees"),
    [
        ("60M", 60_965_224, True),  # cut
        ("61M", 60_965_224, True),  # rounded
        ("62M", 60_965_224, False),
        ("61M", 60_200_000, False),  # neither cut nor rounded
        ("0.27M", 272_474, True),
        ("1.8G", 1_814_073_344, True),
        ("1.8B", 1_814_073_344, True),
        ("159K", 159_800, True),
        ("160K", 159_800, True),
        ("159K", 163_328, False),  # K is 1,000: 159.5 Ki is 163.3 K
        ("11.5M", 11_689_512, False),
        ("1.50", 1, False),
        ("9,223,372,036,854,775,807", 2**63 - 1, True),
    ],
)
def test_a_printed_number_is_equal_when_rounded_or_cut(text: str, count: int, agrees: bool) -> None:
    printed = PrintedNumber.parse(text)
    assert printed is not None
    assert printed.agrees(count) is agrees


@pytest.mark.parametrize(
    ("text", "count", "written"),
    [
        ("1K", 61_550, "62K"),
        ("1K", 61_499, "61K"),
        ("0.27M", 61_706, "0.06M"),
        ("5", 1234, "1,234"),
    ],
)
def test_a_count_is_rounded_to_the_form_of_a_printed_number(
    text: str, count: int, written: str
) -> None:
    printed = PrintedNumber.parse(text)
    assert printed is not None
    assert printed.same_form(count) == written


def test_a_list_is_no_number_and_a_number_no_list() -> None:
    (found,) = findings(lenet5(), claim("macs", (1, 2)))
    assert found.message.endswith("got [1, 2]")
    (found,) = findings(lenet5(), claim("shapes", "16 x 5 x 5", "s4"))
    assert found.message == "expected the output shape 16 x 5 x 5 at `s4`, but it is [16, 5, 5]"


def test_a_thousand_unknown_layers_are_found_within_a_moment() -> None:
    claims = tuple(claim("shapes", (1,), f"layer1.{n}.conw") for n in range(1000))
    found = findings(small_resnet(60), *claims)
    assert len(found) == 1000
    assert found[0].help == "did you mean `layer1.0.conv2`?"
    assert [each.help is not None for each in found] == [True] * 20 + [False] * 980
