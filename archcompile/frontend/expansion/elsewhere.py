"""Words that a list of layers holds and that no expression of it knows, with what is said of them.

A variable is known inside its loop; a layer's name is no size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompile.frontend.document.document import Layer


def known_elsewhere(layers: Iterable[Layer]) -> dict[str, str]:
    """Each word, with the help line for an expression that asks for it where it is not known."""
    found: dict[str, str] = {}
    for layer in _all(layers):
        for variable in _variables(layer):
            found[variable] = (
                f"`{variable}` is a variable of the `for` in line"
                f" {layer.span.line}, and known in its layers only"
            )
        if layer.name is not None:
            found.setdefault(
                layer.name.text,
                f"`{layer.name.text}` is a layer, and no size: those of what a line reads are"
                " `in.channels` and the like",
            )
    return found


def _variables(layer: Layer) -> tuple[str, ...]:
    if layer.loop is None:
        return ()
    columns = tuple(name.text for name, _ in layer.loop.columns)
    return (*columns, *(name.text for name in layer.loop.variables))


def _all(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers and those inside them, in the order of the text."""
    for layer in layers:
        yield layer
        yield from _all((*layer.inner_lines(), *(layer.sequence or ())))
