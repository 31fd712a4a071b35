"""An op's refusal as a finding: its place, where its operands come from, and how to mend it."""

from __future__ import annotations

from archcompile.diagnostics import Edit, Fix, Related, Span, SpecError
from archcompile.frontend.arguments import BuiltOp, Call
from archcompile.frontend.findings import finding
from archcompile.frontend.rewriting import line_before, with_argument, without_entry
from archcompile.frontend.tree import Mapping
from archcompile.ir.op import OpError
from archcompile.ir.program import Value
from archcompile.ir.remedy import Argument, LineBefore, OtherOp, Remedy, WithoutArgument


def refused(
    error: OpError, built: BuiltOp, call: Call, line: Span, reads: tuple[Value, ...]
) -> SpecError:
    """The finding, at the argument at fault where there is one."""
    at = built.given.get(error.argument or "")
    origins = tuple(
        Related(value.span, f"`{value.name}` is {value.type}")
        for value in reads
        if value.span is not None
    )
    fix = () if error.remedy is None else _fix(error.remedy, built, call, line)
    place = call.word.span if at is None else at.span
    return finding(error.code, error.message, place, help=error.help, related=origins, fix=fix)


def _fix(remedy: Remedy, built: BuiltOp, call: Call, line: Span) -> Fix:
    if call.preset is not None:
        return ()  # the arguments stand elsewhere, where they were handed over
    match remedy:
        case Argument(name, value):
            return with_argument(call.word, call.arguments, name, value, built.given)
        case WithoutArgument(name):
            whole = call.arguments
            return without_entry(whole, name) if isinstance(whole, Mapping) else ()
        case OtherOp(key):
            return (Edit(call.word.span, key),)
        case LineBefore(text):
            return line_before(line, text)
