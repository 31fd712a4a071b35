"""Expansion: a document's layers to nodes and regions, every loop run, every condition decided.

A layer that cannot be elaborated leaves an open value (``None``); what reads it is still checked
for itself, and is open too, so that one mistake is one finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf

from archcompile.diagnostics import Code, Related, Span
from archcompile.frontend.arguments import BuiltOp, bind_block, build_op, require_constants
from archcompile.frontend.catalogue import Catalogue
from archcompile.frontend.document import Block, Layer
from archcompile.frontend.expand_chain import ChainWalk
from archcompile.frontend.findings import Findings, GiveUp, finding
from archcompile.frontend.flow import Flow, Open_, shapes
from archcompile.frontend.frame import Frame, Open, rounds, settled
from archcompile.frontend.places import Places
from archcompile.frontend.sizes import shape_of, to_python
from archcompile.frontend.tree import Scalar
from archcompile.ir.dim import DimTooLarge
from archcompile.ir.expr import Constant, Expr, Literal
from archcompile.ir.op import Op, OpError, settled_type
from archcompile.ir.program import Member, Node, Region, Value
from archcompile.ir.types import TensorType

MOST_LINES = 50_000
"""The most lines (layers, calls, rounds of loops) that a network may come to, written out."""

DEEPEST = 64
"""The most containers that may stand inside one another, blocks' bodies included."""


@dataclass(slots=True)
class Expander:
    """Walks layers and collects findings. One expander serves one network."""

    catalogue: Catalogue
    findings: Findings
    calls: list[tuple[str, Span]] = field(default_factory=list)
    """The blocks whose bodies are being walked, outermost first."""
    called: set[str] = field(default_factory=set)
    """The blocks that the network calls."""
    count: int = 0

    def body(
        self, layers: tuple[Layer, ...], prefix: str, frame: Frame, inputs: dict[str, Open_]
    ) -> tuple[tuple[Member, ...], Places[Open_]]:
        """A class body: every module an attribute, edges by name."""
        places: Places[Open_] = Places.of(inputs, layers)
        members: list[Member] = []
        for layer in layers:
            members += self._entry(layer, prefix, frame, places, loops=False)
        return tuple(members), places

    def _entry(
        self, layer: Layer, prefix: str, frame: Frame, places: Places[Open_], *, loops: bool
    ) -> list[Member]:
        """One line of a class body; a loop without a name stands for its copies."""
        reads: Flow = (None,)
        with self.findings.collecting():
            reads = places.read(layer.sources, _texts(layer.sources, frame))
        here = frame.reading(shapes(reads))
        if layer.is_loop and layer.name is None:
            lines = self.copies(layer, here)
            places.current = reads if lines is not None else (None,)
            if lines is None:
                places.leave_open(layer.layers or (), (None,))
            found: list[Member] = []
            for inner, copy in lines or ():
                found += self._entry(copy, prefix, inner, places, loops=True)
            return found
        return self._named(layer, prefix, here, places, reads, loops)

    def _named(
        self,
        layer: Layer,
        prefix: str,
        here: Frame,
        places: Places[Open_],
        reads: Flow,
        loops: bool,
    ) -> list[Member]:
        name = self._name(layer, here, places, loops)
        if not layer.is_loop and not self.present(layer, here):
            places.define(name, reads)
            return []
        made = self.made(layer, f"{prefix}{name}", here, reads)
        places.define(name, made[1])
        for part, value in zip(self._parts(layer), made[1], strict=False):
            places.values[f"{name}.{part}"] = (value,)
        return made[0]

    def _parts(self, layer: Layer) -> tuple[str, ...]:
        """The names of the outputs of a block that has several, by which each is read."""
        block = self.catalogue.blocks.get(layer.op.text) if layer.op is not None else None
        names = () if block is None else tuple(output.name.text for output in block.outputs)
        return names if len(names) > 1 else ()

    def _name(self, layer: Layer, here: Frame, places: Places[Open_], loops: bool) -> str:
        name = places.automatic(_base(layer)) if layer.name is None else layer.name.text
        with self.findings.collecting():
            if layer.name is not None:
                name = here.text(layer.name) or name
            span = layer.span if layer.name is None else layer.name.span
            places.declare(name, span, loops=loops)
        return name

    def present(self, layer: Layer, here: Frame) -> bool:
        if layer.when is None:
            return True
        with self.findings.collecting():
            try:
                return settled(here.truth(layer.when), layer.when, "when") == Literal(True)
            except Open:
                pass
        return True

    def copies(self, layer: Layer, frame: Frame) -> list[tuple[Frame, Layer]] | None:
        """The lines that a loop stands for, each with the frame of its round.

        ``None`` if the loop's header is wrong or open: then nothing is known of its lines.
        """
        frames = self._rounds(layer, frame)
        if frames is None:
            return None
        lines = layer.layers if layer.layers is not None else (layer.one_copy(),)
        found: list[tuple[Frame, Layer]] = []
        for inner in frames:
            self._count(layer.span)
            if layer.layers is None or self.present(layer, inner):
                found += [(inner, line) for line in lines]
        return found

    def _rounds(self, layer: Layer, frame: Frame) -> list[Frame] | None:
        with self.findings.collecting():
            try:
                if layer.loop is not None:
                    columns = frame.columns(layer.loop)
                    for (_, values), (key, _) in zip(columns, layer.loop.columns, strict=False):
                        settled(values, key, key.text)
                    return [frame.binding(names) for names in rounds(columns) or ()]
                assert layer.repeat is not None
                count = to_python(settled(frame.count(layer.repeat), layer.repeat, "repeat"))
                copies = range(count if isinstance(count, int) else 0)
                return [frame.binding({"index": Literal(index)}) for index in copies]
            except Open:
                pass
        return None

    def made(self, layer: Layer, path: str, here: Frame, reads: Flow) -> tuple[list[Member], Flow]:
        """The members that a line becomes at ``path``, and its values."""
        self._count(layer.span)
        self._refuse_depth(path, layer.span)
        if layer.sequence is not None or layer.is_loop:
            return self._container(layer, path, here, reads)
        assert layer.op is not None
        with self.findings.collecting():
            callee = self.catalogue.find(layer.op)
            try:
                if isinstance(callee, Block):
                    return self._call(callee, layer, path, here, reads)
                return self._op(callee, layer, path, here, reads)
            except DimTooLarge as error:
                self.findings.add(Code.TOO_BIG, str(error), layer.op.span)
            except Open:
                pass
        return [], (None,)

    def _container(
        self, layer: Layer, path: str, here: Frame, reads: Flow
    ) -> tuple[list[Member], Flow]:
        """A ``sequence`` or a named loop: a region whose members follow one another."""
        kind: OneOf["sequence", "repeat"] = "sequence" if layer.sequence is not None else "repeat"
        value = self._single(reads, layer.span, kind)
        lines = [(here, line) for line in layer.sequence or ()]
        if layer.sequence is None:
            copies = self.copies(layer, here)
            if copies is None:
                return [], (None,)
            lines = copies
        members, result = self.chain(lines, path, value)
        region = self._region(path, kind, None, (), reads, members, (result,), layer.span)
        return region, (result,)

    def chain(
        self, lines: list[tuple[Frame, Layer]], path: str, value: Open_
    ) -> tuple[tuple[Member, ...], Open_]:
        """Members in a row, each reading the one before; numbered by place where unnamed."""
        members: list[Member] = []
        places: Places[Open_] = Places.of({}, ())
        walker = ChainWalk(self, path, places, members)
        for frame, line in lines:
            value = walker.line(frame, line, value)
        return tuple(members), value

    def _call(
        self, block: Block, layer: Layer, path: str, here: Frame, reads: Flow
    ) -> tuple[list[Member], Flow]:
        """A block's call: its body under the call's path."""
        call = layer.op
        assert call is not None
        self._refuse_recursion(block, call)
        values = bind_block(block, call, layer.arguments, here)
        require_constants(call, values)
        names = [scalar.text for scalar in block.inputs] or ["x"]
        if len(reads) != len(names):
            raise _wrong_count(call, len(names), reads)
        inputs = dict(zip(names, reads, strict=True))
        frame = body_frame(
            values, {name: None if each is None else each.type for name, each in inputs.items()}
        )
        said = ", ".join(f"{name}={value}" for name, value in values.items())
        self.called.add(block.name.text)
        self.calls.append((block.name.text, call.span))
        try:
            with self.findings.called_from(call.span, f"in this call: {block.name.text}({said})"):
                members, outputs = self._block_body(block, path, frame, inputs)
        finally:
            self.calls.pop()
        arguments = tuple((name, to_python(value)) for name, value in values.items())
        region = self._region(
            path, "block", block.name.text, arguments, reads, members, outputs, call.span
        )
        return region, outputs

    def _block_body(
        self, block: Block, path: str, frame: Frame, inputs: dict[str, Open_]
    ) -> tuple[tuple[Member, ...], Flow]:
        if block.sequence is not None:
            (value,) = inputs.values()
            lines = [(frame.reading(shapes((value,))), line) for line in block.sequence]
            members, result = self.chain(lines, path, value)
            return members, (result,)
        members, places = self.body(block.layers or (), f"{path}.", frame, inputs)
        if not block.outputs:
            return members, places.current
        return members, tuple(
            value for output in block.outputs for value in self._output(places, output.source)
        )

    def _output(self, places: Places[Open_], source: Scalar) -> Flow:
        with self.findings.collecting():
            return (places.shown(source),)
        return (None,)

    def _op(
        self, kind: type[Op], layer: Layer, path: str, here: Frame, reads: Flow
    ) -> tuple[list[Member], Flow]:
        """One op: its arguments checked, its output's type inferred."""
        call = layer.op
        assert call is not None
        built = build_op(kind, call, layer.arguments, here)
        if None not in reads:
            _check_arity(built.op, call, reads)
        known = tuple(value for value in reads if value is not None)
        if len(known) < len(reads):
            raise Open
        output = Value(path, self._inferred(built, call, known), call.span)
        return [Node(path, built.op, known, output, call.span)], (output,)

    def _inferred(self, built: BuiltOp, call: Scalar, reads: tuple[Value, ...]) -> TensorType:
        try:
            return settled_type(built.op, *(value.type for value in reads))
        except OpError as error:
            place = built.spans.get(error.argument or "", call.span)
            origins = tuple(
                Related(value.span, f"`{value.name}` is {value.type}")
                for value in reads
                if value.span is not None
            )
            raise finding(
                error.code, error.message, place, help=error.help, related=origins
            ) from None

    def _region(
        self,
        path: str,
        kind: OneOf["block", "sequence", "repeat"],
        block: str | None,
        arguments: tuple[tuple[str, Constant], ...],
        reads: Flow,
        members: tuple[Member, ...],
        outputs: Flow,
        span: Span,
    ) -> list[Member]:
        known = tuple(value for value in reads if value is not None)
        results = tuple(value for value in outputs if value is not None)
        return [Region(path, kind, block, arguments, known, members, results, span)]

    def _single(self, reads: Flow, span: Span, kind: str) -> Open_:
        if len(reads) != 1:
            self.findings.add(
                Code.WRONG_INPUT_COUNT, f"a `{kind}` reads one value, got {len(reads)}", span
            )
            return None
        return reads[0]

    def _count(self, span: Span) -> None:
        """One line more. Raises ``GiveUp``: whatever is to come would be too much as well."""
        self.count += 1
        if self.count > MOST_LINES:
            message = f"the network comes to more than {MOST_LINES:,} layers and rounds of loops"
            self.findings.add(Code.TOO_MANY_COPIES, message, span)
            raise GiveUp

    def _refuse_depth(self, path: str, span: Span) -> None:
        if path.count(".") >= DEEPEST:
            message = f"blocks and sequences stand more than {DEEPEST} deep inside one another"
            self.findings.add(Code.TOO_DEEP, message, span)
            raise GiveUp

    def _refuse_recursion(self, block: Block, call: Scalar) -> None:
        name = block.name.text
        names = [caller for caller, _ in self.calls]
        if name in names:
            circle = " → ".join((*names[names.index(name) :], name))
            raise finding(
                Code.RECURSION,
                f"the block `{name}` calls itself ({circle})",
                call.span,
                help="use `repeat`",
            )


def body_frame(values: dict[str, Expr], types: dict[str, TensorType | None]) -> Frame:
    """What a body sees: its parameters, and the shapes of its inputs."""
    shapes = {name: shape_of(kind) for name, kind in types.items() if kind is not None}
    return Frame(values, shapes, frozenset(types) - frozenset(shapes))


def _check_arity(op: Op, call: Scalar, reads: Flow) -> None:
    if op.arity is None and len(reads) < 2:
        raise finding(
            Code.WRONG_INPUT_COUNT,
            f"`{op.key}` joins two values or more, got {len(reads)}",
            call.span,
            help=f"say which: `{{from: [a, b], {op.key}}}`",
        )
    if op.arity is not None and len(reads) != op.arity:
        raise _wrong_count(call, op.arity, reads)


def _wrong_count(call: Scalar, wanted: int, reads: Flow) -> Exception:
    origins = tuple(
        Related(value.span, f"`{value.name}`")
        for value in reads
        if value is not None and value.span is not None
    )
    return finding(
        Code.WRONG_INPUT_COUNT,
        f"`{call.text}` reads {wanted} value{'s' * (wanted != 1)}, got {len(reads)}",
        call.span,
        related=origins,
        help="say which with `from:`",
    )


def _texts(sources: tuple[Scalar, ...] | None, frame: Frame) -> tuple[str, ...]:
    return tuple(frame.text(scalar) or scalar.text for scalar in sources or ())


def _base(layer: Layer) -> str:
    return layer.op.text if layer.op is not None else "sequence"
