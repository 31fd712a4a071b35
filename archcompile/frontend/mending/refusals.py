"""An op's refusal as a finding: its place, where its operands come from, and how to mend it."""

from __future__ import annotations

from dataclasses import replace

from archcompile.diagnostics import Code, Edit, Fix, Related, Span, SpecError
from archcompile.diagnostics.span import small_value
from archcompile.frontend.calls.arguments import BuiltOp, Call, build_op
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.document.document import Layer
from archcompile.frontend.expressions.frame import Open
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.call_edits import with_arguments, without_given
from archcompile.frontend.mending.input_shapes import (
    channels_last,
    open_channels,
    without_channels,
)
from archcompile.frontend.mending.line_edits import line_after, line_before, with_key
from archcompile.frontend.mending.mends import Mend, edits, said
from archcompile.frontend.mending.mismatches import Join
from archcompile.frontend.mending.origins import apart, origin, place, related, space
from archcompile.frontend.mending.own_lines import beside
from archcompile.frontend.mending.ranks import as_channels, flattened_early, pooled_before
from archcompile.frontend.mending.record import Record
from archcompile.frontend.mending.search import with_channels
from archcompile.ir.dim import DimTooLarge
from archcompile.ir.op import Mismatch, OpError, Undecided, decided
from archcompile.ir.program import Value
from archcompile.ir.remedy import (
    Argument,
    Arguments,
    ChannelsBefore,
    LineBefore,
    OtherOp,
    PooledBefore,
    Remedy,
    WithoutArgument,
    WithoutFirst,
)

VECTOR = 2
_MOST_SHRINKING = 3
MOST_MENDED = 1000
"""The most refused layers of a network for which is said how to mend them."""


@small_value
class Refusal:
    """What was refused: a call with the values that it reads."""

    error: OpError
    built: BuiltOp
    call: Call
    layer: Layer
    reads: tuple[Value, ...]

    def finding(self, record: Record, catalogue: Catalogue) -> SpecError:
        """The finding, at the argument at fault where there is one."""
        error, at = self.error, self._place()
        record.refused += 1  # of very many the first ones are mended: who reads that far?
        mends = self._mend(record, catalogue) if record.refused <= MOST_MENDED else Mend(None)
        shrinking = self._shrinking(record)
        return finding(
            error.code,
            self._message(at, record),
            at,
            help=mends.help,
            related=(*self._origins(record, shrinking), *shrinking),
            fix=mends.fix,
        )

    def _place(self) -> Span:
        """The argument, one input of several by its name, or the op's word."""
        at = self.built.given.get(self.error.argument or "")
        if at is not None:
            return at.span
        sources, operand = self.layer.sources or (), self.error.operand
        is_one = len(sources) == len(self.reads) > 2 and not isinstance(self.error, Mismatch)
        if operand is not None and is_one:
            return sources[operand].span
        return self.call.word.span

    def _message(self, at: Span, record: Record) -> str:
        """Of shapes that do not meet: what they differ in, and whence each comes."""
        error = self.error
        if not isinstance(error, Mismatch):
            return error.message
        pair = [self.reads[error.first], self.reads[error.second]]
        differ = apart(pair[0].type, pair[1].type, error.but)
        first, second = (
            f"{what} from {origin(value, at, is_input=record.maker(value) is None)}"
            for what, value in zip(differ, pair, strict=True)
        )
        rule = error.rule
        if self.call.word.span in record.residuals and not self._is_written():
            rule = "the sum of a residual needs one shape"
        return f"{rule}, got {first} and {second}"

    def _is_written(self) -> bool:
        """Whether the op's word stands in the text, and is not what a structure does unsaid."""
        return self.call.word.span.text() == self.call.word.text

    def _origins(self, record: Record, shrinking: tuple[Related, ...]) -> tuple[Related, ...]:
        unique = {value.name: value for value in self.reads}.values()
        shrunk = {each.span for each in shrinking}
        return tuple(
            each
            for value in unique
            if value.span not in shrunk
            for each in related(value, record.maker(value) is None)
        )

    def _shrinking(self, record: Record) -> tuple[Related, ...]:
        """Of an input that is too small: the last layers that made it smaller."""
        is_kernel = self.error.argument == "kernel_size"
        if self.error.code is not Code.DOES_NOT_FIT or not is_kernel:
            return ()
        found: list[Related] = []
        value: Value = self.reads[0]
        while (made := record.maker(value)) is not None and len(found) < _MOST_SHRINKING:
            if len(made.node.inputs) != 1:
                break
            before, after = made.node.inputs[0].type, made.node.output.type
            if before.rank == after.rank > 2 and before.spatial != after.spatial:
                what = f"`{made.node.path}` makes {space(after)} of {space(before)}"
                found.append(Related(made.text, what))
            value = made.node.inputs[0]
        return tuple(found)

    def _mend(self, record: Record, catalogue: Catalogue) -> Mend:
        error = self.error
        if isinstance(error, Mismatch):
            residual = record.residuals.get(self.call.word.span)
            join = Join(error, self.built, self.call, self.layer, self.reads, residual)
            return join.mend(record)
        if error.code is Code.MIXED_GROUPS and error.operand is not None:
            return self._beside(error.operand, "exchange", record) or self._exchanged(record)
        if error.code is Code.WRONG_RANK and len(self.reads) == 1:
            return self._ranked(record, catalogue)
        if error.code is Code.DOES_NOT_FIT and len(self.reads) == 1:
            turned = channels_last(self.built.op, self.reads[0], record)
            return turned or self._remedied(record)
        return self._remedied(record)

    def _remedied(self, record: Record) -> Mend:
        """What the op itself says would mend it."""
        error = self.error
        if isinstance(error.remedy, LineBefore):
            return self._line_before(error.remedy.text, record, error.help)
        if isinstance(error.remedy, ChannelsBefore):
            return self._channels_before(error.remedy.number, record)
        if isinstance(error.remedy, PooledBefore):
            pooled = pooled_before(self.built.op, self.reads, record)
            return pooled or open_channels(self.reads, record) or Mend(error.help)
        if error.remedy is None:
            return Mend(error.help)
        if isinstance(error.remedy, Argument) and self.call.word.span in record.first_of:
            return self._for_one_of_many(error.remedy)
        fix = self._fix(error.remedy)
        return Mend(error.help if fix else _in_words(error.help), fix)

    def _ranked(self, record: Record, catalogue: Catalogue) -> Mend:
        """Of another rank: another op, another layer before, or another input."""
        error, op, value = self.error, self.built.op, self.reads[0]
        lacks = without_channels(op, value, record)
        if lacks is not None:
            return lacks
        if isinstance(error.remedy, OtherOp) and self._serves(error.remedy, catalogue):
            return Mend(error.help, self._fix(error.remedy))
        if isinstance(error.remedy, LineBefore):
            return self._line_before(error.remedy.text, record, error.help)
        if isinstance(error.remedy, OtherOp):
            return Mend(f"`{error.remedy.key}` is for such a tensor, with other arguments")
        if value.type.rank != VECTOR:
            return Mend(error.help)
        early = flattened_early(op, value, record)
        if early is not None:
            return early
        text, is_sure = as_channels(op, value)
        if not is_sure:
            return Mend(f"a vector is made a map by `unflatten`, e.g. `{text}`")
        return self._line_before(text, record, f"write `{text}` before it")

    def _for_one_of_many(self, remedy: Argument) -> Mend:
        """The line has made layers before, in a loop or by other calls, which keep what they have.

        A pool that has nothing left to pool is left out from there on.
        """
        line, op = self.layer, self.built.op
        axis = {"1d": "length", "2d": "height"}.get(op.key[-2:])
        is_pool = self.error.code is Code.DOES_NOT_FIT and remedy.name == "kernel_size"
        kernel = self.built.given.get("kernel_size")
        if (
            not (is_pool and axis and kernel is not None)
            or op.has_channels
            or line.when is not None
        ):
            what = f"here `{remedy.name}: {remedy.value}` would do"
            return Mend(f"{what}, but the same line makes other layers too")
        condition = f"when: in.{axis} >= {kernel.span.text()}"
        fix = with_key(line.span, condition) if kernel.span.text().isalnum() else ()
        help = f"write `{condition}`: this line pools larger maps too, and here nothing is left"
        return Mend(help, fix) if fix else Mend(f"here {_in_words(self.error.help)}")

    def _fix(self, remedy: Remedy) -> Fix:
        call, given = self.call, self.built.given
        if call.preset is not None:
            return ()  # the arguments stand elsewhere, where they were handed over
        match remedy:
            case Argument(name, value):
                return with_arguments(call.word, call.arguments, {name: value}, given)
            case Arguments(values):
                return with_arguments(call.word, call.arguments, dict(values), given)
            case WithoutArgument(name):
                return without_given(call.arguments, name, given)
            case OtherOp(key):
                return (Edit(call.word.span, key),)
            case WithoutFirst() | LineBefore() | ChannelsBefore() | PooledBefore():
                return ()  # of a warning, or other lines

    def _channels_before(self, number: int, record: Record) -> Mend:
        """So many channels where they are made, if that is a layer that nothing else minds."""
        changes = with_channels(self.built.op, self.reads, number, record)
        fix = edits(changes)
        return Mend(f"write {said(changes)}", fix) if fix else Mend(self.error.help)

    def _serves(self, remedy: OtherOp, catalogue: Catalogue) -> bool:
        """Whether another op is there, takes these arguments and this input."""
        kind = catalogue.ops.get(remedy.key)
        if kind is None or self.call.preset is not None:
            return False
        word = replace(self.call.word, text=remedy.key, value=remedy.key)
        try:
            with decided():
                built = build_op(kind, replace(self.call, word=word))
                built.op.infer(*(value.type for value in self.reads))
        except (SpecError, Open, OpError, Undecided, DimTooLarge):
            return False
        return True

    def _line_before(self, text: str, record: Record, help: str | None) -> Mend:
        """One more line before this one; before what it reads, where it says what that is."""
        if text == "exchange" and self.layer.span in record.chained:
            return Mend("put `exchange` before the chain around this: a chain cannot hold it")
        if self.layer.sources is not None:
            return self._beside(0, text, record) or Mend(_in_words(help))
        if not self._is_written() and self.layer.op is not None:
            return Mend(_in_words(help))  # a join that nobody wrote
        is_alone = self.layer.span in record.alone
        fix = line_before(self.layer.span, text, is_alone=is_alone)
        return Mend(help if fix else _in_words(help), fix)

    def _beside(self, operand: int, text: str, record: Record) -> Mend | None:
        """A line of its own for one of the inputs that ``from`` names, and its name there."""
        return beside(self.layer, operand, len(self.reads), text, record)

    def _exchanged(self, record: Record) -> Mend:
        """The end of a body or of a branch is split: ``exchange`` behind its last line."""
        made = record.maker(self.reads[self.error.operand or 0])
        if made is None or made.layer.span in record.chained or not made.is_written:
            return Mend(self.error.help)
        fix = line_after(made.layer.span, "exchange")
        where = f"`{made.node.path}`{place(made.text, self.call.word.span)}"
        return Mend(f"write `exchange` behind {where}: then both are whole", fix)


def _in_words(help: str | None) -> str | None:
    """What would serve, where no edit of the text does it."""
    if help is None:
        return None
    if help.startswith("leave "):
        return f"without {help.split()[1]} it would do"
    return help.removeprefix("write ")
