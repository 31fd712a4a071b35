"""What is said once and built several times: ``for`` with its columns or rows, and ``repeat``."""

from __future__ import annotations

import re

from archcompile.diagnostics import Code, Fix, Related, Span
from archcompile.frontend.document.document import Loop
from archcompile.frontend.document.fields import check_identifier, items, text, wrong_type
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_NOTHING: Fix = ()
_PYTHON = re.compile(r"(?P<variable>[A-Za-z_]\w*) in (?P<values>[^{}'\"]+?):?")
_EXAMPLE = "e.g. `for: {width: [64, 128]}`, or `for: {i: range(3)}` to count"


def repeat(findings: Findings, entry: Entry | None) -> Scalar | None:
    """The number of copies: an integer that is not negative, or an expression."""
    if entry is None:
        return None
    match entry.value:
        case Scalar(value=bool()):
            pass
        case Scalar(value=int() as count) if count >= 0:
            return entry.value
        case Scalar(value=str()) if entry.value.text.strip():
            return entry.value
    help, fix = "what is repeated stands beside it, e.g. `repeat: 2` and `conv2d: [8, 3]`", _NOTHING
    held = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(held, float) and held.is_integer() and held >= 0:
        help, fix = f"write `{held:.0f}`", replaced(entry.value, f"{held:.0f}")
    elif isinstance(held, int | float):
        help = "a number of copies is an integer of at least 0, e.g. `repeat: 2`"
    wrong_type(findings, entry.value, "a number of copies", help, fix)
    return None


def loop(findings: Findings, fields: dict[str, Entry]) -> Loop | None:
    """The loop of a layer's entry, ``None`` if it has none."""
    header, rows = fields.get("for"), fields.get("rows")
    if header is None:
        _refuse_parts(findings, fields)
        return None
    _check_body(findings, header, fields)
    span = header.key.span.to(header.value.span)
    match header.value:
        case Mapping(entries=entries) if entries:
            return _column_loop(findings, entries, rows, span)
        case Sequence():
            return _row_loop(findings, header, rows, span)
        case _:
            _no_variables(findings, header.value)
            return None


def _no_variables(findings: Findings, tree: Tree) -> None:
    """Neither columns nor names: perhaps Python's ``i in range(3)``."""
    found = _PYTHON.fullmatch(tree.text) if isinstance(tree, Scalar) else None
    written = None if found is None else f"{{{found['variable']}: {found['values']}}}"
    if written is not None and "," in written and "[" not in written:
        written = None
    help = f"write `{written}`" if written else _EXAMPLE
    fix = replaced(tree, written) if written else ()
    wrong_type(findings, tree, "the loop's variables", help, fix)


def _check_body(findings: Findings, header: Entry, fields: dict[str, Entry]) -> None:
    if "layers" not in fields:
        findings.add(
            Code.MISSING_KEY,
            "`for` has no `layers`",
            header.key.span,
            help="list what is built each time beside it, e.g. `layers: [conv2d: [width, 3]]`",
        )
    if "repeat" in fields:
        findings.add(
            Code.SEVERAL_OPS,
            "`for` and `repeat` cannot stand on one entry",
            fields["repeat"].key.span,
            related=(Related(header.key.span, "`for` is here"),),
            help="put one of them into the `layers` of the other",
        )


def _refuse_parts(findings: Findings, fields: dict[str, Entry]) -> None:
    """``rows`` and ``layers`` mean nothing without a loop."""
    if "rows" in fields:
        findings.add(
            Code.MISSING_KEY,
            "`rows` without `for`",
            fields["rows"].key.span,
            help="name the columns beside it, e.g. `for: [width, depth]`",
        )
    if "layers" in fields and "repeat" not in fields:
        findings.add(
            Code.MISSING_KEY,
            "`layers` in a layer's entry needs `for` or `repeat` beside it",
            fields["layers"].key.span,
            help="did you mean `sequence`?",
            fix=replaced(fields["layers"].key, "sequence"),
        )


def _column_loop(
    findings: Findings, entries: tuple[Entry, ...], rows: Entry | None, span: Span
) -> Loop:
    if rows is not None:
        findings.add(
            Code.WRONG_TYPE,
            "`rows` fills variables without columns of their own",
            rows.key.span,
            related=(Related(span, "these have columns"),),
            help="e.g. `for: [width, depth]` and the rows, or columns and no `rows`",
        )
    columns = []
    for entry in entries:
        check_identifier(findings, entry.key, "a loop variable")
        if _is_column(entry.value):
            columns.append((entry.key, entry.value))
        else:
            _no_column(findings, entry.value)
    return Loop(columns=tuple(columns), span=span)


def _no_column(findings: Findings, tree: Tree) -> None:
    """What is no list: a number counts, or stands alone."""
    held = tree.value if isinstance(tree, Scalar) else None
    written = f"range({held})" if type(held) is int and held > 0 else None
    help = f"write `{written}` to count" if written else _EXAMPLE
    wrong_type(findings, tree, "a list of values", help, replaced(tree, written) if written else ())


def _is_column(tree: Tree) -> bool:
    """A list, or a text that may be an expression of one."""
    if isinstance(tree, Scalar):
        return isinstance(tree.value, str) and bool(tree.text.strip())
    return isinstance(tree, Sequence)


def _row_loop(findings: Findings, header: Entry, rows: Entry | None, span: Span) -> Loop:
    variables: dict[str, Scalar] = {}
    for item in items(findings, header.value, "the loop's variables", _EXAMPLE):
        variable = text(findings, item, "a loop variable", _EXAMPLE)
        if variable is None:
            continue
        check_identifier(findings, variable, "a loop variable")
        earlier = variables.setdefault(variable.text, variable)
        if earlier is not variable:
            findings.add(
                Code.DUPLICATE_NAME,
                f"two loop variables are called `{variable.text}`",
                variable.span,
                related=(Related(earlier.span, "first here"),),
                help="give one of them another name",
            )
    if rows is None:
        findings.add(
            Code.MISSING_KEY,
            "`for` with a list of variables has no `rows`",
            header.key.span,
            help="list the rows beside it, e.g. `rows: [[64, 1], [128, 2]]`",
        )
    elif not _is_column(rows.value):
        wrong_type(findings, rows.value, "a list of rows", "e.g. `rows: [[64, 1], [128, 2]]`")
    return Loop(
        columns=(),
        variables=tuple(variables.values()),
        rows=None if rows is None else rows.value,
        span=span,
    )
