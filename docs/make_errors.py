"""Writes ``docs/errors.md``, the page of all findings, from what ``archcompile explain`` says.

python docs/make_errors.py
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from archcompile.diagnostics import Code
from archcompile.diagnostics.explanation import explanation

PAGE = Path(__file__).with_name("errors.md")

FAMILIES = {
    "1": "Syntax",
    "2": "Document",
    "3": "Names and calls",
    "4": "Expressions",
    "5": "Shapes",
    "6": "GPU groups",
    "7": "Claims",
    "8": "Files",
    "9": "Warnings",
}
"""What the first digit of a code stands for."""

HEAD = """\
# What archcompile finds

Every finding has a code that keeps its meaning. `archcompile explain AC502` prints what stands
here. An error stops a build; a warning does not, and a spec can allow it (`allow: [AC903]`).
This page is written by `python docs/make_errors.py`.
"""


def page() -> str:
    """The text of the page: families, and in each its codes in order."""
    parts = [HEAD]
    for digit, codes in groupby(sorted(Code, key=lambda code: code.value), _family):
        parts.append(f"## {FAMILIES[digit]}\n")
        for said in map(explanation, codes):
            parts.append(f"### {said.code.value}: {said.title}\n\n{said.text}\n")
    return "\n".join(parts)


def _family(code: Code) -> str:
    return code.value[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
