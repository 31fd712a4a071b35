"""Values inside modules that are read outside them: every voice gives the same ones."""

from __future__ import annotations

from spec_text import compile_text, shown

from archcompile import verification

BLOCKS = """
    blocks:
      unit:
        params: {width: int, stride: 1}
        layers:
          - residual:
              body:
                - {name: conv1, conv2d: [width, 3, stride: stride, padding: 1]}
                - relu
                - {name: conv2, conv2d: [width, 3, padding: 1]}
              shortcut: {name: down, when: stride != 1, conv2d: [width, 1, stride: stride]}
          - relu
      stem: {sequence: [{conv2d: [4, 3]}, relu]}
"""

TAPS = {
    "a member of a chain": ("features.1", "self.features[:2]"),
    "a member of a loop in a chain": ("features.3", "self.features[2:4]"),
    "a chain in a chain": ("features.inner.0", 'self.get_submodule("features.inner.0")'),
    "inside a block of a stage": ("stage.1.conv1", "self.stage[1](x)"),
    "a block of a stage": ("stage.1", "self.stage[2]("),
    "inside a block": ("first.conv1", "self.first(x)"),
}


def test_a_value_inside_a_module_is_an_output_in_every_voice() -> None:
    network = compile_text(f"""
    input: [N, 4, 12, 12]
{BLOCKS}
    layers:
      - {{name: first, unit: 4}}
      - name: features
        sequence:
          - conv2d: [4, 3]
          - relu
          - {{repeat: 2, layers: [{{conv2d: [4, 1]}}, relu]}}
          - {{name: inner, sequence: [{{conv2d: [4, 1]}}, relu]}}
      - {{name: stage, repeat: 3, unit: {{width: 4, stride: 2 if index == 0 else 1}}}}
      - {{name: last, conv2d: [2, 1]}}
    outputs: [last, {", ".join(tap for tap, _ in TAPS.values())}]
    """)
    missing = {kind for kind, (_, said) in TAPS.items() if said not in network.source()}
    assert missing == set()
    assert verification.verify(network).agree


def test_a_layer_may_read_a_value_inside_a_module() -> None:
    network = compile_text("""
    input: [N, 4, 12, 12]
    layers:
      - {name: down, sequence: [{conv2d: [4, 3, padding: 1]}, relu, {max_pool2d: 2}]}
      - {name: up, conv_transpose2d: [4, 2, stride: 2]}
      - {from: [down.1, up], concat}
      - conv2d: [2, 1]
    """)
    assert verification.verify(network).agree


def test_a_value_inside_a_block_that_is_a_sequence_cannot_be_read() -> None:
    (found,) = shown(f"""
    input: [N, 4, 12, 12]
{BLOCKS}
    layers: [{{name: first, stem}}, {{name: last, relu}}]
    outputs: [last, first.0]
    """)
    assert "`first.0` is a value inside `first`, whose block is a `sequence`" in found


def test_a_chain_whose_end_makes_nothing_may_be_run_whole_or_in_parts() -> None:
    network = compile_text("""
    input: [N, 4, 6, 6]
    blocks:
      nothing: {sequence: [{when: false, relu: null}]}
    layers:
      - {name: body, sequence: [{conv2d: [4, 1]}, relu, nothing]}
      - {from: [body.1, body], add: null}
      - {name: whole, sequence: [{conv2d: [4, 1]}, tanh, nothing]}
    """)
    assert "self.body(" not in network.source() and "self.whole(" in network.source()
    report = verification.verify(network)
    assert report.agree


def test_a_loop_that_a_call_leaves_out_is_an_empty_module() -> None:
    network = compile_text("""
    input: [N, 4, 6, 6]
    blocks:
      unit:
        params: {deep: bool}
        layers:
          - {name: more, repeat: 2, when: deep, conv2d: [4, 3, padding: 1]}
          - {conv2d: [4, 1]}
    layers:
      - unit: {deep: true}
      - unit: {deep: false}
    """)
    assert verification.verify(network).agree
