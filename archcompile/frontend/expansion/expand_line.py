"""One line during expansion: an op to a node, a block's call, ``sequence`` or loop to a region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from archcompile.diagnostics import Code, Span, SpecError
from archcompile.frontend.calls.arguments import BuiltOp, Call, build_op
from archcompile.frontend.calls.block_arguments import Bound, bind_block, require_constants
from archcompile.frontend.calls.calls import call_of, is_none, refuse_value_as_layer
from archcompile.frontend.calls.torch_order import in_torchs_order, refuse_size_as_eps
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.expansion.expand import Around, Expansion, body_frame
from archcompile.frontend.expansion.expand_body import ExpandedBody
from archcompile.frontend.expansion.expand_chain import ChainWalk
from archcompile.frontend.expansion.flow import Flow, Open_, shapes
from archcompile.frontend.expansion.gpu_groups import shared_type
from archcompile.frontend.expansion.places import Places
from archcompile.frontend.expansion.starts import Scope, starts_of
from archcompile.frontend.expressions.frame import Frame, Open, rounds, settled
from archcompile.frontend.expressions.sizes import require_countable, to_python
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.input_counts import check_count, wrong_count
from archcompile.frontend.mending.refusals import Refusal
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.dim import DimTooLarge
from archcompile.ir.expr import Constant, Literal
from archcompile.ir.op import Op, OpError
from archcompile.ir.outcome import weights_of
from archcompile.ir.program import Member, Node, Region, Value

_FREE_READS = 64
"""Edges of one line beyond these count as lines."""


@dataclass(frozen=True, slots=True)
class LineMaker:
    """Makes the members of a network, line by line."""

    expansion: Expansion

    def body(
        self,
        layers: tuple[Layer, ...],
        prefix: str,
        frame: Frame,
        inputs: dict[str, Open_],
        owner: str = "",
    ) -> tuple[tuple[Member, ...], Places[Open_]]:
        """A class body: every module an attribute, edges by name. ``owner`` is a block's name."""
        walk = ExpandedBody(Places.of(inputs, layers), self, prefix)
        walk.places.tap = lambda path: self.expansion.tap(owner, prefix, path)
        walk.places.beyond = Around(self.expansion, prefix)
        with self.expansion.within(walk.places):
            walk.lines(layers, frame)
        return tuple(walk.members), walk.places

    def chain(
        self, lines: list[tuple[Frame, Layer]], path: str, value: Open_
    ) -> tuple[tuple[Member, ...], Open_]:
        """Members in a row, each reading the one before; numbered by place where unnamed."""
        members: list[Member] = []
        walker = ChainWalk(self, path, Places.of({}, ()), members)
        for frame, line in lines:
            value = walker.line(frame, line, value)
        return tuple(members), value

    def present(self, layer: Layer, here: Frame) -> bool:
        """Whether the line is there: its ``when``, and that it is not a layer that is none."""
        if is_none(layer, here):
            return False
        return layer.when is None or self.holds(layer.when, here, "when")

    def holds(self, condition: Scalar, here: Frame, key: str) -> bool:
        """Whether a condition is true; after a finding it counts as true."""
        with self.expansion.findings.collecting():
            try:
                return settled(here.truth(condition), condition, key) == Literal(True)
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
            self.expansion.tally(layer.span)
            if layer.layers is None or self.present(layer, inner):
                found += [(inner, line) for line in lines]
        return found

    def _rounds(self, layer: Layer, frame: Frame) -> list[Frame] | None:
        with self.expansion.findings.collecting():
            try:
                if layer.loop is not None:
                    columns = frame.columns(layer.loop)
                    for (_, values), (key, _) in zip(columns, layer.loop.columns, strict=False):
                        settled(values, key, key.text)
                    made = rounds(columns) or ()
                    self.expansion.foresee_rounds(len(made), layer, layer.loop.span)
                    return [frame.binding(names) for names in made]
                assert layer.repeat is not None
                count = to_python(settled(frame.count(layer.repeat), layer.repeat, "repeat"))
                copies = range(count if isinstance(count, int) else 0)
                self.expansion.foresee_rounds(len(copies), layer, layer.repeat.span)
                return [frame.binding({"index": Literal(index)}) for index in copies]
            except Open:
                pass
        return None

    def made(
        self, layer: Layer, path: str, here: Frame, reads: Flow, parts: tuple[str, ...] = ()
    ) -> tuple[list[Member], Flow]:
        """The members that a line becomes at ``path``, and its values.

        ``parts`` are the paths of the outputs of an op that has several, where they are named.
        """
        self.expansion.tally(layer.span)
        self.expansion.refuse_depth(path, layer.span)
        members: list[Member] = []
        values: Flow = (None,) * max(1, len(parts))
        if layer.op is None or layer.is_loop:
            members, values = self._container(layer, path, here, reads)
        else:
            with self.expansion.findings.collecting():
                try:
                    members, values = self._called(layer, path, here, reads, parts)
                except DimTooLarge as error:
                    self.expansion.findings.add(Code.TOO_BIG, str(error), layer.op.span)
                except Open:
                    pass
        if len(values) == 1 and values[0] is not None:
            self.expansion.keep(path, values[0])
        return members, values

    def _called(
        self, layer: Layer, path: str, here: Frame, reads: Flow, parts: tuple[str, ...]
    ) -> tuple[list[Member], Flow]:
        call = call_of(layer, here)
        refuse_value_as_layer(call, self.expansion.catalogue)
        callee = self.expansion.catalogue.find(call.op, call.op_arguments, call.op_layer)
        if isinstance(callee, Block):
            _refuse_init(layer, call.word)
            return self._call(callee, call, layer, path, here, reads)
        refuse_size_as_eps(callee, call)
        try:
            return self._op(callee, call, layer, path, reads, parts)
        except SpecError as error:
            raise in_torchs_order(error, callee, call, reads) from None

    def _container(
        self, layer: Layer, path: str, here: Frame, reads: Flow
    ) -> tuple[list[Member], Flow]:
        """A ``sequence`` or a named loop: a region whose members follow one another."""
        kind: OneOf["sequence", "repeat"] = "repeat" if layer.is_loop else "sequence"
        value = self._single(reads, layer.span, kind)
        lines = [(here, line) for line in layer.sequence or ()]
        if layer.is_loop:
            copies = self.copies(layer, here)
            if copies is None:
                return [], (None,)
            lines = copies
        members, result = self.chain(lines, path, value)
        region = self.region(path, kind, None, (), reads, members, (result,), layer.span)
        return region, (result,)

    def _call(
        self, block: Block, call: Call, layer: Layer, path: str, here: Frame, reads: Flow
    ) -> tuple[list[Member], Flow]:
        """A block's call: its body under the call's path."""
        self.expansion.refuse_recursion(block, call.word)
        bound = bind_block(block, call)
        require_constants(call.word, bound.values)
        names = [scalar.text for scalar in block.inputs] or ["x"]
        if len(reads) != len(names):
            record = self.expansion.record
            raise wrong_count(call.word, len(names), layer, reads, path, record)
        inputs = dict(zip(names, reads, strict=True))
        types = {name: None if each is None else each.type for name, each in inputs.items()}
        with self.expansion.calling(block, call.word, bound):
            frame = body_frame(bound, types, block.let, here.gpus, around=here)
            with self.expansion.starting(Scope(block.init, frame)):
                members, outputs = self._block_body(block, path, frame, inputs)
        arguments = _arguments(bound)
        region = self.region(
            path, "block", block.name.text, arguments, reads, members, outputs, call.word.span
        )
        return region, outputs

    def _block_body(
        self, block: Block, path: str, frame: Frame, inputs: dict[str, Open_]
    ) -> tuple[tuple[Member, ...], Flow]:
        if block.sequence is not None:
            self.expansion.sealed[path] = block.name.span
            (value,) = inputs.values()
            lines = [(frame.reading(shapes((value,))), line) for line in block.sequence]
            members, result = self.chain(lines, path, value)
            return members, (result,)
        name = block.name.text
        members, places = self.body(block.layers or (), f"{path}.", frame, inputs, name)
        if not block.outputs:
            return members, places.current
        return members, tuple(
            value for output in block.outputs for value in self._output(places, output.source)
        )

    def _output(self, places: Places[Open_], source: Scalar) -> Flow:
        with self.expansion.findings.collecting():
            return (places.shown(source),)
        return (None,)

    def _op(
        self,
        kind: type[Op],
        call: Call,
        layer: Layer,
        path: str,
        reads: Flow,
        parts: tuple[str, ...],
    ) -> tuple[list[Member], Flow]:
        """One op: its arguments checked, its output's type inferred; a node for each output."""
        if len(reads) > _FREE_READS:
            self.expansion.tally(call.word.span, len(reads) - _FREE_READS)
        built = build_op(kind, call)
        if None not in reads:
            check_count(built.op, call.word, layer, reads, path, self.expansion.record)
        known = tuple(value for value in reads if value is not None)
        if len(known) < len(reads):
            raise Open
        count = built.op.split_outputs()
        if count is None and not parts:
            node = self._node(built, built.op, call, layer, path, known)
            return [node], (node.output,)
        self.expansion.tally(call.word.span, count or 0)
        paths = _piece_paths(built.op, count, layer, path, parts)
        nodes = [
            self._node(built, built.op.updated({"index": index}), call, layer, each, known)
            for index, each in enumerate(paths)
        ]
        return list(nodes), tuple(node.output for node in nodes)

    def _node(
        self,
        built: BuiltOp,
        op: Op,
        call: Call,
        layer: Layer,
        path: str,
        reads: tuple[Value, ...],
    ) -> Node:
        try:
            types = tuple(value.type for value in reads)
            op, made = shared_type(op, types, call.frame.gpus)
        except OpError as error:
            # without its frames: this one holds the refusal, and would never be freed
            refusal = Refusal(error.with_traceback(None), built, call, layer, reads)
            raise refusal.finding(self.expansion.record, self.expansion.catalogue) from None
        if made not in types:
            require_countable(made)
        weights = weights_of(op, types)
        starts = starts_of(op, weights, layer.init, call.frame, self.expansion.starts)
        self.expansion.claim(path, op, weights, call.word.span)
        output = Value(self.expansion.use(path), made, call.word.span)
        self.expansion.keep(path, output)
        node = Node(path, op, reads, output, call.word.span, starts)
        self.expansion.record.add(node, built, call, layer)
        return node

    def region(
        self,
        path: str,
        kind: OneOf["block", "sequence", "repeat", "group"],
        block: str | None,
        arguments: tuple[tuple[str, Constant], ...],
        reads: Flow,
        members: tuple[Member, ...],
        outputs: Flow,
        span: Span,
    ) -> list[Member]:
        """A region, open values left out."""
        known = tuple(value for value in reads if value is not None)
        results = tuple(value for value in outputs if value is not None)
        return [Region(path, kind, block, arguments, known, members, results, span)]

    def _single(self, reads: Flow, span: Span, kind: str) -> Open_:
        if len(reads) != 1:
            self.expansion.findings.add(
                Code.WRONG_INPUT_COUNT, f"a `{kind}` reads one value, got {len(reads)}", span
            )
            return None
        return reads[0]


def _arguments(bound: Bound) -> tuple[tuple[str, Constant], ...]:
    values = ((name, to_python(value)) for name, value in bound.values.items())
    layers = ((name, None if each is None else each.said) for name, each in bound.layers.items())
    return (*values, *layers)


def _piece_paths(
    op: Op, count: int | None, layer: Layer, path: str, parts: tuple[str, ...]
) -> tuple[str, ...]:
    """Where the outputs of an op of several stand: under their own names, or numbered."""
    if count is None:
        names = ", ".join(each.text for each in layer.names)
        is_one = len(parts) == 1
        raise finding(
            Code.WRONG_INPUT_COUNT,
            f"`{op.key}` has one output, got {'a list of' if is_one else len(parts)} names",
            layer.names[0 if is_one else 1].span,
            help="the name alone, without brackets"
            if is_one
            else f"`chunk` cuts it, e.g. `{{name: [{names}], chunk: {len(parts)}}}` behind it",
        )
    if not parts:
        return tuple(f"{path}.{index}" for index in range(count))
    if len(parts) != count:
        raise finding(
            Code.WRONG_INPUT_COUNT,
            f"`{op.key}` has {count} outputs here, got {len(parts)} names",
            layer.names[min(count, len(layer.names) - 1)].span,
            help="give each output a name",
        )
    return parts


def _refuse_init(layer: Layer, word: Scalar) -> None:
    """A block has no weight of its own: what is in it has."""
    if layer.init:
        raise finding(
            Code.UNKNOWN_ARGUMENT,
            f"`{word.text}` is a block, and has no weights of its own",
            layer.init[0].span,
            help="`init` stands in the block, or beside its layers",
        )
