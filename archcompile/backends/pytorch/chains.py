"""Chains as ``nn.Sequential``: written out, as a comprehension, or grown in a loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from archcompile.backends.pytorch.conditions import settled
from archcompile.backends.pytorch.construct import Classes, construction, names_in, ops_in, said
from archcompile.backends.pytorch.layout import INDENT
from archcompile.backends.pytorch.names import spelled
from archcompile.backends.pytorch.printer import header, respelled, statement
from archcompile.ir.definition import Apply, Carry, Chain, ChainMember, LoopOf
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, ListOf


@dataclass(slots=True)
class Body:
    """The body of an ``__init__`` as it grows: its lines and the local lists it has declared."""

    classes: Classes
    taken: frozenset[str]
    lines: list[str] = field(default_factory=list)
    indent: int = 2 * INDENT
    declared: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    facts: tuple[str, ...] = ()
    """The conditions that hold where the next statement stands."""
    around: list[tuple[str, ...]] = field(default_factory=list)
    """Those that hold again behind each ``if`` that is open."""

    def add(self, text: str) -> None:
        """A simple statement."""
        self.lines += statement(settled(text, self.facts), self.indent)

    def enter(self, condition: str) -> None:
        """The header of an ``if``; what follows stands in its body."""
        test = settled(condition, self.facts)
        self.lines += header(f"if {test}:", self.indent)
        self.indent += INDENT
        self.around.append(self.facts)
        self.facts = (*self.facts, test)

    def leave(self) -> None:
        """Back to the statements around."""
        self.indent -= INDENT
        self.facts = self.around.pop()

    def forget(self) -> None:
        """Nothing is known any more: a loop changes what conditions speak of."""
        self.facts = ()
        self.around = [() for _ in self.around]

    def local(self, name: str) -> str:
        """A variable that no parameter, and nothing around that is still open, is called."""
        candidate, number = name, 1
        while candidate in self.taken or candidate in self.open:
            number += 1
            candidate = f"{name}{number}"
        self.open.append(candidate)
        return candidate


def chain(members: tuple[ChainMember, ...], body: Body) -> str:
    """The text that makes the chain's module, after the statements that it needs."""
    if is_numbered(members):
        return f"nn.Sequential({arguments(members, body)})"
    target = body.local("sequence")
    body.add(f"{target} = nn.Sequential()")
    fill(members, target, body)
    body.open.pop()
    return target


def arguments(members: tuple[ChainMember, ...], body: Body) -> str:
    """What ``nn.Sequential`` is called with: modules, or a list of them that is grown before."""
    if _is_plain(members):
        return ", ".join(_made(member, body) for member in members)
    return f"*{_grown(members, body)}"


def is_numbered(members: tuple[ChainMember, ...]) -> bool:
    """Whether members are called by their place alone."""
    return all(
        is_numbered(member.members) if isinstance(member, LoopOf) else _is_number(member.name)
        for member in members
    )


def fill(members: tuple[ChainMember, ...], target: str, body: Body) -> None:
    """Statements that put the members into ``target``, a list or an ``nn.Sequential``."""
    for member in members:
        if member.condition is not None:
            body.enter(said(member.condition))
        if isinstance(member, LoopOf):
            _loop(member, target, body)
        elif _is_number(member.name):
            body.add(f"{target}.append({_made(member, body)})")
        else:
            body.add(f"{target}.add_module({_key(member.name)}, {_made(member, body)})")
        if member.condition is not None:
            body.leave()


def _key(name: str) -> str:
    """A member's name; one that holds an expression is a template."""
    return f'f"{name}"' if "{" in name else f'"{name}"'


def _is_number(name: str) -> bool:
    return not name or name.isdigit()


def _is_plain(members: tuple[ChainMember, ...]) -> bool:
    """Whether all of it can stand inside one call."""
    return is_numbered(members) and all(map(_is_expression, members))


def _is_expression(member: ChainMember) -> bool:
    if member.condition is not None:
        return False
    if isinstance(member, LoopOf):
        (layer, *others) = member.members
        is_alone = isinstance(layer, Apply) and layer.condition is None and not others
        return is_alone and not member.carries
    return isinstance(member, Apply) or _is_plain(member.members)


def _made(member: ChainMember, body: Body) -> str:
    """The text of a module, or of ``*[Block(width) for _ in range(depth)]``."""
    if isinstance(member, Apply):
        return construction(member.use, body.classes)
    if isinstance(member, Chain):
        return chain(member.members, body)
    (layer,) = member.members
    made = _made(layer, body)
    target, source = _iteration(member, names_in(made))
    return f"*[{made} for {target} in {source}]"


def _grown(members: tuple[ChainMember, ...], body: Body) -> str:
    name = body.local("layers")
    kind = "" if name in body.declared else ": list[nn.Module]"
    body.declared.add(name)
    first = next(place for place, each in enumerate(members) if not _is_plain((each,)))
    made = ", ".join(_made(each, body) for each in members[:first])
    body.add(f"{name}{kind} = [{made}]")
    fill(members[first:], name, body)
    body.open.pop()
    return name


def _loop(loop: LoopOf, target: str, body: Body) -> None:
    body.forget()
    written = {size: expr for _, use in ops_in(loop.members) for size, expr in use.written}
    for carry in loop.carries:
        if str(carry.start) != carry.variable:
            body.add(f"{spelled(carry.variable)} = {_size(carry.start, {})}")
    before = len(body.lines)
    body.indent += INDENT
    fill(loop.members, target, body)
    _carry_on(loop, written, body)
    body.indent -= INDENT
    inner = body.lines[before:]
    names, source = _iteration(loop, names_in(dedent("\n".join(inner))))
    body.lines[before:] = header(f"for {names} in {source}:", body.indent) + inner


def _carry_on(loop: LoopOf, written: Mapping[Dim, Expr], body: Body) -> None:
    """Update what the loop carries; several at once where one is needed for another."""
    due = [carry for carry in loop.carries if not _is_done(carry, loop)]
    names = {carry.variable for carry in due}
    pairs = [(spelled(each.variable), _size(each.after, written)) for each in due]
    if len(due) > 1 and any((names - {each.variable}) & each.after.symbols for each in due):
        values = ", ".join(value for _, value in pairs)
        body.add(f"{', '.join(name for name, _ in pairs)} = ({values})")
        return
    for name, value in pairs:
        body.add(f"{name} = {value}")


def _is_done(carry: Carry, loop: LoopOf) -> bool:
    """Whether the variable holds the right size anyway: unchanged, or left so by a loop inside."""
    if str(carry.after) == carry.variable:
        return True
    for member in reversed(loop.members):
        if not isinstance(member, LoopOf) or member.condition is not None:
            continue
        own = {*member.variables, "index"} if member.count is not None else {*member.variables}
        for inner in member.carries:
            if inner.variable == carry.variable:
                return inner.after == carry.after and not own & carry.after.symbols
    return False


def _size(size: Dim, written: Mapping[Dim, Expr]) -> str:
    is_written = size in written and not size.is_constant
    return said(written[size]) if is_written else respelled(str(size), spelled)


def _iteration(loop: LoopOf, used: frozenset[str]) -> tuple[str, str]:
    """The loop's variables and what it runs over; rows are written out as a table."""
    if loop.count is not None:
        (variable,) = loop.variables or ("index",)
        name = spelled(variable)
        return name if name in used else "_", f"range({said(loop.count)})"
    names = ", ".join(map(spelled, loop.variables))
    if len(loop.columns) == 1:
        return names, said(loop.columns[0])
    columns = [column.items for column in loop.columns if isinstance(column, ListOf)]
    if len(columns) == len(loop.columns):
        rows = [f"({', '.join(map(said, row))})" for row in zip(*columns, strict=True)]
        return names, f"({rows[0]},)" if len(rows) == 1 else f"({', '.join(rows)})"
    return names, f"zip({', '.join(map(said, loop.columns))}, strict=True)"
