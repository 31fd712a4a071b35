"""The document model: what a spec file may hold, before any expression is evaluated.

Structure only. Whatever may be an expression, a template or an op's arguments stays a ``Tree``
(with its spans) until elaboration knows which slot it fills.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from archcompile.diagnostics import Span
from archcompile.frontend.text.tree import Mapping, Scalar, Sequence, Tree


@dataclass(frozen=True, slots=True)
class _Made:
    """Marks what the reader has made: ``isinstance`` says enough, and nothing is looked into."""

    kinds: tuple[type, ...]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(self.kinds)


_Scalar: TypeAlias = Annotated[Scalar, _Made((Scalar,))]
_Tree: TypeAlias = Annotated[Tree, _Made((Scalar, Mapping, Sequence))]
_Span: TypeAlias = Annotated[Span, _Made((Span,))]


class Model(BaseModel):
    """Strict, frozen, closed: an unknown key is a finding, never ignored."""

    # deferred: a file's validators are built when it needs them
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )


class Loop(Model):
    """``for``: columns of one length that run in step; each is a list or an expression."""

    columns: tuple[tuple[_Scalar, _Tree], ...]
    """``{depth: depths, width: [64, 128]}`` in order; with ``rows`` the variables stand alone."""
    variables: tuple[_Scalar, ...] = ()
    """``for: [t, c, n, s]``: the names that each row of ``rows`` fills."""
    rows: _Tree | None = None
    span: _Span


class Branch(Model):
    """One branch of ``branches``: its lines, and the key that it stands under in a mapping."""

    name: _Scalar | None
    """With a name there is one line, of that name: a layer, or a ``sequence`` for a list."""
    lines: tuple[Layer, ...]
    span: _Span


class Branches(Model):
    """Several ways from one value, and the op that joins their ends (``concat`` if not said)."""

    branches: tuple[Branch, ...]
    join: Layer
    span: _Span


class Residual(Model):
    """A body and a shortcut around it, joined (``add`` if not said; the shortcut comes first)."""

    body: tuple[Layer, ...]
    shortcut: Layer | None
    """``None`` is the identity; a list is a ``sequence`` called ``shortcut``."""
    skip: _Scalar | None
    """A condition; where it is false there is the body alone, the plain twin."""
    join: Layer
    tree: _Tree
    """What stands under the key: the body's list, or a mapping."""
    span: _Span


class GpuGroups(Model):
    """Layers that ``count`` GPUs share: each tensor is whole, or split on its channel axis."""

    count: _Scalar
    layers: tuple[Layer, ...]
    span: _Span


class WeightInit(Model):
    """``{weight: {normal: 0.01}}``: the distribution that weights of this name start with."""

    op: _Scalar | None
    """For a block or file: the ops that it is said for; ``None``: whatever has kernels."""
    weight: _Scalar | None
    """``None`` for a bare parameter."""
    distribution: _Scalar
    """``constant``, ``normal``, ``uniform``, ``truncated_normal``, ``kaiming_normal``, …"""
    arguments: _Tree
    span: _Span


class Layer(Model):
    """One entry of a list of layers: one of op, sequence, layers (a loop's body) or a structure."""

    span: _Span
    """The whole entry."""
    op: _Scalar | None = None
    """The op key or block name; ``relu`` alone is an op without arguments."""
    arguments: _Tree | None = None
    name: _Scalar | None = None
    sources: tuple[_Scalar, ...] | None = None
    """``from``: the names that this layer reads."""
    sources_span: _Span | None = None
    when: _Scalar | None = None
    repeat: _Scalar | None = None
    loop: Loop | None = None
    sequence: tuple[Layer, ...] | None = None
    layers: tuple[Layer, ...] | None = None
    names: tuple[_Scalar, ...] = ()
    """``name: [a, b]``: the names of the outputs of an op that has several."""
    branches: Branches | None = None
    residual: Residual | None = None
    gpu_groups: GpuGroups | None = None
    apply: _Scalar | None = None
    """The name of a layer before it, which is used once more with the same weights."""
    init: tuple[WeightInit, ...] = ()

    @property
    def is_structure(self) -> bool:
        """Whether the line is a structure of a class body: its lines stand in the body around."""
        return bool(self.branches or self.residual or self.gpu_groups)

    def inner_lines(self) -> tuple[Layer, ...]:
        """The lines of a loop or structure, as they stand in the text; not a ``sequence``'s."""
        found = list(self.layers or ())
        if self.branches is not None:
            found += (line for branch in self.branches.branches for line in branch.lines)
        if self.residual is not None:
            shortcut = self.residual.shortcut
            found += (*self.residual.body, *((shortcut,) if shortcut is not None else ()))
        if self.gpu_groups is not None:
            found += self.gpu_groups.layers
        return tuple(found)

    @property
    def is_loop(self) -> bool:
        """Whether the line is a ``for`` or a ``repeat``."""
        return self.repeat is not None or self.loop is not None

    @property
    def is_decided_once(self) -> bool:
        """Whether its ``when`` is one for all rounds of a loop: it names none of its variables."""
        if self.when is None or not self.is_loop:
            return self.when is not None
        own = {"index"} if self.loop is None else {name.text for name, _ in self.loop.columns}
        own |= {name.text for name in self.loop.variables} if self.loop is not None else set()
        return own.isdisjoint(re.findall(r"[A-Za-z_]\w*", self.when.text)) and (
            "in" not in self.when.text.replace(".", " ").split()
        )

    def one_copy(self) -> Layer:
        """The line that a ``repeat`` beside a layer makes copies of."""
        beside = ("repeat", "loop", "name", "sources", "sources_span")
        return self.model_copy(update=dict.fromkeys(beside))


class Parameter(Model):
    """``width: int`` (required) or ``stride: 1`` (a default)."""

    name: _Scalar
    type: str
    """int, number, bool, text, list, layer or choice; for a default, the type of its value."""
    default: _Tree | None = None
    """For a ``layer``: the op or block, alone or as ``{group_norm: 32}``."""
    choices: tuple[_Scalar, ...] = ()
    """The texts that a ``choice`` may be."""
    span: _Span

    @property
    def choices_texts(self) -> tuple[str, ...]:
        """The same as plain texts."""
        return tuple(choice.text for choice in self.choices)


class Block(Model):
    """A user's own op: typed parameters, inputs, a body or chain, outputs."""

    name: _Scalar
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[_Scalar, ...] = ()
    """Empty means one input called ``x``."""
    layers: tuple[Layer, ...] | None = None
    sequence: tuple[Layer, ...] | None = None
    outputs: tuple[Output, ...] = ()
    """Empty means the last layer."""
    let: tuple[tuple[_Scalar, _Tree], ...] = ()
    """Derived values in order, each over the parameters, the inputs and those before it."""
    init: tuple[WeightInit, ...] = ()
    span: _Span

    @property
    def input_names(self) -> tuple[str, ...]:
        """What its inputs are called."""
        return tuple(scalar.text for scalar in self.inputs) or ("x",)


class Input(Model):
    """A named input; each entry of the shape is a number, parameter or symbol (``N``, ``H``)."""

    name: _Scalar | None
    """``None`` for ``input: [N, 3, H, W]``: the input is then called ``x``."""
    shape: tuple[_Scalar, ...]
    span: _Span


class Output(Model):
    """A named output and the layer that it shows (of the same name unless ``from`` is given)."""

    name: _Scalar
    source: _Scalar
    training: bool = False
    """Computed in training only."""
    loss_weight: float | None = None


class Cite(Model):
    """Where the network was published; ``deviations`` are deliberate differences from it."""

    paper: str | None = None
    section: str | None = None
    url: str | None = None
    deviations: tuple[str, ...] = ()


class Claim(Model):
    """One claim of ``expect``: a number (``parameters``, ``macs``, …) or a layer's shape."""

    subject: Literal["parameters", "buffers", "macs", "connections", "receptive_field", "shapes"]
    layer: str | None = None
    """For ``shapes`` and ``receptive_field``: the layer's path."""
    value: int | str | tuple[int | str, ...]
    """A text is the number as the paper prints it: ``"60M"``."""
    inference: bool = False
    """Said under ``inference``: layers that only training needs are left out."""
    span: _Span
    """The value."""
    layer_span: _Span | None = None


class Variant(Model):
    """A named network of a family: parameter values (and ``title``, ``cite``, ``expect``)."""

    name: _Scalar
    extends: _Scalar | None = None
    values: tuple[tuple[_Scalar, _Tree], ...] = ()
    title: str | None = None
    cite: Cite | None = None
    expect: tuple[Claim, ...] = ()
    span: _Span


class Library(Model):
    """A file of blocks: no network, blocks that specs ``use``."""

    uses: tuple[_Scalar, ...] = ()
    blocks: tuple[Block, ...]
    """Its own, and those of the files that it uses."""
    span: _Span


class Document(Model):
    """A whole spec file."""

    archcompile: int
    name: _Scalar
    title: str | None = None
    cite: Cite | None = None
    parameters: tuple[Parameter, ...] = ()
    variants: tuple[Variant, ...] = ()
    inputs: tuple[Input, ...]
    uses: tuple[_Scalar, ...] = ()
    """Paths of the files that blocks are taken from; those blocks stand in ``blocks`` too."""
    let: tuple[tuple[_Scalar, _Tree], ...] = ()
    init: tuple[WeightInit, ...] = ()
    blocks: tuple[Block, ...] = ()
    layers: tuple[Layer, ...]
    outputs: tuple[Output, ...] = ()
    expect: tuple[Claim, ...] = ()
    allow: tuple[_Scalar, ...] = ()
    """The codes of warnings that the author knows of."""
    span: _Span
    layers_span: _Span

    @cached_property
    def variant_by_name(self) -> dict[str, Variant]:
        """The variants, the last of a name; made once, for there may be thousands."""
        return {variant.name.text: variant for variant in self.variants}
