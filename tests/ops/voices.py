"""One op in three voices: its printed PyTorch form, a one-layer ONNX graph, the NumPy reference."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from archcompile.ir.op import Op
from archcompile.ir.types import TensorType
from archcompile.ops import all_ops
from archcompile.targets.onnx import OPSET, OnnxLayer, emit
from archcompile.targets.python import (
    CallOf,
    Constant,
    Infix,
    Item,
    ListOf,
    Python,
    Size,
    TupleOf,
    Verbatim,
    Word,
)
from archcompile.targets.pytorch import AttributeForm, ModuleForm, form
from archcompile.targets.reference import compute

Array = NDArray[np.float64]
_ONNX_DTYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
_SILENT = 3
_PART = re.compile(r"net/[a-z][a-z0-9_.]*")
"""What a layer's own nodes and constants are called: words in small letters."""


def op(key: str, **arguments: object) -> Op:
    """An op by its key, with arguments as a spec gives them."""
    return all_ops()[key].model_validate(arguments)


def written(tree: Python) -> str:
    """The tree as Python text, on one line."""
    match tree:
        case Word(text=text) | Verbatim(text=text):
            return text
        case Constant(value=value):
            return repr(value)
        case Size(dim=dim):
            return str(dim)
        case TupleOf(items=items):
            return f"({', '.join(map(written, items))}{',' * (len(items) == 1)})"
        case ListOf(items=items):
            return f"[{', '.join(map(written, items))}]"
        case Infix(operator=operator, operands=operands):
            return f" {operator} ".join(map(written, operands))
        case Item(value=value, index=index):
            return f"{written(value)}[{index}]"
        case CallOf(function=function, arguments=arguments, keywords=keywords):
            named = [f"{name}={written(value)}" for name, value in keywords]
            return f"{function}({', '.join([*map(written, arguments), *named])})"


def printed(layer: Op, *shapes: tuple[int | str, ...]) -> str:
    """How the op is said in PyTorch, on inputs of these shapes, called ``a``, ``b`` and so on."""
    said = form(layer, *(TensorType.of(*shape) for shape in shapes))
    if isinstance(said, ModuleForm | AttributeForm):
        return written(said.construct)
    return written(said.express(tuple(Word(chr(97 + place)) for place in range(len(shapes)))))


@dataclass(frozen=True)
class Case:
    """An op on random inputs of these shapes, with random weights."""

    layer: Op
    inputs: tuple[Array, ...] = field(repr=False)

    @classmethod
    def of(cls, layer: Op, *shapes: tuple[int, ...]) -> Case:
        rng = np.random.default_rng(7)
        return cls(layer, tuple(rng.standard_normal(shape) for shape in shapes))

    @property
    def types(self) -> tuple[TensorType, ...]:
        return tuple(TensorType.of(*each.shape) for each in self.inputs)

    @property
    def weights(self) -> dict[str, Array]:
        """Random numbers for every weight, above zero for what is a variance."""
        rng = np.random.default_rng(11)
        return {
            weight.name: np.abs(rng.standard_normal(tuple(map(int, weight.shape)))) + 0.1
            if weight.name == "running_var"
            else rng.standard_normal(tuple(map(int, weight.shape)))
            for weight in self.layer.weights(*self.types)
            if weight.dtype == "float32"
        }

    def module(self) -> torch.nn.Module:
        """The printed form, evaluated."""
        said = form(self.layer, *self.types)
        assert isinstance(said, ModuleForm)
        names: dict[str, object] = {"torch": torch, "nn": torch.nn}
        for support in said.supports:
            exec(support.source, names)
        module: torch.nn.Module = eval(written(said.construct), names)
        return module.eval()

    def in_torch(self, dtype: torch.dtype = torch.float64) -> Array:
        """What the printed form computes."""
        inputs = [torch.tensor(each, dtype=dtype) for each in self.inputs]
        if not isinstance(form(self.layer, *self.types), ModuleForm):
            names = {chr(97 + place): each for place, each in enumerate(inputs)}
            return eval(
                printed(self.layer, *(each.shape for each in self.inputs)), {"torch": torch}, names
            ).numpy()
        module = self.module().to(dtype)
        own = {name: torch.tensor(each, dtype=dtype) for name, each in self.weights.items()}
        module.load_state_dict(own, strict=False)
        with torch.no_grad():
            return module(*inputs).numpy()

    def in_numpy(self) -> Array:
        """What the reference computes in float64."""
        return compute(self.layer, self.inputs, self.weights)

    def in_onnx(self, types: tuple[TensorType, ...] | None = None) -> Array:
        """What onnxruntime computes in float32; ``types`` may hold symbols where sizes are."""
        weights = {name: each.astype(np.float32) for name, each in self.weights.items()}
        model = onnx_model(self.layer, types or self.types, weights)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _SILENT
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        feeds = {f"x{place}": each.astype(np.float32) for place, each in enumerate(self.inputs)}
        return session.run(None, feeds)[0]


def onnx_model(
    layer: Op, types: tuple[TensorType, ...], weights: dict[str, NDArray[np.float32]]
) -> onnx.ModelProto:
    """The layer's ONNX nodes as a graph of their own, checked in full."""
    names = tuple(f"x{place}" for place in range(len(types)))
    made = OnnxLayer("net", names, types, {name: f"net.{name}" for name in weights}, "net")
    assert emit(layer, made) == "net"
    parts = [each.name for each in (*made.nodes[:-1], *made.constants)]
    assert all(map(_PART.fullmatch, parts)), parts
    whole = [each.values for each in made.constants if each.dtype == "int64"]
    assert all(type(value) is int for values in whole for value in values), whole
    graph = helper.make_graph(
        [
            helper.make_node(
                node.operator, node.inputs, node.outputs, name=node.name, **dict(node.attributes)
            )
            for node in made.nodes
        ],
        "net",
        [_info(name, value) for name, value in zip(names, types, strict=True)],
        [_info("net", layer.infer(*types))],
        [
            helper.make_tensor(f"net.{name}", TensorProto.FLOAT, each.shape, each.ravel())
            for name, each in weights.items()
        ]
        + [
            helper.make_tensor(each.name, _ONNX_DTYPES[each.dtype], each.shape, each.values)
            for each in made.constants
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


def _info(name: str, value: TensorType) -> onnx.ValueInfoProto:
    sizes = [int(size) if size.is_constant else str(size) for size in value.dims]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)


def distance(one: Array, other: Array) -> float:
    """The largest difference, relative to the largest number of ``other``."""
    return float(np.max(np.abs(one - other)) / max(np.max(np.abs(other)), 1e-30))


def assert_agreement(case: Case) -> None:
    """Inferred shape, state_dict and results are torch's, in every voice."""
    wanted = case.in_torch()
    assert case.layer.infer(*case.types) == TensorType.of(*wanted.shape)
    for voice, tolerance in ((case.in_numpy, 1e-12), (case.in_onnx, 1e-5)):
        found = voice()
        assert found.shape == wanted.shape, voice.__name__
        assert distance(found, wanted) <= tolerance, voice.__name__


def assert_state_dict(case: Case) -> None:
    """The op's weights are the module's: names in order, shapes, dtypes, kinds."""
    module = case.module()
    parameters = {name for name, _ in module.named_parameters()}
    told = [
        (each.name, tuple(map(int, each.shape)), f"torch.{each.dtype}", each.kind)
        for each in case.layer.weights(*case.types)
    ]
    held = [
        (
            name,
            tuple(each.shape),
            str(each.dtype),
            "parameter" if name in parameters else "buffer",
        )
        for name, each in module.state_dict().items()
    ]
    assert told == held
