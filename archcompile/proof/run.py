"""What a voice says when it is run: outputs, and for a module its inventory and its sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

Shape: TypeAlias = tuple[int, ...]


class RunFailed(Exception):
    """A voice raised, crashed or hung; one line for people. It never leaves ``proof``."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a live module has and showed: by module path or state_dict key."""

    state: Mapping[str, Shape]
    parameters: Mapping[str, int]
    """Elements of every parameter; one that is shared counts once."""
    trainable: int
    """Elements of those that training changes."""
    buffers: Mapping[str, int]
    """Elements of every buffer but batch counters."""
    modules: Mapping[str, str]
    """Path to class and arguments as torch prints them: ``Dropout(p=0.5, inplace=False)``."""
    arguments: Mapping[str, Mapping[str, str]]
    """Path to the numbers, words and tuples of them that the module holds, by name, as texts."""
    shapes: tuple[Mapping[str, tuple[Shape, ...]], ...]
    """For each batch, each call (``path``, then ``path#2``) to the shapes of what it made."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How far each output moves, norm-wise: ``max|new - old| / max|old|``."""

    by_input: Mapping[str, tuple[float, ...]]
    """For other numbers in one input."""
    by_weight: Mapping[str, tuple[float, ...]]
    """For a change of every element of one weight tensor by 10 %, up and down in turn."""
    tried: int | None = None
    """How many weights were changed in fact, where that is not all of them: of very many the
    weakest are, and the others' movements are those of first order."""

    def without(self, inputs: frozenset[str]) -> Movement:
        """The same but for these inputs."""
        kept = {name: far for name, far in self.by_input.items() if name not in inputs}
        return replace(self, by_input=kept)


@dataclass(frozen=True, slots=True)
class Run:
    """The outputs of every batch, in the network's order of outputs."""

    outputs: tuple[tuple[Array, ...], ...]
    inventory: Inventory | None = None
    movement: Movement | None = None
    taps: Mapping[str, Array] | None = None
    """What each layer made, by call, if it was asked for."""
    heads: tuple[Array, ...] | None = None
    """Every output of the widest batch in training, those for training only included; None where
    the voice knows no training. Layers are in evaluation mode: dropout rests, and batch norm uses
    its statistics."""
    digests: tuple[Mapping[str, str], ...] = ()
    """For each batch, each call to the digest of what it made, if digests were asked for; the
    network's outputs are called ``/0``, ``/1`` and so on."""
    error: str | None = None
    """Set, with no outputs, where the module could be built and looked at but not run."""
