"""The report as an HTML fragment: how it shows itself in a notebook."""

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


def html(report: ReportModel) -> str:
    """A caption, a table and the totals; no script, no style that leaks out of it."""
    head = "".join(_cell("th", place, text) for place, text in enumerate(COLUMNS))
    body = "\n".join(
        _row(f"{'&nbsp;' * 4 * line.depth}{_bold(line.path, line.group)}", line.cells)
        for line in lines(report.rows)
    )
    facts = "; ".join(f"{escape(name)}: {escape(value)}" for name, value in summary(report))
    remark = note(report)
    extra = f"<br>{escape(remark)}" if remark else ""
    return (
        f"<p><strong>{escape(heading(report))}</strong><br>{escape(signature(report))}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"<p>{facts}{extra}</p>\n"
    )


def _row(name: str, cells: tuple[str, ...]) -> str:
    rest = "".join(_cell("td", place, text) for place, text in enumerate(cells, 1))
    return f'<tr><td style="text-align: left">{name}</td>{rest}</tr>'


def _bold(path: str, group: bool) -> str:
    return f"<strong>{escape(path)}</strong>" if group else escape(path)


def _cell(tag: str, place: int, text: str) -> str:
    side = "right" if place >= FIRST_NUMBER else "left"
    return f'<{tag} style="text-align: {side}">{escape(text)}</{tag}>'
