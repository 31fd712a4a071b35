"""Parameters and fixed numbers stand in the module, and are read where they are needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.diagnostics import InternalError
from archcompile.ir.definition import Apply
from archcompile.ir.expr import Name
from archcompile.weights.tensors import tensors
from tests.backends.pytorch.stateful import nested, scaled
from tests.backends.pytorch.written import plain
from tests.programs import image, node, op, program

MASK = """        self.register_buffer(
            "mask",
            torch.tensor([[[0.5]], [[1.0]], [[2.0]], [[-1.0]]]),
            persistent=False,
        )
"""
EDITS = [
    ("torch.full((in_channels, 1, 1), 1e-6)", "torch.full((in_channels, 1, 1), 1e-5)"),
    ("torch.full((in_channels, 1, 1), 1e-6)", "torch.full((in_channels, 1), 1e-6)"),
    ("torch.full((in_channels, 1, 1), 1e-6)", "torch.full((1, in_channels, 1), 1e-6)"),
    ("torch.full((in_channels, 1, 1), 1e-6)", "torch.zeros((in_channels, 1, 1), 1e-6)"),
    ("torch.full((in_channels, 1, 1), 1e-6)", "torch.full((in_channels, 1, 1), 1e-6, out=None)"),
    ("torch.full((in_channels, 1, 1), 1e-6)", "exec('1')"),
    ("nn.Parameter(torch.zeros(4, 1, 1))", "nn.Parameter(torch.ones(4, 1, 1))"),
    ("nn.Parameter(torch.zeros(4, 1, 1))", "nn.Parameter(torch.zeros(4, 1, True))"),
    ("nn.Parameter(torch.zeros(4, 1, 1))", "nn.Parameter(torch.zeros(4, 1, 1), False)"),
    ("nn.Parameter(torch.zeros(4, 1, 1))", "nn.Buffer(torch.zeros(4, 1, 1))"),
    ("nn.Parameter(torch.zeros(4, 1, 1))", "torch.zeros(4, 1, 1)"),
    ("persistent=False", "persistent=True"),
    ("            persistent=False,\n", ""),
    ("[[2.0]]", "[[2]]"),
    ("[[2.0]]", "[[3.0]]"),
    ("[[0.5]], [[1.0]]", "[[1.0]], [[0.5]]"),
    ('"mask",', '"musk",'),
    (MASK, MASK + MASK),
    (
        MASK,
        "        self.mask = nn.Parameter(torch.tensor([[[0.5]], [[1.0]], [[2.0]], [[-1.0]]]))\n",
    ),
    ("    mask: torch.Tensor\n\n", ""),
    ("    mask: torch.Tensor\n", "    mask: exec('1')\n"),
    ("    mask: torch.Tensor\n", "    mask: torch.Tensor\n    gamma: torch.Tensor\n"),
    ("out * self.gamma", "out * self.conv"),
    ("out * self.gamma", "self.gamma * out"),
    ("x * self.mask", "x * self.shift"),
    ("x = x + self.shift", "x = x + self.shift(x)"),
    ("ScaledOutput(x, self.shift)", "ScaledOutput(x, self.mask)"),
]


@pytest.mark.parametrize(("before", "after"), EDITS)
def test_an_edited_parameter_is_refused(before: str, after: str) -> None:
    text = source(scaled())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), scaled())


def test_parameters_are_listed_as_torch_lists_them() -> None:
    module = load_class(source(scaled()), "scaled")().eval()
    assert list(module.state_dict()) == [each.key for each in tensors(scaled())]
    assert dict(module.named_buffers()).keys() == {"mask"}
    x = torch.randn(2, 3, 4, 4)
    inner = module.stem(x)
    for block in (module.first, module.second):
        inner = inner + block.conv(inner) * 1e-6
    assert torch.allclose(module(x).moved, inner * module.mask, atol=1e-6)
    assert module(x).shift is module.shift


def test_a_parameter_alone_is_a_network() -> None:
    made = plain(program((image(3),), (node("token", op("parameter", shape=[5])),)))
    text = source(made)
    hold(text, made)
    assert "        return self.token\n" in text


def test_a_parameter_is_used_again_by_its_name() -> None:
    start = image(5, 5)
    first = node("scale", op("parameter", shape=[5]))
    again = node("scale", op("parameter", shape=[5]), name="scale#2")
    once = node("once", op("mul"), start, first.output)
    twice = node("twice", op("mul"), once.output, again.output)
    made = plain(program((start,), (first, again, once, twice)))
    *blocks, top = made.definitions
    body = tuple(
        replace(step, name="scale#2") if place == 1 else step
        for place, step in enumerate(top.steps)
    )
    made = replace(made, definitions=(*blocks, replace(top, steps=body)))
    text = source(made)
    hold(text, made)
    assert text.count("nn.Parameter(") == 1
    assert text.count("* self.scale") == 2


def test_a_parameter_under_a_condition_is_refused() -> None:
    made = plain(program((image(3),), (node("scale", op("parameter", shape=[5])),)))
    *blocks, top = made.definitions
    (step,) = top.steps
    assert isinstance(step, Apply)
    top = replace(top, steps=(replace(step, condition=Name("flag")),))
    with pytest.raises(InternalError, match="is no module"):
        source(replace(made, definitions=(*blocks, top)))


def test_a_container_holds_parameters_too() -> None:
    text = source(nested())
    hold(text, nested())
    assert "        self.alone = nn.ModuleDict()\n" in text
    module = load_class(text, "nested")().eval()
    assert list(module.state_dict()) == [each.key for each in tensors(nested())]
    x = torch.randn(2, 4, 4, 4)
    assert torch.equal(module(x).product, module.unit["conv"](x) * 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('register_parameter("gamma"', 'register_parameter("delta"'),
        ('self.unit.register_parameter("gamma"', 'self.register_parameter("gamma"'),
        ('self.unit.register_parameter("gamma"', 'self.alone.register_parameter("gamma"'),
        ("torch.ones(4, 1, 1)", "torch.ones(4, 1)"),
        ("nn.Parameter(torch.ones(4, 1, 1))", "torch.ones(4, 1, 1)"),
        ('self.get_submodule("unit.inner")', "self.unit"),
        ('self.get_submodule("unit.inner")', 'self.get_submodule("unit.conv")'),
        ('self.get_parameter("unit.gamma")', 'self.get_parameter("alone.a")'),
        ('self.get_parameter("unit.gamma")', 'self.get_buffer("unit.gamma")'),
        ('self.get_buffer("unit.inner.mask")', 'self.get_parameter("unit.inner.mask")'),
        ('self.get_buffer("unit.inner.mask")', 'self.get_submodule("unit.inner.mask")'),
    ],
)
def test_an_edited_parameter_of_a_container_is_refused(before: str, after: str) -> None:
    text = source(nested())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), nested())
