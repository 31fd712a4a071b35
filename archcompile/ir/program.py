"""Program: an elaborated network, hierarchical, with every size known.

Blocks stay blocks: a ``Region`` is one call of a block, a ``sequence`` or a named ``repeat``, and
holds the nodes inside it. ``nodes`` is the flat view for those who need one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from archcompile.diagnostics import Span
from archcompile.diagnostics.span import small_value
from archcompile.ir.definition import Definition
from archcompile.ir.expr import Constant
from archcompile.ir.op import Op
from archcompile.ir.outcome import weights_of
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Init, Weight


@small_value
class Value:
    """A tensor on its way: named by the path of the layer that makes it, or by the input."""

    name: str
    type: TensorType
    span: Span | None = field(default=None, compare=False, repr=False)


@small_value
class Node:
    """One use of an op; ``path`` names its module, state_dict keys, ONNX node and report row."""

    path: str
    op: Op
    inputs: tuple[Value, ...]
    output: Value
    span: Span = field(compare=False, repr=False)
    starts: tuple[tuple[str, Init], ...] = ()
    """How weights start, by their names in the op, where the spec's ``init`` says so."""
    types: tuple[TensorType, ...] = field(init=False, compare=False, repr=False)
    """Those of the inputs."""

    @property
    def name(self) -> str:
        """The path; ``path#2`` where the module is used a second time. Different for every node."""
        return self.output.name

    def weights(self) -> tuple[Weight, ...]:
        """The op's weights at this place; ``key`` is the name of each in the state_dict."""
        own = weights_of(self.op, self.types)
        if not self.starts:
            return own
        starts = dict(self.starts)
        return tuple(replace(each, init=starts.get(each.name, each.init)) for each in own)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", tuple([value.type for value in self.inputs]))

    def key(self, weight: Weight) -> str:
        """The state_dict key; a bare parameter, whose weight has no name, is called as its path."""
        return f"{self.path}.{weight.name}" if weight.name else self.path


@dataclass(frozen=True, slots=True)
class Region:
    """A module with members: a block's call, a ``sequence``, or a named ``repeat`` or ``for``."""

    path: str
    kind: Literal["block", "sequence", "repeat", "group"]
    """``group`` is a named structure: its members stand where they are, under a common path."""
    block: str | None
    """The block's name, for a call."""
    arguments: tuple[tuple[str, Constant], ...]
    """What the block was called with, defaults included."""
    inputs: tuple[Value, ...]
    members: tuple[Member, ...]
    outputs: tuple[Value, ...]
    span: Span = field(compare=False, repr=False)


Member: TypeAlias = Node | Region


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """A named output of the network and the value it shows."""

    name: str
    value: Value
    training: bool = False
    """Whether it is computed in training only, as an auxiliary head is."""
    loss_weight: float | None = None
    """What its loss is multiplied with, where the paper says so."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the network was published, and the deliberate differences from it."""

    paper: str | None = None
    section: str | None = None
    url: str | None = None
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the spec says of itself: a number, or a layer's shape without the batch axis."""

    subject: Literal["parameters", "buffers", "macs", "connections", "receptive_field", "shapes"]
    layer: str | None
    value: int | str | tuple[int | str, ...]
    span: Span = field(compare=False, repr=False)
    inference: bool = False
    """Whether layers that only training needs are left out."""
    layer_span: Span | None = field(default=None, compare=False, repr=False)
    """Where the layer is named."""


@dataclass(frozen=True, slots=True)
class Program:
    """A whole network: inputs, members in execution order, outputs; and how its author wrote it."""

    name: str
    """The variant's name, which is also the folder's."""
    family: str
    """The file's name (``name:``)."""
    title: str | None
    cite: Citation | None
    parameters: tuple[tuple[str, Constant], ...]
    """Every parameter of the file with the value it has here."""
    overridden: tuple[str, ...]
    """Parameters that the caller set, so that claims about the variant's own values do not hold."""
    inputs: tuple[Value, ...]
    members: tuple[Member, ...]
    outputs: tuple[ProgramOutput, ...]
    claims: tuple[Claim, ...]
    definitions: tuple[Definition, ...]
    """The classes of the source, blocks before those that call them, the network last."""
    spec: str
    """The spec file as the author named it."""
    span: Span = field(compare=False, repr=False)

    def nodes(self) -> Iterator[Node]:
        """Every node in execution order, whatever region it is in."""
        yield from _nodes(self.members)

    def regions(self) -> Iterator[Region]:
        """Every region, an outer one before those inside it."""
        yield from _regions(self.members)


def _nodes(members: tuple[Member, ...]) -> Iterator[Node]:
    for member in members:
        if isinstance(member, Node):
            yield member
        else:
            yield from _nodes(member.members)


def _regions(members: tuple[Member, ...]) -> Iterator[Region]:
    for member in members:
        if isinstance(member, Region):
            yield member
            yield from _regions(member.members)
