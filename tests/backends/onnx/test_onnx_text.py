"""The text, read back by onnx's own parser."""

from __future__ import annotations

from dataclasses import replace

import onnx
import onnx.checker
import onnx.inliner
import onnx.parser
import pytest

from archcompile.backends.onnx import onnx_model, onnx_text
from archcompile.backends.onnx.functions import OnnxCall, OnnxFunction
from archcompile.backends.onnx.graph import OnnxModel, OnnxValue
from archcompile.backends.onnx.proto import weightless
from archcompile.backends.onnx.text import print_model
from archcompile.targets.onnx import OnnxConstant, OnnxNode
from tests import handmade, programs

CONSTANTS = OnnxModel(
    name="odd-name",
    inputs=(OnnxValue("float", "float32", ("N", "2*H", 4)),),
    outputs=(OnnxValue('say "\\"', "float32", ("N", 8)),),
    weights=(OnnxValue("scalar.w", "float32", ()),),
    values=(OnnxValue("a/b", "float32", ("N", 8)),),
    constants=(
        OnnxConstant("r/shape", "int64", (2,), (-1, 8)),
        OnnxConstant("s", "float32", (), (1e-05,)),
    ),
    steps=(
        OnnxNode("r", "Reshape", ("float", "r/shape"), ("a/b",), (("allowzero", 0),)),
        OnnxCall("c", "block", ("a/b", "scalar.w", "s"), ('say "\\"',)),
    ),
    functions=(
        OnnxFunction(
            "block",
            ("x", "w", "s"),
            ("y",),
            (OnnxConstant("k", "float32", (1,), (2.5,)),),
            (
                OnnxNode("m", "Mul", ("x", "w"), ("m",)),
                OnnxNode("n", "Clip", ("m", "", "s"), ("n",)),
                OnnxNode("l", "LeakyRelu", ("n",), ("l",), (("alpha", 1e-05),)),
                OnnxNode("o", "Mul", ("l", "k"), ("y",)),
            ),
        ),
    ),
)
ATTRIBUTES = OnnxModel(
    name="n",
    inputs=(OnnxValue("x", "float32", ("N", 4, 8, 8)),),
    outputs=(OnnxValue("y", "float32", ("N", 4, 8, 8)),),
    weights=(),
    values=(),
    constants=(),
    steps=(
        OnnxNode(
            "p",
            "MaxPool",
            ("x",),
            ("y",),
            (
                ("auto_pad", "NOTSET"),
                ("dilations", (1, 1)),
                ("kernel_shape", (3, 3)),
                ("pads", (1, 1, 1, 1)),
            ),
        ),
    ),
    functions=(),
)


def canonical(proto: onnx.ModelProto) -> str:
    """The model's content; an empty string field says the same as an absent one."""
    text = str(proto)
    return "\n".join(line for line in text.splitlines() if not line.endswith(': ""'))


@pytest.mark.parametrize(
    "model",
    [
        onnx_model(handmade.perceptron(), functions=True),
        onnx_model(handmade.blocks(), functions=True),
        onnx_model(handmade.blocks(), functions=False),
        CONSTANTS,
        ATTRIBUTES,
    ],
    ids=["plain", "functions", "flat", "constants", "attributes"],
)
def test_the_parser_reads_what_the_library_would_have_built(model: OnnxModel) -> None:
    parsed = onnx.parser.parse_model(print_model(model, ("a comment", "not ASCII: ü\nx")))
    onnx.checker.check_model(parsed, full_check=True)
    assert canonical(parsed) == canonical(weightless(model))


def test_the_text_inlined_is_the_flat_graph() -> None:
    program = handmade.blocks()
    inlined = onnx.inliner.inline_local_functions(onnx.parser.parse_model(onnx_text(program)))
    flat = weightless(onnx_model(program, functions=False))
    assert [node.op_type for node in inlined.graph.node] == [
        node.op_type for node in flat.graph.node
    ]
    assert _wires(inlined) == _wires(flat)


def _wires(model: onnx.ModelProto) -> list[tuple[object, ...]]:
    """What each node reads: graph inputs by name, values by the number of their node."""
    source: dict[str, object] = {each.name: each.name for each in model.graph.input}
    wires = []
    for number, node in enumerate(model.graph.node):
        wires.append(tuple(source[name] for name in node.input))
        source.update((name, number) for name in node.output)
    return wires


def test_one_node_a_line_with_the_names_of_the_spec() -> None:
    lines = onnx_text(handmade.perceptron()).splitlines()
    assert '  [fc1] fc1 = Gemm <transB = 1> (image, "fc1.weight", "fc1.bias")' in lines
    assert "  float[N, 3] logits" in lines
    assert "  [tanh] tanh = Tanh (fc1)" in lines


def test_a_header_stays_a_comment_whatever_it_holds() -> None:
    text = onnx_text(handmade.perceptron(), ("x\nmodel {\r\x85\u2028", ""))
    assert text.splitlines()[:3] == ["# x\\nmodel {\\r\\x85\\u2028", "#", "<"]


def test_an_empty_list_says_its_type() -> None:
    step = OnnxNode("u", "Anything", ("x",), ("y",), (("axes", ()),))
    text = print_model(replace(ATTRIBUTES, steps=(step,)))
    (attribute,) = onnx.parser.parse_model(text).graph.node[0].attribute
    assert (attribute.name, attribute.type, list(attribute.ints)) == (
        "axes",
        onnx.AttributeProto.INTS,
        [],
    )
    assert attribute == weightless(replace(ATTRIBUTES, steps=(step,))).graph.node[0].attribute[0]


def test_values_from_outside_are_numbered_in_a_function() -> None:
    names = [f"image{number}" for number in range(3)]
    starts = tuple(programs.image(4, 8, 8, name=name) for name in names)
    added = programs.node("unit.add", programs.op("add"), *starts)
    unit = replace(programs.region("unit", added, block="unit"), inputs=starts)
    text = onnx_text(programs.program(starts, (unit,)))
    inside = text[text.index("\nunit (") :]
    assert inside.replace("\n", "").startswith("unit (  x,  x2,  x3) => (")
