"""Blocks as ONNX functions: one function for each block and distinct body, named after the block.

Inside a function names are relative to the call's path, so calls with equal bodies share it. The
block's weights and whatever it reads from outside are inputs of the function.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeAlias

from archcompile.ir.program import Region
from archcompile.ir.uses import Uses, base
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


@dataclass(frozen=True, slots=True)
class Body:
    """One call of a block as its steps are under full names; ``name`` is that of the call."""

    name: str
    region: Region
    steps: tuple[Step, ...]
    constants: tuple[OnnxConstant, ...]
    outputs: tuple[str, ...]


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

    def call(self, body: Body, weights: Collection[str]) -> OnnxCall:
        """The call that stands for the body; its function is new only if the body is.

        ``weights`` are the names of all weights: they are told from values by these.
        """
        read = _read_from_outside(body, weights)
        names = _relative(body, read, weights)
        function = OnnxFunction(
            name="",
            inputs=tuple(names[name] for name in read),
            outputs=tuple(names[name] for name in body.outputs),
            constants=tuple(replace(each, name=names[each.name]) for each in body.constants),
            steps=tuple(_renamed(step, names) for step in body.steps),
        )
        block = body.region.block or "body"
        name = self._by_body.get((block, function)) or self._free(block)
        self._by_body[block, function] = name
        self._named.setdefault(name, replace(function, name=name))
        return OnnxCall(body.name, name, read, body.outputs)

    def _free(self, block: str) -> str:
        """The block's own name, then ``block_2``, ``block_3``, … past what is taken."""
        name, number = block, 1
        while name in self._named or (name != block and name in self._blocks):
            number += 1
            name = f"{block}_{number}"
        return name


def _read_from_outside(body: Body, weights: Collection[str]) -> tuple[str, ...]:
    """Names that the steps read and do not make: outer values first, then the block's weights."""
    made = {constant.name for constant in body.constants} | {""}
    read: dict[str, None] = {}
    for step in body.steps:
        read.update((name, None) for name in step.inputs if name not in made)
        made.update(step.outputs)
    return tuple(sorted(read, key=lambda name: name in weights))  # stable: by first use


def _relative(body: Body, read: tuple[str, ...], weights: Collection[str]) -> dict[str, str]:
    """Full name to the name inside: the rest of the path, or ``x``, ``x2``, … for outer values."""
    names = _made(body)
    names.update({name: _tail(body, name) for name in read if name in weights})
    taken = set(names.values())
    number = 0
    for name in read:
        if name in weights:
            continue
        number += 1
        candidate = "x" if number == 1 else f"x{number}"
        while candidate in taken:
            candidate += "_"
        taken.add(candidate)
        names[name] = candidate
    return names


def _made(body: Body) -> dict[str, str]:
    """What the steps, their values and the constants are called inside.

    Uses of a layer are numbered anew, so that two calls of one block have one function.
    """
    uses, heads, names = Uses(), dict[str, str](), dict[str, str]()
    for step in body.steps:
        for name in (step.name, *step.outputs):
            head, slash, label = name.partition("/")
            if head not in heads:
                heads[head] = _tail(body, uses.name(base(head)))
            names[name] = f"{heads[head]}{slash}{label}"
    for constant in body.constants:
        head, slash, label = constant.name.partition("/")
        names[constant.name] = f"{heads[head]}{slash}{label}"
    return names


def _tail(body: Body, name: str) -> str:
    return name.removeprefix(f"{body.region.path}.")


def _renamed(step: Step, names: dict[str, str]) -> Step:
    return replace(
        step,
        name=names[step.name],
        inputs=tuple(names.get(name, name) for name in step.inputs),
        outputs=tuple(names[name] for name in step.outputs),
    )
