"""A chain that is cut is one attribute, run piece by piece."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Segment
from tests.backends.pytorch.structured import tapped

EDITS = [
    ("self.features[:2](image)", "self.features[:3](image)"),
    ("self.features[:2](image)", "self.features[0:2:1](image)"),
    ("self.features[:2](image)", "self.features[:True](image)"),
    ("self.features[:2](image)", "self.features[1:2](image)"),
    ("self.features[:2](image)", "self.extra[:2](image)"),
    ("self.features[:2](image)", "self.features(image)"),
    ("self.features[2]", "self.features[3]"),
    ("self.features[2]", "self.features[2.0]"),
    ("self.features[2]", "self.features[7]"),
    ("self.features[2]", 'self.features["2"]'),
    ("self.features[2]", "self.features[-5]"),
    ("self.features[3:6](features_2)", "self.features[3:6](features_1)"),
    ("self.features[3:6](features_2)", "self.features[3:](features_2)"),
    ("self.features[3:6](features_2)", "self.features[image:6](features_2)"),
    ('"features.6.conv"', '"features.6.1"'),
    ('"features.6.conv"', '"features.6"'),
    ('"extra.row.1"', '"extra.row.2"'),
    ('sequence.add_module("conv", ', 'sequence.add_module("other", '),
]


@pytest.mark.parametrize(("before", "after"), EDITS)
def test_an_edited_segment_is_refused(before: str, after: str) -> None:
    text = source(tapped())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), tapped())


def test_segments_compute_what_the_whole_chain_does() -> None:
    module = load_class(source(tapped()), "tapped")().eval()
    x = torch.randn(2, 4, 8, 8)
    first = module.features[:2](x)
    second = module.features[2](first)
    inner = module.features[6][0](module.features[3:6](second))
    late = module.extra["row"](module.features[6][1](inner))
    assert torch.equal(late, module.extra["row"](module.features(x)))
    assert torch.equal(module(x), late + first + second + inner)


@pytest.mark.parametrize("chain", ["features.5", "other.row", "features.6.0"])
def test_a_segment_of_no_chain_is_refused(chain: str) -> None:
    made = tapped()
    *blocks, top = made.definitions
    steps = tuple(
        replace(step, chain=chain)
        if isinstance(step, Segment) and step.chain == "features.6"
        else step
        for step in top.steps
    )
    with pytest.raises(InternalError, match="is no chain"):
        source(replace(made, definitions=(*blocks, replace(top, steps=steps))))
