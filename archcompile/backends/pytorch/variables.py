"""The variables of ``forward``, as a person would choose them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcompile.backends.pytorch.names import output_field, variable
from archcompile.backends.pytorch.statements import Statement, maker
from archcompile.diagnostics import InternalError


@dataclass(slots=True)
class Frame:
    """Which variable holds which value, and which statements read each value.

    A value that only the next statement reads goes into ``x`` (into ``out`` while the input ``x``
    is still needed); one that lives longer has its layer's name.
    """

    statements: tuple[Statement, ...]
    taken: frozenset[str]
    inputs: frozenset[str]
    """The inputs' values, whose variables are typed as parameters."""
    inlined: Mapping[str, str]
    """The values that are attributes: ``self.gamma``."""
    holder: dict[str, str] = field(default_factory=dict)
    reads: dict[str, list[int]] = field(default_factory=dict)
    tuples: frozenset[str] = frozenset()
    """The values that hold several outputs, which are read by name."""

    def __post_init__(self) -> None:
        made = {name for each in self.statements for name in each.makes} | self.inputs
        self.reads = {name: [] for name in made}
        tuples: set[str] = set()
        for place, each in enumerate(self.statements):
            for value in each.reads:
                whole = maker(value, made)
                if whole not in made:
                    raise InternalError(f"`{value}` is read but not made in this body")
                self.reads[whole].append(place)
                tuples |= {whole} - {value}
        self.tuples = frozenset(tuples)

    def of(self, name: str) -> str:
        """The variable of a value, the attribute that it is, or the part of a tuple."""
        if name in self.holder or name in self.inlined:
            return self.holder.get(name) or self.inlined[name]
        whole, point, part = name.rpartition(".")
        if point and whole in self.holder:
            return f"{self.holder[whole]}.{output_field(part)}"
        raise InternalError(f"`{name}` is read but not made in this body")

    def assign(self, place: int) -> tuple[str, ...]:
        """The variables that the statement at ``place`` puts its values into."""
        makes = self.statements[place].makes
        targets: list[str] = []
        for value in makes:
            targets.append(self._target(value, place, {*targets} - {"_"}))
        self.holder = {
            value: name for value, name in self.holder.items() if self._lives(value, place)
        }
        self.holder |= dict(zip(makes, targets, strict=True))
        return tuple(targets)

    def _target(self, value: str, place: int, chosen: set[str]) -> str:
        """``_`` if nothing reads the value."""
        if not self.reads[value]:
            return "_"
        needed = {name for each, name in self.holder.items() if self._lives(each, place)} | chosen
        is_alone = len(self.statements[place].makes) == 1
        # what is no tensor must not go where tensors do
        if is_alone and value not in self.tuples and self._runs_on(value, place):
            is_out = "out" in map(self.of, self.statements[place].reads)
            for name in ("out", "x") if is_out else ("x", "out"):
                if name not in needed:
                    return name
        return variable(value, {*needed, *self.taken, "x", "out"})

    def _lives(self, value: str, place: int) -> bool:
        """Whether something behind the statement at ``place`` reads the value."""
        return bool(self.reads[value]) and self.reads[value][-1] > place

    def _runs_on(self, value: str, place: int) -> bool:
        """Whether a value is one of a row of statements, each of which reads the one before.

        It also is if it waits for other branches of one statement each, and then joins them; a
        branch of one statement is none, for what it joins deserves its name.
        """
        before = set(self.statements[place - 1].makes) if place else set()
        goes_on = place == 0 or bool(before & {*self.statements[place].reads})
        readers = set(self.reads[value])
        if readers <= {place + 1}:
            following = self.statements[place + 1]
            joins = len(following.reads) > 1
            return not joins or (goes_on and place > 0 and not following.is_return)
        if len(readers) != 1 or not goes_on or place == 0:
            return False
        (join,) = readers
        return not self.statements[join].is_return and all(
            {*each.reads} <= self.inputs and self._only_read_at(each, join)
            for each in self.statements[place + 1 : join]
        )

    def _only_read_at(self, statement: Statement, place: int) -> bool:
        return bool(statement.makes) and all(
            self.reads[value] == [place] for value in statement.makes
        )
