"""The tensors of a program's state_dict: key, fixed sizes, start. Counted before any is made."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.ir.order import registered
from archcompile.ir.program import Node, Program
from archcompile.ir.weight import Weight

MOST_ELEMENTS = 2**32
"""The largest number of elements that weights are made for: 16 GiB of float32."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: its state_dict key, its sizes, what the op says of it, and its layer."""

    key: str
    shape: tuple[int, ...]
    weight: Weight
    node: Node

    @property
    def elements(self) -> int:
        """The number of elements; a scalar has one."""
        return prod(self.shape)


def tensors(program: Program) -> tuple[Tensor, ...]:
    """Every tensor in state_dict order, a shared one once.

    Raises SpecError: TOO_BIG for more than ``MOST_ELEMENTS``, UNSUPPORTED for a weight whose size
    depends on the size of the input.
    """
    made: dict[str, list[Tensor]] = {}
    for node in program.nodes():
        own = [_tensor(node, weight) for weight in node.weights()]
        # a function leaves nothing in the module around it; what reads nothing is a tensor there
        if own or node.op.is_module or not node.inputs:
            made.setdefault(node.path, own)
    bare = [path for path, own in made.items() if [each.key for each in own] == [path]]
    found = [tensor for path in registered(made, bare) for tensor in made[path]]
    total = sum(tensor.elements for tensor in found)
    if total > MOST_ELEMENTS:
        raise SpecError([_too_big(program, total, tuple(found))])
    return tuple(found)


def _tensor(node: Node, weight: Weight) -> Tensor:
    key = node.key(weight)
    return Tensor(key, _shape(key, weight, node), weight, node)


def _shape(key: str, weight: Weight, node: Node) -> tuple[int, ...]:
    if any(dim.constant is None for dim in weight.shape):
        sizes = ", ".join(map(str, weight.shape))
        raise SpecError(
            [
                Diagnostic(
                    Code.UNSUPPORTED,
                    f"the weight `{key}` has no fixed size: [{sizes}] depends on the input",
                    node.span,
                    help="give the input fixed sizes, or pool to a fixed size before this layer",
                )
            ]
        )
    return tuple(int(dim) for dim in weight.shape)


def _too_big(program: Program, total: int, found: tuple[Tensor, ...]) -> Diagnostic:
    largest = max(found, key=lambda tensor: tensor.elements)
    return Diagnostic(
        Code.TOO_BIG,
        f"`{program.name}` has {total:,} weights, expected at most {MOST_ELEMENTS:,}; "
        f"`{largest.key}` alone has {largest.elements:,}",
        largest.node.span,
    )
