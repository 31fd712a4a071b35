"""The NumPy reference: each op in plain, slow, obviously right array code.

A rule takes NumPy itself as its first argument, so that op files need not import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from archcompile.ir.op import Op
from archcompile.libraries import numpy
from archcompile.targets.table import RuleTable

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]  # float64 or int64, which are computed with alike

ReferenceRule: TypeAlias = "Callable[..., Array]"
"""``rule(np, op, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array``."""

reference: RuleTable[ReferenceRule] = RuleTable("reference")


def compute(op: Op, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """The op's output in evaluation mode: float64, or exact integers where the inputs are."""
    return reference[type(op)](numpy(), op, inputs, weights)
