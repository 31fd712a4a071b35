"""Weights start as the spec says: by class in a loop, else by name; and read-back holds each."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
import torch
from torch import nn

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.backends.pytorch.read_init import distribution
from archcompile.backends.pytorch.starts import call
from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import (
    Constant,
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    UniformFanIn,
    Xavier,
)
from tests.backends.pytorch.stateful import started
from tests.backends.pytorch.written import CLASSES, network, plain, steps, use, written
from tests.programs import chain, image, node, op, program

GUARD = (
    "                if module.bias is not None:\n                    nn.init.zeros_(module.bias)\n"
)
BARE = "                nn.init.zeros_(module.bias)\n"
BN4 = '        nn.init.zeros_(self.get_parameter("bn4.weight"))\n'
LOOP = "        for module in self.modules():\n"
EDITS = [
    (LOOP, "        for module in self.children():\n"),
    (LOOP, "        for module, _ in self.modules():\n"),
    (LOOP, '        print("start")\n' + LOOP),
    ("isinstance(module, nn.Conv2d)", "isinstance(module, nn.Conv1d)"),
    ("isinstance(module, nn.Conv2d)", "isinstance(module, nn.Module)"),
    ("isinstance(module, nn.Conv2d)", "isinstance(self, nn.Conv2d)"),
    ("isinstance(module, nn.Conv2d)", "issubclass(module, nn.Conv2d)"),
    ("isinstance(module, nn.BatchNorm2d)", "isinstance(module, nn.Conv2d)"),
    ('mode="fan_out", ', ""),
    ('mode="fan_out", ', 'mode="fan_in", '),
    ('mode="fan_out", ', 'mode="fan_off", '),
    ('nonlinearity="relu"', 'nonlinearity="selu"'),
    ('nonlinearity="relu"', 'nonlinearity="silu"'),
    ("kaiming_normal_", "kaiming_uniform_"),
    ("kaiming_normal_", "xavier_normal_"),
    ("kaiming_normal_", "eye_"),
    (GUARD, BARE),
    (GUARD, ""),
    ("if module.bias is not None", "if module.bias is None"),
    ("if module.bias is not None", "if module.weight is not None"),
    ("nn.init.zeros_(module.bias)", "nn.init.zeros_(module.weight)"),
    ("nn.init.ones_(module.weight)", "nn.init.ones_(module.bias)"),
    ("nn.init.ones_(module.weight)", "nn.init.ones_(self.token)"),
    (BN4, BN4 + BN4),
    (BN4, BN4.replace("zeros_", "ones_")),
    (BN4, BN4.replace("bn4", "bn5")),
    (BN4, BN4.replace("bn4.weight", "bn4.running_mean")),
    (BN4, BN4.replace("get_parameter", "get_buffer")),
    (BN4, BN4.replace("self.get", "torch.get")),
    ('("fc6.weight", "fc7.weight")', '("fc6.weight", "fc6.weight")'),
    ('("fc6.weight", "fc7.weight")', '("fc6.weight",)'),
    ('("fc6.weight", "fc7.weight")', '("fc6.weight", "fc7.bias")'),
    ('("fc6.weight", "fc7.weight")', '["fc6.weight", "fc7.weight"]'),
    ("self.get_parameter(name)", "self.get_parameter(names)"),
    ("std=0.005", "std=True"),
    ("std=0.005", "std=0.005, generator=None"),
    ("std=0.005", "0.005"),
    ("mean=0.5, ", ""),
    ('self.get_parameter("token")', 'self.get_parameter("fc6.bias")'),
]


@pytest.mark.parametrize(("before", "after"), EDITS)
def test_an_edited_start_is_refused(before: str, after: str) -> None:
    text = source(started())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), started())


def test_the_weights_start_so() -> None:
    torch.manual_seed(0)
    module = load_class(source(started()), "started")()
    weights = dict(module.named_parameters())
    for name in ("conv1.bias", "side.bias", "bn4.weight"):
        assert weights[name].count_nonzero() == 0
    for name in ("bn1.weight", "bn5.weight"):
        assert weights[name].eq(1).all()
    assert weights["conv2.weight"].std().item() == pytest.approx((2 / 36) ** 0.5, rel=0.2)
    assert weights["fc6.weight"].std().item() == pytest.approx(0.005, rel=0.1)
    assert weights["fc8.weight"].mean().item() == pytest.approx(0.5, abs=0.01)
    assert 0 < weights["token"].abs().max() < 0.1


ALL: list[tuple[Init, str]] = [
    (Constant(0.0), "nn.init.zeros_(w)"),
    (Constant(1.0), "nn.init.ones_(w)"),
    (Constant(0.1), "nn.init.constant_(w, 0.1)"),
    (Constant(-4.0), "nn.init.constant_(w, -4.0)"),
    (Normal(0.01), "nn.init.normal_(w, std=0.01)"),
    (Normal(1.0, -2.0), "nn.init.normal_(w, mean=-2.0, std=1.0)"),
    (Uniform(-0.05, 0.05), "nn.init.uniform_(w, -0.05, 0.05)"),
    (TruncatedNormal(0.02), "nn.init.trunc_normal_(w, std=0.02)"),
    (Kaiming("normal"), "nn.init.kaiming_normal_(w)"),
    (Kaiming("uniform", a=0.25), "nn.init.kaiming_uniform_(w, a=0.25)"),
    (
        Kaiming("normal", "fan_out", "tanh"),
        'nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="tanh")',
    ),
    (Xavier("uniform"), "nn.init.xavier_uniform_(w)"),
    (Xavier("normal", 2.0), "nn.init.xavier_normal_(w, gain=2.0)"),
]


@pytest.mark.parametrize(("init", "text"), ALL)
def test_every_distribution_is_a_call_of_torch_and_is_read_back(init: Init, text: str) -> None:
    assert call(init, "w") == text
    node_ = ast.parse(text, mode="eval").body
    assert isinstance(node_, ast.Call)
    assert distribution(node_) == init
    weight = torch.zeros(3, 4)
    eval(text, {"nn": nn, "w": weight})
    assert bool(weight.any()) is (init != Constant(0.0))


def test_torchs_own_start_is_said_by_nobody() -> None:
    with pytest.raises(InternalError):
        call(UniformFanIn(Dim.of(3)), "w")


def _linear(*, params: bool, **starts: Init) -> Program:
    start = image(4)
    layers = chain(
        start, ("fc1", op("linear", out_features=4)), ("fc2", op("linear", out_features=4))
    )
    first, second = (replace(each, starts=tuple(starts.items())) for each in layers)
    made = program((start,), (first, second), name="net")
    if not params:
        return plain(made)
    body = [*steps((first,))]
    sized = use(op("linear", out_features=Dim.symbol("name")), start.type)
    body.append(replace(steps((second,))[0], use=sized))
    name, module = replace(CLASSES, name="name"), replace(CLASSES, name="module")
    sizes = tuple(replace(each, default=type(CLASSES.default)(4)) for each in (name, module))
    return written(made, network(made, *body, parameters=sizes))


def test_biases_of_a_class_that_may_lack_them_are_asked_for() -> None:
    text = source(_linear(params=False, bias=Constant(0.0)))
    assert "            if isinstance(module, nn.Linear):\n" in text
    assert "                if module.bias is not None:\n" in text


def test_a_weight_that_is_not_trained_cannot_start() -> None:
    start = image(4, 4, 4)
    norm = node("bn", op("batch_norm2d"), start)
    norm = replace(norm, starts=(("running_mean", Constant(1.0)),))
    with pytest.raises(InternalError, match="is not trained"):
        source(plain(program((start,), (norm,))))


def test_a_layer_used_twice_starts_once() -> None:
    start = image(4)
    fc = op("linear", out_features=4)
    starts = (("weight", Normal(0.5)),)
    first: Node = replace(node("fc", fc, start), starts=starts)
    again: Node = replace(node("fc", fc, first.output, name="fc#2"), starts=starts)
    made = plain(program((start,), (first, again)))
    *blocks, top = made.definitions
    step = replace(top.steps[1], name="fc#2")
    made = replace(made, definitions=(*blocks, replace(top, steps=(top.steps[0], step))))
    text = source(made)
    hold(text, made)
    assert text.count("nn.init.normal_(") == 1
    assert 'self.get_parameter("fc.weight"), std=0.5)' in text


def test_the_loops_variables_give_way_to_parameters() -> None:
    made = _linear(params=True, weight=Normal(0.5), bias=Constant(0.0))
    text = source(made)
    hold(text, made)
    assert "for module2 in self.modules():" in text


def test_classes_that_start_alike_share_a_branch() -> None:
    start = image(4, 4, 4)
    layers = chain(
        start,
        ("conv1", op("conv2d", out_channels=4, kernel_size=1)),
        ("conv2", op("conv2d", out_channels=4, kernel_size=1)),
        ("flatten", op("flatten")),
        ("fc1", op("linear", out_features=4)),
        ("fc2", op("linear", out_features=4)),
    )
    starts = (("weight", Xavier("uniform")),)
    members = tuple(
        replace(each, starts=starts if each.op.weights(*each.types) else ()) for each in layers
    )
    made = plain(program((start,), members))
    text = source(made)
    hold(text, made)
    both = "isinstance(module, (nn.Conv2d, nn.Linear))"
    assert both in text
    for edited in (
        "(nn.Conv2d,)",
        "(nn.Conv2d, nn.Linear, nn.Conv1d)",
        "(nn.Conv2d, nn.Conv2d)",
        "()",
    ):
        with pytest.raises(InternalError):
            hold(text.replace("(nn.Conv2d, nn.Linear)", edited), made)
