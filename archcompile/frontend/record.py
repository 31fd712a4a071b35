"""What expansion has made so far, and what its author wrote for it: where operands come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archcompile.diagnostics import Span
from archcompile.frontend.arguments import BuiltOp, Call
from archcompile.frontend.document import Layer, Residual
from archcompile.ir.program import Node, Value


@dataclass(frozen=True, slots=True)
class Made:
    """A node, and the call that it came from; ``number`` counts them in the order of making."""

    number: int
    node: Node
    built: BuiltOp
    call: Call
    layer: Layer

    @property
    def is_written(self) -> bool:
        """Whether the op's word stands in the text, and is not what a structure does unsaid."""
        return self.call.word.span.text() == self.call.word.text

    @property
    def text(self) -> Span:
        """Where the op's word stands: nodes of one text change together."""
        return self.call.word.span


@dataclass(slots=True)
class Record:
    """Every node by the value that it makes, and the structures around their joins."""

    made: list[Made] = field(default_factory=list)
    by_value: dict[str, Made] = field(default_factory=dict)
    first_of: dict[Span, int] = field(default_factory=dict)
    """By the op's word: the first node that came from it."""
    residuals: dict[Span, Residual] = field(default_factory=dict)
    """By the op's word of its join."""
    chained: set[Span] = field(default_factory=set)
    """The lines that stand in chains."""
    effort: int = 0
    """How often an op's rule was asked in search of what would mend a finding."""

    def add(self, node: Node, built: BuiltOp, call: Call, layer: Layer) -> None:
        """One node more."""
        made = Made(len(self.made), node, built, call, layer)
        self.made.append(made)
        self.by_value[node.output.name] = made
        self.first_of.setdefault(made.text, made.number)

    def maker(self, value: Value) -> Made | None:
        """What made a value; ``None`` for an input."""
        return self.by_value.get(value.name)

    def since(self, number: int) -> Iterator[Made]:
        """The nodes from this one on."""
        return iter(self.made[number:])

    def behind(self, value: Value, most: int = 40) -> dict[int, Made]:
        """What a value comes from, by number: at most so many nodes, the nearest ones."""
        found: dict[int, Made] = {}
        waiting = [value]
        while waiting and len(found) < most:
            made = self.maker(waiting.pop(0))
            if made is not None and made.number not in found:
                found[made.number] = made
                waiting += made.node.inputs
        return found
