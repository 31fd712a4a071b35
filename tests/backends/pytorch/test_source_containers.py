"""Names that are paths become containers, whose members are called where they stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program
from archcompile.weights.tensors import tensors
from tests.backends.pytorch.structured import containers, mixers, twice
from tests.backends.pytorch.written import plain
from tests.programs import conv, image, node, op, program

EDITS = [
    (containers, "self.extra[0](image)", "self.extra[1](image)"),
    (containers, "self.extra[0](image)", 'self.extra["0"](image)'),
    (containers, "self.extra[0](image)", "self.extra[True](image)"),
    (containers, "self.extra[0](image)", "self.extra[2](image)"),
    (containers, "self.extra[0](image)", "self.extra[-2](image)"),
    (containers, "self.extra[0](image)", "self.extra(image)"),
    (containers, 'self.branches["a"]', 'self.branches["b"]'),
    (containers, '"deep.inner.0"', '"deep.inner.1"'),
    (containers, '"deep.inner.0"', '"deep.inner.0.weight"'),
    (containers, '"deep.inner.0"', '"branches.b.0"'),
    (containers, 'get_submodule("deep.inner.0")', 'get_parameter("deep.inner.0")'),
    (containers, "nn.ModuleList([nn.Conv2d(3", "nn.ModuleDict([nn.Conv2d(3"),
    (containers, "nn.ModuleList([nn.Conv2d(3", "nn.Sequential([nn.Conv2d(3"),
    (containers, "nn.ReLU()])", "nn.ReLU(), nn.ReLU()])"),
    (containers, '"a": nn.Conv2d', '"c": nn.Conv2d'),
    (containers, '"last": nn.ReLU()', '"last": nn.Tanh()'),
    (containers, '"last": nn.ReLU()', "**{}"),
    (mixers, "if several else nn.Identity(),", "if several else nn.ReLU(),"),
    (mixers, "if several else nn.Identity(),", "if not several else nn.Identity(),"),
    (mixers, 'self.ways["maybe"] = nn.Identity()', 'self.ways["maybe"] = nn.ReLU()'),
    (mixers, 'self.ways["maybe"] = nn.Identity()', 'self.ways["other"] = nn.Identity()'),
    (mixers, 'self.ways["long"] =', 'self.ways["longer"] ='),
    (mixers, "self.ways = nn.ModuleDict()", "self.ways = nn.ModuleList()"),
    (mixers, "members = nn.ModuleList()", "members = nn.ModuleDict()"),
    (mixers, "members.append(nn.Seq", "self.append(nn.Seq"),
    (mixers, 'self.ways["inner"] = members', 'self.ways["inner"] = layers'),
]


@pytest.mark.parametrize(("made", "before", "after"), EDITS)
def test_an_edited_container_is_refused(
    made: Callable[[], Program], before: str, after: str
) -> None:
    text = source(made())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after, 1), made())


@pytest.mark.parametrize("program", [containers(), mixers()], ids=["containers", "mixers"])
def test_weights_are_listed_as_torch_lists_them(program: Program) -> None:
    module = load_class(source(program), program.name)()
    assert list(module.state_dict()) == [each.key for each in tensors(program)]
    (start,) = program.inputs
    x = torch.randn(2, *map(int, start.type.dims[1:]))
    assert module.eval()(x).shape == (2, 4, 8, 8)


def test_a_list_that_begins_late_is_a_dict() -> None:
    start = image(4, 8, 8)
    first = node("extra.1", conv(4), start)
    program_ = plain(program((start,), (first, node("extra.0", op("relu"), first.output))))
    text = source(program_)
    hold(text, program_)
    assert 'nn.ModuleDict({"1": nn.Conv2d(4, 4, 3, padding=1), "0": nn.ReLU()})' in text
    assert 'self.extra["1"](image)' in text


@pytest.mark.parametrize("name", ["extra.keys", "extra.pop.a", "extra.type"])
def test_a_key_that_a_dict_of_modules_has_itself_is_refused(name: str) -> None:
    start = image(4, 8, 8)
    with pytest.raises(InternalError, match=r"nn\.ModuleDict has"):
        source(plain(program((start,), (node(name, conv(4), start),))))


@pytest.mark.parametrize("names", [("a", "a.b"), ("a.b", "a"), ("a.b", "a.b")])
def test_a_module_is_no_container_too(names: tuple[str, str]) -> None:
    start = image(4, 8, 8)
    first = node(names[0], conv(4), start)
    second = node(names[1], conv(4), first.output)
    with pytest.raises(InternalError):
        source(plain(program((start,), (first, second))))


def test_a_module_that_is_used_again_is_made_once() -> None:
    text = source(twice())
    hold(text, twice())
    assert text.count("Unit(4)") == text.count("nn.Sequential(") == 1
    assert text.count("self.unit(") == text.count("self.row(") == text.count("self.extra[0](") == 2
    module = load_class(text, "twice")().eval()
    assert list(module.state_dict()) == [each.key for each in tensors(twice())]
    x = torch.randn(3, 4)
    half = module.extra[0](module.row(module.unit(x)))
    assert torch.equal(module(x), module.extra[0](module.row(module.unit(half))))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = self.unit(x)", "x = self.row(x)"),
        ("        self.row = ", "        self.unit2 = Unit(4)\n        self.row = "),
        ("        return x\n", "        x = self.unit(x)\n        return x\n"),
    ],
)
def test_an_edited_second_use_is_refused(before: str, after: str) -> None:
    text = source(twice())
    assert before in text
    with pytest.raises(InternalError):
        hold(text.replace(before, after), twice())
