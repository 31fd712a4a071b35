"""A name in ``from``, ``apply`` or ``outputs`` that no layer before has: what was meant by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from archcompile.diagnostics import Code, Fix, Related, Span, SpecError
from archcompile.diagnostics.suggest import Words, closest, listed
from archcompile.frontend.document.document import Layer
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.rewriting import replaced, yaml_text
from archcompile.frontend.text.tree import Scalar

_INPUTS = frozenset(("input", "inputs", "data", "image", "images", "img", "x0", "inp", "input_1"))
"""What the input is called elsewhere."""
_BEFORE = frozenset(("in", "prev", "previous", "last", "out", "self"))
"""Words for the line before."""

_SHOWN = 12
_MOST_ASKED = 1000
"""The most names of one body for which a near one is looked for."""


@dataclass(slots=True)
class Seen:
    """The names of a body that could be read so far; filed by likeness when first asked."""

    names: list[str] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    filed: int = 0
    asked: int = 0

    def add(self, name: str) -> None:
        """One name more."""
        self.names.append(name)

    def closest(self, word: str) -> str | None:
        """The name most like this one; after many questions, none: who reads that far?"""
        self.asked += 1
        if self.asked > _MOST_ASKED:
            return None
        for name in self.names[self.filed :]:
            self.words.add(name)
        self.filed = len(self.names)
        return self.words.closest(word)


def left_out(scalar: Scalar, name: str, front: str | None = None) -> SpecError:
    """The finding that a name, or what it is a part of, is left out by a ``when``."""
    if front is None:
        message, help = f"`{name}` is left out here, by its `when`", "read the line before it"
    else:
        message = f"`{name}` is part of `{front}`, which is left out here by its `when`"
        help = f"`{front}` itself may be read: it means what it would have read"
    return finding(Code.UNKNOWN_LAYER, message, scalar.span, help=help)


def unknown_layer(
    scalar: Scalar,
    name: str,
    inputs: tuple[str, ...],
    later: Mapping[str, Layer],
    seen: Seen,
    inside: str | None,
    outside: Span | None,
) -> SpecError:
    """The finding that nothing before has this name.

    ``inside`` is a value inside a module whose path ends so, ``outside`` a layer of that name in a
    body around, which a block does not see.
    """
    if name in later:
        return _later(scalar, name, later)
    message = f"no layer is called `{name}`"
    near = _input(name, inputs) or inside or seen.closest(name) or closest(name, inputs)
    if near is not None:
        help, fix = f"did you mean `{near}`?", replaced(scalar, yaml_text(near))
        return _finding(message, scalar, help, fix)
    if name in _BEFORE:
        return _finding(message, scalar, "a layer without `from` reads the line before it")
    if outside is not None:
        related = (Related(outside, f"`{name}` is here, outside the block"),)
        help = f"a block reads what it is handed, e.g. `inputs: [{', '.join(inputs)}, {name}]`"
        return _finding(message, scalar, help, related=related)
    known, count = [*inputs, *seen.names[:_SHOWN]], len(inputs) + len(seen.names)
    return _finding(message, scalar, f"it can read {listed(known, more=count - len(known))}")


def _finding(
    message: str, scalar: Scalar, help: str, fix: Fix = (), related: tuple[Related, ...] = ()
) -> SpecError:
    return finding(Code.UNKNOWN_LAYER, message, scalar.span, help=help, fix=fix, related=related)


def _input(name: str, inputs: tuple[str, ...]) -> str | None:
    is_word = name.casefold() in _INPUTS
    return inputs[0] if is_word and len(inputs) == 1 else None


def _later(scalar: Scalar, name: str, later: Mapping[str, Layer]) -> SpecError:
    """A line that reads what stands behind it, itself, or what reads it in turn."""
    layer = later[name]
    if _holds(layer.span, scalar.span):
        return finding(
            Code.LATER_LAYER,
            f"`{name}` reads itself",
            scalar.span,
            help="a layer without `from` reads the line before it; what goes round and round is"
            " a `repeat`",
        )
    circle = _circle(scalar, name, later)
    if circle is not None:
        return finding(
            Code.LATER_LAYER,
            f"`{name}` comes later, and reads this layer ({' → '.join(circle)})",
            scalar.span,
            related=(Related(_place(layer, name), f"`{name}` is here"),),
            help="what goes round and round is a `repeat`",
        )
    return finding(
        Code.LATER_LAYER,
        f"`{name}` comes later: a layer reads what stands before it",
        scalar.span,
        related=(Related(_place(layer, name), f"`{name}` is here"),),
        help=f"move this layer behind `{name}`",
    )


def _circle(scalar: Scalar, name: str, later: Mapping[str, Layer]) -> list[str] | None:
    """The names from this layer over the later one back to it, along ``from``."""
    own = next((each for each, layer in later.items() if _holds(layer.span, scalar.span)), None)
    if own is None:
        return None
    paths, met = [[own, name]], {name}
    while paths:
        path = paths.pop()
        for source in _sources(later[path[-1]]):
            if source == own:
                return [*path, own]
            if source in later and source not in met:
                met.add(source)
                paths.append([*path, source])
    return None


def _sources(layer: Layer) -> Iterator[str]:
    return (source.text for source in layer.sources or ())


def _place(layer: Layer, name: str) -> Span:
    names = (layer.name, *layer.names)
    return next((each.span for each in names if each is not None and each.text == name), layer.span)


def _holds(outer: Span, inner: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return start <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= end
