"""The report: its JSON against known facts, its tables as people read them, its encoders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from archcompile.backends.report import Report, report
from archcompile.backends.report.json_form import Json
from archcompile.ir.program import Claim, Program
from archcompile.ir.weight import Kaiming, Normal
from archcompile.passes.facts import facts
from tests.programs import (
    at,
    bare,
    chain,
    image,
    lenet5,
    node,
    op,
    program,
    small_resnet,
    twice,
    with_heads,
)

TESTS = Path(__file__).parents[2]
FACTS = json.loads((TESTS / "facts" / "lenet5.json").read_text("utf-8"))
FORMS = {"lenet5": lenet5(), "lenet5_28": lenet5(size=28, padding=2)}


def reported(made: Program) -> Report:
    return report(made, facts(made))


def layers(made: Program) -> list[dict[str, Json]]:
    found = reported(made).to_dict()["layers"]
    assert isinstance(found, list)
    return [layer for layer in found if isinstance(layer, dict)]


def test_the_totals_of_lenet5_are_those_of_the_literature() -> None:
    found = reported(lenet5()).to_dict()
    rest = {key: value for key, value in found.items() if key not in ("layers", "blocks")}
    assert rest == {
        "schema": 1,
        "name": "lenet5",
        "variant": "lenet5",
        "title": "LeNet-5",
        "parameters": 61_706,
        "trainable_parameters": 61_706,
        "buffers": 0,
        "macs": 416_520,
        "connections": 416_520 + 4_704 + 1_600 + 120 + 84 + 10,
        "inference": {
            "parameters": 61_706,
            "trainable_parameters": 61_706,
            "buffers": 0,
            "macs": 416_520,
            "connections": 423_038,
            "weight_bytes": 246_824,
        },
        "weight_bytes": 246_824,
        "peak_activation_bytes": 37_632,
        "overridden": [],
        "inputs": [{"name": "image", "shape": [1, 32, 32]}],
        "outputs": [
            {
                "name": "output",
                "from": "output",
                "shape": [10],
                "training": False,
                "loss_weight": None,
            }
        ],
    }


@pytest.mark.parametrize("form", FORMS)
def test_each_row_of_lenet5_is_that_of_the_literature(form: str) -> None:
    expected = [
        {
            "output_shape": row["out"],
            "parameters": row["params"],
            "macs": row["macs"],
            "receptive_field": row["rf"],
        }
        for row in FACTS[form]["layers"][:12]
    ]
    found = [{key: row[key] for key in expected[0]} for row in layers(FORMS[form])]
    assert found == expected


def test_a_layer_has_every_documented_key() -> None:
    assert layers(lenet5())[0] == {
        "name": "c1",
        "op": "conv2d",
        "arguments": {"out_channels": "6", "kernel_size": "5"},
        "inputs": ["image"],
        "output": "c1",
        "output_shape": [6, 28, 28],
        "gpus": 1,
        "parameters": 156,
        "trainable_parameters": 156,
        "buffers": 0,
        "macs": 117_600,
        "connections": 122_304,
        "activation_bytes": 18_816,
        "receptive_field": 5,
        "stride": 1,
        "block": None,
        "shares": None,
        "training": False,
        "starts": {},
    }
    assert layers(lenet5())[7]["stride"] is None  # behind flatten there is no axis to step along


def test_every_key_is_documented() -> None:
    documented = (TESTS.parent / "docs" / "report.md").read_text("utf-8")
    found = reported(small_resnet()).to_dict()
    rows, groups = found["layers"], found["blocks"]
    assert isinstance(rows, list) and isinstance(rows[0], dict)
    assert isinstance(groups, list) and isinstance(groups[0], dict)
    missing = [key for key in (*found, *rows[0], *groups[0]) if f"| `{key}` |" not in documented]
    assert missing == []


def test_the_json_holds_no_floats_and_survives_a_round_trip() -> None:
    found = reported(small_resnet()).to_dict()
    assert json.loads(json.dumps(found)) == found


def test_blocks_are_groups_with_the_sum_of_their_layers() -> None:
    found = reported(small_resnet()).to_dict()["blocks"]
    assert isinstance(found, list)
    assert found[1] == {
        "name": "layer1.0",
        "kind": "block",
        "calls": "basic_block",
        "inputs": ["relu"],
        "output_shapes": [[16, 32, 32]],
        "parameters": 2 * (2304 + 32),
        "trainable_parameters": 2 * (2304 + 32),
        "buffers": 64,
        "macs": 2 * 32 * 32 * 2304,
        "connections": 2 * 32 * 32 * 2304,
        "block": "layer1",
        "training": False,
    }
    inner = [row["block"] for row in layers(small_resnet()) if row["name"] == "layer1.0.conv1"]
    assert inner == ["layer1.0"]


def test_a_field_that_is_no_square_is_a_pair_and_a_vector_has_none() -> None:
    start = image(3, 8, 8)
    tall = program((start,), chain(start, ("c", op("conv2d", out_channels=2, kernel_size=[3, 1]))))
    assert layers(tall)[0]["receptive_field"] == [3, 1]
    vector = image(3, name="x")
    flat = program((vector,), chain(vector, ("l", op("linear", out_features=2))))
    assert layers(flat)[0]["receptive_field"] is None


def test_an_open_size_is_the_text_of_its_expression() -> None:
    (row,) = layers(program((image(3, "H", 8),), (node("r", op("relu"), image(3, "H", 8)),)))
    assert row["output_shape"] == [3, "H", 8]
    assert isinstance(row["activation_bytes"], str)
    assert "H" in row["activation_bytes"]


LENET5 = """\
LeNet-5 (lenet5)
image [1, 32, 32] → output [10]

layer    op          output shape  parameters     MACs  activation bytes  field  stride
───────────────────────────────────────────────────────────────────────────────────────
c1       conv2d      [6, 28, 28]          156  117,600            18,816      5       1
tanh     tanh        [6, 28, 28]            -        -            18,816      5       1
s2       avg_pool2d  [6, 14, 14]            -        -             4,704      6       2
c3       conv2d      [16, 10, 10]       2,416  240,000             6,400     14       2
tanh2    tanh        [16, 10, 10]           -        -             6,400     14       2
s4       avg_pool2d  [16, 5, 5]             -        -             1,600     16       4
flatten  flatten     [400]                  -        -             1,600     32       -
c5       linear      [120]             48,120   48,000               480     32       -
tanh3    tanh        [120]                  -        -               480     32       -
f6       linear      [84]              10,164   10,080               336     32       -
tanh4    tanh        [84]                   -        -               336     32       -
output   linear      [10]                 850      840                40     32       -
───────────────────────────────────────────────────────────────────────────────────────
total                                  61,706  416,520

parameters: 61,706
buffers: 0
MACs: 416,520
weights: 241.0 KiB (246,824 bytes)
peak activations: 36.8 KiB (37,632 bytes)
"""


def test_the_table_of_lenet5_is_one_to_paste_into_a_pull_request() -> None:
    assert reported(lenet5()).to_table() == LENET5
    assert str(reported(lenet5())) == LENET5


def test_a_table_that_just_fits_leaves_nothing_out() -> None:
    widest = max(map(len, LENET5.splitlines()))
    assert reported(lenet5()).to_table(widest) == LENET5
    assert reported(lenet5()).to_table(widest - 1) != LENET5


@pytest.mark.parametrize("width", [100, 80, 70])
def test_a_table_keeps_to_its_width(width: int) -> None:
    lines = reported(small_resnet()).to_table(width).splitlines()
    assert max(map(len, lines)) <= width
    assert any("parameters" in line and "MACs" in line for line in lines)


def test_members_of_a_group_are_indented_below_it() -> None:
    lines = reported(small_resnet()).to_table().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("layer1 "))
    assert [line.split()[0] for line in lines[start : start + 3]] == ["layer1", "0", "conv1"]
    assert lines[start + 2].startswith("    conv1")


def test_wide_characters_take_two_columns_and_controls_are_shown_escaped() -> None:
    start = image(3, 8, 8)
    made = program(
        (start,),
        chain(start, ("畳み込み", op("relu")), ("r", op("relu"))),
        title="\x1b[31m赤\u202e",
    )
    lines = reported(made).to_table().splitlines()
    assert lines[0] == "\\x1b[31m赤\\u202e (net)"
    assert lines[5].startswith("畳み込み  relu")
    assert lines[6].startswith("r         relu")


def test_claims_that_were_not_checked_are_said() -> None:
    made = replace(lenet5(), overridden=("classes",))
    said = "classes overridden: the spec's own claims were not checked"
    shown = reported(made)
    assert said in shown.to_table()
    assert "classes overridden" in shown.to_markdown()
    assert "classes overridden" in shown._repr_html_()
    assert shown.to_dict()["overridden"] == ["classes"]


def test_markdown_is_a_table_of_full_paths() -> None:
    lines = reported(small_resnet()).to_markdown().splitlines()
    assert lines[0] == "### A small ResNet (small&#95;resnet)"
    heading = next(n for n, line in enumerate(lines) if line.startswith("| layer |"))
    assert lines[heading + 1] == "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    columns = {line.count("|") for line in lines[heading:] if line}
    assert columns == {9}
    assert any(line.startswith("| **`layer1.0`** | `basic_block` |") for line in lines)
    assert any(line.startswith("| `layer1.0.conv1` | `conv2d` |") for line in lines)


HOSTILE = "a|b`c`<img src=x onerror=alert(1)>[x](javascript:1)\n# @all https://x.y $e$ \x00"


def test_a_hostile_title_is_only_text_in_markdown() -> None:
    made = replace(lenet5(), title=HOSTILE)
    first, blank, *_ = reported(made).to_markdown().splitlines()
    assert blank == ""
    assert not set("|`<>[]@$\x00") & set(first)
    assert first.startswith("### a&#124;b&#96;c&#96;&#60;img src=x onerror=alert(1)&#62;")
    assert "://" not in first


def test_a_hostile_title_is_only_text_in_html() -> None:
    shown = reported(replace(lenet5(), title=HOSTILE))._repr_html_()
    assert "<img" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_a_notebook_gets_html_and_markdown() -> None:
    shown = reported(small_resnet())
    assert shown._repr_markdown_() == shown.to_markdown()
    page = shown._repr_html_()
    assert page.count("<tr>") == 1 + len(layers(small_resnet())) + 3  # a heading, three groups
    assert "<strong>layer1.0</strong>" in page
    headings = page[page.index("<thead>") : page.index("</thead>")]
    assert headings.count("<th") - 1 == headings.count("</th>") == 8
    assert headings.count("</th><th") == 7


def test_a_name_too_long_for_the_width_is_cut() -> None:
    start = image(3, 8, 8)
    made = program((start,), (node("a_name_of_far_more_than_forty_characters", op("relu"), start),))
    lines = reported(made).to_table(60).splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith("a_name_of_") and "…" in line for line in lines)


def test_a_long_expression_of_an_open_size_stands_short_in_the_table_and_whole_in_the_json() -> (
    None
):
    shown = reported(lenet5(size="H"))
    assert "flatten  flatten     [f(H)]" in shown.to_table()
    peak = shown.to_dict()["peak_activation_bytes"]
    assert isinstance(peak, str)
    assert peak.count("H") > 2
    assert "peak activations: f(H) bytes" in shown.to_table()


def test_a_further_use_of_shared_weights_counts_no_weights_again() -> None:
    first, second = layers(twice())[:2]
    assert (first["name"], second["name"]) == ("same", "same#2")
    assert (first["shares"], second["shares"]) == (None, "same")
    assert (first["parameters"], second["parameters"]) == (84, 0)
    assert first["macs"] == second["macs"] == 64 * 81
    blocks = reported(twice()).to_dict()["blocks"]
    assert [block["name"] for block in blocks] == ["unit", "unit#2"]
    assert [block["parameters"] for block in blocks] == [2 * (81 + 6), 0]
    lines = reported(twice()).to_table().splitlines()
    assert any(line.split()[:2] == ["same#2", "conv2d"] for line in lines)


def test_what_only_training_needs_is_marked_and_counts_in_the_parameters_alone() -> None:
    made = reported(with_heads())
    found = made.to_dict()
    rows = {row["name"]: row for row in layers(with_heads())}
    assert [name for name, row in rows.items() if row["training"]] == [
        "aux.flatten",
        "aux.fc",
        "loose",
    ]
    assert (rows["aux.fc"]["parameters"], rows["aux.fc"]["macs"]) == (1_285, 0)
    inference = found["inference"]
    assert isinstance(inference, dict)
    assert (found["parameters"], inference["parameters"]) == (2_756, 1_471)
    assert found["outputs"][0] == {
        "name": "aux",
        "from": "aux.fc",
        "shape": [5],
        "training": True,
        "loss_weight": "0.3",
    }
    assert [block["training"] for block in found["blocks"]] == [True]
    for shown in (made.to_table(), made.to_markdown(), made._repr_html_()):
        assert "linear (training)" in shown
        assert "aux [5] (training only, loss × 0.3), logits [5]" in shown
        assert "2,756 (1,471 in inference)" in shown


def test_connections_are_shown_where_the_spec_claims_them() -> None:
    claim = Claim("connections", None, 423_038, at(2))
    assert "connections" not in reported(lenet5()).to_table()
    assert "connections: 423,038" in reported(lenet5(claims=(claim,))).to_table()


def test_a_split_tensor_shows_what_each_gpu_holds() -> None:
    start = image(3, 8, 8)
    layer = node("c", op("conv2d", out_channels=96, kernel_size=1), start)
    made = replace(layer, output=replace(layer.output, type=layer.output.type.split(2)))
    found = program((start,), (made,))
    assert "[96 (2 × 48), 8, 8]" in reported(found).to_table()
    assert layers(found)[0]["gpus"] == 2
    assert layers(found)[0]["output_shape"] == [96, 8, 8]


def test_the_start_that_the_spec_gives_is_in_the_json() -> None:
    start = image(3, name="x")
    layer = replace(
        node("fc", op("linear", out_features=2), start),
        starts=(
            ("weight", Kaiming("normal", nonlinearity="relu")),
            ("bias", Normal(0.01, 1.0)),
        ),
    )
    (row,) = layers(program((start,), (layer,)))
    assert row["starts"] == {
        "weight": "kaiming_normal(nonlinearity=relu)",
        "bias": "normal(std=0.01, mean=1.0)",
    }


def test_a_bare_parameter_has_no_batch_and_leaves_the_field_of_a_map() -> None:
    start = image(3, 8, 8)
    layer = node("c", op("conv2d", out_channels=4, kernel_size=3, padding=1), start)
    gamma = bare("gamma", 4, 1, 1)
    joined = node("sum", op("add"), layer.output, gamma.output)
    rows = layers(program((start,), (layer, gamma, joined)))
    assert (rows[1]["parameters"], rows[1]["output_shape"]) == (4, [4, 1, 1])
    assert (rows[1]["activation_bytes"], rows[1]["receptive_field"]) == (16, None)
    assert rows[2]["receptive_field"] == 3
