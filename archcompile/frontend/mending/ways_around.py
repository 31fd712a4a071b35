"""A residual whose two ends do not go together: what to write around its body, or in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from archcompile.diagnostics import Edit, Span
from archcompile.frontend.document.document import Layer, Residual
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.mending.mends import Mend, edits, said
from archcompile.frontend.mending.proposals import (
    Change,
    Expressed,
    Proposal,
    is_free,
    same_paddings,
    sizes_of,
    value_of,
)
from archcompile.frontend.mending.record import Made, Record
from archcompile.frontend.mending.rewriting import yaml_text
from archcompile.frontend.mending.search import retyped, takes
from archcompile.frontend.mending.shortcuts import (
    Projection,
    expression,
    projection,
    with_shortcut,
    written,
)
from archcompile.frontend.text.tree import Mapping
from archcompile.ir.op import Op
from archcompile.ir.program import Value

_ASKS_DIFFERENCE = re.compile(r"false|.*(?:!=|>).*")
_ASKS_SAMENESS = re.compile(r" and |\bnot\b|==|<")


@dataclass(frozen=True, slots=True)
class Around:
    """The two ends that a residual joins: the way around first, then the body."""

    op: Op
    frame: Frame
    reads: tuple[Value, ...]
    residual: Residual

    def mend(self, record: Record) -> Mend | None:
        """The way around written out, or mended where it stands; ``None``: neither serves."""
        around, end = self.reads
        if self.residual.shortcut is not None and not _is_identity(self.residual.shortcut):
            inside = self._inside(around, record, (self.residual.shortcut,))
            if inside:
                return self._projected(inside, record)
            return self._unless(self.residual.shortcut, record)
        body = self._inside(end, record, self.residual.body)
        way = projection(around.type, end.type)
        if way is not None and _is_stride_of(body, way):
            return self._with_shortcut(body, way, ())
        return self._with_padding(body, record)

    def _with_shortcut(
        self, body: tuple[Made, ...], way: Projection, also: Proposal
    ) -> Mend | None:
        text = written(way, body, self.frame)
        fix, changes = with_shortcut(self.residual, text), edits(also)
        if not fix or (also and not changes):
            return Mend(f"the way around needs what the body does, e.g. `shortcut: {text}`")
        first = f"{said(also)}, and " if also else ""
        is_long = isinstance(self.residual.tree, Mapping)
        where = "beside " + ("`body`" if is_long else "the lines, which then stand under `body`")
        return Mend(f"write {first}`shortcut: {text}` {where}", (*changes, *fix))

    def _with_padding(self, body: tuple[Made, ...], record: Record) -> Mend | None:
        """A body that lacks padding, and then needs a way around it: both at once."""
        for proposal in same_paddings((body,)):
            types = retyped(self.reads, proposal, record)
            if types is None or takes(self.op, types):
                continue  # with padding alone it would do: others say so
            way = projection(types[0], types[1])
            if way is not None and _is_stride_of(body, way):
                return self._with_shortcut(body, way, proposal)
        return None

    def _projected(self, inside: tuple[Made, ...], record: Record) -> Mend | None:
        """A way around that is there, and does something else than the body."""
        maker = next((made for made in inside if made.node.op.has_channels), None)
        if maker is None:
            return None
        way = projection(maker.node.inputs[0].type, self.reads[1].type)
        body = self._inside(self.reads[1], record, self.residual.body)
        for change in () if way is None else self._as_projections(maker, way, body):
            types = retyped(self.reads, (change,), record)
            fix = edits((change,))
            if types is not None and takes(self.op, types) and fix:
                return Mend(f"write {said((change,))}", fix)
        return None

    def _as_projections(
        self, maker: Made, way: Projection, body: tuple[Made, ...]
    ) -> Iterator[Change]:
        """With the body's own expressions, which serve every call; else with numbers."""
        values = _needed(maker, way)
        own: list[tuple[str, object, str]] = []
        for name, value, _ in values:
            names = ("stride",) if name == "stride" else ("out_channels", "out_features")
            is_even = name != "stride" or len(set(way.stride)) == 1
            wanted = way.stride[0] if name == "stride" else int(way.channels)
            tree = expression(body, names, wanted, self.frame) if is_even else None
            if tree is None:
                break
            axes = len(way.stride) if isinstance(value, tuple) else None
            own.append((name, Expressed(tree, axes), yaml_text(tree.text.strip())))
        else:
            if own and maker.call.preset is None:
                yield Change(maker, tuple(own))
        if values and all(is_free(maker, name) for name, _, _ in values):
            yield Change(maker, tuple(values))

    def _unless(self, shortcut: Layer, record: Record) -> Mend | None:
        """A way around that a condition leaves out, where the sizes do differ.

        What asks for a difference may ask for one more; what is the wrong way round may not.
        """
        way = projection(self.reads[0].type, self.reads[1].type)
        when = shortcut.when
        if when is None or way is None:
            return None
        body = self._inside(self.reads[1], record, self.residual.body)
        text = _condition(when.text, self.reads, written(way, body, self.frame))
        asks = _ASKS_DIFFERENCE.fullmatch(when.text) and not _ASKS_SAMENESS.search(when.text)
        if text == when.text or not when.plain or not asks:
            return Mend(
                f"the condition `{when.text}` (line {when.span.line}) leaves the shortcut out "
                "here, where the sizes differ: is it the wrong way round?"
            )
        return Mend(
            f"write `when: {text}`: here it leaves the shortcut out", (Edit(when.span, text),)
        )

    def _inside(self, value: Value, record: Record, lines: tuple[Layer, ...]) -> tuple[Made, ...]:
        """What a value comes from that this call makes of these lines, the nearest first."""
        join = self.residual.join.op
        last = record.last_of(join.span) if join is not None else -1
        spans = tuple(line.span for line in lines)
        behind = record.behind(value)
        return tuple(
            behind[number]
            for number in sorted(behind, reverse=True)
            if number > last and any(_holds(span, behind[number].text) for span in spans)
        )


def _condition(now: str, reads: tuple[Value, ...], shortcut: str) -> str:
    """The condition, or that the channels or the space differ, as the written shortcut has it."""
    own = shortcut.partition("when: ")[2].rpartition(", conv")[0].strip('"')
    parts = own.split(" or ") if own else [f"in.channels != {reads[1].type.channels}"]
    left = now if " if " not in now and " and " not in now else f"({now})"
    known = [] if now == "false" else [left]
    return " or ".join((*known, *(part for part in parts if part not in now)))


def _holds(outer: Span, inner: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    is_inside = start <= (inner.line, inner.column) <= end
    return outer.file.path == inner.file.path and is_inside


def _is_stride_of(body: tuple[Made, ...], way: Projection) -> bool:
    """Whether the body is as much smaller as its strides say: it lacks no padding."""
    total = [1] * len(way.stride)
    for made in body:
        kernel = sizes_of(made.node.op, "kernel_size")
        stride = sizes_of(made.node.op, "stride") or kernel
        if stride is not None and len(stride) == len(total) and kernel is not None:
            total = [one * other for one, other in zip(total, stride, strict=True)]
    return tuple(total) == way.stride or not body or prod(way.stride) == prod(total)


def _is_identity(shortcut: Layer) -> bool:
    return shortcut.op is not None and shortcut.op.text == "identity" and shortcut.when is None


def _needed(maker: Made, way: Projection) -> list[tuple[str, object, str]]:
    """The body's channels and stride, where the way around's convolution has others."""
    op = maker.node.op
    values: list[tuple[str, object, str]] = []
    own = "out_channels" if way.stride else "out_features"
    if getattr(op, own, None) != way.channels:
        values.append((own, way.channels, str(way.channels)))
    if way.stride and sizes_of(op, "stride") != way.stride:
        values.append(value_of("stride", way.stride))
    return values
