"""The report: what a network is made of and what it costs, as a table, JSON, Markdown or HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.backends.report.html import html
from archcompile.backends.report.json_form import Json, json_form, json_text
from archcompile.backends.report.markdown import markdown
from archcompile.backends.report.model import ReportModel, model
from archcompile.backends.report.table import table
from archcompile.ir.program import Program
from archcompile.passes.facts import Facts

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """A network's report. ``print`` shows the table; a notebook shows HTML."""

    model: ReportModel

    def to_dict(self) -> dict[str, Json]:
        """The versioned JSON form; docs/report.md describes every key."""
        return json_form(self.model)

    def to_json(self, head: Mapping[str, Json] | None = None) -> str:
        """The same as text, a layer on each line; ``head`` stands before the report's own keys."""
        return json_text({**(head or {}), **self.to_dict()})

    def to_table(self, width: int = 100) -> str:
        """Plain text of at most ``width`` columns, where names and counts leave that choice."""
        return table(self.model, width)

    def to_markdown(self) -> str:
        """A heading, the totals and a table in GitHub's Markdown."""
        return markdown(self.model)

    def __repr__(self) -> str:
        return f"<Report of {self.model.variant}>"

    def __str__(self) -> str:
        return self.to_table()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        return html(self.model)


def report(program: Program, facts: Facts) -> Report:
    """Join a program with its facts."""
    return Report(model(program, facts))
