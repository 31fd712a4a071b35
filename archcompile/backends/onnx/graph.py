"""OnnxModel: a Program as an ONNX graph, frozen and without the onnx library or any weights.

Names are the spec's: a node is called as its layer (``path/op`` where a layer becomes several,
``path#2`` where it is used once more), a weight as its state_dict key, a value as the layer that
makes it, inputs and outputs as the spec calls them. A bare parameter is its weight, without a node.
``num_batches_tracked`` and whatever else no node reads is not in the graph, nor is what only
training needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from archcompile.backends.onnx.functions import Body, FunctionTable, OnnxFunction, Step
from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.ir.program import Member, Node, Program, Region, Value
from archcompile.ir.types import TensorType
from archcompile.ir.uses import Uses
from archcompile.ir.weight import Weight
from archcompile.passes.inference import for_inference
from archcompile.targets.onnx import OnnxConstant, OnnxLayer, OnnxNode, emit

Size: TypeAlias = int | str
"""A fixed size, or the text of a symbolic one (``N``, ``(H - 1)//2 + 1``)."""


@dataclass(frozen=True, slots=True)
class OnnxValue:
    """A tensor of the graph with its name and sizes."""

    name: str
    dtype: Literal["float32", "int64"]
    shape: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A whole graph: steps in execution order, weights in state_dict order, callees first."""

    name: str
    inputs: tuple[OnnxValue, ...]
    outputs: tuple[OnnxValue, ...]
    weights: tuple[OnnxValue, ...]
    values: tuple[OnnxValue, ...]
    """What the graph's own layers make, outputs left out."""
    constants: tuple[OnnxConstant, ...]
    steps: tuple[Step, ...]
    functions: tuple[OnnxFunction, ...]


def onnx_model(program: Program, *, functions: bool) -> OnnxModel:
    """The program as a graph; with ``functions`` each call of a block stays a call.

    Raises InternalError if the graph would not be well formed.
    """
    program = for_inference(program)
    writer = _Writer(program, functions)
    steps = writer.body(program.members)
    shown, identities = _shown(program, writer.bare)
    steps = tuple(_under(step, shown) for step in steps) + identities
    read = {name for step in steps for name in step.inputs}
    made = {name for step in steps for name in step.outputs}
    outputs = tuple(_value(output.name, output.value.type) for output in program.outputs)
    names = {output.name for output in outputs}
    model = OnnxModel(
        name=program.name,
        inputs=tuple(_value(value.name, value.type) for value in program.inputs),
        outputs=outputs,
        weights=tuple(value for value in writer.weights.values() if value.name in read),
        values=tuple(
            value
            for value in (
                _value(shown.get(node.output.name, node.output.name), node.output.type)
                for node in program.nodes()
            )
            if value.name in made and value.name not in names
        ),
        constants=tuple(each for each in writer.constants if each.name in read),
        steps=steps,
        functions=writer.table.functions,
    )
    _verify(model)
    return model


class _Writer:
    """Walks a program once; gathers the weights and constants that the steps read."""

    def __init__(self, program: Program, functions: bool) -> None:
        self.functions = functions
        self.table = FunctionTable(
            frozenset(region.block for region in program.regions() if region.block is not None)
        )
        self.weights: dict[str, OnnxValue] = {}
        self.constants: list[OnnxConstant] = []
        self.calls = Uses()
        self.bare = {node.name: node.path for node in program.nodes() if _is_bare(node)}
        self.uses = Counter(value.name for node in program.nodes() for value in node.inputs)
        self.uses.update(output.value.name for output in program.outputs)

    def body(self, members: Iterable[Member]) -> tuple[Step, ...]:
        """The members' steps, under full paths."""
        return tuple(step for member in members for step in self._member(member))

    def _member(self, member: Member) -> tuple[Step, ...]:
        if isinstance(member, Node):
            return self._node(member)
        outputs = self._visible(member) if self.functions and member.block is not None else ()
        name = self.calls.name(member.path)
        if not outputs:  # no block, or one through which its input passes untouched
            return self.body(member.members)
        before = len(self.constants)
        steps = self.body(member.members)
        constants, self.constants[before:] = tuple(self.constants[before:]), []
        body = Body(name, member, steps, constants, outputs)
        return (self.table.call(body, self.weights.keys()),)

    def _node(self, node: Node) -> tuple[Step, ...]:
        keys = {weight.name: node.key(weight) for weight in node.weights()}
        for weight in node.weights():
            self.weights.setdefault(keys[weight.name], _weight(keys[weight.name], weight))
        if node.name in self.bare:
            return ()
        layer = OnnxLayer(
            path=node.name,
            inputs=tuple(self.bare.get(value.name, value.name) for value in node.inputs),
            types=node.types,
            weights=keys,
            result=node.output.name,
        )
        if emit(node.op, layer) != node.output.name:
            raise InternalError(f"the ONNX rule of `{node.op.key}` does not write the result")
        self.constants += layer.constants
        return tuple(layer.nodes)

    def _visible(self, region: Region) -> tuple[str, ...]:
        """Values made inside that the outside sees: the region's outputs, then tapped ones."""
        made = [node.name for node in _nodes(region) if node.name not in self.bare]
        inside = Counter(value.name for node in _nodes(region) for value in node.inputs)
        declared = [value.name for value in region.outputs if value.name in set(made)]
        tapped = [name for name in made if self.uses[name] > inside[name]]
        return tuple(dict.fromkeys(declared + tapped))


def _nodes(region: Region) -> Iterator[Node]:
    for member in region.members:
        if isinstance(member, Node):
            yield member
        else:
            yield from _nodes(member)


def _is_bare(node: Node) -> bool:
    """A bare parameter: its weight has its own name."""
    return any(not weight.name for weight in node.weights())


def _shown(
    program: Program, bare: Mapping[str, str]
) -> tuple[dict[str, str], tuple[OnnxNode, ...]]:
    """What a layer's value is called where an output shows it; and the identities that remain.

    An output that shows an input, a bare parameter, or a value that another output shows already,
    needs a node of its own. A layer whose own name an output has taken steps aside.
    """
    inputs = {value.name for value in program.inputs} | bare.keys()
    made = {node.output.name for node in program.nodes()}
    shown: dict[str, str] = {}
    identities: list[tuple[str, Value]] = []
    for output in program.outputs:
        if output.value.name in inputs or output.value.name in shown:
            identities.append((output.name, output.value))
        else:
            shown[output.value.name] = output.name
    for output in program.outputs:
        if output.name in made - bare.keys() and output.name not in shown:
            shown[output.name] = f"{output.name}/value"
    return shown, tuple(
        OnnxNode(f"{name}/output", "Identity", (_source(value.name, shown, bare),), (name,))
        for name, value in identities
    )


def _source(name: str, shown: Mapping[str, str], bare: Mapping[str, str]) -> str:
    return bare.get(name) or shown.get(name, name)


def _under(step: Step, names: dict[str, str]) -> Step:
    """The step with its values renamed."""
    return replace(
        step,
        inputs=tuple(names.get(name, name) for name in step.inputs),
        outputs=tuple(names.get(name, name) for name in step.outputs),
    )


def _value(name: str, type: TensorType) -> OnnxValue:
    return OnnxValue(name, "float32", tuple(map(_size, type.dims)))


def _weight(name: str, weight: Weight) -> OnnxValue:
    return OnnxValue(name, weight.dtype, tuple(map(_size, weight.shape)))


def _size(dim: Dim) -> Size:
    return int(dim) if dim.constant is not None else str(dim)


def _verify(model: OnnxModel) -> None:
    """Each value is made once and before it is read; node names are unique."""
    known = [value.name for value in (*model.inputs, *model.weights)]
    known += [constant.name for constant in model.constants]
    _well_formed(model.name, known, model.steps, [value.name for value in model.outputs])
    for function in model.functions:
        names = [*function.inputs, *(constant.name for constant in function.constants)]
        _well_formed(function.name, names, function.steps, function.outputs)


def _well_formed(
    graph: str, known: list[str], steps: tuple[Step, ...], outputs: Iterable[str]
) -> None:
    made = set(known)
    if len(made) != len(known):
        raise InternalError(f"the ONNX graph `{graph}` names two of its inputs alike")
    labels: set[str] = set()
    for step in steps:
        unknown = [name for name in step.inputs if name and name not in made]
        again = [name for name in step.outputs if name in made]
        if unknown or again or step.name in labels:
            raise InternalError(
                f"the ONNX graph `{graph}` is broken at `{step.name}`: "
                f"reads unknown {unknown}, makes again {again}"
            )
        labels.add(step.name)
        made.update(step.outputs)
    if missing := [name for name in outputs if name not in made]:
        raise InternalError(f"the ONNX graph `{graph}` does not make its outputs {missing}")
