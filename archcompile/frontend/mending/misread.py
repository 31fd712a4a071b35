"""What of a join was likely written with something else in mind, where its shapes do not meet.

An argument that other tools need, a size that was meant as a factor, a name that is one stage off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcompile.diagnostics import Edit
from archcompile.frontend.calls.arguments import BuiltOp, Call
from archcompile.frontend.document.document import Layer
from archcompile.frontend.mending.call_edits import without_given
from archcompile.frontend.mending.mends import Mend
from archcompile.frontend.mending.origins import space
from archcompile.frontend.mending.proposals import Change
from archcompile.frontend.mending.record import Made, Record
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.mending.search import MOST_EFFORT, retyped, takes
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.dim import Dim
from archcompile.ir.program import Value

_LOOKED_AT = 100
"""Layers whose names are looked at for one step of the effort."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A join, the values that it reads, and the two of them that do not meet."""

    built: BuiltOp
    call: Call
    layer: Layer
    reads: tuple[Value, ...]
    pair: tuple[int, int]

    def mend(self, record: Record) -> Mend | None:
        """The first that serves, if one does."""
        return self._without(record) or self._by_factor(record) or self._other_stage(record)

    def _without(self, record: Record) -> Mend | None:
        """Without an argument that need not be written the op would take its inputs."""
        op, types = self.built.op, tuple(value.type for value in self.reads)
        if self.call.word.span in record.first_of or self.call.preset is not None:
            return None
        for name in self.built.given:
            field = type(op).model_fields[name]
            if field.is_required() or not takes(op.updated({name: field.default}), types):
                continue
            fix = without_given(self.call.arguments, name, self.built.given)
            if fix:
                return Mend(f"leave `{name}` out: with {field.default} these go together", fix)
        return None

    def _by_factor(self, record: Record) -> Mend | None:
        """``upsample: 2``, a map of 2 x 2, where twice as large a map fits."""
        for place in self.pair[::-1]:
            for made in record.behind(self.reads[place]).values():
                factor = _lone_size(made)
                if factor is None:
                    continue
                size = Dim.of(int(factor.text))
                values = (("size", None, ""), ("scale_factor", (size,), factor.text))
                types = retyped(self.reads, (Change(made, values),), record)
                if types is not None and takes(self.built.op, types):
                    text = f"{{scale_factor: {factor.text}}}"
                    where = f"`{made.node.path}` (line {made.text.line})"
                    help = f"write `{made.call.word.text}: {text}` at {where}: then both are "
                    return Mend(f"{help}{space(types[place])}", replaced(factor, text))
        return None

    def _other_stage(self, record: Record) -> Mend | None:
        """``from: [up, p2]`` where ``p3`` has the size: the one layer with another number."""
        sources = self.layer.sources
        is_again = self.call.word.span in record.first_of
        if sources is None or len(sources) != len(self.reads) or is_again:
            return None
        found: list[tuple[Scalar, Made]] = []
        for place in self.pair:
            maker = record.maker(self.reads[place])
            if maker is not None and maker.node.path.rpartition(".")[2] == sources[place].text:
                found += ((sources[place], made) for made in self._alike(maker, place, record))
        if len(found) != 1:
            return None
        source, made = found[0]
        name = made.node.path.rpartition(".")[2]
        size = space(made.node.output.type)
        help = f"write `{name}` for `{source.text}`: it is {size} (line {made.text.line})"
        return Mend(help, (Edit(source.span, name),))

    def _alike(self, maker: Made, place: int, record: Record) -> list[Made]:
        """The layers named like this one, with another number, that the op takes for it."""
        like, found = _stem(maker.node.path), []
        if like == maker.node.path or record.effort > MOST_EFFORT:
            return []
        record.effort += len(record.made) // _LOOKED_AT  # else the square of all
        for made in record.made:
            if made.node.path == maker.node.path or _stem(made.node.path) != like:
                continue
            types = [value.type for value in self.reads]
            types[place] = made.node.output.type
            is_read = any(value.name == made.node.output.name for value in self.reads)
            record.effort += 1
            if made.layer.name is not None and not is_read and takes(self.built.op, tuple(types)):
                found.append(made)
        return found


def _stem(path: str) -> str:
    """A path with the number at its end left open."""
    return re.sub(r"[0-9]+$", "#", path)


def _lone_size(made: Made) -> Scalar | None:
    """The one argument of an ``upsample``, a size for all axes."""
    tree = made.call.arguments
    is_size = made.node.op.key == "upsample" and made.built.given.get("size") is tree
    is_number = isinstance(tree, Scalar) and type(tree.value) is int
    if not is_size or not is_number or made.call.preset is not None:
        return None
    assert isinstance(tree, Scalar)
    return tree
