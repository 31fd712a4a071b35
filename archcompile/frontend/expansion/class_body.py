"""What both walks through a class body share: edges, loops and structures.

The concrete walk (``expand``) and the symbolic one (``define``) differ in what a line becomes and
in what they do about a mistake; which line reads what, and what a structure stands for, is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from archcompile.frontend.document.document import Branches, GpuGroups, Layer, Residual
from archcompile.frontend.expansion.places import Places
from archcompile.frontend.expressions.frame import Frame

V = TypeVar("V")

EXCHANGE = "exchange"
"""The word, inside ``gpu_groups``, for what makes a split tensor whole."""


@dataclass(slots=True)
class ClassBody(ABC, Generic[V]):
    """The walk through one class body; ``places`` says where it is and what it has met."""

    places: Places[V]

    def lines(self, layers: tuple[Layer, ...], frame: Frame, *, loops: bool = False) -> None:
        """Walk lines that stand in this body, each reading the one before."""
        for layer in layers:
            self.entry(layer, frame, loops=loops)

    def entry(self, layer: Layer, frame: Frame, *, loops: bool = False) -> None:
        """One line. ``loops``: a loop makes it several times, so its name must be a template."""
        reads = self.read(layer, frame)
        here = self.reading(frame, reads)
        if layer.is_loop and layer.name is None:
            self._copies(layer, here, reads)
        elif layer.is_structure:
            self._structure(layer, here, reads, loops=loops)
        elif layer.op is not None and layer.op.text == EXCHANGE:
            self._exchange(layer, here, reads, loops=loops)
        else:
            self.line(layer, here, reads, loops=loops)

    @abstractmethod
    def read(self, layer: Layer, frame: Frame) -> tuple[V, ...]:
        """The values that a line reads."""

    @abstractmethod
    def reading(self, frame: Frame, reads: tuple[V, ...]) -> Frame:
        """The frame of a line that reads these."""

    @abstractmethod
    def line(
        self,
        layer: Layer,
        here: Frame,
        reads: tuple[V, ...],
        *,
        loops: bool,
        otherwise: tuple[V, ...] | None = None,
    ) -> None:
        """A module, a function, or a second use of one.

        ``otherwise`` is what it stands for if it is not there, where that is not what it reads.
        """

    @abstractmethod
    def copies(self, layer: Layer, here: Frame) -> list[tuple[Frame, Layer]] | None:
        """The lines that a loop stands for; ``None`` if that is not known."""

    @abstractmethod
    def truth(self, layer: Layer, here: Frame) -> bool:
        """Whether a structure is there (its ``when``)."""

    def meet(self, structure: Residual | Branches) -> None:
        """A structure is walked: for those who keep in mind what stands around a line."""

    @abstractmethod
    def skips(self, residual: Residual, here: Frame) -> bool:
        """Whether there is a way around the body (its ``skip``)."""

    @abstractmethod
    def named(self, layer: Layer, here: Frame, *, loops: bool, group: bool = False) -> str:
        """Declare the line's name, an automatic one if it has none; its path in this body."""

    @abstractmethod
    def unmade(self, layer: Layer, here: Frame) -> str:
        """The path of a line that is not there: its name stays free for another."""

    @abstractmethod
    def leave_out(self, path: str, reads: tuple[V, ...]) -> None:
        """The name of a line that is not there means what it would have read."""

    @abstractmethod
    def groups(self, groups: GpuGroups, here: Frame) -> Frame:
        """The frame inside ``gpu_groups``."""

    @abstractmethod
    def made_whole(self, values: tuple[V, ...]) -> tuple[V, ...]:
        """The same values, every GPU holding all of each."""

    @abstractmethod
    def refuse_exchange(self, layer: Layer) -> None:
        """``exchange`` outside ``gpu_groups``."""

    @abstractmethod
    def mark(self) -> int:
        """How much has been made so far."""

    @abstractmethod
    def grouped(self, path: str, reads: tuple[V, ...], since: int, layer: Layer) -> None:
        """A named structure is a group of what it made."""

    def _copies(self, layer: Layer, here: Frame, reads: tuple[V, ...]) -> None:
        lines = self.copies(layer, here)
        self.places.current = reads
        if lines is None:
            self.leave_open(layer)
        for inner, copy in lines or ():
            self.entry(copy, inner, loops=True)

    @abstractmethod
    def leave_open(self, layer: Layer) -> None:
        """Nothing is known of the loop's lines."""

    def _exchange(self, layer: Layer, here: Frame, reads: tuple[V, ...], *, loops: bool) -> None:
        if not here.gpus:
            self.refuse_exchange(layer)
        self.places.current = reads
        if not self.truth(layer, here):
            if layer.name is not None:
                self.leave_out(self.unmade(layer, here), reads)
            return
        self.places.current = self.made_whole(reads)
        if layer.name is not None:
            self.places.define(self.named(layer, here, loops=loops), self.places.current)

    def _structure(self, layer: Layer, here: Frame, reads: tuple[V, ...], *, loops: bool) -> None:
        is_there = self.truth(layer, here)
        path = None
        if layer.name is not None and is_there:
            path = self.named(layer, here, loops=loops, group=True)
        elif layer.name is not None:
            path = self.unmade(layer, here)
        self.places.current = reads
        since = self.mark()
        if is_there:
            with self._level(path):
                self._inside(layer, here, reads, loops=loops)
        if path is not None and is_there:
            self.grouped(path, reads, since, layer)
            self.places.define(path, self.places.current)
        elif not is_there:
            with self._level(path):
                self._pass_over(layer, here, reads)
            self.places.current = reads
        if path is not None and not is_there:
            self.leave_out(path, reads)

    def _pass_over(self, layer: Layer, here: Frame, reads: tuple[V, ...]) -> None:
        """The lines of a structure that is not there: absent, and counted, as if each had a `when`.

        A loop's lines are not: what stands in its rounds only the rounds know.
        """
        for inner in layer.inner_lines():
            if not inner.is_loop:
                self._pass_line(inner, here, reads)
        for structure in (layer.branches, layer.residual):
            if structure is not None:
                self._pass_line(structure.join, here, reads)

    def _pass_line(self, layer: Layer, here: Frame, reads: tuple[V, ...]) -> None:
        path = None
        if layer.name is not None or not (layer.is_structure or layer.apply is not None):
            path = self.unmade(layer, here)
        if layer.is_structure:
            with self._level(path):
                self._pass_over(layer, here, reads)
        if path is not None:
            self.leave_out(path, reads)

    @contextmanager
    def _level(self, path: str | None) -> Iterator[None]:
        """Inside, names stand below the structure's own."""
        outer = self.places.level
        if path is not None:
            self.places.level = f"{path}."
        yield
        self.places.level = outer

    def _inside(self, layer: Layer, here: Frame, reads: tuple[V, ...], *, loops: bool) -> None:
        if layer.residual is not None:
            self._residual(layer.residual, here, reads, loops=loops)
        elif layer.branches is not None:
            self._branches(layer.branches, here, reads, loops=loops)
        elif layer.gpu_groups is not None:
            self._gpu_groups(layer.gpu_groups, here, loops=loops)

    def _residual(
        self, residual: Residual, here: Frame, reads: tuple[V, ...], *, loops: bool
    ) -> None:
        """The body, then the shortcut from the same input, then their join, shortcut first."""
        self.meet(residual)
        self.lines(residual.body, here, loops=loops)
        body = self.places.current
        if not self.skips(residual, here):
            for line in (residual.shortcut, residual.join):
                if line is not None:
                    self._pass_line(line, here, reads)
            self.places.current = body
            return
        self.places.current = reads
        if residual.shortcut is not None:
            self._shortcut(residual.shortcut, here, reads, loops=loops)
        self._join(residual.join, here, (*self.places.current, *body), loops=loops)

    def _shortcut(self, shortcut: Layer, here: Frame, reads: tuple[V, ...], *, loops: bool) -> None:
        """The way around the body. An absent one passes on what the residual reads.

        That is so where its ``from`` names a value of the body: a pre-activation unit projects what
        its first ReLU gives, or adds its input as it is.
        """
        if shortcut.sources is None:
            self.entry(shortcut, here, loops=loops)
            return
        own = self.read(shortcut, here)
        inside = self.reading(here, own)
        if not shortcut.is_structure and (not shortcut.is_loop or shortcut.name is not None):
            self.line(shortcut, inside, own, loops=loops, otherwise=reads)
        elif self.truth(shortcut, inside):
            self.entry(shortcut, here, loops=loops)
        else:
            self.leave_out(self.unmade(shortcut, inside), reads)
            self.places.current = reads

    def _branches(
        self, branches: Branches, here: Frame, reads: tuple[V, ...], *, loops: bool
    ) -> None:
        """Each branch from the structure's input, then their join in the order of the text."""
        self.meet(branches)
        ends: tuple[V, ...] = ()
        for branch in branches.branches:
            self.places.current = reads
            self.lines(branch.lines, here, loops=loops)
            ends += self.places.current
        self._join(branches.join, here, ends, loops=loops)

    def _join(self, join: Layer, here: Frame, reads: tuple[V, ...], *, loops: bool) -> None:
        self.line(join, self.reading(here, reads), reads, loops=loops)

    def _gpu_groups(self, groups: GpuGroups, here: Frame, *, loops: bool) -> None:
        """Values leave whole, whoever reads them. One inside another is as if it were not there."""
        if here.gpus:
            self.lines(groups.layers, self.groups(groups, here), loops=loops)
            return
        before = set(self.places.values)
        self.lines(groups.layers, self.groups(groups, here), loops=loops)
        self.places.current = self.made_whole(self.places.current)
        for path in self.places.values.keys() - before:
            self.places.values[path] = self.made_whole(self.places.values[path])
