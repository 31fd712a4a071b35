"""Structures that LeNet-5 has not: lists as parameters, names as templates, shared layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import (
    Apply,
    BlockUse,
    Carry,
    Chain,
    Definition,
    LoopOf,
    Parameter,
)
from archcompile.ir.expr import Compare, ListOf, Literal, Name
from archcompile.ir.program import Member, Program
from archcompile.ir.types import TensorType
from tests.backends.pytorch.written import network, sym, use, written
from tests.programs import chain, image, last, node, op, program, region


def dense() -> Program:
    """A block over list parameters: names as templates, two running sizes, a nested chain."""
    start = image(4)
    layers: list[Member] = []
    value, old = start, 4
    for place, (width, extra) in enumerate(zip((6, 5), (1, 2), strict=True)):
        wide = op("linear", out_features=width + old)
        layers.append(node(f"body.chain.fc{place}", wide, value))
        layers.append(node(f"body.chain.{2 * place + 1}", op("relu"), last(layers[-1])))
        value, old = last(layers[-1]), width
        assert extra
    inner = node("body.chain.inner.first", op("tanh"), value)
    layers.append(region("body.chain.inner", inner))
    body = region("body", region("body.chain", *layers), block="dense")
    made = program((start,), (body,), name="net")
    top = replace(network(made, _call()), outputs=(("output", "body"),))
    return written(made, _dense(), top)


def _call() -> Apply:
    return Apply("body", BlockUse("dense", (("in_features", Literal(4)),)), ("image",))


def _dense() -> Definition:
    width, before, now = sym("width"), sym("before"), sym("now")
    fc = use(op("linear", out_features=width + before), TensorType.of("N", now))
    total = TensorType.of("N", width + before)
    always = Compare(Name("extra"), ((">", Literal(0)),))
    loop = LoopOf(
        ("index", "width", "extra"),
        (ListOf((Literal(0), Literal(1))), Name("widths"), Name("extras")),
        None,
        (Apply("fc{index}", fc, ()), Apply("", use(op("relu"), total), (), always)),
        (
            Carry("before", sym("in_features"), width),
            Carry("now", sym("in_features"), width + before),
        ),
        Compare(Name("in_features"), ((">", Literal(0)),)),
    )
    inner = Chain("inner", (Apply("first", use(op("tanh"), total), ()),), ())
    return Definition(
        "dense",
        (
            Parameter("in_features", "int", inferred=True),
            Parameter("widths", "list", ListOf((Literal(6), Literal(5)))),
            Parameter("extras", "list", ListOf((Literal(1), Literal(2.5)))),
        ),
        (("x", TensorType.of("N", "in_features")),),
        (Chain("chain", (loop, inner), ("x",)),),
        None,
        (("chain", "chain"),),
    )


def test_running_sizes_change_together_where_one_needs_the_other() -> None:
    text = source(dense())
    hold(text, dense())
    assert "before, now = (width, before + width)" in text
    assert 'self.chain.add_module(f"fc{index}", nn.Linear(now, before + width))' in text
    assert "zip((0, 1), widths, extras, strict=True)" in text
    assert "widths: tuple[int, ...] = (6, 5)" in text
    assert "extras: tuple[float, ...] = (1, 2.5)" in text
    module = load_class(text, "net")()
    assert module(torch.zeros(2, 4)).shape == (2, 11)
    assert [name for name, _ in module.named_parameters()] == [
        "body.chain.fc0.weight",
        "body.chain.fc0.bias",
        "body.chain.fc1.weight",
        "body.chain.fc1.bias",
    ]


def shared() -> Program:
    """A layer that is used twice; a block with two outputs, the second of which is read first."""
    start = image(4)
    first = node("encoder", op("linear", out_features=4), start)
    again = node("encoder", op("linear", out_features=4), first.output, name="encoder#2")
    low = node("split.low", op("relu"), again.output)
    high = node("split.high", op("tanh"), again.output)
    stage = region("split", low, high, block="split")
    joined = node("add", op("add"), high.output, low.output)
    made = program((start,), (first, again, stage, joined), name="shared")
    x = TensorType.of("N", 4)
    split = Definition(
        "split",
        (),
        (("x", TensorType.of("N", "in_features")),),
        (
            Apply("low", use(op("relu"), TensorType.of("N", "in_features")), ("x",)),
            Apply("high", use(op("tanh"), TensorType.of("N", "in_features")), ("x",)),
        ),
        None,
        (("low", "low"), ("high", "high")),
    )
    top = network(
        made,
        Apply("encoder", use(op("linear", out_features=4), x), ("image",)),
        Apply("encoder#2", use(op("linear", out_features=4), x), ("encoder",)),
        Apply("split", BlockUse("split", ()), ("encoder#2",)),
        Apply("add", use(op("add"), x, x), ("split.high", "split.low")),
    )
    return written(made, split, top)


def test_a_shared_layer_is_one_attribute_and_tuples_are_read_by_name() -> None:
    text = source(shared())
    hold(text, shared())
    assert text.count("nn.Linear") == 1
    assert text.count("self.encoder(") == 2
    assert "split.high + split.low" in text
    assert "20 parameters." in text
    module = load_class(text, "shared")()
    x = torch.randn(3, 4)
    inner = module.encoder(module.encoder(x))
    assert torch.equal(module(x), torch.tanh(inner) + torch.relu(inner))


def sided() -> Program:
    """A convolution whose padding differs by side brings its class along."""
    start = image(3, 8, 8)
    layer = op("conv2d", out_channels=4, kernel_size=3, padding=[[0, 1], [1, 2]])
    first = node("conv", layer, start)
    made = program((start,), (first,), name="sided")
    return written(made, network(made, Apply("conv", use(layer, start.type), ("image",))))


def test_a_support_class_comes_along_as_it_is() -> None:
    text = source(sided())
    hold(text, sided())
    assert text.index("class SidedConv2d(nn.Conv2d):") < text.index("class Sided(nn.Module):")
    module = load_class(text, "sided")()
    (shape,) = (output.value.type for output in sided().outputs)
    assert list(module(torch.zeros(1, 3, 8, 8)).shape)[1:] == list(map(int, shape.dims[1:]))


def test_a_support_class_that_was_changed_is_refused() -> None:
    text = source(sided())
    assert "super().forward(padded)" in text
    with pytest.raises(InternalError, match="support class"):
        hold(text.replace("super().forward(padded)", "super().forward(input)"), sided())


def staged() -> Program:
    """A sequence of one layer, a loop over another, and one more."""
    start = image(4)
    first, inner, final = (op("linear", out_features=width) for width in (6, 6, 3))
    layers = [("0", first), ("1", inner), ("2", inner), ("3", inner), ("4", final)]
    body = region("body", *chain(start, *layers, prefix="body."))
    made = program((start,), (body,), name="staged")
    wide = TensorType.of("N", 6)
    members = (
        Apply("", use(first, start.type), ()),
        LoopOf(("index",), (), Literal(3), (Apply("", use(inner, wide), ()),), ()),
        Apply("", use(final, wide), ()),
    )
    top = replace(network(made, Chain("body", members, ("image",))), outputs=(("output", "body"),))
    return written(made, top)


def test_a_loop_over_one_layer_stands_among_the_others() -> None:
    text = source(staged())
    hold(text, staged())
    rows = "nn.Linear(4, 6), *[nn.Linear(6, 6) for _ in range(3)], nn.Linear(6, 3)"
    assert rows in text
    for edited in (
        rows.replace("range(3)", "range(2)"),
        rows.replace("*[", "[", 1),
        rows.replace("for _ in range(3)", "for _ in range(3) if True"),
        "*[nn.Linear(6, 6) for _ in range(3)], nn.Linear(4, 6), nn.Linear(6, 3)",
    ):
        with pytest.raises(InternalError):
            hold(text.replace(rows, edited), staged())
