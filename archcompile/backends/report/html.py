"""The report as an HTML fragment: how it shows itself in a notebook; and the encoder for it."""

from __future__ import annotations

from html import escape

from archcompile.backends.report.cells import (
    COLUMNS,
    FIRST_NUMBER,
    heading,
    lines,
    note,
    signature,
    summary,
)
from archcompile.backends.report.model import ReportModel
from archcompile.diagnostics.characters import seen

_NO_FORMULAS = 'class="tex2jax_ignore mathjax_ignore"'
"""A notebook's MathJax reads dollars in any text, and its formulas can hold links."""


def html(report: ReportModel) -> str:
    """A caption, a table and the totals; no script, no style that leaks out of it."""
    head = "".join(_cell("th", place, text) for place, text in enumerate(COLUMNS))
    body = "\n".join(
        _row(f"{'&nbsp;' * 4 * line.depth}{_bold(line.path, line.group)}", line.cells)
        for line in lines(report.rows)
    )
    facts = "; ".join(f"{encode(name)}: {encode(value)}" for name, value in summary(report))
    remark = note(report)
    extra = f"<br>{encode(remark)}" if remark else ""
    return (
        f"<div {_NO_FORMULAS}>\n"
        f"<p><strong>{encode(heading(report))}</strong><br>{encode(signature(report))}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"<p>{facts}{extra}</p>\n</div>\n"
    )


def encode(text: str) -> str:
    """Text for an element or a quoted attribute; what cannot be seen becomes U+FFFD."""
    return escape(seen(text))


def _row(name: str, cells: tuple[str, ...]) -> str:
    rest = "".join(_cell("td", place, text) for place, text in enumerate(cells, 1))
    return f'<tr><td style="text-align: left">{name}</td>{rest}</tr>'


def _bold(path: str, group: bool) -> str:
    return f"<strong>{encode(path)}</strong>" if group else encode(path)


def _cell(tag: str, place: int, text: str) -> str:
    side = "right" if place >= FIRST_NUMBER else "left"
    return f'<{tag} style="text-align: {side}">{encode(text)}</{tag}>'
