"""Joins that were likely meant otherwise: an argument, a factor, a stage, a condition, an input."""

from __future__ import annotations

from archcompile.diagnostics import Diagnostic, edited
from tests.spec_text import compile_text, findings_of, shown


def only(text: str) -> Diagnostic:
    (found,) = findings_of(text)
    return found


def made(finding: Diagnostic) -> str:
    assert finding.span is not None
    return edited(finding.span.file.text, finding.fix)


def test_an_axis_that_was_written_by_hand_is_left_out() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [16, 3, padding: 1]}
          - {name: b, conv2d: [8, 3, padding: 1]}
          - {from: [a, b], concat: 3}
    """)
    assert found.help == "leave `dim` out: with 1 these go together"
    assert "{from: [a, b], concat: {}}" in made(found)


def test_an_axis_that_mends_nothing_stays() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [16, 3, padding: 1]}
          - {name: b, conv2d: [8, 3]}
          - {from: [a, b], concat: 3}
    """)
    assert "leave" not in (found.help or "")


def test_a_size_is_a_factor_where_that_fits() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [8, 3, padding: 1]}
          - {name: b, conv2d: [8, 3, 4, 1]}
          - {name: up, upsample: 4}
          - {from: [a, up], add}
    """)
    assert found.help == "write `upsample: {scale_factor: 4}` at `up` (line 7): then both are 32x32"
    assert "{name: up, upsample: {scale_factor: 4}}" in made(found)


def test_a_size_that_is_no_factor_stays_a_size() -> None:
    found = only("""
        input: [N, 3, 32, 32]
        layers:
          - {name: a, conv2d: [8, 3, padding: 1]}
          - {name: up, upsample: 30}
          - {from: [a, up], concat}
    """)
    assert found.help == "write `size: 32` at `up` (line 6): then both are 32x32"


def test_the_one_stage_with_the_size_is_read() -> None:
    found = only("""
        input: [N, 3, 64, 64]
        layers:
          - {name: c2, conv2d: [32, 3, stride: 2, padding: 1]}
          - {name: c3, conv2d: [32, 3, stride: 2, padding: 1]}
          - {name: c4, conv2d: [32, 3, stride: 2, padding: 1]}
          - {name: up, upsample: {scale_factor: 2}}
          - {from: [c2, up], add}
    """)
    assert found.help == "write `c3` for `c2`: it is 16x16 (line 6)"
    assert "{from: [c3, up], add}" in made(found)


def test_of_two_stages_that_fit_none_is_chosen() -> None:
    found = only("""
        input: [N, 3, 64, 64]
        layers:
          - {name: c2, conv2d: [32, 3, stride: 2, padding: 1]}
          - {name: c3, conv2d: [32, 3, stride: 2, padding: 1]}
          - {name: c4, conv2d: [32, 3, padding: 1]}
          - {name: end, relu}
          - {from: [c2, end], add}
    """)
    assert "c4" not in made(found).splitlines()[-1]


def test_all_pools_of_a_pyramid_are_padded_together() -> None:
    found = only("""
        input: [N, 64, 20, 20]
        layers:
          - branches:
              same: []
              a: {max_pool2d: [3, 1]}
              b: {max_pool2d: [5, 1]}
              c: {max_pool2d: [7, 1]}
    """)
    assert found.help == (
        "write `padding: 1` at `a` (line 7) and `padding: 2` at `b` (line 8) and "
        "`padding: 3` at `c` (line 9)"
    )


def test_the_first_layer_of_two_inputs_says_which_it_reads() -> None:
    inputs = "input: {left: [N, 3, 8, 8], right: [N, 3, 8, 8]}\nlayers:\n"
    found = only(f"{inputs}  - {{conv2d: [8, 3]}}\n")
    assert found.help == "write `from: left`, if that is the input which it reads"
    assert "- {from: left, conv2d: [8, 3]}" in made(found)
    found = only(f"{inputs}  - name: a\n    conv2d: [8, 3]\n")
    assert (
        found.help == "say which it reads, e.g. `from: left`, if that is the input which it reads"
    )
    assert found.fix == ()


def test_channels_are_no_letter() -> None:
    found = only("""
        input: [N, C, 32, 32]
        layers:
          - relu
          - {conv2d: [8, 3]}
    """)
    assert (
        found.help == "channels need a number, e.g. `[N, 3, 32, 32]` as the input's shape (line 3)"
    )


def test_a_condition_that_asks_for_one_size_is_not_made_wider() -> None:
    for condition in ("stride == 1", "not (stride != 1)", '"stride < 2"'):
        found = only(f"""
            input: [N, 8, 32, 32]
            blocks:
              basic:
                params: {{stride: 1}}
                layers:
                  - residual:
                      body: [{{conv2d: [8, 3, stride: stride, padding: 1]}}]
                      shortcut: {{when: {condition}, conv2d: [8, 1, stride: stride]}}
            layers: [basic, {{basic: {{stride: 2}}}}]
        """)
        assert found.fix == ()
        assert (found.help or "").endswith("is it the wrong way round?")


def test_none_is_what_an_optional_flag_may_be() -> None:
    said = "input: [N, 2, 4, 4]\nlayers: [upsample: {scale_factor: 2, align_corners: none}]"
    unsaid = "input: [N, 2, 4, 4]\nlayers: [upsample: {scale_factor: 2}]"
    assert compile_text(said).source() == compile_text(unsaid).source()
    (refused,) = shown("input: [N, 2, 4, 4]\nlayers: [{conv2d: [2, 1, bias: none]}]")
    assert "`bias`: expected true or false, got `none`" in refused
