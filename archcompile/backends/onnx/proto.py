"""An OnnxModel as protobuf: with weights for whoever runs it, without for comparing with the text.

Serialisation is deterministic. A protobuf holds at most 2 GiB; larger models keep their weights in
a second file beside the first (ONNX external data), which onnx and onnxruntime find by its name.
The name has the weights' digest in it: until the new model stands, the old one has its own weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from archcompile.backends.onnx.functions import OnnxCall, OnnxFunction, Step
from archcompile.backends.onnx.graph import OnnxModel, OnnxValue
from archcompile.backends.onnx.version import DOMAIN, DOMAIN_VERSION, IR_VERSION, PRODUCER
from archcompile.libraries import onnx as onnx_library
from archcompile.targets.onnx import OPSET, OnnxConstant
from archcompile.weights.writing import model_of_weights, replaced, weights_name

if TYPE_CHECKING:
    import onnx

    from archcompile.targets.reference import Array

EXTERNAL_FROM = 2**31 - 2**24
"""Weight bytes from which on they stand in a file of their own; 16 MiB are left to the graph."""
_PAGE = 4096
"""External tensors start on page boundaries, so that runtimes can map them into memory."""


def weightless(model: OnnxModel) -> onnx.ModelProto:
    """The graph with its weights as inputs: what the text says."""
    inputs = (*model.inputs, *model.weights)
    return _model(onnx_library(), model, inputs)


def encode(model: OnnxModel, weights: Mapping[str, Array]) -> bytes:
    """The model with its weights in one protobuf. ``weights`` must fit (see ``fit``)."""
    library = onnx_library()
    proto = _model(library, model, model.inputs)
    for value in model.weights:
        tensor = _described(library, proto, value)
        tensor.raw_data = _bytes(weights[value.name])
    return _serialised(proto)


def write(
    model: OnnxModel,
    weights: Mapping[str, Array],
    path: Path,
    external_from: int = EXTERNAL_FROM,
) -> tuple[Path, ...]:
    """Write the model to ``path``, large weights beside it; returns the files written.

    Model and weights are exchanged whole or not at all; weights of a model that was there before go
    last. Raises OSError where the folder cannot be written.
    """
    if sum(weights[value.name].nbytes for value in model.weights) < external_from:
        written: tuple[Path, ...] = (path,)
        content = encode(model, weights)
    else:
        beside = _write_beside(model, weights, path)
        content, written = _pointing(model, weights, beside), (path, beside)
    with replaced(path) as file:
        file.write(content)
    with suppress(OSError):  # what is left harms nobody, and the next export tries again
        for older in sorted({*_weights_beside(path)} - {*written}):
            older.unlink()
    return written


def _write_beside(model: OnnxModel, weights: Mapping[str, Array], path: Path) -> Path:
    digest = sha256()
    for content in _pages(model, weights):
        digest.update(content)
    beside = path.with_name(weights_name(path.name, digest.hexdigest()))
    with replaced(beside) as file:
        for content in _pages(model, weights):
            file.write(content)
    return beside


def _pages(model: OnnxModel, weights: Mapping[str, Array]) -> Iterator[bytes]:
    """The content of the second file: each weight, filled up to a whole page."""
    for value in model.weights:
        content = _bytes(weights[value.name])
        yield content
        yield b"\0" * (-len(content) % _PAGE)


def _pointing(model: OnnxModel, weights: Mapping[str, Array], beside: Path) -> bytes:
    """The model whose weights stand in the other file."""
    library = onnx_library()
    proto, start = _model(library, model, model.inputs), 0
    for value in model.weights:
        length = weights[value.name].nbytes
        tensor = _described(library, proto, value)
        tensor.data_location = library.TensorProto.EXTERNAL
        _locate(tensor, location=beside.name, offset=start, length=length)
        start += length + -length % _PAGE
    return _serialised(proto)


def _weights_beside(path: Path) -> Iterator[Path]:
    return (each for each in path.parent.iterdir() if model_of_weights(each.name) == path.name)


def _model(library: ModuleType, model: OnnxModel, inputs: tuple[OnnxValue, ...]) -> onnx.ModelProto:
    helper = library.helper
    graph = helper.make_graph(
        [_node(library, step) for step in model.steps],
        model.name,
        [_value(library, value) for value in inputs],
        [_value(library, value) for value in model.outputs],
        initializer=[_constant(library, each) for each in model.constants],
        value_info=[_value(library, value) for value in model.values],
    )
    proto: onnx.ModelProto = helper.make_model(
        graph,
        functions=[_function(library, function) for function in model.functions],
        opset_imports=_imports(library, bool(model.functions)),
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )
    return proto


def _function(library: ModuleType, function: OnnxFunction) -> onnx.FunctionProto:
    calls = any(isinstance(step, OnnxCall) for step in function.steps)
    constants = [
        library.helper.make_node(
            "Constant",
            [],
            [constant.name],
            name=constant.name,
            value=_constant(library, constant, ""),
        )
        for constant in function.constants
    ]
    made: onnx.FunctionProto = library.helper.make_function(
        DOMAIN,
        function.name,
        function.inputs,
        function.outputs,
        [*constants, *(_node(library, step) for step in function.steps)],
        _imports(library, calls),
    )
    return made


def _imports(library: ModuleType, calls: bool) -> list[onnx.OperatorSetIdProto]:
    found = [library.helper.make_opsetid("", OPSET)]
    return [*found, library.helper.make_opsetid(DOMAIN, DOMAIN_VERSION)] if calls else found


def _node(library: ModuleType, step: Step) -> onnx.NodeProto:
    if isinstance(step, OnnxCall):
        node = library.helper.make_node(
            step.function, step.inputs, step.outputs, name=step.name, domain=DOMAIN
        )
    else:
        node = library.helper.make_node(step.operator, step.inputs, step.outputs, name=step.name)
        for name, value in step.attributes:
            kind = library.AttributeProto.INTS if value == () else None
            node.attribute.append(library.helper.make_attribute(name, value, attr_type=kind))
    made: onnx.NodeProto = node
    return made


def _value(library: ModuleType, value: OnnxValue) -> onnx.ValueInfoProto:
    made: onnx.ValueInfoProto = library.helper.make_tensor_value_info(
        value.name, _element(library, value.dtype), value.shape
    )
    return made


def _constant(
    library: ModuleType, constant: OnnxConstant, name: str | None = None
) -> onnx.TensorProto:
    made: onnx.TensorProto = library.helper.make_tensor(
        constant.name if name is None else name,
        _element(library, constant.dtype),
        constant.shape,
        constant.values,
    )
    return made


def _described(library: ModuleType, proto: onnx.ModelProto, value: OnnxValue) -> onnx.TensorProto:
    """A new initialiser of the graph, without its content; made in place, for copies cost."""
    tensor: onnx.TensorProto = proto.graph.initializer.add()
    tensor.name, tensor.data_type = value.name, _element(library, value.dtype)
    tensor.dims.extend(value.shape)
    return tensor


def _locate(tensor: onnx.TensorProto, **place: str | int) -> None:
    for key, content in place.items():
        tensor.external_data.add(key=key, value=str(content))


def _element(library: ModuleType, dtype: str) -> int:
    return int(library.TensorProto.FLOAT if dtype == "float32" else library.TensorProto.INT64)


def _bytes(array: Array) -> bytes:
    """Little-endian, as ONNX stores tensors on every machine."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _serialised(proto: onnx.ModelProto) -> bytes:
    return bytes(proto.SerializeToString(deterministic=True))
