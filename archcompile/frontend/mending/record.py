"""What expansion has made so far, and what its author wrote for it: where operands come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archcompile.diagnostics import Span
from archcompile.diagnostics.span import small_value
from archcompile.frontend.calls.arguments import BuiltOp, Call
from archcompile.frontend.document.document import Branches, Layer, Residual
from archcompile.ir.program import Node, Value


@small_value
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
    alone: set[Span] = field(default_factory=set)
    """The lines that are a branch each: one more line in their list would be a branch more."""
    words: set[str] = field(default_factory=set)
    """The last parts of all paths."""
    effort: int = 0
    """How often an op's rule was asked in search of what would mend a finding."""
    refused: int = 0
    """How many layers were refused so far."""

    def meet(self, structure: Residual | Branches) -> None:
        """What stands around a join, and lines that are branches by themselves."""
        if isinstance(structure, Branches):
            for branch in structure.branches:
                self.alone.update(line.span for line in branch.lines if line.span == branch.span)
        elif structure.join.op is not None:
            self.residuals[structure.join.op.span] = structure

    def add(self, node: Node, built: BuiltOp, call: Call, layer: Layer) -> None:
        """One node more."""
        made = Made(len(self.made), node, built, call, layer)
        self.made.append(made)
        self.by_value[node.output.name] = made
        self.words.add(node.path.rpartition(".")[2])
        self.first_of.setdefault(made.text, made.number)

    def maker(self, value: Value) -> Made | None:
        """What made a value; ``None`` for an input."""
        return self.by_value.get(value.name)

    def since(self, number: int) -> Iterator[Made]:
        """The nodes from this one on."""
        return iter(self.made[number:])

    def last_of(self, text: Span) -> int:
        """The number of the last node that came from an op's word; -1 if none did."""
        if text not in self.first_of:
            return -1
        return next(made.number for made in reversed(self.made) if made.text == text)

    def latest(self, most: int) -> Iterator[Made]:
        """The nodes made last, the last one first."""
        return reversed(self.made[-most:])

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
