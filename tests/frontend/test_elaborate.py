"""Elaboration: names, edges, loops, conditions, blocks and variants come to the right network."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.network import Network
from tests.spec_text import compile_text, findings_of, names_of, shown


def paths(network: Network) -> list[str]:
    return [node.path for node in network.program.nodes()]


def shape(network: Network, path: str) -> str:
    (node,) = [node for node in network.program.nodes() if node.path == path]
    return str(node.output.type)


def reads(network: Network, path: str) -> list[str]:
    (node,) = [node for node in network.program.nodes() if node.path == path]
    return [value.name for value in node.inputs]


def test_unnamed_layers_take_their_op_name_counted_from_the_second_on() -> None:
    net = compile_text("""
        input: [N, 3, 8, 8]
        layers: [relu, relu, {conv2d: [4, 3]}, relu]
    """)
    assert paths(net) == ["relu", "relu2", "conv2d", "relu3"]


def test_a_layer_that_a_condition_leaves_out_keeps_the_numbers_of_the_others() -> None:
    text = """
        params: {deep: false}
        input: [N, 3, 8, 8]
        layers: [relu, {when: deep, relu}, relu]
    """
    assert paths(compile_text(text)) == ["relu", "relu3"]
    assert paths(compile_text(text, deep=True)) == ["relu", "relu2", "relu3"]


def test_members_of_a_sequence_are_numbered_by_place_and_an_absent_one_takes_no_number() -> None:
    net = compile_text("""
        params: {batch_norm: false}
        input: [N, 3, 8, 8]
        layers:
          - name: features
            sequence:
              - conv2d: [4, 3]
              - {when: batch_norm, batch_norm2d}
              - relu
    """)
    assert paths(net) == ["features.0", "features.1"]


def test_a_loop_without_a_name_numbers_on_in_the_sequence_around_it() -> None:
    net = compile_text("""
        params: {depths: [1, 2]}
        input: [N, 3, 32, 32]
        layers:
          - name: features
            sequence:
              - for: {depth: depths, width: [8, 16]}
                layers:
                  - repeat: depth
                    layers:
                      - conv2d: {out_channels: width, kernel_size: 3, padding: 1}
                      - relu
                  - max_pool2d: 2
    """)
    assert paths(net) == [f"features.{index}" for index in range(8)]
    assert shape(net, "features.7") == "[N, 16, 8, 8]"


def test_from_reads_by_name_and_add_joins() -> None:
    net = compile_text("""
        input: {image: [N, 8, 8, 8]}
        layers:
          - {name: left, conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}
          - {name: right, from: image, conv2d: {out_channels: 8, kernel_size: 1}}
          - {name: sum, from: [left, right, image], add}
          - {name: both, from: [left, sum], concat}
    """)
    assert reads(net, "sum") == ["left", "right", "image"]
    assert shape(net, "both") == "[N, 16, 8, 8]"


def test_the_name_of_an_absent_layer_means_what_it_would_have_read() -> None:
    net = compile_text("""
        input: [N, 8, 8, 8]
        layers:
          - {name: a, conv2d: [8, 1]}
          - {name: b, when: false, conv2d: [4, 1]}
          - {name: c, from: [b, a], add}
    """)
    assert reads(net, "c") == ["a", "a"]


def test_a_block_is_called_as_an_op_is() -> None:
    net = compile_text("""
        blocks:
          unit:
            params: {width: int, stride: 1}
            layers:
              - {name: conv, conv2d: {out_channels: width * 2, kernel_size: 3, stride: stride}}
              - relu
        input: [N, 3, 17, 17]
        layers:
          - {name: first, unit: [4, 2]}
          - unit: {width: 8}
    """)
    assert paths(net) == ["first.conv", "first.relu", "unit.conv", "unit.relu"]
    assert shape(net, "first.conv") == "[N, 8, 8, 8]"
    assert shape(net, "unit.conv") == "[N, 16, 6, 6]"


def test_a_block_that_is_a_sequence_numbers_its_members() -> None:
    net = compile_text("""
        blocks:
          conv_relu:
            params: {out_channels: int, kernel_size: 3}
            sequence:
              - conv2d: {out_channels: out_channels, kernel_size: kernel_size}
              - relu
        input: [N, 3, 9, 9]
        layers:
          - name: features
            sequence: [{conv_relu: 4}, {conv_relu: [6, 1]}]
    """)
    assert paths(net) == ["features.0.0", "features.0.1", "features.1.0", "features.1.1"]


def test_a_named_repeat_is_a_container_and_knows_its_index() -> None:
    net = compile_text("""
        blocks:
          unit:
            params: {width: int, stride: 1}
            layers:
              - name: conv
                conv2d: {out_channels: width, kernel_size: 3, stride: stride, padding: 1}
        input: [N, 3, 32, 32]
        layers:
          - for: {stage: [1, 2], width: [4, 8]}
            layers:
              - name: "layer{stage}"
                repeat: 2
                unit: {width: width, stride: 2 if stage > 1 and index == 0 else 1}
    """)
    assert paths(net) == [
        "layer1.0.conv", "layer1.1.conv", "layer2.0.conv", "layer2.1.conv",
    ]  # fmt: skip
    assert shape(net, "layer1.1.conv") == "[N, 4, 32, 32]"
    assert shape(net, "layer2.1.conv") == "[N, 8, 16, 16]"


def test_the_copies_of_an_unnamed_repeat_in_a_body_are_numbered_on() -> None:
    net = compile_text("""
        input: [N, 3, 32, 32]
        layers:
          - repeat: 2
            layers: [{conv2d: [4, 3]}, relu]
          - relu
    """)
    assert paths(net) == ["conv2d", "relu", "conv2d2", "relu2", "relu3"]


def test_repeat_zero_is_nothing() -> None:
    net = compile_text("""
        input: [N, 3, 32, 32]
        layers: [relu, {repeat: 0, tanh: }]
    """)
    assert paths(net) == ["relu"]


def test_rows_run_a_table_as_it_is_printed() -> None:
    net = compile_text("""
        input: [N, 3, 64, 64]
        layers:
          - name: features
            sequence:
              - for: [c, s]
                rows: [[8, 2], [16, 1]]
                layers: [{conv2d: {out_channels: c, kernel_size: 3, stride: s, padding: 1}}]
    """)
    assert shape(net, "features.1") == "[N, 16, 32, 32]"


def test_in_is_what_this_layer_reads_and_x_the_input_of_the_body() -> None:
    net = compile_text("""
        blocks:
          squeeze:
            layers:
              - {conv2d: [in.channels // 2, 1]}
              - {conv2d: [x.channels, 1]}
        input: [N, 8, 6, 4]
        layers:
          - squeeze
          - {conv2d: [in.channels * 2, [in.height, in.width]]}
    """)
    assert shape(net, "squeeze.conv2d") == "[N, 4, 6, 4]"
    assert shape(net, "conv2d") == "[N, 16, 1, 1]"


def test_variants_are_networks_of_their_own_and_extend_each_other() -> None:
    text = """
        archcompile: 1
        name: family
        params: {width: 4, classes: 10}
        variants:
          small: {width: 2}
          smaller: {extends: small, classes: 5}
        input: {x: [N, 8]}
        layers: [{linear: width}, {name: out, linear: classes}]
    """
    assert names_of(text) == ("small", "smaller")
    net = compile_text(text, "smaller")
    assert (shape(net, "linear"), shape(net, "out")) == ("[N, 2]", "[N, 5]")


def test_sizes_of_an_input_may_stay_symbols() -> None:
    net = compile_text("""
        input: [N, 3, H, W]
        layers:
          - conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}
          - adaptive_avg_pool2d: 1
          - flatten
          - linear: 2
    """)
    assert shape(net, "conv2d") == "[N, 4, (H - 1) // 2 + 1, (W - 1) // 2 + 1]"
    assert shape(net, "linear") == "[N, 2]"


def test_outputs_name_what_the_network_shows() -> None:
    net = compile_text("""
        input: [N, 8]
        layers: [{name: a, linear: 4}, {name: b, linear: 2}]
        outputs: {low: a, high: {from: b}}
    """)
    assert [(each.name, each.value.name) for each in net.program.outputs] == [
        ("low", "a"),
        ("high", "b"),
    ]


def test_unrelated_mistakes_are_each_found_in_one_run_and_nothing_that_only_follows() -> None:
    assert shown("""
        archcompile: 1
        name: net
        params: {classes: 10}
        blocks:
          unit:
            params: {width: int}
            layers: [{conv2d: [width, 3]}, {linear: 4}]
          unused: {layers: [{conv2d: {units: 4, kernel_size: 3}}]}
        input: [N, 3, 8, 8]
        layers:
          - {name: a, conv2d: {filters: 4, kernel_size: 3}}
          - {name: b, conv2d: {out_channels: 4, kernel_size: 9}}
          - {name: c, from: image, rellu}
          - {from: x, conv2d: [clases, 3]}
          - {from: x, unit: 4}
          - {from: x, unit: 4}
          - {from: x, conv2d: {out_channels: 4, kernel_size: 9}}
          - {name: left, from: x, conv2d: [4, 3]}
          - {from: [x, left], add}
          - {from: x, max_pool2d: 2, when: classes}
          - flatten
          - {linear: -1}
          - {from: later, relu}
          - {name: later, relu}
    """) == [
        "AC501 7:37 `linear` expects a vector [N, F], got [N, 4, 6, 6]",
        "AC302 8:31 `conv2d` has no argument `units`",
        "AC302 11:24 `conv2d` has no argument `filters`",
        "AC307 13:21 no layer is called `image`",
        "AC301 13:28 `rellu` is no op and no block here",
        "AC402 14:24 unknown name `clases`",
        "AC503 17:54 `conv2d`: kernel 9 is larger than the input 8 along the height",
        "AC502 19:23 `add` needs inputs of one shape, got "
        "[N, 3, 8, 8] from the input `x` (line 9) and [N, 4, 6, 6] from `left` (line 18)",
        "AC403 20:36 `when` is true or false, got the number 10",
        "AC306 22:14 `out_features`: expected at least 1, got -1",
        "AC308 23:12 `later` comes later: a layer reads what stands before it",
    ]


def test_a_finding_inside_a_block_shows_the_calls_that_lead_there() -> None:
    (found,) = findings_of("""
        archcompile: 1
        name: net
        blocks:
          inner: {params: {width: int}, layers: [{conv2d: [width, 9]}]}
          outer: {params: {width: int}, layers: [{inner: width * 2}]}
        input: [N, 3, 8, 8]
        layers: [{outer: 4}]
    """)
    notes = [(each.span.line, each.message) for each in found.related]
    assert notes == [
        (6, "the input `x` is [N, 3, 8, 8]"),
        (5, "in this call: inner(width=8)"),
        (7, "in this call: outer(width=4)"),
    ]


def test_a_block_may_not_hide_an_op() -> None:
    assert shown("""
        archcompile: 1
        name: net
        blocks: {relu: {layers: [tanh]}}
        input: [N, 3, 8, 8]
        layers: [relu]
    """) == ["AC314 3:10 `relu` is an op, and a block cannot hide it"]


def test_a_block_that_calls_itself_is_refused() -> None:
    found = shown("""
        blocks:
          a: {layers: [b]}
          b: {layers: [a]}
        input: [N, 3]
        layers: [a]
    """)
    assert [line.split()[0] for line in found] == ["AC313"]


def test_a_wrong_claim_stands_at_its_own_line_with_the_true_number() -> None:
    found = shown("""
        input: [N, 8]
        layers: [{name: a, linear: 4}]
        expect: {parameters: 35, shapes: {a: [4]}}
    """)
    assert len(found) == 1
    assert found[0].startswith("AC701 5:")
    assert "36" in found[0]


def test_structure_that_depends_on_an_open_size_is_refused() -> None:
    assert shown("""
        archcompile: 1
        name: net
        input: [N, 3, H, W]
        layers:
          - {when: x.height > 16, relu}
          - {repeat: x.width, relu}
          - for: {size: "[x.height]"}
            layers: [relu]
    """) == [
        "AC506 5:12 `when` is `H > 16`, and that is not known while the input's size is open",
        "AC506 6:14 `repeat` is `W`, and that is not known while the input's size is open",
        "AC506 7:11 `size` is `[H]`, and that is not known while the input's size is open",
    ]


def test_a_parameter_that_a_caller_overrides_must_be_one() -> None:
    text = "archcompile: 1\nname: net\ninput: [N, 3]\nlayers: [relu]\n"
    assert shown(text, classes=3) == ["AC311 2:7 the file has no parameter `classes`"]


def test_a_function_whose_argument_a_call_decides_gets_a_class_for_each_call() -> None:
    net = compile_text("""
        blocks:
          pair:
            params: {axis: int}
            layers:
              - {name: left, conv2d: [4, 1]}
              - {name: right, from: x, conv2d: [4, 1]}
              - {from: [left, right], concat: axis}
        input: [N, 3, 8, 8]
        layers: [{pair: 1}, {pair: 2}]
    """)
    assert [each.name for each in net.program.definitions] == ["pair", "pair2", "net"]
    assert "torch.cat([left, right], dim=2)" in net.source()


def test_loops_inside_loops_are_cut_off_with_one_finding() -> None:
    (found,) = findings_of("""
        input: [N, 3, 8, 8]
        layers:
          - repeat: 99999
            layers:
              - repeat: 99999
                layers: [{when: false, relu}]
    """)
    assert (found.code, found.span and found.span.line) == (Code.TOO_MANY_COPIES, 7)


def test_blocks_that_multiply_are_cut_off_with_one_finding() -> None:
    calls = "\n".join(
        f"          b{depth}: {{layers: [b{depth + 1}, b{depth + 1}, b{depth + 1}]}}"
        for depth in range(12)
    )
    (found,) = findings_of(f"""
        input: [N, 3, 8, 8]
        blocks:
{calls}
          b12: {{layers: [relu]}}
        layers: [b0]
    """)
    assert found.code is Code.TOO_MANY_COPIES


def test_blocks_too_deep_inside_one_another_are_refused() -> None:
    calls = "\n".join(f"          b{depth}: {{layers: [b{depth + 1}]}}" for depth in range(500))
    (found,) = findings_of(f"""
        input: [N, 3, 8, 8]
        blocks:
{calls}
          b500: {{layers: [relu]}}
        layers: [b0]
    """)
    assert found.code is Code.TOO_DEEP


def test_the_outputs_of_a_block_are_read_in_order_or_by_path() -> None:
    net = compile_text("""
        blocks:
          two:
            layers:
              - {name: low, conv2d: [4, 1]}
              - {name: high, conv2d: [5, 1]}
            outputs: {left: low, right: high}
        input: [N, 3, 8, 8]
        layers:
          - two
          - concat
          - {name: only, from: two.right, relu}
          - {name: again, from: [two.left, two.left], add}
        outputs: {joined: concat, only: only, again: again}
    """)
    assert reads(net, "concat") == ["two.low", "two.high"]
    assert reads(net, "only") == ["two.high"]
    assert "self.only(two.right)" in net.source()


def test_what_a_loop_with_a_wrong_header_names_is_open_and_no_second_finding() -> None:
    assert shown("""
        archcompile: 1
        name: net
        input: [N, 3, 8, 8]
        layers:
          - repeat: nowhere
            layers: [{name: inner, relu}]
          - {from: inner, tanh}
    """) == ["AC402 5:13 unknown name `nowhere`"]


def test_a_block_that_is_a_sequence_has_one_input_and_one_output() -> None:
    assert shown("""
        archcompile: 1
        name: net
        blocks:
          two: {inputs: [p, q], sequence: [relu]}
          three: {outputs: {a: relu, b: tanh}, sequence: [relu, tanh]}
        input: {a: [N, 3], b: [N, 3]}
        layers: [{from: [a, b], two}]
    """) == [
        "AC209 4:9 a block that is a `sequence` has no several `inputs`",
        "AC209 5:11 a block that is a `sequence` has no several `outputs`",
    ]
