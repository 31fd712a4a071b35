"""How many lines a network comes to at least: counted from the text, before any is made.

Conditions count as false, and what only a round or a call can know as nothing: the count is never
too high. A block's lines are counted once, however often it is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.expressions.evaluate import evaluate
from archcompile.frontend.expressions.expressions import parse_expression
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.findings import finding
from archcompile.frontend.text.tree import Scalar, Sequence, Tree
from archcompile.ir.expr import ListOf, Literal

MOST_LINES = 30_000
"""The most lines (layers, calls, rounds of loops) that a network may come to, written out."""

MOST_OF_FILE = 40_000
"""The most lines that the networks of one file may come to together."""

_PER_NETWORK = 10
"""What a network costs beside its lines, in lines."""

_ENOUGH = 10**18
"""Beyond this nothing is counted on."""
_DEEPEST = 64
_NAMES = re.compile(r"(?!range\b|len\b)[A-Za-z_]")


@dataclass(slots=True)
class Spent:
    """How many lines the networks of a file have come to so far."""

    lines: int = 0
    is_told: bool = False
    """Whether it was said that they are too many."""

    def refuse_next(self, variant: Scalar) -> None:
        """One more network begins. Raises a finding where those before it were too many."""
        if self.lines > MOST_OF_FILE:
            self.is_told = True
            raise finding(
                Code.TOO_MANY_COPIES,
                f"the networks before `{variant.text}` come to {self.lines:,} layers and rounds of "
                f"loops; those of a file are checked up to {MOST_OF_FILE:,}",
                variant.span,
                help="check the others by name, with `--variant`, or put them into another file",
            )
        self.lines += _PER_NETWORK


@dataclass(frozen=True, slots=True)
class Culprit:
    """The narrowest line that comes to too much, what it is, and how much that is at least."""

    span: Span
    what: str
    count: int


@dataclass(slots=True)
class LeastCount:
    """Counts the lines of one file's network."""

    blocks: Mapping[str, Block]
    known: dict[str, int] = field(default_factory=dict)
    """By block, what one call of it comes to."""
    depth: int = 0

    def culprit(self, layers: tuple[Layer, ...]) -> Culprit | None:
        """The line that makes these lines too many; ``None`` if they are not."""
        total = 0
        for layer in layers:
            count = self.line(layer)
            total += count
            if count > MOST_LINES:
                return self.culprit(_inside(layer)) or _blamed(layer, count)
            if total > MOST_LINES:
                return _blamed(layer, total)
        return None

    def line(self, layer: Layer) -> int:
        """What a line comes to, its own lines and its rounds included."""
        if layer.when is not None:
            return 0
        if layer.is_loop:
            return min(_ENOUGH, _rounds(layer) * self.round(layer))
        return self._once(layer)

    def round(self, layer: Layer) -> int:
        """What one round of a loop comes to."""
        if layer.layers is None:
            return 1 + self._once(layer)
        return 1 + sum(map(self.line, layer.layers))

    def _once(self, layer: Layer) -> int:
        own = 1 + sum(map(self.line, _inside(layer)))
        block = self.blocks.get(layer.op.text) if layer.op is not None else None
        return min(_ENOUGH, own if block is None else own + self._block(block))

    def _block(self, block: Block) -> int:
        name = block.name.text
        if name not in self.known:
            if self.depth >= _DEEPEST:
                return 0
            self.known[name] = 0  # one that calls itself is another finding
            self.depth += 1
            lines = block.sequence if block.sequence is not None else block.layers or ()
            self.known[name] = min(_ENOUGH, sum(map(self.line, lines)))
            self.depth -= 1
        return self.known[name]


def _inside(layer: Layer) -> tuple[Layer, ...]:
    return (*(layer.sequence or ()), *layer.inner_lines())


def _blamed(layer: Layer, count: int) -> Culprit:
    if layer.repeat is not None:
        return Culprit(layer.repeat.span, "this `repeat`", count)
    if layer.loop is not None:
        return Culprit(layer.loop.span, "this `for`", count)
    if layer.op is not None:
        return Culprit(layer.op.span, f"this `{layer.op.text}`", count)
    return Culprit(layer.span, "what stands up to here", count)


def _rounds(layer: Layer) -> int:
    """How many rounds a loop has, where its own text says so."""
    if layer.repeat is not None:
        value = _constant(layer.repeat)
        number = value.value if isinstance(value, Literal) else 0
        return number if isinstance(number, int) and number > 0 else 0
    if layer.loop is None:
        return 0
    trees = [*(tree for _, tree in layer.loop.columns), layer.loop.rows]
    return next((count for tree in trees if (count := _length(tree))), 0)


def _length(tree: Tree | None) -> int:
    if isinstance(tree, Sequence):
        return len(tree.items)
    value = _constant(tree) if isinstance(tree, Scalar) else None
    return len(value.items) if isinstance(value, ListOf) else 0


def _constant(scalar: Scalar) -> Literal | ListOf | None:
    """The value of an expression without names."""
    if isinstance(scalar.value, str) and _NAMES.search(scalar.text):
        return None
    try:
        found = evaluate(parse_expression(scalar), Scope({}, {}))
    except SpecError:
        return None  # it is found where the loop is made
    return found if isinstance(found, Literal | ListOf) else None
