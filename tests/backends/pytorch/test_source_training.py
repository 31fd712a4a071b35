"""What only training computes: evaluation ends before it; pieces of one value are one statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.backends.pytorch.training import Work, only_training
from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program
from tests.backends.pytorch.stateful import googlenet, segmenter, shuffled
from tests.backends.pytorch.written import plain
from tests.programs import image, node, op, program

GUARD = "        if not self.training:\n            return fc\n"
EDITS = [
    (googlenet, GUARD, ""),
    (googlenet, GUARD, GUARD + GUARD),
    (googlenet, "if not self.training:", "if self.training:"),
    (googlenet, "if not self.training:", "if not self.stem.training:"),
    (googlenet, "            return fc\n", "            return middle\n"),
    (googlenet, "            return fc\n", "            return self.fc(x)\n"),
    (googlenet, "            return fc\n", "            x = fc\n            return x\n"),
    (googlenet, "return fc\n", "return GoogLeNetOutput(fc, fc, fc)\n"),
    (
        googlenet,
        GUARD + "        aux1 = self.aux1(stem)\n",
        "        aux1 = self.aux1(stem)\n" + GUARD,
    ),
    (googlenet, "GoogLeNetOutput(fc, aux1, aux2)", "GoogLeNetOutput(fc, aux2, aux1)"),
    (googlenet, "GoogLeNetOutput(fc, aux1, aux2)", "GoogLeNetOutput(fc, aux1)"),
    (googlenet, "return GoogLeNetOutput(fc, aux1, aux2)", "return fc"),
    (googlenet, "-> torch.Tensor | GoogLeNetOutput", "-> torch.Tensor"),
    (googlenet, "-> torch.Tensor | GoogLeNetOutput", "-> GoogLeNetOutput"),
    (googlenet, "(loss weight 0.3 each)", "(loss weight 0.4 each)"),
    (googlenet, "Training adds aux1", "Training adds aux3"),
    (googlenet, "    aux1: torch.Tensor\n", "    aux1: torch.Tensor | None = None\n"),
    (googlenet, "self.aux1(stem)", "self.aux1(middle)"),
    (segmenter, "return SegmenterOutput(low, high)\n", "return SegmenterOutput(low, high, low)\n"),
    (segmenter, "return SegmenterOutput(low, high)\n", "return SegmenterOutput(low)\n"),
    (segmenter, "    aux: torch.Tensor | None = None\n", "    aux: torch.Tensor\n"),
    (segmenter, "    aux: torch.Tensor | None = None\n", "    aux: torch.Tensor | None = 1\n"),
    (shuffled, "left, right = ", "right, left = "),
    (shuffled, "left, right = torch.chunk(image, 2", "left, right = torch.chunk(image, 4"),
    (shuffled, "left, right = torch.chunk", "left, right = torch.tensor_split"),
    (shuffled, "a, _, c, _ = ", "a, c, _, _ = "),
    (shuffled, "a, _, c, _ = ", "a, _, c = "),
    (shuffled, "a, _, c, _ = ", "a, *_, c, _ = "),
    (shuffled, "a, _, c, _ = torch.chunk(x,", "a, _, c, _ = torch.chunk(image,"),
    (shuffled, "[c, left, a]", "[a, left, c]"),
    (shuffled, "4, dim=1)", "4, dim=1)[0]"),
]


@pytest.mark.parametrize(("made", "before", "after"), EDITS)
def test_an_edited_source_is_refused(made: Callable[[], Program], before: str, after: str) -> None:
    text = source(made())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), made())


def test_evaluation_gives_the_tensor_and_training_all_heads() -> None:
    module = load_class(source(googlenet()), "googlenet")()
    x = torch.randn(2, 3, 8, 8)
    shown = module(x)
    assert shown._fields == ("logits", "aux1", "aux2")
    assert torch.equal(shown.aux1, module.aux1(module.stem(x)))
    assert torch.equal(module.eval()(x), shown.logits)


def test_several_outputs_leave_open_what_only_training_computes() -> None:
    module = load_class(source(segmenter()), "segmenter")()
    x = torch.randn(2, 3, 8, 8)
    shown = module(x)
    assert shown._fields == ("low", "high", "aux")
    evaluated = module.eval()(x)
    assert evaluated.aux is None and torch.equal(evaluated.high, shown.high)


def test_each_head_has_its_own_loss_weight() -> None:
    made = googlenet()
    first, logits, second = made.outputs
    other = replace(made, outputs=(replace(first, loss_weight=0.5), logits, second))
    assert "aux1 [N, 5] (loss weight 0.5) and aux2 [N, 5] (loss weight 0.3)." in source(other)
    alone = replace(made, outputs=(first, logits, replace(second, training=False)))
    assert "Training adds aux1 [N, 5] (loss weight 0.3)." in source(alone)


def test_a_network_that_only_training_runs_is_refused() -> None:
    made = segmenter()
    *blocks, top = made.definitions
    top = replace(top, training=frozenset({"low", "high", "aux"}))
    with pytest.raises(InternalError, match="in training only"):
        source(replace(made, definitions=(*blocks, top)))


def test_a_piece_alone_is_read_by_its_number() -> None:
    start = image(8, 4, 4)
    made = plain(program((start,), (node("last", op("chunk", chunks=2, index=1), start),)))
    text = source(made)
    hold(text, made)
    assert "x = torch.chunk(image, 2, dim=1)[1]" in text
    for edited in ("[0]", "[True]", ""):
        with pytest.raises(InternalError):
            hold(text.replace("dim=1)[1]", f"dim=1){edited}"), made)


def test_pieces_are_what_torch_cuts() -> None:
    module = load_class(source(shuffled()), "shuffled")()
    x = torch.randn(2, 8, 4, 4)
    left, right = x.chunk(2, 1)
    a, _, c, _ = module.conv(right).chunk(4, 1)
    assert torch.equal(module(x), torch.cat([c, left, a], dim=1))


def test_what_hangs_on_work_of_training_is_of_training_too() -> None:
    work = [
        Work(frozenset(made), frozenset(read))
        for made, read in (("t", "x"), ("h", "t"), ("a", "h"), ("b", "a"), ("c", "x"))
    ]
    assert only_training(work, {"t"}, {"h"}) == {1, 2, 3}  # "c" is needed by nothing at all
