"""What each code means, with a wrong and a right example: one Markdown file for each.

``explanations/<code>.md`` starts with ``# CODE: title``; in its text one fenced block is marked
``yaml wrong`` (or ``console wrong``) and one ``yaml right``, and the tests run both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from archcompile.diagnostics.codes import Code

_TITLE = re.compile(r"# (?P<code>AC\d{3}): (?P<title>.+)\n")
_BLOCK = re.compile(r"^```(?P<kind>\w+) (?P<side>wrong|right)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Example:
    """A spec (``yaml``) or commands (``console``) that have the finding, or have it no more."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code in words; ``text`` is Markdown without its title line, its examples so named."""

    code: Code
    title: str
    text: str
    wrong: Example
    right: Example


def explanation(code: Code) -> Explanation:
    """The explanation of a code."""
    page = files("archcompile.diagnostics").joinpath("explanations", f"{code.value}.md")
    whole = page.read_text(encoding="utf-8")
    title = _TITLE.match(whole)
    examples = {
        match["side"]: Example(match["kind"], match["text"]) for match in _BLOCK.finditer(whole)
    }
    if title is None or title["code"] != code.value or examples.keys() != {"wrong", "right"}:
        raise ValueError(f"the explanation of {code.value} is not of its form")
    text = _BLOCK.sub(_named, whole[title.end() :]).strip()
    return Explanation(code, title["title"], text, examples["wrong"], examples["right"])


def _named(match: re.Match[str]) -> str:
    return f"{match['side'].capitalize()}:\n\n```{match['kind']}\n{match['text']}```"
