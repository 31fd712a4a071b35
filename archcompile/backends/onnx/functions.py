"""Blocks as ONNX functions: one function for each block and distinct body, named after the block.

Inside a function names are relative to the call's path, so calls with equal bodies share it. The
block's weights and whatever it reads from outside are inputs of the function.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from archcompile.ir.program import Region
from archcompile.targets.onnx import OnnxConstant, OnnxNode


@dataclass(frozen=True, slots=True)
class OnnxCall:
    """A use of a function; ``name`` is the path of the block's call."""

    name: str
    function: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


Step: TypeAlias = OnnxNode | OnnxCall


@dataclass(frozen=True, slots=True)
class OnnxFunction:
    """What a block does, over names relative to the call."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: tuple[OnnxConstant, ...]
    steps: tuple[Step, ...]


class FunctionTable:
    """The functions seen so far. ``blocks`` are the author's names; no other body takes one."""

    def __init__(self, blocks: frozenset[str]) -> None:
        self._blocks = blocks
        self._by_body: dict[tuple[str, OnnxFunction], str] = {}
        self._named: dict[str, OnnxFunction] = {}

    @property
    def functions(self) -> tuple[OnnxFunction, ...]:
        """Every function, callees before those that call them."""
        return tuple(self._named.values())

    def call(
        self,
        region: Region,
        steps: tuple[Step, ...],
        constants: tuple[OnnxConstant, ...],
        outputs: tuple[str, ...],
    ) -> OnnxCall:
        """The call that stands for the region; its function is new only if its body is."""
        read = _read_from_outside(region, steps, constants)
        names = _relative(region, read, steps, outputs)
        body = OnnxFunction(
            name="",
            inputs=tuple(names[name] for name in read),
            outputs=tuple(names[name] for name in outputs),
            constants=tuple(replace(each, name=_tail(region, each.name)) for each in constants),
            steps=tuple(_renamed(region, step, names) for step in steps),
        )
        block = region.block or "body"
        name = self._by_body.get((block, body)) or self._free(block)
        self._by_body[block, body] = name
        self._named.setdefault(name, replace(body, name=name))
        return OnnxCall(region.path, name, read, outputs)

    def _free(self, block: str) -> str:
        """The block's own name, then ``block_2``, ``block_3``, … past what is taken."""
        name, number = block, 1
        while name in self._named or (name != block and name in self._blocks):
            number += 1
            name = f"{block}_{number}"
        return name


def _read_from_outside(
    region: Region, steps: Iterable[Step], constants: Iterable[OnnxConstant]
) -> tuple[str, ...]:
    """Names that the steps read and do not make: outer values first, then the block's weights."""
    made = {constant.name for constant in constants} | {""}
    read: dict[str, None] = {}
    for step in steps:
        read.update((name, None) for name in step.inputs if name not in made)
        made.update(step.outputs)
    return tuple(sorted(read, key=lambda name: _inside(region, name)))  # stable: by first use


def _relative(
    region: Region, read: tuple[str, ...], steps: tuple[Step, ...], outputs: tuple[str, ...]
) -> dict[str, str]:
    """Full name to the name inside: the rest of the path, or ``x``, ``x2``, … for outer values."""
    inner = [name for step in steps for name in (*step.inputs, *step.outputs)]
    names = {name: _tail(region, name) for name in (*inner, *outputs) if _inside(region, name)}
    taken = set(names.values())
    number = 0
    for name in read:
        if _inside(region, name):
            continue
        number += 1
        candidate = "x" if number == 1 else f"x{number}"
        while candidate in taken:
            candidate += "_"
        taken.add(candidate)
        names[name] = candidate
    return names


def _inside(region: Region, name: str) -> bool:
    return name.startswith(f"{region.path}.")


def _tail(region: Region, name: str) -> str:
    return name.removeprefix(f"{region.path}.")


def _renamed(region: Region, step: Step, names: dict[str, str]) -> Step:
    return replace(
        step,
        name=_tail(region, step.name),
        inputs=tuple(names.get(name, name) for name in step.inputs),
        outputs=tuple(names.get(name, name) for name in step.outputs),
    )
