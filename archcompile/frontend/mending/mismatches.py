"""What to write where the shapes of a join's inputs do not go together."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.frontend.calls.arguments import BuiltOp, Call
from archcompile.frontend.document.document import Layer, Residual
from archcompile.frontend.mending.input_shapes import promised
from archcompile.frontend.mending.mends import Mend, edits, said
from archcompile.frontend.mending.misread import Misread
from archcompile.frontend.mending.origins import space
from archcompile.frontend.mending.own_lines import beside
from archcompile.frontend.mending.record import Record
from archcompile.frontend.mending.search import Mended, mended, padded, takes
from archcompile.frontend.mending.ways_around import Around
from archcompile.ir.dim import Dim
from archcompile.ir.op import Mismatch, Op
from archcompile.ir.program import Value
from archcompile.ir.types import TensorType

_AS_GATE = "unflatten: {dim: 1, unflattened_size: [-1, 1, 1]}"
"""What makes a vector a gate of a map."""


@dataclass(frozen=True, slots=True)
class Join:
    """An op that joins several values, and refuses two of them."""

    error: Mismatch
    built: BuiltOp
    call: Call
    layer: Layer
    reads: tuple[Value, ...]
    residual: Residual | None
    """What it joins the ends of, if it is a residual's."""

    def mend(self, record: Record) -> Mend:
        """The likeliest change: a residual's way around, a layer behind an input, one between."""
        if self.residual is not None and len(self.reads) == 2 and self.op.by_channel:
            around = Around(self.op, self.call.frame, self.reads, self.residual).mend(record)
            if around is not None:
                return around
        misread = Misread(self.built, self.call, self.layer, self.reads, self._pair).mend(record)
        if misread is not None:
            return misread
        found = mended(self.op, self.reads, record, self._pair)
        fix = () if found is None else edits(found.changes)
        if found is not None and fix:
            return Mend(f"write {said(found.changes)}{self._result(found)}", fix)
        several = padded(self.op, self.reads, record)
        if several and edits(several):
            return Mend(f"write {said(several)}", edits(several))
        between = self._between(record) or promised(self.op, self.reads, record)
        return between or Mend(self.error.help or self._rule())

    def _rule(self) -> str | None:
        """What would make them alike, where no single change of the text is known to."""
        one, other = (self.reads[place].type for place in self._pair)
        if one.rank != other.rank:
            return None
        if one.spatial == other.spatial:
            own = "out_features" if one.rank == 2 else "out_channels"
            return f"as many from both: by `{own}` of a layer before one of them, say"
        return "the padding, the stride or `ceil_mode` of the layers before them makes sizes alike"

    @property
    def op(self) -> Op:
        """What joins."""
        return self.built.op

    @property
    def _pair(self) -> tuple[int, int]:
        return self.error.first, self.error.second

    def _result(self, found: Mended) -> str:
        """What the change comes to, where it is a size."""
        before, after = self.reads[self.error.second].type, found.types[self.error.second]
        other = self.reads[self.error.first].type
        is_space = other.rank == before.rank and other.spatial != before.spatial
        if not is_space or after.rank not in (3, 4):
            return ""
        return f": then both are {space(after)}"

    def _between(self, record: Record) -> Mend | None:
        """A line between an input and the join, where ranks differ: a map and a vector."""
        pair = [self.reads[place].type for place in self._pair]
        if pair[0].rank == pair[1].rank or pair[0].dims[0] != pair[1].dims[0]:
            return None  # of a bare parameter the first axis is no batch
        for operand in self._pair[::-1]:
            kind = self.reads[operand].type
            for text, made in (("flatten", _flat(kind)), (_AS_GATE, _gate(kind))):
                types = [value.type for value in self.reads]
                if made is not None:
                    types[operand] = made
                if made is not None and takes(self.op, tuple(types)):
                    return beside(self.layer, operand, len(self.reads), text, record)
        return None


def _flat(kind: TensorType) -> TensorType | None:
    return TensorType((kind.dims[0], kind.elements())) if kind.rank > 2 else None


def _gate(kind: TensorType) -> TensorType | None:
    return TensorType((*kind.dims, Dim.of(1), Dim.of(1))) if kind.rank == 2 else None
