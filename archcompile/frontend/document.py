"""The document model: what a spec file may hold, before any expression is evaluated.

Structure only. Whatever may be an expression, a template or an op's arguments stays a ``Tree``
(with its spans) until elaboration knows which slot it fills.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, InstanceOf

from archcompile.diagnostics import Span
from archcompile.frontend.tree import Scalar, Tree


class Model(BaseModel):
    """Strict, frozen, closed: an unknown key is a finding, never ignored."""

    # deferred: a file's validators are built when it needs them
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )


class Loop(Model):
    """``for``: columns of one length that run in step; each is a list or an expression."""

    columns: tuple[tuple[InstanceOf[Scalar], Tree], ...]
    """``{depth: depths, width: [64, 128]}`` in order; with ``rows`` the variables stand alone."""
    variables: tuple[InstanceOf[Scalar], ...] = ()
    """``for: [t, c, n, s]``: the names that each row of ``rows`` fills."""
    rows: Tree | None = None
    span: Span


class Layer(Model):
    """One entry of a list of layers: one of op, sequence, or layers (a loop's body)."""

    span: Span
    """The whole entry."""
    op: InstanceOf[Scalar] | None = None
    """The op key or block name; ``relu`` alone is an op without arguments."""
    arguments: Tree | None = None
    name: InstanceOf[Scalar] | None = None
    sources: tuple[InstanceOf[Scalar], ...] | None = None
    """``from``: the names that this layer reads."""
    sources_span: Span | None = None
    when: InstanceOf[Scalar] | None = None
    repeat: InstanceOf[Scalar] | None = None
    loop: Loop | None = None
    sequence: tuple[Layer, ...] | None = None
    layers: tuple[Layer, ...] | None = None

    @property
    def is_loop(self) -> bool:
        """Whether the line is a ``for`` or a ``repeat``."""
        return self.repeat is not None or self.loop is not None

    def one_copy(self) -> Layer:
        """The line that a ``repeat`` beside a layer makes copies of."""
        beside = ("repeat", "loop", "name", "sources", "sources_span")
        return self.model_copy(update=dict.fromkeys(beside))


class Parameter(Model):
    """``width: int`` (required) or ``stride: 1`` (a default)."""

    name: InstanceOf[Scalar]
    type: str
    """int, number, bool, text or list; for a default, the type of its value."""
    default: Tree | None = None
    span: Span


class Block(Model):
    """A user's own op: typed parameters, inputs, a body or chain, outputs."""

    name: InstanceOf[Scalar]
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[InstanceOf[Scalar], ...] = ()
    """Empty means one input called ``x``."""
    layers: tuple[Layer, ...] | None = None
    sequence: tuple[Layer, ...] | None = None
    outputs: tuple[Output, ...] = ()
    """Empty means the last layer."""
    span: Span


class Input(Model):
    """A named input; each entry of the shape is a number, parameter or symbol (``N``, ``H``)."""

    name: InstanceOf[Scalar] | None
    """``None`` for ``input: [N, 3, H, W]``: the input is then called ``x``."""
    shape: tuple[InstanceOf[Scalar], ...]
    span: Span


class Output(Model):
    """A named output and the layer that it shows (of the same name unless ``from`` is given)."""

    name: InstanceOf[Scalar]
    source: InstanceOf[Scalar]


class Cite(Model):
    """Where the network was published; ``deviations`` are deliberate differences from it."""

    paper: str | None = None
    section: str | None = None
    url: str | None = None
    deviations: tuple[str, ...] = ()


class Claim(Model):
    """One claim of ``expect``: a number (``parameters``, ``macs``, …) or a layer's shape."""

    subject: Literal["parameters", "buffers", "macs", "receptive_field", "shapes"]
    layer: str | None = None
    """For ``shapes`` and ``receptive_field``: the layer's path."""
    value: int | str | tuple[int | str, ...]
    """A text is the number as the paper prints it: ``"60M"``."""
    span: Span


class Variant(Model):
    """A named network of a family: parameter values (and ``title``, ``cite``, ``expect``)."""

    name: InstanceOf[Scalar]
    extends: InstanceOf[Scalar] | None = None
    values: tuple[tuple[InstanceOf[Scalar], Tree], ...] = ()
    title: str | None = None
    cite: Cite | None = None
    expect: tuple[Claim, ...] = ()
    span: Span


class Document(Model):
    """A whole spec file."""

    archcompile: int
    name: InstanceOf[Scalar]
    title: str | None = None
    cite: Cite | None = None
    parameters: tuple[Parameter, ...] = ()
    variants: tuple[Variant, ...] = ()
    inputs: tuple[Input, ...]
    blocks: tuple[Block, ...] = ()
    layers: tuple[Layer, ...]
    outputs: tuple[Output, ...] = ()
    expect: tuple[Claim, ...] = ()
    span: Span
    layers_span: Span


Layer.model_rebuild()
Block.model_rebuild()
