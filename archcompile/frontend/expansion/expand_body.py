"""A class body during expansion: every line's members gather, and findings are collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archcompile.diagnostics import Code, Related
from archcompile.frontend.calls.calls import reads_nothing
from archcompile.frontend.document.document import Branches, GpuGroups, Layer, Residual
from archcompile.frontend.document.identifiers import is_identifier
from archcompile.frontend.expansion.class_body import ClassBody
from archcompile.frontend.expansion.flow import Flow, Open_, shapes
from archcompile.frontend.expressions.frame import Frame, Open
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.line_edits import without_line
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.arguments import said
from archcompile.ir.expr import Literal
from archcompile.ir.program import Member

if TYPE_CHECKING:
    from archcompile.frontend.expansion.expand_line import LineMaker


@dataclass(slots=True)
class ExpandedBody(ClassBody[Open_]):
    """The walk through one class body; ``prefix`` is the path of its attributes."""

    maker: LineMaker
    prefix: str
    members: list[Member] = field(default_factory=list)
    first: dict[str, tuple[Layer, Frame]] = field(default_factory=dict)
    """The line that made each name, for those who ``apply`` it once more."""

    def read(self, layer: Layer, frame: Frame) -> Flow:
        """Open after a finding."""
        with self._collecting():
            texts = tuple(frame.text(each) or each.text for each in layer.sources or ())
            return self.places.read(layer.sources, texts)
        return (None,)

    def reading(self, frame: Frame, reads: Flow) -> Frame:
        return frame.reading(shapes(reads))

    def line(
        self,
        layer: Layer,
        here: Frame,
        reads: Flow,
        *,
        loops: bool,
        otherwise: Flow | None = None,
    ) -> None:
        instead = reads if otherwise is None else otherwise
        if layer.apply is not None:
            self._again(layer, layer.apply, here, reads, instead, loops=loops)
            return
        is_open = layer.is_loop and not layer.is_decided_once
        is_there = is_open or self.maker.present(layer, here)
        parts = self._parts(layer, here, loops=loops, is_there=is_there)
        path = parts[0] if parts else self._path(layer, here, loops=loops, is_there=is_there)
        if not is_there:
            for each in parts or (path,):
                self.leave_out(each, instead)
            return
        before = self.places.current
        is_apart = reads_nothing(layer, here, self.maker.expansion.catalogue)
        made, values = self.maker.made(
            layer,
            f"{self.prefix}{path}",
            here,
            () if is_apart else reads,
            tuple(f"{self.prefix}{part}" for part in parts),
        )
        self.members += made
        self._define(layer, path, parts, values)
        self.maker.expansion.absent.discard(f"{self.prefix}{path}")
        if not parts:  # a piece of a value is no layer of its own
            self.first[path] = (layer, here)
        if is_apart:  # what reads nothing stands beside the row of lines
            self.places.current = before

    def _define(self, layer: Layer, path: str, parts: tuple[str, ...], values: Flow) -> None:
        if not parts:
            self.places.define(path, values)
            names = self._outputs(layer) or tuple(map(str, range(len(values))))
            parts = tuple(f"{path}.{name}" for name in names) if len(values) > 1 else ()
        for part, value in zip(parts, values, strict=False):
            self.places.keep(part, (value,))
        self.places.current = values

    def unmade(self, layer: Layer, here: Frame) -> str:
        return self._path(layer, here, loops=False, is_there=False)

    def leave_out(self, path: str, reads: Flow) -> None:
        if self.places.is_made(path):  # its twin of the same name is there
            self.places.current = reads
        else:
            self.places.leave_out(path, reads)
            self.maker.expansion.absent.add(f"{self.prefix}{path}")

    def _again(
        self,
        layer: Layer,
        source: Scalar,
        here: Frame,
        reads: Flow,
        otherwise: Flow,
        *,
        loops: bool,
    ) -> None:
        """The layer of that name once more: the same weights, a second place in the graph.

        ``otherwise`` is what this use stands for if it is not there.
        """
        is_there = self.maker.present(layer, here)
        path = None
        if layer.name is not None:
            path = self._path(layer, here, loops=loops, is_there=is_there)
        if not is_there:
            self.places.current = otherwise
            if path is not None:
                self.leave_out(path, otherwise)
            return
        values: Flow = (None,)
        first = layer
        with self._collecting(), self._met_in(source):
            name = here.text(source) or source.text
            if self.places.path_of(name) in self.places.absent:
                values = reads
            else:
                used, first, frame = self._applied(name, source)
                again = replace_frame(frame, here, reads)
                with self.maker.expansion.once_more(f"{self.prefix}{used}"):
                    made, values = self.maker.made(first, f"{self.prefix}{used}", again, reads)
                self.members += made
        if path is None:
            self.places.current = values
        else:
            self._define(first, path, (), values)

    @contextmanager
    def _met_in(self, source: Scalar) -> Iterator[None]:
        """What is wrong with a second use of a layer is said where it is used, once."""
        findings = self.maker.expansion.findings
        before = len(findings.found)
        yield
        for each in findings.found[before : before + 1]:
            if each.span is not None and each.span != source.span:
                origin = Related(each.span, "the layer that is used once more")
                help = None if each.fix else each.help  # an edit of the first use is none of this
                related = (origin, *each.related)
                moved = replace(each, span=source.span, related=related, help=help, fix=())
                findings.found[before:] = [moved]

    def _applied(self, name: str, source: Scalar) -> tuple[str, Layer, Frame]:
        path = self.places.path_of(name)
        if path is not None and path in self.first:
            used, frame = self.first[path]
            if reads_nothing(used, frame, self.maker.expansion.catalogue):
                raise finding(
                    Code.BAD_ARGUMENT,
                    f"`{name}` is a bare value, and no layer that can be applied again",
                    source.span,
                    help="a line reads it by `from`, e.g. `{from: [x, scale], mul}`",
                )
            return path, used, frame
        if path is None and name in self.places.inputs:
            raise finding(
                Code.BAD_ARGUMENT,
                f"`{name}` is an input, and no layer that can be applied again",
                source.span,
                help="a line reads an input by `from`, e.g. `{from: x, relu}`",
            )
        if path is None:
            raise self.places.unknown(source, name)
        raise finding(
            Code.BAD_ARGUMENT,
            f"`{name}` is no layer that can be applied again",
            source.span,
            help="name an op, a block's call, a `sequence` or a named loop",
        )

    def _parts(self, layer: Layer, here: Frame, *, loops: bool, is_there: bool) -> tuple[str, ...]:
        """The paths of several names; taken, if the line is there."""
        found: list[str] = []
        for name in layer.names:
            with self._collecting():
                written = here.text(name) or name.text
                path = f"{self.places.level}{written}"
                if is_there:
                    path = self.places.declare(written, name.span, loops=loops)
                found.append(path)
        return tuple(found)

    def named(self, layer: Layer, here: Frame, *, loops: bool, group: bool = False) -> str:
        return self._path(layer, here, loops=loops, is_there=True, group=group)

    def _path(
        self, layer: Layer, here: Frame, *, loops: bool, is_there: bool, group: bool = False
    ) -> str:
        """The line's path in this body; taken, if the line is there."""
        name = self.places.automatic(_base(layer)) if layer.name is None else layer.name.text
        span = layer.span if layer.name is None else layer.name.span
        with self._collecting():
            if layer.name is not None:
                name = here.text(layer.name) or name
            is_said = layer.name is None and not is_identifier(name)  # as an op that is none
            if not is_there or is_said:
                return f"{self.places.level}{name}"
            return self.places.declare(name, span, loops=loops, group=group)
        return self.places.apart(name, None)

    def _outputs(self, layer: Layer) -> tuple[str, ...]:
        """The names of the outputs of a block that has several, by which each is read."""
        blocks = self.maker.expansion.catalogue.blocks
        block = blocks.get(layer.op.text) if layer.op is not None else None
        return () if block is None else tuple(output.name.text for output in block.outputs)

    def copies(self, layer: Layer, here: Frame) -> list[tuple[Frame, Layer]] | None:
        return self.maker.copies(layer, here)

    def leave_open(self, layer: Layer) -> None:
        self.places.current = (None,)
        self.places.leave_open(layer.layers or (), (None,))

    def truth(self, layer: Layer, here: Frame) -> bool:
        return self.maker.present(layer, here)

    def meet(self, structure: Residual | Branches) -> None:
        self.maker.expansion.record.meet(structure)

    def skips(self, residual: Residual, here: Frame) -> bool:
        return residual.skip is None or self.maker.holds(residual.skip, here, "skip")

    def groups(self, groups: GpuGroups, here: Frame) -> Frame:
        with self._collecting():
            if here.gpus:
                raise finding(
                    Code.GROUPS_IN_GROUPS,
                    "`gpu_groups` cannot stand inside `gpu_groups`",
                    groups.span.start().within(0, len("gpu_groups")),
                    help="its layers stand in the outer one, whose GPUs share them already",
                )
            try:
                count = here.expression(groups.count)
            except Open:  # it depends on what was found wrong already
                return replace(here, gpus=1)
            held = count.value if isinstance(count, Literal) else None
            if isinstance(held, bool) or not isinstance(held, int) or held < 1:
                whole = _divided(groups.count, held)
                raise finding(
                    Code.BAD_GROUP_COUNT,
                    f"`count` is a number of GPUs, 1 or more; got "
                    f"{count if held is None else said(held)}",
                    groups.count.span,
                    help=f"write `{whole}`" if whole else "e.g. `count: 2`",
                    fix=replaced(groups.count, whole) if whole else (),
                )
            return replace(here, gpus=held)
        return here if here.gpus else replace(here, gpus=1)

    def made_whole(self, values: Flow) -> Flow:
        return tuple(
            None if value is None else replace(value, type=value.type.split(1)) for value in values
        )

    def refuse_exchange(self, layer: Layer) -> None:
        self.maker.expansion.findings.add(
            Code.EXCHANGE_OUTSIDE,
            "`exchange` stands in `gpu_groups`: outside, every tensor is whole",
            layer.span if layer.op is None else layer.op.span,
            help="remove this line",
            fix=without_line(layer.span),
        )

    def grouped(self, path: str, reads: Flow, since: int, layer: Layer) -> None:
        members = tuple(self.members[since:])
        outputs = self.places.current
        self.members[since:] = self.maker.region(
            f"{self.prefix}{path}", "group", None, (), reads, members, outputs, layer.span
        )

    def mark(self) -> int:
        return len(self.members)

    def _collecting(self) -> AbstractContextManager[None]:
        return self.maker.expansion.findings.collecting()


def _divided(count: Scalar, held: object) -> str | None:
    """Where ``/`` gave a real number that is whole: ``//``, which gives an integer."""
    parts = count.text.split("/")
    is_whole = isinstance(held, float) and held >= 1 and held == int(held)
    return "//".join(parts) if is_whole and len(parts) == 2 and count.plain else None


def replace_frame(first: Frame, here: Frame, reads: Flow) -> Frame:
    """The frame that explained a layer at first, where it now reads something else."""
    return replace(first, gpus=here.gpus).reading(shapes(reads))


def _base(layer: Layer) -> str:
    return layer.op.text if layer.op is not None else "sequence"
