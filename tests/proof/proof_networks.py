"""Small networks written three times by hand: as a Program, as source, and as an ONNX graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from archcompile.diagnostics import SourceFile, Span
from archcompile.ir.op import Op
from archcompile.ir.program import Node, Program, ProgramOutput, Value
from archcompile.ir.types import TensorType
from archcompile.ops import all_ops

SPAN = Span(SourceFile("net.yaml", ""), 1, 1, 1, 1)


def op(key: str, **arguments: object) -> Op:
    """An op by its key, with arguments as a spec has them."""
    return all_ops()[key].model_validate(arguments)


def chain(image: TensorType, *layers: tuple[str, Op], name: str = "net") -> Program:
    """A network in which every layer reads the one before it."""
    start = value = Value("image", image)
    nodes = []
    for path, layer in layers:
        made = Value(path, layer.infer(value.type))
        nodes.append(Node(path, layer, (value,), made, SPAN))
        value = made
    return network(name, (start,), tuple(nodes), (ProgramOutput(value.name, value),))


def network(
    name: str,
    inputs: tuple[Value, ...],
    nodes: tuple[Node, ...],
    outputs: tuple[ProgramOutput, ...],
) -> Program:
    """A flat network."""
    return Program(
        name=name,
        family=name,
        title=None,
        cite=None,
        parameters=(),
        overridden=(),
        inputs=inputs,
        members=nodes,
        outputs=outputs,
        claims=(),
        definitions=(),
        spec="net.yaml",
        span=SPAN,
    )


def random_weights(program: Program, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """The whole state_dict: scaled by fan-in, variances near 1, everything else near its use."""
    rng = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.generic]] = {}
    for node in program.nodes():
        for weight in node.weights():
            key = f"{node.path}.{weight.name}"
            shape = tuple(map(int, weight.shape))
            if weight.dtype == "int64":
                weights[key] = np.zeros(shape, np.int64)
            elif weight.name == "running_var":
                weights[key] = rng.uniform(0.5, 1.5, shape).astype(np.float32)
            else:
                fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 2
                weights[key] = (rng.standard_normal(shape) * (2 / fan_in) ** 0.5).astype(np.float32)
    return weights


def tiny() -> Program:
    """Every kind of layer that a plain net has, with sizes that all differ."""
    return chain(
        TensorType.of("N", 2, 9, 10),
        ("c1", op("conv2d", out_channels=6, kernel_size=3, padding=1)),
        ("norm", op("batch_norm2d")),
        ("act", op("relu")),
        ("pool", op("max_pool2d", kernel_size=2)),
        ("drop", op("dropout", p=0.3)),
        ("flat", op("flatten")),
        ("fc", op("linear", out_features=7)),
        ("squash", op("tanh")),
        ("out", op("linear", out_features=4)),
        name="tiny",
    )


TINY_SOURCE = """\
import torch
from torch import nn


class Tiny(nn.Module):
    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(2, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.3)
        self.flat = nn.Flatten()
        self.fc = nn.Linear(120, 7)
        self.squash = nn.Tanh()
        self.out = nn.Linear(7, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.act(self.norm(self.c1(image)))
        x = self.drop(self.pool(x))
        x = self.fc(self.flat(x))
        x = self.squash(x)
        x = self.out(x)
        return x
"""

TINY_GRAPH = """\
<ir_version: 10, opset_import: ["" : 22]>
tiny (float[N,2,9,10] image, float[6,2,3,3] "c1.weight", float[6] "c1.bias",
      float[6] "norm.weight", float[6] "norm.bias", float[6] "norm.running_mean",
      float[6] "norm.running_var", float[7,120] "fc.weight", float[7] "fc.bias",
      float[4,7] "out.weight", float[4] "out.bias") => (float[N,4] out) {
   c1 = Conv <pads = [1, 1, 1, 1]> (image, "c1.weight", "c1.bias")
   norm = BatchNormalization <epsilon = 1.0e-5>
      (c1, "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var")
   act = Relu (norm)
   pool = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (act)
   flat = Flatten (pool)
   fc = Gemm <transB = 1> (flat, "fc.weight", "fc.bias")
   squash = Tanh (fc)
   out = Gemm <transB = 1> (squash, "out.weight", "out.bias")
}
"""
