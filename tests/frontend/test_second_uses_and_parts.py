"""Outputs of second uses, parts of what is left out, and one finding for all calls of a block."""

from __future__ import annotations

import pytest
from spec_text import compile_text, findings_of, shown


def test_the_outputs_of_a_second_use_are_read_by_its_name() -> None:
    source = compile_text("""
    input: [N, 4, 8, 8]
    blocks:
      two:
        layers: [{name: a, conv2d: [4, 1]}, {name: b, from: x, conv2d: [4, 1]}]
        outputs: [a, b]
    layers:
      - {name: z, two}
      - {name: u, from: x, apply: z}
      - {name: pieces, from: u.a, chunk: 2}
      - {name: again, from: z.b, apply: pieces}
      - {from: [again.1, pieces.0], add}
    """).source()
    assert source.count("self.z(") == 2
    assert source.count("torch.chunk(") == 2


def test_names_of_an_absent_chunk_mean_what_it_would_have_read() -> None:
    source = compile_text("""
    input: [N, 4, 8, 8]
    params: {split: false}
    layers:
      - {name: stem, conv2d: [4, 1]}
      - {name: [left, right], when: split, chunk: 2}
      - {name: head, from: left, conv2d: [2, 1]}
      - {from: [right, stem], mul}
    """).source()
    assert "chunk" not in source
    assert "stem * stem" in source


def test_an_absent_second_use_leaves_its_name_to_its_twin() -> None:
    source = compile_text("""
    input: [N, 4, 8, 8]
    params: {shared: false}
    layers:
      - {name: conv, conv2d: [4, 1]}
      - {name: next, when: shared, apply: conv}
      - {name: next, when: not shared, conv2d: [4, 3]}
    """).source()
    assert "self.next = nn.Conv2d(4, 4, 3)" in source


def test_an_output_whose_layer_in_a_chain_is_absent_is_absent() -> None:
    net = compile_text("""
    input: [N, 4, 8, 8]
    params: {norm: false}
    layers:
      - name: features
        sequence: [{name: conv, conv2d: [4, 1]}, {name: bn, when: norm, batch_norm2d}]
    outputs: {maps: features.conv, normed: features.bn}
    """)
    assert [output.name for output in net.program.outputs] == ["maps"]


@pytest.mark.parametrize(("calls", "said"), [(2, "1 more call"), (50, "49 more calls")])
def test_what_every_call_of_a_block_meets_is_one_finding(calls: int, said: str) -> None:
    (finding,) = findings_of(f"""
    input: [N, 4, 8, 8]
    blocks:
      unit: {{params: {{width: int}}, sequence: [conv2d: [width, 3, padding: 1], swishh]}}
    layers:
      - {{repeat: {calls}, unit: 8}}
    """)
    (note,) = finding.related
    assert note.message == f"in this call: unit(width=8), and in {said}"


def test_a_second_use_that_cannot_be_is_said_where_it_is_used() -> None:
    lines = shown("""
    archcompile: 1
    name: net
    input: [N, 4, 8, 8]
    layers:
      - {name: conv, conv2d: [8, 1]}
      - {name: again, apply: conv}
    """)
    assert [line.split()[:2] for line in lines] == [["AC502", "6:26"]]
