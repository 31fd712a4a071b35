"""Chains during expansion: members in a row, each reading the one before, numbered by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcompile.diagnostics import Code
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expansion.flow import Open_, shapes
from archcompile.frontend.expansion.places import Places
from archcompile.frontend.expressions.frame import Frame
from archcompile.ir.program import Member

if TYPE_CHECKING:
    from archcompile.frontend.expansion.expand_line import LineMaker

AS_BLOCK = "make it a block with `layers:`"


@dataclass(slots=True)
class ChainWalk:
    """The walk along one chain: the next number, and where its members go."""

    maker: LineMaker
    path: str
    places: Places[Open_]
    members: list[Member]
    number: int = 0

    def line(self, frame: Frame, layer: Layer, value: Open_) -> Open_:
        """One line: its members are added, what it leaves is returned."""
        findings = self.maker.expansion.findings
        self.maker.expansion.record.chained.add(layer.span)
        if layer.sources is not None:
            findings.add(
                Code.NOT_IN_CHAIN,
                "a layer of a `sequence` reads the one before it; `from` stands in `layers` only",
                layer.sources_span or layer.span,
                help=AS_BLOCK,
            )
        here = frame.reading(shapes((value,)))
        if layer.is_loop and layer.name is None:
            lines = self.maker.copies(layer, here)
            for inner, copy in lines or ():
                value = self.line(inner, copy, value)
            return value if lines is not None else None
        if not layer.is_loop and not self.maker.present(layer, here):
            self._leave_out(layer, here)
            return value
        name = self._name(layer, here)
        self.maker.expansion.absent.discard(f"{self.path}.{name}")
        made, results = self.maker.made(layer, f"{self.path}.{name}", here, (value,))
        self.members += made
        if len(results) > 1:
            message = f"a line of a `sequence` hands on one value, this one has {len(results)}"
            findings.add(Code.WRONG_INPUT_COUNT, message, layer.span, help=AS_BLOCK)
            return None
        return results[0] if results else None

    def _leave_out(self, layer: Layer, here: Frame) -> None:
        """Remember the name of a line that is not there, unless a twin of it is."""
        if layer.name is None:
            return
        with self.maker.expansion.findings.collecting():
            path = f"{self.path}.{here.text(layer.name) or layer.name.text}"
            if path not in self.maker.expansion.values:
                self.maker.expansion.absent.add(path)

    def _name(self, layer: Layer, here: Frame) -> str:
        number, self.number = self.number, self.number + 1
        name = str(number)
        if layer.name is not None:
            with self.maker.expansion.findings.collecting():
                name = here.text(layer.name) or name
                self.places.declare(name, layer.name.span, loops=True, chain=True)
                return name
            return self.places.apart(name, None)
        return name
