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
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.generic]

ReferenceRule: TypeAlias = "Callable[..., Array]"
"""``rule(np, op, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array`` (evaluation mode)."""

reference: RuleTable[ReferenceRule] = RuleTable("reference")


def compute(op: Op, inputs: tuple[Array, ...], weights: Mapping[str, Array]) -> Array:
    """The op's output, in the dtype of its inputs (float64 or exact integers), in evaluation mode."""
    return reference[type(op)](numpy(), op, inputs, weights)
