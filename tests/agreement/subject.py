"""One network with all its voices: the program, the module, the graph, and what they run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import torch
from lively_state import PILOT, arrays, enliven
from recorder import Recorder
from shares import SIZES

from archcompile import backends
from archcompile.ir.program import Program, Region
from archcompile.ir.uses import Uses
from archcompile.passes.inference import for_inference
from archcompile.proof.batches import batch_symbols, concrete_sizes, is_legal
from archcompile.proof.interpreter import trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from archcompile.ir.program import Node
    from archcompile.ir.types import TensorType
    from archcompile.network import Network

BATCHES = (2, 3, 1)
"""Samples of the batches; the first and the last have the same image size, the second another.

Not every seed has the first.
"""
_CANDIDATES = (2, 20, 26, 40)
"""Sizes tried for open image sizes, before the smallest legal ones are looked for."""


@dataclass
class Subject:
    """What is compared. ``module`` is the live one, in float64 until ``to_single``."""

    network: Network
    seed: int
    sizes: tuple[dict[str, int], ...]
    """The number that each symbol stands for, by batch."""
    inputs: tuple[dict[str, NDArray[Any]], ...]
    module: nn.Module
    recorder: Recorder
    weights: Mapping[str, NDArray[Any]]
    dtype: torch.dtype = torch.float64
    lost: dict[tuple[int, bool], dict[str, float]] = field(default_factory=dict)
    """What rounding must lose, by batch and for onnxruntime or not, as far as it was asked for."""

    @property
    def main(self) -> int:
        """The batch with the most samples. The one behind it is looked at for its shapes alone."""
        return len(self.sizes) - 2

    @property
    def program(self) -> Program:
        """The whole network, with what only training needs."""
        return self.network.program

    @cached_property
    def inference(self) -> Program:
        """What ONNX has."""
        return for_inference(self.program)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every layer in execution order."""
        return tuple(self.program.nodes())

    @cached_property
    def has_heads(self) -> bool:
        """Whether there are outputs for training only."""
        return self.inference is not self.program

    @cached_property
    def inferred(self) -> frozenset[str]:
        """The layers that inference has."""
        return frozenset(node.name for node in self.inference.nodes())

    def reference(self, place: int) -> dict[str, NDArray[Any]]:
        """Every value of the whole program in the NumPy reference, by name."""
        values = {name: array.astype("float64") for name, array in self.inputs[place].items()}
        with np.errstate(all="ignore"):
            for node, made in trace(self.program, self.inputs[place], self.weights):
                values[node.name] = made
        return values

    def run(self, place: int, *, heads: bool) -> tuple[torch.Tensor, ...]:
        """One pass of the module; ``heads``: with the outputs that only training has."""
        self.module.training = heads
        given = [torch.from_numpy(each).to(self.dtype) for each in self.inputs[place].values()]
        try:
            return self.recorder.run(given)
        finally:
            self.module.training = False

    def to_single(self) -> None:
        """From now on in float32."""
        self.module.float()
        self.dtype = torch.float32

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report's data."""
        return dict(self.network.report().to_dict())

    def outputs(self, *, heads: bool) -> list[tuple[str, str]]:
        """Names of outputs and of the values that they show, in the source's order."""
        shown = sorted(self.program.outputs, key=lambda each: each.training)
        return [(each.name, each.value.name) for each in shown if heads or not each.training]

    @cached_property
    def model(self) -> onnx.ModelProto:
        """The graph with its weights, read back from its bytes."""
        return onnx.load_model_from_string(self.onnx_bytes)

    @cached_property
    def onnx_bytes(self) -> bytes:
        """The graph with its weights."""
        return backends.onnx.onnx_bytes(self.program, self.weights)

    def session(self, *, tapped: bool) -> onnxruntime.InferenceSession:
        """The graph in onnxruntime, as users have it, or with every value as an output."""
        if not tapped:
            return session_of(self.onnx_bytes)
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        model.graph.output.extend(model.graph.value_info)
        return session_of(model.SerializeToString(), is_optimised=False)

    def feed(self, place: int) -> dict[str, NDArray[Any]]:
        """The inputs of a batch for onnxruntime."""
        return {name: array.astype("float32") for name, array in self.inputs[place].items()}


def session_of(content: bytes, *, is_optimised: bool = True) -> onnxruntime.InferenceSession:
    """A model in onnxruntime on one thread, with the optimisations that users get or without."""
    options = onnxruntime.SessionOptions()
    if not is_optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def subject_of(network: Network, seed: int) -> Subject:
    """The network with weights made for it, in float64."""
    program = network.program
    batch, images = batch_symbols(program), image_sizes(program)
    chosen = (images[0], images[-1], images[0])
    sizes = [
        {**image, **dict.fromkeys(batch, count)}
        for image, count in zip(chosen, BATCHES, strict=True)
    ][seed % SIZES != 0 :]
    random = np.random.default_rng(seed)
    inputs = [_inputs(program, each, random) for each in sizes]
    torch.manual_seed(seed)
    module = network.module().eval().double()
    pilot = _inputs(program, {**images[0], **dict.fromkeys(batch, PILOT)}, random)
    module.training = True  # of the network alone: heads for training are there, dropout rests
    enliven(module, [torch.from_numpy(each).double() for each in pilot.values()], seed)
    module.training = False
    weights = arrays(module)
    return Subject(network, seed, tuple(sizes), tuple(inputs), module, Recorder(module), weights)


def image_sizes(program: Program) -> tuple[dict[str, int], ...]:
    """Two choices of numbers for the inputs' open image sizes; one, the empty, without such."""
    batch = batch_symbols(program)
    found = [
        symbol
        for value in program.inputs
        for dim in value.type.dims[1:]
        for symbol in sorted(dim.symbols)
        if symbol not in batch
    ]
    symbols = tuple(dict.fromkeys(found))
    if not symbols:
        return ({},)
    legal: list[dict[str, int]] = []
    for base in _CANDIDATES:
        # the second choice is the other way round, so that exchanged axes show
        order = symbols if not legal else symbols[::-1]
        each = {symbol: base + place + bool(legal) for place, symbol in enumerate(order)}
        if is_legal(program, each):
            legal.append(each)
            if len(legal) == 2:
                return tuple(legal)
            other = {symbol: base + place + 1 for place, symbol in enumerate(symbols[::-1])}
            if is_legal(program, other):
                return (each, other)
    return tuple(legal) or tuple(dict(each) for each in concrete_sizes(program))


def _inputs(
    program: Program, sizes: Mapping[str, int], random: np.random.Generator
) -> dict[str, NDArray[Any]]:
    return {
        value.name: random.standard_normal(shape(value.type, sizes), dtype=np.float32)
        for value in program.inputs
    }


def shape(type: TensorType, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The type's sizes as numbers."""
    return tuple(dim.evaluate(sizes) for dim in type.dims)


def region_calls(program: Program) -> Iterator[tuple[str, Region]]:
    """Each region with the name of its call."""
    uses = Uses()
    for region in program.regions():
        if region.kind != "group":
            yield uses.name(region.path), region


def numpy_of(made: Sequence[torch.Tensor]) -> list[NDArray[Any]]:
    """Tensors as arrays."""
    return [each.numpy() for each in made]
