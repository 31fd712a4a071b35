"""Chains of a symbolic walk: members in a row, and loops that stay loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcompile.diagnostics import SpecError
from archcompile.frontend.calls.calls import condition_of, known_text
from archcompile.frontend.definition.local import NotGeneric, choice
from archcompile.frontend.definition.mentions import dim_words, words
from archcompile.frontend.definition.structure import words_around
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expressions.frame import Frame, mentioned, rounds
from archcompile.frontend.expressions.sizes import is_constant, shape_of, symbol
from archcompile.ir.definition import Apply, BlockUse, Carry, Chain, ChainMember, LoopOf, OpUse
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf, Literal, Name
from archcompile.ir.op import Undecided
from archcompile.ir.types import TensorType

if TYPE_CHECKING:
    from archcompile.frontend.definition.define_body import DefinedBody

_MOST_PEELED = 512
"""The most rounds that are walked one by one to see whether they are alike."""

_SPATIAL = ("_height", "_width", "_depth")
"""Stand-ins for the spatial sizes inside a loop, which no argument may depend on."""


@dataclass(frozen=True, slots=True)
class ChainWalk:
    """The walk along one chain of a class body."""

    body: DefinedBody
    carried: str | None = None
    """The running variable of the loops around, if there are any."""
    types_only: bool = False
    """Whether only the type behind the chain is asked for; then no loop need stay one."""

    def container(
        self, layer: Layer, here: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        """The members of a ``sequence`` or of a named loop."""
        if layer.is_loop:
            return self._loop(layer, here, kind)
        return self.lines([(here, line) for line in layer.sequence or ()], kind)

    def lines(
        self, lines: list[tuple[Frame, Layer]], kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        """Members in a row, each reading the one before."""
        members: list[ChainMember] = []
        for frame, layer in lines:
            made, kind = self._line(frame.reading((shape_of(kind),)), layer, kind)
            members += made
        return tuple(members), kind

    def _line(
        self, here: Frame, layer: Layer, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        if layer.is_loop and layer.name is None:
            return self._loop(layer, here, kind)
        condition = None if layer.is_loop else condition_of(layer, here)
        if is_absent(condition):
            return (), kind
        name = ""
        if layer.name is not None:
            name = known_text(layer.name, here)
        if layer.op is None or layer.is_loop:
            members, result = self.container(layer, here, kind)
            member: ChainMember = Chain(name, members, (), condition, layer.span)
        else:
            use, results = self.body.use(layer, here, (kind,))
            if len(results) != 1:
                raise NotGeneric("a line of a chain hands on one value")
            (result,) = results
            refuse_choice(use, condition)
            member = Apply(name, use, (), condition, layer.span)
        if condition is not None:
            result = choice(condition, result, kind)
        return (member,), result

    def _loop(
        self, layer: Layer, here: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        """A loop kept as a loop where that says the same, else written out.

        Remembered: loops inside loops meet the same lines in the same frame again and again.
        """
        names = sorted(words_around(layer) & here.names.keys())
        seen = tuple((name, str(here.names[name])) for name in names)
        taken = None if self.types_only else frozenset(self.body.taken)
        key = (layer.span, seen, kind, self.carried, taken)
        if key not in self.body.loops:
            self.body.loops[key] = self._walked(layer, here, kind)
        return self.body.loops[key]

    def _walked(
        self, layer: Layer, here: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        known = _known_rounds(layer, here)
        if known is not None and self.types_only:
            return (), self._unrolled(layer, known, here, kind)[1]
        if known is not None and len(known) < 2:
            return self._unrolled(layer, known, here, kind)
        try:
            peeled = self._peeled(layer, known or (), here, kind)
            if peeled is not None:
                return peeled
            return self._rolled(layer, here, kind, known)
        except (NotGeneric, SpecError) as error:
            # what is wrong with symbols may be right with the numbers of each round
            if known is None:
                if isinstance(error, NotGeneric) and error.condition is not None:
                    raise
                names = error.names if isinstance(error, NotGeneric) else ()
                raise NotGeneric(str(error), {*names, *_deciding(layer, here)}) from error
        return self._unrolled(layer, known, here, kind)

    def _peeled(
        self, layer: Layer, known: tuple[dict[str, Expr], ...], here: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType] | None:
        """A first round of its own and a loop over the others, if those are all alike.

        That is how a residual stage is written: a first unit that strides, then ``depth - 1``.
        """
        if layer.repeat is None or not 2 <= len(known) <= _MOST_PEELED:
            return None
        rounds: list[tuple[ChainMember, ...]] = []
        for names in known:
            made, kind = self._round(layer, here.binding(names), kind)
            rounds.append(made)
            if len(rounds) > 2 and not _are_alike(made, rounds[1]):
                return None
        is_alike = _are_alike(*rounds[:2])
        if len(rounds) == 2 and not is_alike and not _is_call(rounds[0]):
            return None  # two of whatever grows are no shorter than a loop
        first, *others = [(), *rounds] if is_alike else rounds
        if len(others) == 1 or not others[0]:
            return (*first, *others[0]), kind
        count = Literal(len(others))
        return (*first, LoopOf(("index",), (), count, others[0], (), None, layer.span)), kind

    def _unrolled(
        self, layer: Layer, known: tuple[dict[str, Expr], ...], here: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        members: list[ChainMember] = []
        for names in known:
            made, kind = self._round(layer, here.binding(names), kind)
            members += made
        return tuple(members), kind

    def _round(
        self, layer: Layer, frame: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        if layer.layers is None:
            return self.lines([(frame, layer.one_copy())], kind)
        condition = frame.truth(layer.when) if layer.when is not None else None
        if is_absent(condition):
            return (), kind
        if condition is not None and condition != Literal(True):
            raise NotGeneric.on(condition, "a round of a loop is there or not")
        return self.lines([(frame, line) for line in layer.layers], kind)

    def _rolled(
        self,
        layer: Layer,
        here: Frame,
        kind: TensorType,
        known: tuple[dict[str, Expr], ...] | None,
    ) -> tuple[tuple[ChainMember, ...], TensorType]:
        variables, columns, count = _header(layer, here)
        python = {name: self._fresh(name) for name in variables}
        frame = here.binding({name: Name(fresh) for name, fresh in python.items()})
        taken = set(python.values())
        self.body.taken |= taken
        try:
            members, carries, result = self._carrying(layer, frame, kind)
        finally:
            self.body.taken -= taken
        if not members or words(members) & {*_SPATIAL, "make_divisible"}:
            raise NotGeneric("a loop's arguments depend on the size of the map, or on no Python")
        loop = LoopOf(tuple(python.values()), columns, count, members, carries, None, layer.span)
        if known is None:
            return (loop,), _behind(kind, result)
        if self.carried is None:
            # the size behind the loop is known without its variable, which is free again
            self.body.taken -= {carry.variable for carry in carries}
        types = ChainWalk(self.body, self.carried, types_only=True)
        behind = types._unrolled(layer, known, here, kind)[1]
        if self.carried is not None and _updates((loop,), self.carried):
            behind = TensorType(
                (behind.dims[0], symbol(self.carried), *behind.spatial), behind.parts
            )
        return (loop,), behind

    def _carrying(
        self, layer: Layer, frame: Frame, kind: TensorType
    ) -> tuple[tuple[ChainMember, ...], tuple[Carry, ...], TensorType]:
        """One round with the map's size unknown; the channels run along if a round changes them."""
        start = _with_unknown_map(kind, kind.channels)
        members, result = self._round(layer, frame, start)
        if result.rank != kind.rank:
            raise NotGeneric("a round changes the rank")
        if result.channels == kind.channels:
            return members, (), result
        variable = self.carried or self._running(kind)
        inside = ChainWalk(self.body, variable)
        self.body.taken.add(variable)
        members, result = inside._round(layer, frame, _with_unknown_map(kind, symbol(variable)))
        carry = Carry(variable, kind.channels, result.channels)
        used = variable in words(members)
        result = TensorType((result.dims[0], symbol(variable), *result.spatial), result.parts)
        return members, (carry,) if used else (), result

    def _running(self, kind: TensorType) -> str:
        """The name of a running size: torch's own where it is free."""
        axis = "features" if kind.rank == 2 else "channels"
        name = f"in_{axis}"
        fresh = self._fresh(axis) if name in self.body.taken else name
        self.body.running.add(fresh)
        return fresh

    def _fresh(self, name: str) -> str:
        """A Python name that this class does not use yet."""
        fresh, count = name, 1
        while fresh in self.body.taken:
            count += 1
            fresh = f"{name}{count}"
        return fresh


def _are_alike(one: tuple[ChainMember, ...], other: tuple[ChainMember, ...]) -> bool:
    """Whether two rounds are the same; what a call decides is not what is known already."""
    try:
        return one == other
    except Undecided:
        return False


def _is_call(members: tuple[ChainMember, ...]) -> bool:
    """Whether it is one block's call."""
    return (
        len(members) == 1 and isinstance(members[0], Apply) and isinstance(members[0].use, BlockUse)
    )


def _carries(member: Chain | LoopOf) -> tuple[Carry, ...]:
    return member.carries if isinstance(member, LoopOf) else ()


def _updates(members: tuple[ChainMember, ...], variable: str) -> bool:
    """Whether a loop among these members leaves the running variable up to date."""
    return any(
        any(each.variable == variable for each in _carries(member))
        or _updates(member.members, variable)
        for member in members
        if not isinstance(member, Apply)
    )


def refuse_choice(use: OpUse | BlockUse, condition: Expr | None) -> None:
    """The identity that a call has or not: the source would say one thing for both."""
    if condition is not None and isinstance(use, OpUse) and use.op.key == "identity":
        raise NotGeneric.on(condition, "the identity is there or not")


def condition_of_line(layer: Layer, here: Frame) -> Expr | None:
    """A line's condition; a loop decides in each round, unless it is not there at all."""
    condition = condition_of(layer, here) if not layer.is_loop or layer.is_decided_once else None
    return None if layer.is_loop and not is_absent(condition) else condition


def is_absent(condition: Expr | None) -> bool:
    """Whether a condition is known to be false."""
    return condition == Literal(False)


def copies(layer: Layer, here: Frame) -> Iterator[tuple[Frame, Layer]]:
    """The lines that a loop in a class body stands for; its rounds must be known."""
    known = _known_rounds(layer, here)
    if known is None:
        deciding = _deciding(layer, here)
        raise NotGeneric("the number of attributes depends on a parameter", deciding)
    for names in known:
        frame = here.binding(names)
        if layer.layers is None:
            yield frame, layer.one_copy()
            continue
        condition = frame.truth(layer.when) if layer.when is not None else Literal(True)
        if not isinstance(condition, Literal):
            raise NotGeneric.on(condition, "the number of attributes depends on a parameter")
        if condition.value:
            for line in layer.layers:
                yield frame, line


def _known_rounds(layer: Layer, here: Frame) -> tuple[dict[str, Expr], ...] | None:
    if layer.loop is not None:
        return rounds(here.columns(layer.loop))
    assert layer.repeat is not None
    count = here.count(layer.repeat)
    if not isinstance(count, Literal) or not isinstance(count.value, int):
        return None
    return tuple({"index": Literal(index)} for index in range(count.value))


def _deciding(layer: Layer, here: Frame) -> set[str]:
    """The parameters that a loop's header depends on."""
    if layer.loop is not None:
        return set().union(*(mentioned(values) for _, values in here.columns(layer.loop)))
    assert layer.repeat is not None
    return mentioned(here.count(layer.repeat))


def _header(layer: Layer, here: Frame) -> tuple[tuple[str, ...], tuple[Expr, ...], Expr | None]:
    """The loop's variables, what they run over, or how often it runs."""
    if layer.loop is None:
        assert layer.repeat is not None
        return ("index",), (), here.count(layer.repeat)
    columns = here.columns(layer.loop)
    if any(isinstance(value, ListOf) and not is_constant(value) for _, value in columns):
        raise NotGeneric("a list of the loop depends on a parameter")
    return tuple(name for name, _ in columns), tuple(value for _, value in columns), None


def _with_unknown_map(kind: TensorType, channels: Dim) -> TensorType:
    spatial = tuple(symbol(name) for name, _ in zip(_SPATIAL, kind.spatial, strict=False))
    return TensorType((kind.dims[0], channels, *spatial), kind.parts)


def _behind(kind: TensorType, result: TensorType) -> TensorType:
    """The type behind a loop whose rounds only a call knows: its map must stay as it is."""
    unknown = _with_unknown_map(kind, result.channels)
    if result.spatial != unknown.spatial or dim_words(result.channels) & set(_SPATIAL):
        raise NotGeneric("how a map shrinks depends on the number of rounds")
    return TensorType((kind.dims[0], result.channels, *kind.spatial), result.parts)
