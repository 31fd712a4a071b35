"""Advice as warnings at their places in the text, each with the edit that does what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompile.diagnostics import Code, Diagnostic, Fix, Span
from archcompile.frontend.calls.binding import Binding
from archcompile.frontend.document.document import Document, Layer
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.call_edits import with_arguments
from archcompile.frontend.mending.rewriting import without_item
from archcompile.frontend.text.tree import Scalar, Sequence, Tree
from archcompile.ir.advice import Advice, Advised
from archcompile.ir.remedy import Argument, WithoutFirst
from archcompile.ops import all_ops


def warnings(document: Document, advised: Iterable[Advised]) -> tuple[Diagnostic, ...]:
    """What is legal in a network's layers and likely a mistake, allowed or not."""
    told = tuple(advised)
    # the arguments of a line matter to those that speak of one: nothing is read for the others
    is_any = any(each.advice.argument or each.advice.remedy for each in told)
    lines = _lines(document) if is_any else {}
    return tuple(_placed(each, lines.get(each.span)) for each in told)


def needless(document: Document, said: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Codes that a file allows, and that there is no warning of."""
    given = {each.code.value for each in said}
    for code in document.allow:
        if code.text not in given:
            yield Diagnostic(
                Code.NEEDLESS_ALLOW,
                f"`allow` names {code.text}, and there is no such warning here",
                code.span,
                help="take it out, so that the next one is seen",
            )


def _placed(advised: Advised, line: Layer | None) -> Diagnostic:
    advice = advised.advice
    if not (advice.argument or advice.remedy):
        line = None
    given = {} if line is None else _given(line)
    at = given.get(advice.argument or "")
    help, fix = (advice.help, ()) if line is None else _mend(advice, line, given)
    span = advised.span if at is None else at.span
    return Diagnostic(advice.code, advice.message, span, advice.related, help, fix)


def _mend(advice: Advice, line: Layer, given: dict[str, Tree]) -> tuple[str | None, Fix]:
    if isinstance(advice.remedy, WithoutFirst):
        return _without_first(advice, line, advice.remedy.fewest)
    return advice.help, _fix(advice, line, given)


def _without_first(advice: Advice, line: Layer, fewest: int) -> tuple[str | None, Fix]:
    """As ``leave `3` out``, where there are positions enough."""
    whole = line.arguments
    if line.op is None or not isinstance(whole, Sequence):
        return advice.help, ()
    places = [item for item in whole.items if isinstance(item, Scalar)]
    if len(places) < fewest or whole.items[: len(places)] != tuple(places):
        return advice.help, ()
    rest = ", ".join(item.span.text() for item in whole.items[1:])
    help = f"leave `{places[0].span.text()}` out: `{line.op.text}: [{rest}]`"
    return help, without_item(whole, places[0])


def _fix(advice: Advice, line: Layer, given: dict[str, Tree]) -> Fix:
    if line.op is None or not isinstance(advice.remedy, Argument):
        return ()
    values = {advice.remedy.name: advice.remedy.value}
    return with_arguments(line.op, line.arguments, values, given)


def _given(line: Layer) -> dict[str, Tree]:
    """The arguments of a line's op as they are written; none of a block's or parameter's."""
    kind = all_ops().get(line.op.text) if line.op is not None else None
    if line.op is None or kind is None:
        return {}
    names = tuple(kind.model_fields)
    return Binding(kind.key, names, line.op, line.arguments).bind(Findings())


def _lines(document: Document) -> dict[Span, Layer]:
    """Every line of a file by the place of its op's word."""
    found: dict[Span, Layer] = {}
    waiting = list(document.layers)
    for block in document.blocks:
        waiting += (*(block.layers or ()), *(block.sequence or ()))
    while waiting:
        line = waiting.pop()
        if line.op is not None:
            found[line.op.span] = line
        waiting += (*line.inner_lines(), *(line.sequence or ()))
    return found
