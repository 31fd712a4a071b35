"""What stands in an author's text for a scalar: its tag, its escapes, a dash without a space."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcompile.diagnostics import Code, Edit, Fix, Span
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.plain_text import shortened
from archcompile.frontend.text.source_file import character_name, forbidden_character

_TAG = re.compile(r"(?:&\S+\s+)?(?P<tag>![^\s,\[\]{}]*)(?P<space> *)")
_ESCAPE = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<one>.))"
)
_NAMED = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "v": "\v",
    "f": "\f",
    "e": "\x1b",
    "N": "\x85",
    "L": "\u2028",
    "P": "\u2029",
}
_DASHES = re.compile(r"(?:-[A-Za-z{\[\"'][^\n]*(?:\n *(?=-)|$))+")


@dataclass(frozen=True, slots=True)
class Escaped:
    """A character that no value may hold, and where its escape stands if that is known."""

    name: str
    span: Span | None


def refuse_tag(span: Span, source: str, *, is_empty: bool, findings: Findings) -> None:
    """A finding for the tag at the start of a value's text; ``is_empty``: nothing is behind it."""
    match = _TAG.match(source)
    if match is None or "\n" in source[: match.start("tag")]:  # an anchor on a line above it
        help = "spell the value as it is meant, without a tag"
        findings.add(Code.TAG, "tags are not allowed", span, help=help)
        return
    tag, at = match["tag"], span.within(*match.span("tag"))
    word = tag.lstrip("!")
    negated = "not" if word == "not" else f"not {word}"
    fix: Fix = (Edit(span.within(match.start("tag"), match.end()), ""),)
    shown = shortened(tag)
    help = f"remove `{shown}`"
    if word == "not" or (is_empty and word.isidentifier() and not tag.startswith("!!")):
        help, fix = f"write `{negated}`", (Edit(at, negated),)
    elif word.startswith("include"):
        help, fix = "blocks of other files come in by the key `use`", ()
    findings.add(Code.TAG, f"tags are not allowed, got `{shown}`", at, help=help, fix=fix)


def escaped_character(text: str, span: Span) -> Escaped | None:
    """The first character of a quoted text that no value may hold: it came from an escape."""
    character = forbidden_character(text)
    if character is None:
        return None
    lines = span.file.lines()
    for number in range(span.line, span.end_line + 1):
        line = lines[number - 1]
        first = span.column - 1 if number == span.line else 0
        for match in _ESCAPE.finditer(line, first):
            if _meant(match) == character:
                start, end = match.start() + 1, match.end() + 1
                place = Span(span.file, number, start, number, end)
                return Escaped(character_name(character), place)
    return Escaped(character_name(character), None)


def items_without_space(source: str, span: Span, findings: Findings) -> None:
    """A finding for ``-item`` on lines of its own: a text, where list items were meant."""
    if source[:1] != "-" or not _DASHES.fullmatch(source):
        return
    lines = span.file.lines()
    if lines[span.line - 1][: span.column - 1].strip() or _is_in_brackets(span, lines):
        return
    fix = tuple(
        Edit(Span(span.file, number, column, number, column), " ")
        for number in range(span.line, span.end_line + 1)
        for column in [lines[number - 1].index("-") + 2]
    )
    line = lines[span.line - 1].strip()
    findings.add(
        Code.YAML_SYNTAX,
        "a space is missing behind this `-`",
        span.within(0, 1),
        help=f"write `- {line[1:].rstrip()}`",
        fix=fix,
    )


def _is_in_brackets(span: Span, lines: tuple[str, ...]) -> bool:
    """Whether what follows is what can only follow inside brackets."""
    rest = (lines[span.end_line - 1][span.end_column - 1 :], *lines[span.end_line :][:2])
    return "".join(rest).lstrip()[:1] in (",", "]", "}")


def _meant(match: re.Match[str]) -> str:
    if match["one"] is not None:
        return _NAMED.get(match["one"], match["one"])
    number = int(match["x"] or match["u"] or match["U"], 16)
    return chr(number) if number < 0x110000 else ""
