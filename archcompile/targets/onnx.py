"""The vocabulary of ONNX graphs, without the onnx library: nodes, attributes, small constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from archcompile.ir.op import Op
from archcompile.ir.types import TensorType
from archcompile.targets.table import RuleTable

OPSET = 22
"""The opset of every graph: from 22 on, ONNX's shapes of ceil-mode pooling equal torch's."""

Attribute: TypeAlias = int | float | str | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One operator: ``name`` is the layer's path, ``path/op`` where that becomes several nodes."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[tuple[str, Attribute], ...] = ()


@dataclass(frozen=True, slots=True)
class OnnxConstant:
    """A small tensor that the graph itself holds (axes, pads, shapes, scalars)."""

    name: str
    dtype: Literal["float32", "int64"]
    shape: tuple[int, ...]
    values: tuple[int, ...] | tuple[float, ...]


@dataclass(slots=True)
class OnnxLayer:
    """Collects what one layer becomes. A rule calls ``node`` last and returns the output's name.

    ``path`` is the layer's; ``inputs`` and ``weights`` are value names; ``result`` is the name that
    the layer's output must have: the last node of the rule writes it.
    """

    path: str
    inputs: tuple[str, ...]
    types: tuple[TensorType, ...]
    weights: Mapping[str, str]
    """Weight name (``weight``, ``bias``) to the initialiser's name."""
    result: str
    nodes: list[OnnxNode] = field(default_factory=list)
    constants: list[OnnxConstant] = field(default_factory=list)

    def node(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """The layer's only node, or its last one: it writes the layer's result."""
        self.nodes.append(self._node(self.path, operator, inputs, (self.result,), attributes))
        return self.result

    def part(self, label: str, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """A node before the last, called ``path/label``; returns the name of what it makes."""
        name = f"{self.path}/{label}"
        self.nodes.append(self._node(name, operator, inputs, (name,), attributes))
        return name

    def ints(self, label: str, *values: int) -> str:
        """A one-dimensional int64 constant called ``path/label``."""
        name = f"{self.path}/{label}"
        self.constants.append(OnnxConstant(name, "int64", (len(values),), values))
        return name

    def scalar(self, label: str, value: float) -> str:
        """A float32 scalar constant called ``path/label``."""
        name = f"{self.path}/{label}"
        self.constants.append(OnnxConstant(name, "float32", (), (value,)))
        return name

    def floats(self, label: str, shape: tuple[int, ...], values: tuple[float, ...]) -> str:
        """A float32 constant called ``path/label``, its values in row-major order."""
        name = f"{self.path}/{label}"
        self.constants.append(OnnxConstant(name, "float32", shape, values))
        return name

    @staticmethod
    def _node(
        name: str,
        operator: str,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        attributes: Mapping[str, Attribute],
    ) -> OnnxNode:
        return OnnxNode(name, operator, inputs, outputs, tuple(sorted(attributes.items())))


OnnxRule: TypeAlias = Callable[..., str]
"""``rule(op, layer: OnnxLayer) -> str``: emits the layer's nodes, returns the result's name."""

onnx: RuleTable[OnnxRule] = RuleTable("ONNX")


def emit(op: Op, layer: OnnxLayer) -> str:
    """Run the op's rule."""
    return onnx[type(op)](op, layer)
