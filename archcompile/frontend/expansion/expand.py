"""Expansion: a document's layers to nodes and regions, every loop run, every condition decided.

A layer that cannot be elaborated leaves an open value (``None``); what reads it is still checked
for itself, and is open too, so that one mistake is one finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn

from archcompile.diagnostics import Code, Span
from archcompile.frontend.calls.block_arguments import Bound
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.expansion.counted import MOST_LINES, Culprit, LeastCount, Spent
from archcompile.frontend.expansion.places import Beyond, Places
from archcompile.frontend.expansion.starts import Scope
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.expressions.scope import Meter
from archcompile.frontend.expressions.sizes import shape_of
from archcompile.frontend.findings import Findings, GiveUp, finding
from archcompile.frontend.mending.record import Record
from archcompile.frontend.text.tree import Scalar, Tree
from archcompile.ir.op import Op
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Weight

DEEPEST = 64
"""The most containers that may stand inside one another, blocks' bodies included."""


_MOST_ALIKE = 4
"""How many paths of one last part are kept for those who look for one."""

_WORDS = frozenset(("bool", "choice", "text"))
"""Types of parameters that choose, as against those that measure."""


@dataclass(slots=True)
class Expansion:
    """What one network's expansion has met so far, whichever body is being walked."""

    catalogue: Catalogue
    findings: Findings
    starts: list[Scope] = field(default_factory=list)
    """The ``init`` of the file and of the blocks around, outermost first."""
    given: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """By block and parameter: the values that calls give, as texts."""
    calls: list[tuple[str, Span]] = field(default_factory=list)
    """The blocks whose bodies are being walked, outermost first."""
    called: set[str] = field(default_factory=set)
    """The blocks that the network calls."""
    values: dict[str, Value] = field(default_factory=dict)
    """Every value by the path of what makes it, a region's too where it has one."""
    uses: dict[str, int] = field(default_factory=dict)
    """How often each path was used."""
    modules: dict[str, tuple[Op, tuple[Weight, ...], Span]] = field(default_factory=dict)
    sealed: dict[str, Span] = field(default_factory=dict)
    """Calls of blocks that are a ``sequence``."""
    taps: dict[str, set[str]] = field(default_factory=dict)
    """By block (the network's own under ""): paths of values inside modules that its lines read."""
    absent: set[str] = field(default_factory=set)
    """The paths of layers that conditions leave out."""
    by_last: dict[str, list[str]] = field(default_factory=dict)
    """The first paths of values that end in each part, for those who look for one."""
    bodies: list[Places[Value | None]] = field(default_factory=list)
    """The bodies that are being walked, the network's own first."""
    record: Record = field(default_factory=Record)
    meter: Meter = field(default_factory=Meter)
    """What the lists of the network's expressions have cost."""
    spent: Spent = field(default_factory=Spent)
    """What the networks of the file have come to so far."""
    count: int = 0

    def use(self, path: str) -> str:
        """The name of one more use of a path: ``encoder``, then ``encoder#2``."""
        number = self.uses.get(path, 0) + 1
        self.uses[path] = number
        return path if number == 1 else f"{path}#{number}"

    def tap(self, owner: str, prefix: str, path: str) -> Value | None:
        """The value inside a module of a body, which the body's class must then give."""
        value = self.values.get(f"{prefix}{path}")
        if value is not None:
            self._refuse_sealed(prefix, path)
            self.taps.setdefault(owner, set()).add(path)
        return value

    def keep(self, path: str, value: Value) -> None:
        """A value by the path of what makes it, the first of that path."""
        if path not in self.values:
            self.values[path] = value
            alike = self.by_last.setdefault(path.rpartition(".")[2], [])
            if len(alike) < _MOST_ALIKE:
                alike.append(path)

    @contextmanager
    def within(self, places: Places[Value | None]) -> Iterator[None]:
        """Inside, a body is walked."""
        self.bodies.append(places)
        try:
            yield
        finally:
            self.bodies.pop()

    @contextmanager
    def once_more(self, path: str) -> Iterator[None]:
        """Inside, a module is used again: its own lines read the values of this use."""
        front = f"{path}."
        first = {name: value for name, value in self.values.items() if name.startswith(front)}
        for name in first:
            del self.values[name]
        try:
            yield
        finally:
            self.values |= first

    def is_sealed(self, prefix: str, path: str) -> bool:
        """Whether a value stands inside a class that is a sequence, which hands on one value."""
        parts = path.split(".")
        fronts = (".".join(parts[:count]) for count in range(1, len(parts)))
        return any(f"{prefix}{front}" in self.sealed for front in fronts)

    def _refuse_sealed(self, prefix: str, path: str) -> None:
        """A class that is a sequence hands on one value, whatever is inside.

        Only those between the body that reads and what it reads: this body may itself stand in one.
        """
        parts = path.split(".")
        for count in range(1, len(parts)):
            front = f"{prefix}{'.'.join(parts[:count])}"
            if front in self.sealed:
                raise finding(
                    Code.UNSUPPORTED,
                    f"`{path}` is a value inside `{front}`, whose block is a `sequence`",
                    self.sealed[front],
                    help="write the block's lines under `layers:`, then what is in it can be read",
                )

    def settled(self) -> dict[str, frozenset[str]]:
        """By block: flags and words that every call gives one value.

        A class that could be built otherwise, and never is, says more than its network. Numbers
        stay: a width is what a class is read by.
        """
        found: dict[str, frozenset[str]] = {}
        for name, given in self.given.items():
            words = (each for each in self.catalogue.blocks[name].parameters if each.type in _WORDS)
            found[name] = frozenset(
                each.name.text for each in words if len(given.get(each.name.text, ())) == 1
            )
        return found

    def foresee(self, layers: tuple[Layer, ...]) -> None:
        """Raises ``GiveUp`` where the text alone says that the network is too large."""
        culprit = LeastCount(self.catalogue.blocks).culprit(layers)
        if culprit is not None:
            self._give_up(culprit)

    def foresee_rounds(self, rounds: int, layer: Layer, span: Span) -> None:
        """The same for a loop whose rounds have been counted, before one of them is made."""
        least = rounds * LeastCount(self.catalogue.blocks).round(layer)
        if self.count + least > MOST_LINES:
            what = "this `for`" if layer.repeat is None else "this `repeat`"
            self._give_up(Culprit(span, what, least))

    def tally(self, span: Span, count: int = 1) -> None:
        """Some lines more. Raises ``GiveUp``: whatever is to come would be too much as well."""
        self.count += count
        self.spent.lines += count
        if self.count > MOST_LINES:
            self._give_up(Culprit(span, "the network", self.count))

    def _give_up(self, culprit: Culprit) -> NoReturn:
        self.findings.add(
            Code.TOO_MANY_COPIES,
            f"{culprit.what} comes to {culprit.count:,} layers and rounds of loops or more; "
            f"a network has {MOST_LINES:,} at most",
            culprit.span,
            help="fewer copies, or shorter lists",
        )
        raise GiveUp

    def refuse_depth(self, path: str, span: Span) -> None:
        """Raises ``GiveUp`` for what is nested without end."""
        if path.count(".") >= DEEPEST:
            message = f"blocks and sequences stand more than {DEEPEST} deep inside one another"
            self.findings.add(Code.TOO_DEEP, message, span)
            raise GiveUp

    def refuse_recursion(self, block: Block, call: Scalar) -> None:
        """A block that calls itself never ends."""
        name = block.name.text
        names = [caller for caller, _ in self.calls]
        if name in names and name in self.catalogue.ops:
            raise GiveUp  # its own line means the op, and the block's name is a finding
        if name in names:
            circle = " → ".join((*names[names.index(name) :], name))
            raise finding(
                Code.RECURSION,
                f"the block `{name}` calls itself ({circle})",
                call.span,
                help="a block is made of what is there already; copies in a row are a `repeat`",
            )

    @contextmanager
    def calling(self, block: Block, call: Scalar, bound: Bound) -> Iterator[None]:
        """Inside, the block's body is walked, and findings name the call."""
        self.called.add(block.name.text)
        given = self.given.setdefault(block.name.text, {})
        for name, value in bound.values.items():
            given.setdefault(name, set()).add(str(value))
        self.calls.append((block.name.text, call.span))
        said = f"in this call: {block.name.text}({bound.said()})"
        try:
            with self.findings.called_from(call.span, said):
                yield
        finally:
            self.calls.pop()

    @contextmanager
    def starting(self, scope: Scope) -> Iterator[None]:
        """Inside, an ``init`` holds for every layer that has none of its own."""
        self.starts.append(scope)
        try:
            yield
        finally:
            self.starts.pop()

    def claim(self, path: str, op: Op, weights: tuple[Weight, ...], span: Span) -> None:
        """A module that is used again has the weights that it had at first."""
        first_op, first, _ = self.modules.setdefault(path, (op, weights, span))
        if (first_op, first) == (op, weights):
            return
        needed, held = _shapes(weights), _shapes(first)
        raise finding(
            Code.SHAPE_MISMATCH,
            f"`{path}` cannot be used once more here: it would need {needed}, and it has {held}"
            if needed != held
            else f"`{path}` cannot be used once more here: it would be another layer",
            span,
            help="what is applied again must read as many channels as at first",
        )


@dataclass(slots=True)
class Around(Beyond):
    """What a body's names may be mistaken for, as the expansion knows it."""

    expansion: Expansion
    prefix: str

    def inside(self, last: str) -> Iterator[str]:
        for path in self.expansion.by_last.get(last, ()):
            inner = path.removeprefix(self.prefix)
            is_inner = path.startswith(self.prefix) and "." in inner
            is_there = is_inner and path in self.expansion.values
            if is_there and not self.expansion.is_sealed(self.prefix, inner):
                yield inner

    def outside(self, name: str) -> Span | None:
        for places in reversed(self.expansion.bodies[:-1]):
            if name in places.later:
                return places.later[name].span
        return None

    def is_absent(self, path: str) -> bool:
        return f"{self.prefix}{path}" in self.expansion.absent


def _shapes(weights: tuple[Weight, ...]) -> str:
    return ", ".join(f"{each.name or 'a value'} [{_sizes(each)}]" for each in weights) or "nothing"


def _sizes(weight: Weight) -> str:
    return ", ".join(map(str, weight.shape))


def body_frame(
    bound: Bound,
    types: dict[str, TensorType | None],
    let: tuple[tuple[Scalar, Tree], ...] = (),
    gpus: int = 0,
    assumed: Mapping[str, bool] | None = None,
    around: Frame | None = None,
) -> Frame:
    """What a body sees: its parameters, the shapes of its inputs, and its ``let``.

    ``around`` is the frame of a block's call, of which the block sees nothing.
    """
    shapes = {name: shape_of(kind) for name, kind in types.items() if kind is not None}
    unknown = frozenset(types) - frozenset(shapes)
    frame = Frame(bound.values, shapes, unknown, gpus, bound.layers, assumed or {})
    if around is not None:
        hidden = {name: _hidden(name) for name in around.names if name not in bound.values}
        frame = replace(frame, meter=around.meter, unseen=hidden)
    later = {
        name.text: f"`{name.text}` is derived below: move it before this one" for name, _ in let
    }
    for name, tree in let:
        value = replace(frame, unseen={**frame.unseen, **later}).value(tree)
        frame = frame.binding({name.text: value})
    return frame


def _hidden(name: str) -> str:
    return f"a block sees its own parameters only: give it one, and pass it, as in `{name}: {name}`"
