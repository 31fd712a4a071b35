"""Hard cases of the laws, written out: two texts for one network."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent

import numpy as np
import pytest
from law_holding import Rewritten, Side, Weights, hold
from spec_text import compile_text


@dataclass(frozen=True)
class Pair:
    """Two spellings of one network."""

    title: str
    one: str
    two: str
    keys: dict[str, str] = field(default_factory=dict)
    """Beginnings of keys that are others in the second."""
    turned: dict[str, tuple[int, list[int]]] = field(default_factory=dict)
    """Weights whose channels stand in another order: along which axis, and in which."""
    apart: dict[str, list[str]] = field(default_factory=dict)
    """Layers whose weights become those of several, one behind the other."""
    is_graph: bool = False
    """Whether the very same nodes come of both."""
    is_text: bool = False
    """Whether source and ONNX text are the same byte for byte."""

    def weights(self, old: Weights) -> Weights:
        found = {}
        for key, array in old.items():
            if key in self.turned:
                axis, order = self.turned[key]
                array = np.take(array, order, axis)
            for front, new in self.keys.items():
                if key.startswith(f"{front}."):
                    key = f"{new}{key[len(front) :]}"
                    break
            layer, own = key.rsplit(".", 1)
            names = self.apart.get(layer, [layer])
            pieces = np.split(array, len(names))
            found |= {f"{name}.{own}": each for name, each in zip(names, pieces, strict=True)}
        return found


PAIRS = (
    Pair(
        "an inner index hides the outer one",
        """
        input: [N, 3, 8, 8]
        layers:
          - name: a
            repeat: 2
            layers:
              - conv2d: [4 * (index + 1), 1]
              - repeat: 2
                layers: [{conv2d: [2 + index, 1]}]
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - name: a
            sequence:
              - conv2d: [4, 1]
              - conv2d: [2, 1]
              - conv2d: [3, 1]
              - conv2d: [8, 1]
              - conv2d: [2, 1]
              - conv2d: [3, 1]
        """,
        is_graph=True,
    ),
    Pair(
        "unnamed lines count as the loop runs, absent ones too",
        """
        input: [N, 3, 8, 8]
        layers:
          - for: {i: range(3)}
            layers:
              - {when: i != 1, conv2d: [4, 1]}
          - conv2d: [5, 1]
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - conv2d: [4, 1]
          - {name: conv2d3, conv2d: [4, 1]}
          - {name: conv2d4, conv2d: [5, 1]}
        """,
        is_graph=True,
    ),
    Pair(
        "an absent loop in the middle of a chain moves no number",
        """
        input: [N, 3, 8, 8]
        params: {n: 0, deep: false}
        layers:
          - name: s
            sequence:
              - conv2d: [4, 1]
              - {repeat: n, conv2d: [4, 3]}
              - {when: deep, batch_norm2d}
              - conv2d: [5, 1]
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - {name: s, sequence: [{conv2d: [4, 1]}, {conv2d: [5, 1]}]}
        """,
        is_graph=True,
    ),
    Pair(
        "a block with an argument that asks for what the call reads",
        """
        input: [N, 6, 8, 8]
        blocks:
          unit:
            params: {width: int, hidden: 2}
            let: {both: width + hidden * x.channels}
            layers:
              - {name: skip, conv2d: [width, 1]}
              - {name: one, from: x, conv2d: [both, 3, padding: 1]}
              - {name: two, conv2d: [width, 1]}
              - {from: [skip, two], add}
        layers:
          - {name: a, unit: [in.channels // 2, 3]}
          - {name: b, unit: {width: in.channels * 3}}
        outputs: {y: b}
        """,
        """
        input: [N, 6, 8, 8]
        layers:
          - {name: a.skip, conv2d: [3, 1]}
          - {name: a.one, from: x, conv2d: [21, 3, padding: 1]}
          - {name: a.two, conv2d: [3, 1]}
          - {name: a.add, from: [a.skip, a.two], add}
          - {name: b.skip, conv2d: [9, 1]}
          - {name: b.one, from: a.add, conv2d: [15, 3, padding: 1]}
          - {name: b.two, conv2d: [9, 1]}
          - {name: b.add, from: [b.skip, b.two], add}
        outputs: {y: b.add}
        """,
        is_graph=True,
    ),
    Pair(
        "a layer handed through two blocks, and none",
        """
        input: [N, 4, 8, 8]
        blocks:
          inner:
            params: {act: {layer: relu}}
            sequence: [{conv2d: [4, 3, padding: 1]}, act]
          outer:
            params: {act: layer, last: layer}
            sequence: [{inner: {act: act}}, {inner: {act: last}}]
        layers:
          - {name: o, outer: {act: {leaky_relu: 0.2}, last: none}}
        """,
        """
        input: [N, 4, 8, 8]
        layers:
          - name: o
            sequence:
              - sequence: [{conv2d: [4, 3, padding: 1]}, {leaky_relu: 0.2}]
              - sequence: [{conv2d: [4, 3, padding: 1]}]
        """,
        is_graph=True,
    ),
    Pair(
        "branches of a concatenation turned, with what reads them",
        """
        input: [N, 3, 8, 8]
        layers:
          - branches: {a: {conv2d: [2, 1]}, b: {conv2d: [3, 3, padding: 1]}, c: []}
          - batch_norm2d
          - relu
          - {name: last, conv2d: [4, 1]}
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - branches: {c: [], a: {conv2d: [2, 1]}, b: {conv2d: [3, 3, padding: 1]}}
          - batch_norm2d
          - relu
          - {name: last, conv2d: [4, 1]}
        """,
        turned={
            **{
                f"batch_norm2d.{name}": (0, [5, 6, 7, 0, 1, 2, 3, 4])
                for name in ("weight", "bias", "running_mean", "running_var")
            },
            "last.weight": (1, [5, 6, 7, 0, 1, 2, 3, 4]),
        },
    ),
    Pair(
        "branches of a concatenation that a matrix reads behind flatten",
        """
        input: [N, 2, 2, 1]
        layers:
          - branches: {a: {conv2d: [1, 1]}, b: []}
          - flatten
          - linear: 4
        """,
        """
        input: [N, 2, 2, 1]
        layers:
          - branches: {b: [], a: {conv2d: [1, 1]}}
          - flatten
          - linear: 4
        """,
        turned={"linear.weight": (1, [2, 3, 4, 5, 0, 1])},
    ),
    Pair(
        "a branch that is absent is what it would have read",
        """
        input: [N, 3, 8, 8]
        params: {deep: false}
        layers:
          - name: mixed
            branches:
              a: {when: deep, conv2d: [3, 1]}
              b: [{when: deep, relu}, {conv2d: [3, 1]}]
            join: add
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - {name: mixed, branches: {a: [], b: [{conv2d: [3, 1]}]}, join: add}
        """,
        is_graph=True,
    ),
    Pair(
        "a residual with its shortcut is free edges",
        """
        input: [N, 3, 8, 8]
        layers:
          - residual:
              body:
                - {name: bn, batch_norm2d}
                - {name: act, relu}
                - {name: conv, conv2d: [6, 3, stride: 2, padding: 1]}
              shortcut: {name: down, from: act, when: in.channels != 6, conv2d: [6, 1, stride: 2]}
          - relu
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - {name: bn, batch_norm2d}
          - {name: act, relu}
          - {name: conv, conv2d: [6, 3, stride: 2, padding: 1]}
          - {name: down, from: act, conv2d: [6, 1, stride: 2]}
          - {from: [down, conv], add}
          - {name: relu, relu}
        """,
    ),
    Pair(
        "GPU groups are grouped layers, and a linear layer on them is block-diagonal",
        """
        input: [N, 4, 8, 8]
        layers:
          - gpu_groups:
              count: 2
              layers:
                - {name: a, conv2d: [8, 3, padding: 1]}
                - local_response_norm: {size: 3}
                - {name: b, conv2d: [12, 3, padding: 1]}
                - exchange
                - {name: c, conv2d: [4, 1]}
                - adaptive_avg_pool2d: 1
                - flatten
                - {name: d, linear: 6}
          - {name: fc, linear: 5}
        """,
        """
        input: [N, 4, 8, 8]
        layers:
          - {name: a, conv2d: [8, 3, padding: 1]}
          - local_response_norm: {size: 3, groups: 2}
          - {name: b, conv2d: [12, 3, padding: 1, groups: 2]}
          - {name: c, conv2d: [4, 1]}
          - adaptive_avg_pool2d: 1
          - flatten
          - {name: d, linear: {out_features: 6, groups: 2}}
          - {name: fc, linear: 5}
        """,
        is_graph=True,
        is_text=True,
    ),
    Pair(
        "a depthwise convolution is one for each channel",
        """
        input: [N, 2, 8, 8]
        layers: [{name: d, conv2d: [4, 3, groups: in.channels]}]
        outputs: {y: d}
        """,
        """
        input: [N, 2, 8, 8]
        layers:
          - {name: [p, q], chunk: 2}
          - {name: d0, from: p, conv2d: [2, 3]}
          - {name: d1, from: q, conv2d: [2, 3]}
          - {name: d, from: [d0, d1], concat}
        outputs: {y: d}
        """,
        apart={"d": ["d0", "d1"]},
    ),
    Pair(
        "what is applied again by name, or stands in a shared chain",
        """
        input: {left: [N, 3, 8, 8], right: [N, 3, 8, 8]}
        layers:
          - {name: e, from: left, sequence: [{conv2d: [4, 3]}, {conv2d: [5, 1]}]}
          - {name: f, from: right, apply: e}
          - {from: [e, f], sub}
        """,
        """
        input: {right: [N, 3, 8, 8], left: [N, 3, 8, 8]}
        layers:
          - {name: e0, from: left, conv2d: [4, 3]}
          - {name: f0, from: right, apply: e0}
          - {name: f1, conv2d: [5, 1]}
          - {name: e1, from: e0, apply: f1}
          - {name: sub, from: [e1, f1], sub}
        """,
        keys={"e.0": "e0", "e.1": "f1"},
    ),
    Pair(
        "words that are ops, parameters and names at once",
        """
        input: [N, 3, 8, 8]
        params: {relu6: 4, mode: nearest}
        layers:
          - {name: relu, conv2d: [relu6, 1]}
          - {name: relu6, relu6}
          - {name: index, upsample: {scale_factor: 2, mode: mode}}
          - {repeat: 2, conv2d: [relu6 + index, 1]}
        """,
        """
        input: [N, 3, 8, 8]
        layers:
          - {name: relu, conv2d: [4, 1]}
          - {name: relu6, relu6}
          - {name: index, upsample: {scale_factor: 2, mode: nearest}}
          - conv2d: [4, 1]
          - conv2d: [5, 1]
        """,
        is_graph=True,
    ),
    Pair(
        "positions and names, none and nothing, words and numbers",
        """
        input: [N, 4, 9, 9]
        layers:
          - conv2d: [4, 3, 1, 1]
          - max_pool2d: 3
          - avg_pool2d: {kernel_size: [1, 1]}
          - conv2d: {kernel_size: 1, out_channels: 4, padding: valid}
          - adaptive_avg_pool2d: [none, 1]
        """,
        """
        input: [N, 4, 9, 9]
        layers:
          - conv2d: {padding: [[1, 1], [1, 1]], kernel_size: [3, 3], out_channels: 4, groups: 1}
          - max_pool2d: {kernel_size: [3, 3], stride: none, padding: 0, return_indices: false}
          - avg_pool2d: [[1, 1], none, 0, false, true, none]
          - conv2d: [4, 1, 1, valid, 1, 1, true, zeros]
          - adaptive_avg_pool2d: {output_size: [none, 1]}
        """,
    ),
)


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.title for pair in PAIRS])
def test_two_spellings_are_one_network(pair: Pair) -> None:
    hold(_side(pair.one), _second(pair, pair.two))


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.title for pair in PAIRS])
def test_the_first_spelling_with_its_weights_turned_round_is_another(pair: Pair) -> None:
    before = _side(pair.one)
    wrong = _second(pair, pair.two)
    turned = Rewritten(
        wrong.spec,
        1,
        lambda old: {key: array[::-1] + 0.5 for key, array in pair.weights(old).items()},
        exact=False,
        read=wrong.read,
    )
    with pytest.raises(AssertionError):
        hold(before, turned)


def _side(text: str) -> Side:
    return Side({"text": text}, compile_text(dedent(text)))


def _second(pair: Pair, text: str) -> Rewritten:
    return Rewritten(
        {"text": text},
        1,
        pair.weights,
        exact=not pair.turned and not pair.apart,
        graph=pair.is_graph,
        text=pair.is_text,
        read=lambda spec: compile_text(dedent(spec["text"])),
    )
