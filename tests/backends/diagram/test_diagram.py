"""The picture: well-formed, honest about edges, safe with hostile text, the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from archcompile.backends.diagram import svg
from archcompile.backends.diagram.layout import Layout, layout
from archcompile.backends.diagram.scene import scene
from archcompile.backends.diagram.text import encode, fit, width
from archcompile.ir.program import Program, ProgramOutput, Region
from archcompile.passes.facts import facts
from tests.programs import (
    basic_block,
    chain,
    conv,
    image,
    last,
    lenet5,
    node,
    op,
    program,
    region,
    small_resnet,
    twice,
    with_heads,
)

SVG = "{http://www.w3.org/2000/svg}"


def drawn(made: Program) -> str:
    return svg(made, facts(made))


def parsed(made: Program) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(made))


def texts(made: Program) -> list[str]:
    return ["".join(element.itertext()) for element in parsed(made).iter(f"{SVG}text")]


def planned(made: Program) -> Layout:
    return layout(scene(made))


def inception() -> Program:
    start = image(6, 8, 8)
    one = node("unit.branch1", conv(2, 1), start)
    two = chain(start, ("0", conv(2, 1)), ("1", conv(3)), prefix="unit.branch2.")
    joined = node("unit.concat", op("concat"), one.output, two[-1].output)
    members = (one, region("unit.branch2", *two), joined)
    return program((start,), (region("unit", *members, block="inception"),))


PROGRAMS = {
    "lenet5": lenet5(),
    "open": lenet5(size="H"),
    "resnet": small_resnet(),
    "deep": small_resnet(12),
    "inception": inception(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_picture_is_well_formed_and_has_a_title_and_a_description(name: str) -> None:
    root = parsed(PROGRAMS[name])
    assert root.tag == f"{SVG}svg"
    assert [child.tag for child in root][:3] == [f"{SVG}title", f"{SVG}desc", f"{SVG}style"]
    assert root.get("role") == "img"


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_stands_outside_the_picture(name: str) -> None:
    plan = planned(PROGRAMS[name])
    bottoms = [box.bottom for box in plan.boxes] + [c.y + c.height for c in plan.clusters]
    assert max(bottoms) < plan.height
    assert max([plan.left + plan.box_width, *(side.x for side in plan.sides)]) < plan.width
    assert all(plan.left - cluster.outset > 0 for cluster in plan.clusters)


@pytest.mark.parametrize("name", PROGRAMS)
def test_boxes_do_not_overlap_and_labels_fit_between_them(name: str) -> None:
    plan = planned(PROGRAMS[name])
    for upper, lower in zip(plan.boxes, plan.boxes[1:], strict=False):
        room = 18 if upper.bottom in plan.shown else 8
        assert upper.bottom + room <= lower.y


def test_the_picture_of_lenet5_says_layers_arguments_and_shapes() -> None:
    found = texts(lenet5())
    assert found[:2] == ["LeNet-5", "61,706 parameters · 416,520 MACs"]
    assert "image1 × 32 × 32" in found
    assert "conv2d6, 5×5" in found
    assert "c1" in found
    shapes = [text for text in found if re.fullmatch(r"[0-9× ]+", text)]
    assert shapes == [
        "6 × 28 × 28",
        "6 × 14 × 14",
        "16 × 10 × 10",
        "16 × 5 × 5",
        "400",
        "120",
        "84",
        "10",
    ]


def test_a_chain_has_straight_arrows_only() -> None:
    plan = planned(lenet5())
    assert len(plan.straights) == 13
    assert plan.sides == ()


def test_a_skip_edge_runs_at_the_side() -> None:
    plan = planned(small_resnet())
    found = [(side.start.box.key, [end.box.path for end in side.ends]) for side in plan.sides]
    assert found == [("relu", ["layer1.0.add"]), ("layer1.0.relu2", ["layer1.1.add"])]


def test_edges_that_overlap_have_lanes_of_their_own() -> None:
    plan = planned(inception())
    assert len(plan.sides) == 2
    assert len({side.x for side in plan.sides}) == 2


def test_every_read_is_an_edge() -> None:
    for made in (lenet5(), small_resnet(), inception()):
        plan = planned(made)
        edges = len(plan.straights) + sum(len(side.ends) for side in plan.sides)
        reads = sum(len({value.name for value in layer.inputs}) for layer in made.nodes())
        assert edges == reads + len(made.outputs)


def test_an_inner_value_that_is_an_output_has_its_edge() -> None:
    start = image(3, 8, 8)
    body = chain(start, ("a", conv(4)), ("b", op("relu")))
    outputs = (ProgramOutput("early", body[0].output), ProgramOutput("late", body[1].output))
    plan = planned(program((start,), body, outputs=outputs))
    found = [(side.start.box.key, [end.box.label for end in side.ends]) for side in plan.sides]
    assert found == [("a", ["early"]), ("b", ["late"])]


def test_equal_neighbours_of_a_large_network_are_drawn_once() -> None:
    deep, shallow = drawn(small_resnet(12)), drawn(small_resnet(2))
    assert "basic_block ×12" in deep
    assert "0 … 11" in deep
    assert "×12" not in shallow
    assert len(planned(small_resnet(12)).boxes) < len(planned(small_resnet(2)).boxes)


def test_neighbours_that_differ_are_not_folded() -> None:
    start = image(4, 8, 8)
    members: list[Region] = []
    for place in range(10):
        before = last(members[-1]) if members else start
        inner = basic_block(f"b{place}", before, 4)
        members.append(replace(inner, block="odd") if place == 5 else inner)
    found = drawn(program((start,), tuple(members)))
    assert "basic_block ×5" in found
    assert "basic_block ×4" in found


def test_branches_that_read_the_same_value_are_not_folded() -> None:
    start = image(4, 8, 8)
    heads = tuple(node(f"head{n}", conv(4), start) for n in range(70))
    plan = planned(program((start,), heads))
    assert len(plan.boxes) == 72


def test_equal_layers_in_a_row_are_folded_with_their_number() -> None:
    start = image(4, 8, 8)
    members = chain(start, *((f"c{n}", conv(4)) for n in range(64)))
    found = texts(program((start,), members))
    assert "c0 ×64" in found


HOSTILE = "</title><script>alert('1')</script>&\"\x00\x1b\u202e\ud800\ufffe]]>"


def test_a_hostile_title_is_only_text() -> None:
    made = replace(lenet5(), title=HOSTILE)
    found = drawn(made)
    assert "<script" not in found
    assert not set("\x00\x1b\u202e\ud800\ufffe") & set(found)
    title = parsed(made).find(f"{SVG}title")
    assert title is not None
    assert title.text == "</title><script>alert('1')</script>&\"" + "\ufffd" * 5 + "]]>"


def test_the_encoder_keeps_what_people_write() -> None:
    assert encode("größe 畳み込み 5×5") == "größe 畳み込み 5×5"
    assert encode("a\nb\tc") == "a b c"


def test_text_that_is_too_wide_is_cut_with_an_ellipsis() -> None:
    cut = fit("a_very_long_name_for_a_layer", 10, 80)
    assert cut.endswith("…")
    assert width(cut, 10) <= 80
    assert fit("short", 10, 80) == "short"
    wide = fit("畳み込み畳み込み", 10, 50)
    assert width(wide, 10) <= 50


def test_equal_programs_have_equal_bytes() -> None:
    assert drawn(small_resnet()) == drawn(small_resnet())
    assert drawn(lenet5()).isascii() is False  # × and · are text, not character references


def test_a_page_may_be_light_or_dark() -> None:
    assert "@media (prefers-color-scheme: dark)" in drawn(lenet5())


def test_a_network_of_one_layer_is_described_in_the_singular() -> None:
    start = image(3, 8, 8)
    root = parsed(program((start,), (node("r", op("relu"), start),)))
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == (
        "From image [N, 3, 8, 8] through 1 layer with 0 parameters to output [N, 3, 8, 8]."
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"padding": 0}, "4, 1×3"),
        ({"padding": 1, "bias": False}, "4, 1×3, padding 1, no bias"),
        ({"padding": [1, 2]}, "4, 1×3, padding 1×2"),
        ({"padding": [[0, 3], [0, 3]]}, "4, 1×3, padding 0:3×0:3"),
        ({"padding": "same"}, "4, 1×3, padding same"),
    ],
)
def test_arguments_are_said_as_people_say_them(arguments: dict[str, object], said: str) -> None:
    start = image(3, 8, 8)
    layer = op("conv2d", out_channels=4, kernel_size=[1, 3], **arguments)
    assert f"conv2d{said}" in texts(program((start,), (node("c", layer, start),)))


def test_what_only_training_needs_is_faint_and_says_so() -> None:
    groups = [g for g in parsed(with_heads()).iter(f"{SVG}g") if g.get("class") == "faint"]
    titles = [group.findtext(f"{SVG}title", "") for group in groups]
    assert [title.split()[0] for title in titles] == ["aux.flatten", "aux.fc", "loose", "aux:"]
    said = [text for text in texts(with_heads()) if "training only" in text]
    assert len(said) == 4
    assert any("loss × 0.3" in text for text in said)


def test_further_uses_of_a_layer_and_of_a_block_are_called_so() -> None:
    shown = texts(twice())
    assert {"same", "same#2", "unit", "unit#2", "conv1#2"} <= set(shown)


def test_every_input_and_output_is_described() -> None:
    starts = (image(3, 8, 8, name="left"), image(3, 8, 8, name="right"))
    members = (node("a", op("relu"), starts[0]), node("b", op("tanh"), starts[1]))
    outputs = tuple(ProgramOutput(each.name, each.output) for each in members)
    made = program(starts, members, outputs=outputs)
    described = ElementTree.fromstring(svg(made, facts(made))).find(f"{SVG}desc")
    assert described is not None
    assert described.text == (
        "From left [N, 3, 8, 8], right [N, 3, 8, 8] through 2 layers with 0 parameters "
        "to a [N, 3, 8, 8], b [N, 3, 8, 8]."
    )
