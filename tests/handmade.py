"""Programs put together by hand, for tests of what stands behind the elaborator."""

from __future__ import annotations

from collections.abc import Mapping

from numpy import float32, float64
from numpy.typing import NDArray

from archcompile.diagnostics import SourceFile, Span
from archcompile.ir.op import Op
from archcompile.ir.program import Member, Node, Program, ProgramOutput, Region, Value
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Weight
from archcompile.ops.activations import ReLU, Tanh
from archcompile.ops.linear import Linear
from archcompile.targets.reference import compute

SPAN = Span(SourceFile("specs/net.yaml", "name: net\n"), 1, 1, 1, 10)


class Holder:
    """Stands in for an op of which only the weights matter."""

    key = "holder"

    def __init__(self, *weights: Weight) -> None:
        self._weights = weights

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        return self._weights

    def infer(self, *inputs: TensorType) -> TensorType:
        return inputs[0]


def value(name: str, *sizes: int | str) -> Value:
    return Value(name, TensorType.of(*sizes))


def node(path: str, op: Op | Holder, *inputs: Value) -> Node:
    result = Value(path, op.infer(*(each.type for each in inputs)))
    return Node(path, op, inputs, result, SPAN)


def region(path: str, block: str | None, inputs: tuple[Value, ...], *members: Member) -> Region:
    """A block's call, or a sequence where there is no block; its output is its last member's."""
    last = members[-1]
    outputs = (last.output,) if isinstance(last, Node) else last.outputs
    return Region(path, "block" if block else "sequence", block, (), inputs, members, outputs, SPAN)


def program(
    inputs: tuple[Value, ...], members: tuple[Member, ...], name: str = "net", **outputs: Value
) -> Program:
    return Program(
        name=name,
        family=name,
        title=None,
        cite=None,
        parameters=(),
        overridden=(),
        inputs=inputs,
        members=members,
        outputs=tuple(ProgramOutput(*each) for each in outputs.items()),
        claims=(),
        definitions=(),
        spec="specs/net.yaml",
        span=SPAN,
    )


def evaluate(
    made: Program, weights: Mapping[str, NDArray[float32]], x: NDArray[float32]
) -> NDArray[float64]:
    """The first output by the reference rules, in float64."""
    values: dict[str, NDArray[float64]] = {made.inputs[0].name: x.astype("float64")}
    for each in made.nodes():
        own = {w.name: weights[f"{each.path}.{w.name}"].astype("float64") for w in each.weights()}
        values[each.output.name] = compute(
            each.op, tuple(values[read.name] for read in each.inputs), own
        )
    return values[made.outputs[0].value.name]


def perceptron() -> Program:
    """8 -> fc1 (16) -> tanh -> fc2 (3), the output called ``logits``."""
    image = value("image", "N", 8)
    fc1 = node("fc1", Linear(out_features=16), image)
    act = node("tanh", Tanh(), fc1.output)
    fc2 = node("fc2", Linear(out_features=3), act.output)
    return program((image,), (fc1, act, fc2), logits=fc2.output)


def blocks() -> Program:
    """A sequence of two calls of ``unit`` with equal bodies, a third inside ``outer``, then fc."""
    image = value("image", "N", 8)
    first = unit("body.0", image)
    second = unit("body.1", first.outputs[0])
    inner = unit("last.unit", second.outputs[0])
    last = region("last", "outer", second.outputs, inner)
    fc = node("fc", Linear(out_features=3), last.outputs[0])
    sequence = region("body", None, (image,), first, second)
    return program((image,), (sequence, last, fc), logits=fc.output)


def unit(path: str, x: Value, width: int = 8) -> Region:
    """A call of the block ``unit``: linear and relu."""
    fc = node(f"{path}.fc", Linear(out_features=width), x)
    return region(path, "unit", (x,), fc, node(f"{path}.relu", ReLU(), fc.output))
