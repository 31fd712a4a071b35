"""Names and texts of the spec in the source: they hide nothing, end nothing early, run nothing."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompile.backends.pytorch import hold, source
from archcompile.backends.pytorch.docstrings import docstring_lines
from archcompile.backends.pytorch.names import class_names
from archcompile.ir.definition import Definition, Parameter
from archcompile.ir.expr import Literal
from archcompile.ir.program import Citation, Program, ProgramOutput
from tests.backends.pytorch.written import lenet, plain, two_outputs, written
from tests.programs import chain, image, node, op, program


def titled(name: str, title: str | None) -> Program:
    made = lenet()
    network = replace(made.definitions[-1], name=name)
    return replace(made, name=name, title=title, definitions=(network,))


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("lenet5", "LeNet-5", "LeNet5"),
        ("lenet5_28", "LeNet-5", "LeNet5_28"),
        ("resnet18", "ResNet", "ResNet18"),
        ("vgg16_bn", "VGG", "VGG16Bn"),
        ("google_net", "GoogLeNet", "GoogLeNet"),
        ("resnet50", "ResNet-50 v1.5", "ResNet50"),
        ("resnet50_v1", "ResNet-50 v1.5", "ResNet50v1"),
        ("lenet5_1998", "LeNet-5, as published", "LeNet5_1998"),
        ("alexnet", "A network", "Alexnet"),
        ("a_net", "A network", "ANet"),
        ("alexnet", "ImageNet classification", "Alexnet"),
        ("conv_bn_relu", None, "ConvBnRelu"),
        ("net_1_2", None, "Net1_2"),
        ("nn", None, "Nn"),
        ("f", "F", "FBlock"),
        ("value_error", "ValueError", "ValueErrorBlock"),
        ("_", None, "Net"),
    ],
)
def test_a_class_is_called_as_its_author_would_write_it(
    name: str, title: str | None, expected: str
) -> None:
    assert class_names(titled(name, title), ()) == (expected,)


def test_classes_never_share_a_name() -> None:
    made = lenet()
    network = made.definitions[-1]
    blocks = tuple(
        Definition(name, (), network.inputs, (), None, (("x", "image"),))
        for name in ("le_net5", "le_net_5", "lenet5_output", "support")
    )
    names = class_names(replace(made, definitions=(*blocks, network)), ("Support",))
    assert names == ("LeNet5Block", "LeNet52", "Lenet5Output", "SupportBlock", "LeNet5")
    assert len(set(names)) == len(names)


def test_a_class_is_not_called_as_a_parameter_is() -> None:
    made = titled("le", "Le")
    network = replace(
        made.definitions[-1], parameters=(Parameter("Le", "int", Literal(10)),), steps=()
    )
    assert class_names(replace(made, definitions=(network,)), ()) == ("LeBlock",)


@given(st.text(st.characters(exclude_characters="\0"), max_size=120), st.integers(0, 8))
def test_a_docstring_ends_where_it_should_and_means_its_text(text: str, indent: int) -> None:
    """Whatever the title: one string, at most 88 columns but for a long word, nothing unseen."""
    words = " ".join(text.split())
    lines = docstring_lines((words or "empty", "Input."), indent)
    (node,) = ast.parse("\n".join(line[indent:] for line in lines)).body
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Constant)
    assert " ".join(str(node.value.value).split()) == f"{words or 'empty'} Input."
    assert all(char.isprintable() for line in lines for char in line)
    assert all(len(line) <= 88 or " " not in line.strip() for line in lines)


HOSTILE = '"""\nimport os\n"""  \\ \u202e {0} # coding: utf-7'


def test_hostile_texts_stay_texts() -> None:
    made = replace(
        lenet(), title=HOSTILE, cite=Citation(HOSTILE, HOSTILE), spec=f"specs/{HOSTILE}\r.yaml"
    )
    text = source(made)
    hold(text, made)
    assert "coding" not in "".join(text.splitlines()[:2])
    assert [type(node).__name__ for node in ast.parse(text).body] == [
        "Import",
        "ImportFrom",
        "ClassDef",
    ]


def test_names_that_python_needs_get_an_underscore() -> None:
    text = source(two_outputs())
    assert "def forward(self, torch_: torch.Tensor, x: torch.Tensor) -> PairOutput:" in text
    assert "self.nn = nn.Linear(6, 3)" in text


@pytest.mark.parametrize("names", [("count", "index"), ("_low", "count_"), ("nn", "self")])
def test_outputs_are_fields_that_a_tuple_can_have(names: tuple[str, str]) -> None:
    start = image(4)
    first, second = node("a", op("relu"), start), node("b", op("tanh"), start)
    outputs = tuple(
        ProgramOutput(name, each.output) for name, each in zip(names, (first, second), strict=True)
    )
    made = plain(program((start,), (first, second), outputs=outputs))
    hold(source(made), made)


def test_a_value_with_several_readers_is_called_as_its_layer() -> None:
    start = image(4)
    first = node("stem", op("relu"), start)
    left, right = node("left", op("tanh"), first.output), node("right", op("relu"), first.output)
    joined = node("sum", op("add"), left.output, right.output, first.output)
    made = plain(program((start,), (first, left, right, joined)))
    assert "sum = " not in source(made)
    assert "        x: torch.Tensor = left + right + stem\n" in source(made)


def test_a_network_without_layers_returns_its_input() -> None:
    start = image(4)
    made = program((start,), chain(start, ("relu", op("relu"))))
    empty = replace(made, members=(), outputs=(ProgramOutput("image", start),))
    made = written(
        empty, Definition("net", (), (("image", start.type),), (), None, (("o", "image"),))
    )
    text = source(made)
    assert "return image" in text
    hold(text, made)
