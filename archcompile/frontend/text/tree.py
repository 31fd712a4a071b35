"""The author's YAML as a tree in which everything knows where it stands."""

from __future__ import annotations

from typing import TypeAlias

from archcompile.diagnostics.span import Span, small_value


@small_value
class Scalar:
    """A single value. ``text`` is what was written (without quotes); ``value`` what it means.

    ``plain`` is true for an unquoted scalar on one line: then character ``i`` of ``text`` stands
    ``i`` columns after the span's start. For any other style ``inner`` says the same of the first
    character between the quotes where that is exact, else it is ``None``.
    """

    span: Span
    text: str
    value: bool | int | float | str | None
    plain: bool
    inner: Span | None = None


@small_value
class Entry:
    """One ``key: value`` of a mapping."""

    key: Scalar
    value: Tree


@small_value
class Mapping:
    """A mapping, in the author's order; keys are distinct texts. ``flow`` is true for ``{...}``."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False

    def get(self, key: str) -> Tree | None:
        """The value under ``key``, or ``None``."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


@small_value
class Sequence:
    """A list, in the author's order. ``flow`` is true for ``[...]``."""

    span: Span
    items: tuple[Tree, ...]
    flow: bool = False


Tree: TypeAlias = Scalar | Mapping | Sequence
