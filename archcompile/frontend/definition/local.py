"""Values of a symbolic walk, and the symbols that stand for what a caller brings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archcompile.frontend.document.document import Block
from archcompile.frontend.expressions.frame import mentioned
from archcompile.frontend.expressions.sizes import symbol, to_expr
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Conditional, Expr
from archcompile.ir.types import TensorType


class NotGeneric(Exception):
    """One class cannot serve every call: some of the caller's values must be put in.

    ``names`` are the parameters that decide, as far as that is known; ``condition`` is what they
    decide: then it is enough to know whether it holds.
    """

    def __init__(
        self, message: str, names: Iterable[str] = (), condition: Expr | None = None
    ) -> None:
        super().__init__(message)
        self.names = frozenset(names)
        self.condition = condition

    @classmethod
    def on(cls, condition: Expr, message: str) -> NotGeneric:
        """Whether a condition holds decides."""
        return cls(message, mentioned(condition), condition)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a class is made for beside its parameters and the ranks of what it reads."""

    gpus: int = 0
    """The GPUs that share its layers."""
    wanted: frozenset[str] = frozenset()
    """Paths of values inside it that it gives beside its outputs."""
    assumed: tuple[tuple[str, bool], ...] = ()
    """Conditions, as texts, and whether they hold in the calls that it serves."""


@dataclass(frozen=True, slots=True)
class Local:
    """A value of a class body: the name of the step that makes it, or of an input."""

    name: str
    type: TensorType


_AXES = {2: ("features",), 3: ("channels", "length"), 4: ("channels", "height", "width")}


def inferred_names(block: Block, types: tuple[TensorType, ...]) -> tuple[tuple[str, ...], ...]:
    """For each input the names of its sizes behind the batch: ``in_channels``, ``in_height``, …

    With several inputs, or where the author took the name, the input's own name stands for ``in``.
    """
    names = tuple(scalar.text for scalar in block.inputs) or ("x",)
    declared = {parameter.name.text for parameter in block.parameters}
    found: list[tuple[str, ...]] = []
    for name, each in zip(names, types, strict=True):
        axes = _AXES.get(each.rank) or tuple(f"size{axis}" for axis in range(1, each.rank))
        prefix = "in" if len(names) == 1 else name
        while any(f"{prefix}_{axis}" in declared for axis in axes):
            prefix = f"{prefix}put" if prefix == "in" else f"{prefix}_"
        found.append(tuple(f"{prefix}_{axis}" for axis in axes))
    return tuple(found)


def symbolic_input(block: Block, types: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
    """Inputs of the same ranks whose sizes are the symbols of ``inferred_names``."""
    return tuple(
        TensorType((each.dims[0], *map(symbol, names)), each.parts)
        for each, names in zip(types, inferred_names(block, types), strict=True)
    )


def inferred_sizes(block: Block, types: tuple[TensorType, ...]) -> dict[str, Dim]:
    """Each of those names with the size that it has in a call."""
    return {
        name: size
        for names, each in zip(inferred_names(block, types), types, strict=True)
        for name, size in zip(names, each.dims[1:], strict=True)
    }


def choice(condition: Expr, present: TensorType, absent: TensorType) -> TensorType:
    """The type behind a layer that is there or not, as its call decides."""
    if present.rank != absent.rank:
        raise NotGeneric.on(condition, "a layer that changes the rank is there or not")
    return TensorType(
        tuple(
            size if size == other else _chosen(condition, size, other)
            for size, other in zip(present.dims, absent.dims, strict=True)
        ),
        present.parts,
    )


def _chosen(condition: Expr, size: Dim, other: Dim) -> Dim:
    return symbol(f"({Conditional(condition, to_expr(size), to_expr(other))})")
