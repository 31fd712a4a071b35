"""The report as Markdown (GitHub's tables), and the encoder for text in it."""

from __future__ import annotations

from archcompile.backends.report.cells import (
    COLUMNS,
    FIRST_NUMBER,
    heading,
    lines,
    note,
    signature,
    summary,
    totals,
)
from archcompile.backends.report.model import ReportModel
from archcompile.diagnostics.characters import acts

_ACTIVE = frozenset("\\`*_{}[]<>#|!~&@$\"'")
"""Characters that Markdown, its HTML or GitHub (mentions, formulas) would act on."""


def markdown(report: ReportModel) -> str:
    """A heading, the totals as a list, and a table with full module paths."""
    facts = [f"- {name}: {_count(value)}" for name, value in summary(report)]
    remark = note(report)
    rows = [_row(("total", *_total(report)))]
    body = [
        _row((_path(line.path, line.group), *_cells(line.cells))) for line in lines(report.rows)
    ]
    return "\n".join(
        [
            f"### {encode(heading(report))}",
            "",
            _code(signature(report)),
            "",
            *facts,
            *([f"- {encode(remark)}"] if remark else []),
            "",
            _row(COLUMNS),
            _row(tuple("---:" if n >= FIRST_NUMBER else "---" for n in range(len(COLUMNS)))),
            *body,
            *rows,
            "",
        ]
    )


def encode(text: str) -> str:
    """Text that Markdown shows as it is: what is active becomes a character reference.

    Line breaks become spaces, other control characters U+FFFD; links are not made from addresses.
    """
    shown = "".join(map(_encode_one, " ".join(text.split())))
    return shown.replace("://", "&#58;//").replace("www.", "www&#46;")


def _encode_one(character: str) -> str:
    if character in _ACTIVE:
        return f"&#{ord(character)};"
    return "\ufffd" if acts(character) else character


def _cells(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Op and shape as code, counts as they are."""
    op, shape, *counts = cells
    return (_code(op), _code(shape), *map(_count, counts))


def _code(text: str) -> str:
    """Names and sizes, whose grammar has neither a backtick nor a bar."""
    return f"`{text}`" if text.strip("-") else text


def _count(text: str) -> str:
    """A number; an expression over an open size is code."""
    return _code(text) if "*" in text else text


def _path(path: str, group: bool) -> str:
    """A module path obeys the grammar of names, so it can stand in a code span."""
    return f"**`{path}`**" if group else f"`{path}`"


def _total(report: ReportModel) -> tuple[str, ...]:
    known = totals(report)
    return tuple(encode(known.get(name, "")) for name in COLUMNS[1:])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
