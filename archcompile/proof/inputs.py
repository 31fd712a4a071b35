"""Whether arrays are a network's inputs: names, ranks, sizes, one number for each symbol."""

from __future__ import annotations

from collections.abc import Mapping

from archcompile.ir.program import Program
from archcompile.ir.types import TensorType


def fit_inputs(program: Program, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The number that each symbol stands for. Raises ``ValueError`` where the shapes do not fit.

    A size that is an expression (``4 * H``) is held once its symbols are known by themselves.
    """
    wanted = {value.name: value.type for value in program.inputs}
    if shapes.keys() != wanted.keys():
        raise ValueError(f"the inputs are {_listed(wanted)}, got {_listed(shapes) or 'none'}")
    known: dict[str, int] = {}
    for name, shape in shapes.items():
        if len(shape) != wanted[name].rank:
            raise ValueError(_unfit(name, shape, wanted[name]))
        for dim, size in zip(wanted[name].dims, shape, strict=True):
            if str(dim) in dim.symbols:
                known.setdefault(str(dim), size)
    for name, shape in shapes.items():
        for dim, size in zip(wanted[name].dims, shape, strict=True):
            if dim.symbols <= known.keys() and dim.evaluate(known) != size:
                raise ValueError(_unfit(name, shape, wanted[name]))
    return known


def _unfit(name: str, shape: tuple[int, ...], wanted: TensorType) -> str:
    return f"`{name}` has shape {list(shape)}, expected {wanted}"


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names)
