"""Places: the named values of one class body while it is elaborated, and what ``from`` may read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from archcompile.diagnostics import Code, Related, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document import Layer
from archcompile.frontend.findings import finding
from archcompile.frontend.names import check_layer_name
from archcompile.frontend.tree import Scalar

V = TypeVar("V")


@dataclass(slots=True)
class Places(Generic[V]):
    """What has a name so far, what the line before left, how often each automatic name was used."""

    inputs: dict[str, V]
    later: frozenset[str]
    """Names that the body's text gives, whether or not the walk has reached them."""
    current: tuple[V, ...] = ()
    values: dict[str, tuple[V, ...]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: dict[str, V], layers: tuple[Layer, ...]) -> Places[V]:
        """The start of a body: the first line reads the inputs."""
        return cls(inputs, frozenset(_static_names(layers)), tuple(inputs.values()))

    def automatic(self, base: str) -> str:
        """``relu``, ``relu2``, …: counted in the text, so that no condition shifts a name."""
        count = self.counts.get(base, 0) + 1
        self.counts[base] = count
        return base if count == 1 else f"{base}{count}"

    def declare(self, name: str, span: Span, *, loops: bool) -> str:
        """Check a layer's name and take it. Raises a finding if it is no name or is taken."""
        check_layer_name(name, span)
        if name in self.inputs:
            raise finding(
                Code.DUPLICATE_NAME,
                f"`{name}` is the name of an input",
                span,
                help=f"write `{name}1`",
            )
        if name in self.spans:
            help = f'write `name: "{name}{{index + 1}}"`' if loops else None
            first = Related(self.spans[name], f"`{name}` is first named here")
            raise finding(
                Code.DUPLICATE_NAME,
                f"two layers are called `{name}`",
                span,
                related=(first,),
                help=help,
            )
        self.spans[name] = span
        return name

    def define(self, name: str, values: tuple[V, ...]) -> None:
        """The layer's values, which the next line reads too."""
        self.values[name] = values
        self.current = values

    def leave_open(self, layers: tuple[Layer, ...], values: tuple[V, ...]) -> None:
        """The names of lines that could not be walked: what reads them is open too."""
        for name in _static_names(layers):
            self.values.setdefault(name, values)

    def read(self, sources: tuple[Scalar, ...] | None, texts: Iterable[str]) -> tuple[V, ...]:
        """What a layer reads: the line before, or the names after ``from``."""
        if sources is None:
            return self.current
        found: list[V] = []
        for scalar, name in zip(sources, texts, strict=True):
            found += self._named(scalar, name)
        return tuple(found)

    def shown(self, source: Scalar) -> V:
        """The value that an output shows: of a layer that has one."""
        values = self._named(source, source.text)
        if len(values) != 1:
            raise finding(
                Code.WRONG_INPUT_COUNT,
                f"an output shows one value, `{source.text}` has {len(values)}",
                source.span,
            )
        return values[0]

    def _named(self, scalar: Scalar, name: str) -> tuple[V, ...]:
        if name in self.values:
            return self.values[name]
        if name in self.inputs:
            return (self.inputs[name],)
        first = name.split(".")[0]
        if first != name and (first in self.values or first in self.inputs):
            raise finding(
                Code.UNSUPPORTED,
                f"`{name}` reads a value inside `{first}`; that is not supported yet",
                scalar.span,
                help=f"end `{first}` where the value is made, and go on in a second `sequence`",
            )
        if name in self.later:
            raise finding(
                Code.LATER_LAYER,
                f"`{name}` comes later: a layer reads what stands before it",
                scalar.span,
                help=f"move this layer behind `{name}`",
            )
        known = (*self.inputs, *self.values)
        near = closest(name, known)
        raise finding(
            Code.UNKNOWN_LAYER,
            f"no layer is called `{name}`",
            scalar.span,
            help=f"write `{near}`" if near else f"there are {listed(known)}",
        )


def _static_names(layers: tuple[Layer, ...]) -> Iterable[str]:
    for layer in layers:
        if layer.name is not None and "{" not in layer.name.text:
            yield layer.name.text
        if layer.name is None and layer.layers is not None:
            yield from _static_names(layer.layers)
