"""What ONNX's shape inference says of our graphs, and what torch's exporter makes of our modules.

Where they differ from us: docs/design/0011-other-judges.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import onnx
import onnx.parser
import onnx.shape_inference
import pytest
import torch
from families import load
from judged import PARTS, SIZES, Shape, axes, drawn, inputs, judged, shape, sizes_for
from onnx import numpy_helper
from spec_text import compile_text
from subject import session_of

from archcompile.backends.onnx import onnx_bytes
from archcompile.ir.program import Program
from archcompile.passes.inference import for_inference
from archcompile.weights import initial_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs, of their own ways


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def bare(model: onnx.ModelProto, program: Program, sizes: Mapping[str, int]) -> onnx.ModelProto:
    """A model for inputs of known sizes; nothing is left of what we say of other values."""
    shapes = {value.name: shape(value.type, sizes) for value in program.inputs}
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    for output in copy.graph.output:
        output.type.tensor_type.ClearField("shape")
    for given in copy.graph.input:
        if given.name in shapes:
            dims = given.type.tensor_type.shape.dim
            for dim, size in zip(dims, shapes[given.name], strict=True):
                dim.dim_value = size
    return copy


def inferred(model: onnx.ModelProto) -> dict[str, Shape]:
    """The values whose shapes ONNX's inference knows to the last size."""
    # check_type, strict_mode, data_prop
    graph = onnx.shape_inference.infer_shapes(model, True, True, True).graph
    values = [*graph.input, *graph.value_info, *graph.output]
    found = {each.name: tuple(each.dims) for each in graph.initializer}
    for each in values:
        tensor = each.type.tensor_type
        if tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim):
            found[each.name] = tuple(dim.dim_value for dim in tensor.shape.dim)
    return found


def given_up(
    model: onnx.ModelProto, found: Mapping[str, Shape], told: set[str]
) -> onnx.NodeProto | None:
    """The first node whose inputs are known and whose output is not, nor is its layer told."""
    for node in model.graph.node:
        is_read = all(name in found for name in node.input if name)
        if is_read and node.output[0] not in found and layer_of(node) not in told:
            return node
    return None


def layer_of(node: onnx.NodeProto) -> str:
    """The layer of a node, which may be one of several steps of it."""
    return node.output[0].partition("/")[0]


def judged_by_onnx(
    model: onnx.ModelProto, stated: Mapping[str, Shape], stops: Counter[str]
) -> dict[str, Shape]:
    """What ONNX infers; where it stops it is told our shape, and goes on from there."""
    told: set[str] = set()
    while True:
        found = inferred(model)
        node = given_up(model, found, told)
        if node is None:
            assert told <= found.keys(), "ONNX does not take our shape"
            return {name: each for name, each in found.items() if name not in told}
        name = layer_of(node)
        told.add(name)
        stops[node.op_type] += 1
        places = [each for each in model.graph.output if each.name == name]
        for place in places or [model.graph.value_info.add(name=name)]:
            place.CopyFrom(onnx.helper.make_tensor_value_info(name, 1, stated[name]))


@pytest.mark.parametrize("part", [*PARTS[:-1], "small"])
def test_onnx_infers_the_stated_shape_of_every_value(part: str) -> None:
    """Of the file and of the text, whose blocks are functions."""
    stops, compared, lost = Counter[str](), 0, set[str]()
    for name, network in judged(part):
        program = for_inference(network.program)
        content = onnx_bytes(network.program, initial_weights(network.program, 0))
        model = onnx.load_model_from_string(content)
        text = onnx.parser.parse_model(network.onnx_text())
        for sizes in sizes_for(network):
            stated = {n.name: shape(n.output.type, sizes) for n in program.nodes()}
            shown = {each.name: shape(each.value.type, sizes) for each in program.outputs}
            found = judged_by_onnx(bare(model, program, sizes), {**shown, **stated}, stops)
            for value, each in {**stated, **shown}.items():
                if value in found:
                    assert found[value] == each, f"{name}: {value}"
                    compared += 1
            under_other_names = {each.value.name for each in program.outputs}
            lost |= {
                node.op.key
                for node in program.nodes()
                if node.name not in found and node.name not in under_other_names
            }
            outputs = inferred(bare(text, program, sizes))
            assert all(outputs[value] == each for value, each in shown.items() if value in outputs)
    assert compared > 100
    assert set(stops) <= {"GroupNormalization", "Slice"}
    assert lost <= {"group_norm", "avg_pool2d", "avg_pool1d"}  # what ONNX was told


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "22", "16"])
def test_torchs_own_onnx_export_of_the_module_computes_what_ours_does(name: str) -> None:
    """LeNet-5, a ResNet, a net of two inputs, and one of two outputs whose sizes are open.

    None has a ``divisor_override``, which torch's export loses.
    """
    torch.manual_seed(5)
    network = drawn(int(name)) if name.isdigit() else load(name)
    program, module = for_inference(network.program), network.module().eval()
    kept = [inputs(program, sizes, "cpu") for sizes in SIZES]
    exported = torch.onnx.export(
        module, kept[1], dynamo=True, verbose=False, optimize=False, dynamic_shapes=axes(program)
    )
    theirs = exported.model_proto
    state = {key: value.numpy() for key, value in module.state_dict().items()}
    keys = {node.key(w) for node in program.nodes() for w in node.weights() if w.dtype != "int64"}
    drawn_from = {each.name: numpy_helper.to_array(each) for each in theirs.graph.initializer}
    assert drawn_from.keys() == keys
    assert all((drawn_from[key] == state[key]).all() for key in keys)
    ours = session_of(onnx_bytes(network.program, state))
    other = session_of(theirs.SerializeToString())
    for given in kept:
        arrays = [each.numpy() for each in given]
        said, shown = (
            session.run(
                None, dict(zip((i.name for i in session.get_inputs()), arrays, strict=True))
            )
            for session in (other, ours)
        )
        for first, second in zip(said, shown, strict=True):
            assert first.shape == second.shape
            assert np.linalg.norm(first - second) <= 1e-5 * np.linalg.norm(first)
            assert np.linalg.norm(first - first[:1]) > 1e-3 * np.linalg.norm(first)  # not constant


@pytest.mark.parametrize("divisor", [1, 3, 4])
def test_a_divisor_of_a_pooling_is_in_our_graph(divisor: int) -> None:
    """Windows of ones have their area as their sum: 4 inside, 2 at an edge, 1 in a corner."""
    pool = f"{{avg_pool2d: {{kernel_size: 2, padding: 1, divisor_override: {divisor}}}}}"
    network = compile_text(f"input: {{image: [N, 1, 4, 4]}}\nlayers: [{pool}]\n")
    ones = np.ones((1, 1, 4, 4), "float32")
    (ours,) = session_of(onnx_bytes(network.program, {})).run(None, {"image": ones})
    theirs = network.module()(torch.from_numpy(ones)).numpy()
    sums = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], "float32")
    assert np.allclose(ours[0, 0], sums / divisor) and np.allclose(theirs, ours)
