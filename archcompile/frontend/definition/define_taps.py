"""Chains of a symbolic walk that are cut, since a value between their members is read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcompile.frontend.calls.calls import condition_of, known_text
from archcompile.frontend.definition.define_chain import ChainWalk, copies, is_absent
from archcompile.frontend.definition.local import Local, NotGeneric
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.expressions.sizes import shape_of
from archcompile.ir.definition import Apply, BlockUse, Chain, Segment

if TYPE_CHECKING:
    from archcompile.frontend.definition.define_body import DefinedBody


def below(taps: frozenset[str], path: str) -> frozenset[str]:
    """The taps inside a module, by their paths in it."""
    front = f"{path}."
    return frozenset(tap.removeprefix(front) for tap in taps if tap.startswith(front))


@dataclass(slots=True)
class CutChain:
    """The walk along one chain, written out: its members, and the segments that run them."""

    body: DefinedBody
    path: str
    taps: frozenset[str]
    """The paths, in this chain, of the values that are read elsewhere."""
    value: Local
    """What the next member reads."""
    is_inner: bool = False
    """Whether it stands in another chain; then each member is a segment of its own."""
    members: list[Apply | Chain] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    values: dict[str, Local] = field(default_factory=dict)
    """The values that have been tapped, by their paths in the body."""
    started: int = 0
    """The first member that no segment runs yet."""
    last: str = ""
    """The path of the last member."""

    def container(self, layer: Layer, here: Frame) -> None:
        """The members of a ``sequence`` or named loop."""
        if layer.is_loop:
            lines = list(copies(layer, here))
        else:
            lines = [(here, line) for line in layer.sequence or ()]
        for frame, line in lines:
            self._line(line, frame)
        self._close(self.path, is_whole=True)

    def _line(self, layer: Layer, frame: Frame) -> None:
        here = frame.reading((shape_of(self.value.type),))
        if layer.is_loop and layer.name is None:
            for inner, copy in copies(layer, here):
                self._line(copy, inner)
            return
        condition = None if layer.is_loop else condition_of(layer, here)
        if is_absent(condition):
            return
        if condition is not None:
            raise NotGeneric.on(condition, "a chain that is cut must know its members")
        name = known_text(layer.name, here) if layer.name is not None else ""
        place = name or str(len(self.members))
        self._member(layer, here, name, place)

    def _member(self, layer: Layer, here: Frame, name: str, place: str) -> None:
        path, inner = f"{self.path}.{place}", below(self.taps, place)
        if inner:
            self._close(self.last, is_whole=False)
        self.last = path
        if layer.op is None or layer.is_loop:
            self._chain(layer, here, name, path, inner)
        else:
            self._call(layer, here, name, path, inner)
        if place in self.taps or self.is_inner:
            self._close(path, is_whole=False)
        if place in self.taps:
            self.values[path] = self.value

    def _chain(
        self, layer: Layer, here: Frame, name: str, path: str, inner: frozenset[str]
    ) -> None:
        kind = self.value.type
        if not inner:
            members, kind = ChainWalk(self.body).container(layer, here, kind)
            self.members.append(Chain(name, members, (), None, layer.span))
            self.value = Local(self.value.name, kind)
            return
        cut = CutChain(self.body, path, inner, self.value, is_inner=True)
        cut.container(layer, here)
        self.members.append(Chain(name, tuple(cut.members), (), None, layer.span))
        self.segments += cut.segments
        self.values |= cut.values
        self.value = cut.value
        self.started = len(self.members)

    def _call(self, layer: Layer, here: Frame, name: str, path: str, inner: frozenset[str]) -> None:
        use, results = self.body.use(layer, here, (self.value.type,), inner)
        self.members.append(Apply(name, use, (), None, layer.span))
        if not inner:
            if len(results) != 1:
                raise NotGeneric("a line of a chain hands on one value")
            self.value = Local(self.value.name, results[0])
            return
        assert isinstance(use, BlockUse)  # only a block's call has values inside
        outputs = tuple(each for each, _ in self.body.definer.made[use.definition].outputs)
        place = len(self.members)
        reads = (self.value.name,)
        self.segments.append(
            Segment(path, self.path, place - 1, place, reads, outputs=outputs, span=layer.span)
        )
        made = {
            each: Local(f"{path}.{each}", kind) for each, kind in zip(outputs, results, strict=True)
        }
        self.value = made[outputs[0]]
        for tap, output in zip(sorted(inner), outputs[-len(inner) :], strict=True):
            self.values[f"{path}.{tap}"] = made[output]
        self.started = place

    def _close(self, name: str, *, is_whole: bool) -> None:
        """The members since the last cut become a segment that makes the value of that name."""
        if self.started == len(self.members):
            return
        segment = Segment(
            name,
            self.path,
            self.started,
            len(self.members),
            (self.value.name,),
            is_whole,
        )
        self.segments.append(segment)
        self.value = Local(name, self.value.type)
        self.started = len(self.members)
