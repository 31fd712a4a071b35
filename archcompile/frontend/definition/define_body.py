"""A class body during the symbolic walk: its steps, in the order of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archcompile.diagnostics import SpecError
from archcompile.frontend.calls.arguments import Call, build_op
from archcompile.frontend.calls.block_arguments import Bound, bind_block
from archcompile.frontend.calls.calls import call_of, condition_of, known_text, reads_nothing
from archcompile.frontend.calls.undecided import open_words, require_settled
from archcompile.frontend.definition.define_chain import (
    ChainWalk,
    condition_of_line,
    copies,
    is_absent,
    refuse_choice,
)
from archcompile.frontend.definition.define_taps import CutChain, below
from archcompile.frontend.definition.equalities import Equalities
from archcompile.frontend.definition.local import Local, NotGeneric, Setting, choice
from archcompile.frontend.document.document import Block, GpuGroups, Layer, Residual
from archcompile.frontend.expansion.class_body import ClassBody
from archcompile.frontend.expansion.expand import body_frame
from archcompile.frontend.expansion.gpu_groups import shared, split
from archcompile.frontend.expansion.places import Places
from archcompile.frontend.expressions.frame import Frame, mentioned
from archcompile.frontend.expressions.sizes import shape_of
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.definition import Apply, BlockUse, Chain, ChainMember, OpUse, Step
from archcompile.ir.dim import DimTooLarge
from archcompile.ir.expr import Expr, Literal
from archcompile.ir.op import Op, OpError, Undecided
from archcompile.ir.types import TensorType

if TYPE_CHECKING:
    from archcompile.frontend.definition.define import Definer

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class _Presence:
    """Whether a line is there, as far as it is known, and what stands for it if it is not."""

    condition: Expr | None = None
    otherwise: tuple[Local, ...] | None = None
    """``None``: what it reads."""


@dataclass(slots=True)
class DefinedBody(ClassBody[Local]):
    """The walk through one class body: its steps, and the Python names it must not reuse."""

    definer: Definer
    taken: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    """The names of the steps."""
    results: tuple[TensorType, ...] = ()
    loops: dict[object, tuple[tuple[ChainMember, ...], TensorType]] = field(default_factory=dict)
    """Loops in chains that were walked before, by line and frame."""
    running: set[str] = field(default_factory=set)
    """Sizes that loops carry on: variables of this class, which no caller knows."""
    first: dict[str, tuple[Layer, Frame]] = field(default_factory=dict)
    """The line that made each name, for those who ``apply`` it once more."""
    uses: dict[str, int] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    """Paths of values inside modules of this body that its own lines read."""
    given: frozenset[str] = frozenset()
    """Paths of values that whoever calls this class reads."""
    inner: dict[str, Local] = field(default_factory=dict)
    """Those of them that have been made."""
    equal: Equalities = field(default_factory=Equalities)

    @classmethod
    def of(
        cls,
        definer: Definer,
        inputs: dict[str, Local],
        layers: tuple[Layer, ...],
        owner: str = "",
        given: frozenset[str] = frozenset(),
    ) -> DefinedBody:
        """The walk before its first line. ``owner`` is the block's name."""
        own = definer.taps.get(owner, frozenset())
        walk = cls(Places.of(inputs, layers), definer, own=own, given=given)
        walk.places.tap = walk.inner.get
        return walk

    def block(
        self, block: Block, bound: Bound, types: tuple[TensorType, ...], setting: Setting
    ) -> tuple[tuple[ChainMember, ...] | None, tuple[tuple[str, str], ...]]:
        """A block's body: its chain if it is a ``sequence``, and its outputs."""
        names = block.input_names
        known: dict[str, TensorType | None] = dict(zip(names, types, strict=True))
        frame = body_frame(bound, known, block.let, setting.gpus, dict(setting.assumed))
        if block.sequence is not None:
            if self.given:
                raise NotGeneric("a block that is a `sequence` gives one value")
            lines = [(frame, line) for line in block.sequence]
            members, result = ChainWalk(self).lines(lines, types[0])
            self.results = (result,)
            return members, ()
        inputs = {name: Local(name, each) for name, each in zip(names, types, strict=True)}
        self.places = Places.of(inputs, block.layers or ())
        self.places.tap = self.inner.get
        self.lines(block.layers or (), frame)
        shown = tuple(read_value(self.places, output.source) for output in block.outputs)
        shown = shown or self.places.current
        outputs = [output.name.text for output in block.outputs] or [
            each.name.replace(".", "_") for each in shown
        ]
        for tap in sorted(self.given):
            shown = (*shown, self.inner.get(tap) or self.places.values[tap][0])
            outputs.append(tap.replace(".", "_"))
        self.results = tuple(value.type for value in shown)
        return None, tuple((name, each.name) for name, each in zip(outputs, shown, strict=True))

    def read(self, layer: Layer, frame: Frame) -> tuple[Local, ...]:
        texts = [known_text(scalar, frame) for scalar in layer.sources or ()]
        return self.places.read(layer.sources, texts)

    def reading(self, frame: Frame, reads: tuple[Local, ...]) -> Frame:
        return frame.reading(tuple(shape_of(value.type) for value in reads))

    def line(
        self,
        layer: Layer,
        here: Frame,
        reads: tuple[Local, ...],
        *,
        loops: bool,
        otherwise: tuple[Local, ...] | None = None,
    ) -> None:
        condition = condition_of_line(layer, here)
        path = self.named(layer, here, loops=loops) if not layer.names else ""
        if is_absent(condition):
            instead = reads if otherwise is None else otherwise
            for each in self._parts(layer, here) or (path,):
                self.leave_out(each, instead)
            self.places.current = instead
        elif layer.apply is not None:
            self._again(layer, layer.apply, path, here, reads, condition)
        else:
            self._made(layer, path, here, reads, _Presence(condition, otherwise))

    def _made(
        self,
        layer: Layer,
        path: str,
        here: Frame,
        reads: tuple[Local, ...],
        presence: _Presence,
    ) -> None:
        self._require_order(path, presence.condition)
        before = self.places.current
        reads = () if reads_nothing(layer, here, self.definer.catalogue) else reads
        parts = self._parts(layer, here)
        steps, values = self.step(layer, path, here, reads, presence, parts)
        self._add(steps, presence.condition)
        self.places.define(path, values)
        self.places.values |= {each.name: (each,) for each in values}
        self.first[path] = (layer, here)
        if reads_nothing(layer, here, self.definer.catalogue):
            self.places.current = before

    def _parts(self, layer: Layer, here: Frame) -> tuple[str, ...]:
        """The paths of several names."""
        return tuple(f"{self.places.level}{known_text(each, here)}" for each in layer.names)

    def _require_order(self, path: str, condition: Expr | None) -> None:
        """Where a container stands in the state_dict is decided by a member that is there."""
        front, point, _ = path.rpartition(".")
        if condition is None or not point:
            return
        if not any(step.name.startswith(f"{front}.") for step in self.steps):
            raise NotGeneric.on(condition, "a container begins with what may not be there")

    def _add(self, steps: tuple[Step, ...], condition: Expr | None) -> None:
        if any(step.name in self.made for step in steps):
            message = "two layers of one name, of which a call has one"
            raise NotGeneric(message) if condition is None else NotGeneric.on(condition, message)
        self.steps += steps
        self.made.update(step.name for step in steps)

    def _again(
        self,
        layer: Layer,
        source: Scalar,
        path: str,
        here: Frame,
        reads: tuple[Local, ...],
        condition: Expr | None,
    ) -> None:
        used = self.places.path_of(known_text(source, here))
        if used in self.places.absent:
            self.leave_out(path, reads)
            self.places.current = reads
            return
        if used is None or used not in self.first or condition is not None:
            raise NotGeneric("what is applied again may not be there")
        first, frame = self.first[used]
        again = self.reading(replace(frame, gpus=here.gpus), reads)
        self.uses[used] = self.uses.get(used, 1) + 1
        name = f"{used}#{self.uses[used]}"
        steps, values = self.step(first, name, again, reads, _Presence(), ())
        self._add(steps, condition)
        self.places.define(path, values)
        if len(values) > 1:  # each output of the second use, by the same word as of the first
            for value in values:
                self.places.values[f"{path}{value.name.removeprefix(name)}"] = (value,)

    def step(
        self,
        layer: Layer,
        name: str,
        here: Frame,
        reads: tuple[Local, ...],
        presence: _Presence,
        parts: tuple[str, ...],
    ) -> tuple[tuple[Step, ...], tuple[Local, ...]]:
        """The steps that one line becomes, and its values."""
        condition = presence.condition
        types = tuple(value.type for value in reads)
        names = tuple(value.name for value in reads)
        module = name.partition("#")[0] if layer.op is not None else name
        taps = below(self.own | self.given, module)  # each use of a class gives what it gives
        if taps and condition is not None:
            raise NotGeneric.on(condition, "a value inside a layer that may not be there")
        results: tuple[TensorType, ...]
        step: Apply | Chain
        if layer.op is None or layer.is_loop:
            if taps:
                return self._cut(layer, name, here, reads[0], taps)
            members, result = ChainWalk(self).container(layer, here, types[0])
            results, step = (result,), Chain(name, members, names, condition, layer.span)
        else:
            use, results = self.use(layer, here, types, taps)
            if isinstance(use, OpUse) and use.op.split_outputs() is not None:
                return self._pieces(use, results[0], name, reads, parts, layer, condition)
            require_settled(use, condition)
            refuse_choice(use, condition)
            step = Apply(name, use, names, condition, layer.span)
        if condition is not None:
            if len(reads) != 1 or len(results) != 1:
                raise NotGeneric.on(condition, "a layer of several values is there or not")
            if presence.otherwise is not None:
                step = replace(step, otherwise=self._instead(name, presence))
            absent = (presence.otherwise or reads)[0]
            results = (choice(condition, results[0], absent.type),)
        values = tuple(map(Local, self._value_names(name, step), results))
        count = len(values) - len(taps)
        self.inner |= {
            f"{name}.{tap}": value for tap, value in zip(sorted(taps), values[count:], strict=True)
        }
        return (step,), values[:count]

    def _instead(self, name: str, presence: _Presence) -> str:
        """The value that stands for a layer which is not there; the source can say it of one."""
        assert presence.condition is not None and presence.otherwise is not None
        if len(presence.otherwise) != 1 or "." in name:
            message = "a container holds modules only, and no way around one"
            raise NotGeneric.on(presence.condition, message)
        return presence.otherwise[0].name

    def _cut(
        self, layer: Layer, name: str, here: Frame, value: Local, taps: frozenset[str]
    ) -> tuple[tuple[Step, ...], tuple[Local, ...]]:
        """A chain inside which values are read: it is run piece by piece."""
        cut = CutChain(self, name, taps, value)
        cut.container(layer, here)
        self.inner |= cut.values
        chain = Chain(name, tuple(cut.members), (), None, layer.span, is_cut=True)
        return (chain, *cut.segments), (cut.value,)

    def _pieces(
        self,
        use: OpUse,
        result: TensorType,
        name: str,
        reads: tuple[Local, ...],
        parts: tuple[str, ...],
        layer: Layer,
        condition: Expr | None,
    ) -> tuple[tuple[Step, ...], tuple[Local, ...]]:
        """An op of several outputs: a step for each."""
        require_settled(use, condition)
        count = use.op.split_outputs() or 0
        parts = parts or tuple(f"{name}.{index}" for index in range(count))
        steps = tuple(
            Apply(
                part,
                replace(use, op=use.op.updated({"index": index})),
                tuple(value.name for value in reads),
                None,
                layer.span,
            )
            for index, part in enumerate(parts)
        )
        return steps, tuple(Local(part, result) for part in parts)

    def _value_names(self, name: str, step: Step) -> tuple[str, ...]:
        """A step's name, or the parts of what a block of several outputs gives: ``stage2.low``."""
        if isinstance(step, Apply) and isinstance(step.use, BlockUse):
            outputs = self.definer.made[step.use.definition].outputs
            if len(outputs) > 1:
                return tuple(f"{name}.{output}" for output, _ in outputs)
        return (name,)

    def use(
        self,
        layer: Layer,
        here: Frame,
        types: tuple[TensorType, ...],
        taps: frozenset[str] = frozenset(),
    ) -> tuple[OpUse | BlockUse, tuple[TensorType, ...]]:
        """A call of an op or block with symbolic sizes; a block gives the taps in it too."""
        call = call_of(layer, here)
        callee = self.definer.catalogue.find(call.op)
        if isinstance(callee, Block):
            bound = bind_block(callee, call)
            setting = Setting(here.gpus, taps, tuple(here.assumed.items()))
            return self.definer.call(callee, bound, types, setting, self.equal)
        return self._op(callee, call, types)

    def _op(
        self, kind: type[Op], call: Call, types: tuple[TensorType, ...]
    ) -> tuple[OpUse, tuple[TensorType, ...]]:
        try:
            built = build_op(kind, call)
            op, parts = shared(built.op, types, call.frame.gpus)
            result = split(op.infer(*types), parts, op)
        except Undecided as error:
            raise NotGeneric(str(error), _IDENTIFIER.findall(str(error))) from error
        except (OpError, SpecError, DimTooLarge) as error:
            raise NotGeneric(str(error), open_words(call)) from error
        self.equal.take(op.taken_as_equal(*types))
        written = built.written if op is built.op else ()
        return OpUse(op, types, written), (result,)

    def named(self, layer: Layer, here: Frame, *, loops: bool, group: bool = False) -> str:
        if layer.name is None:
            base = layer.op.text if layer.op is not None else "sequence"
            name = "" if layer.apply is not None else self.places.automatic(base)
        else:
            name = known_text(layer.name, here)
        path = f"{self.places.level}{name}"
        self.places.spans[path] = layer.span
        return path

    def unmade(self, layer: Layer, here: Frame) -> str:
        return self.named(layer, here, loops=False)

    def leave_out(self, path: str, reads: tuple[Local, ...]) -> None:
        if not self.places.is_made(path):
            self.places.leave_out(path, reads)

    def copies(self, layer: Layer, here: Frame) -> list[tuple[Frame, Layer]] | None:
        return list(copies(layer, here))

    def leave_open(self, layer: Layer) -> None:
        raise NotGeneric("the number of attributes depends on a parameter")

    def truth(self, layer: Layer, here: Frame) -> bool:
        condition = condition_of(layer, here)
        if condition is None or is_absent(condition):
            return condition is None
        raise NotGeneric.on(condition, "a structure is there or not")

    def skips(self, residual: Residual, here: Frame) -> bool:
        if residual.skip is None:
            return True
        skip = here.truth(residual.skip)
        if isinstance(skip, Literal):
            return bool(skip.value)
        raise NotGeneric.on(skip, "there is a way around a body or not")

    def groups(self, groups: GpuGroups, here: Frame) -> Frame:
        count = here.expression(groups.count)
        if isinstance(count, Literal) and isinstance(count.value, int):
            return replace(here, gpus=count.value)
        raise NotGeneric("the number of GPUs depends on a parameter", mentioned(count))

    def made_whole(self, values: tuple[Local, ...]) -> tuple[Local, ...]:
        return tuple(replace(value, type=value.type.split(1)) for value in values)

    def refuse_exchange(self, layer: Layer) -> None:
        raise NotGeneric("`exchange` stands in `gpu_groups`")

    def mark(self) -> int:
        return len(self.steps)

    def grouped(self, path: str, reads: tuple[Local, ...], since: int, layer: Layer) -> None:
        """Steps of a named structure have its path in their names; that is all a class needs."""


def read_value(places: Places[Local], source: Scalar) -> Local:
    """The one value of that name."""
    return places.read((source,), (source.text,))[0]
