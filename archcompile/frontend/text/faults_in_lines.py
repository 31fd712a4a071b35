"""Guesses at lines that block style cannot read: a missing space, colon or indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompile.diagnostics import Edit, Fix
from archcompile.frontend.text.faults import Fault, Guess
from archcompile.frontend.text.plain_text import brackets, content_end, quoted_text

_ENTRY = r"(?P<lead>[ ]*(?:- +)*)"
_KEY = re.compile(_ENTRY + r"(?P<key>[A-Za-z_][\w.]*):(?P<value>[^\s:/].*)$")
_BRACKETED = re.compile(r"(?:^ *(?:- +)*|[{,] *)(?P<key>[A-Za-z_]\w*) +(?=[\[{])")
"""A word before a bracket: in a mapping, where a list's item would have a comma behind it."""
_DASH = re.compile(r" *-(?=[A-Za-z{\[\"'])")
_EQUALS = re.compile(_ENTRY + r"(?P<key>[A-Za-z_][\w.]*)(?P<sign> *(?:=|：|:=) *)(?=[^\s=])")
_SPACED = re.compile(_ENTRY + r"(?P<key>name|from|when|repeat|for|join|init) +(?P<value>[^\s:].*)$")
_WORD = re.compile(_ENTRY + r"(?P<key>[A-Za-z_][\w.]*)$")
_PAIR = re.compile(_ENTRY + r"(?P<key>[A-Za-z_][\w.]*): +(?P<value>[^\s\[{\"'|>&*!].*)$")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TEXT_KEYS = frozenset({"title", "paper", "section", "url", "description", "cite", "deviations"})
"""Keys whose values are prose: a colon in there is a colon."""
_NEAR = 50


def space_missing(fault: Fault) -> Iterator[Guess]:
    """``key:value`` and ``-item`` in block style are texts; so is a key before a foreign space."""
    for number in _suspects(fault):
        line = fault.file.line(number)
        pair, dash, foreign = _KEY.match(line), _DASH.match(line), _SPACES.search(line)
        if pair is not None:
            at = fault.place(number, pair.end("key") + 1, 1)
            shown = f"{pair['key']}: {pair['value'][: content_end(pair['value'])]}"
            yield Guess(
                "a space is missing behind this `:`", f"write `{shown}`", at, (Edit(at.end(), " "),)
            )
        if dash is not None:
            at = fault.place(number, dash.end(), 1)
            shown = line[dash.end() - 1 : content_end(line)]
            help = f"write `- {shown[1:]}`"
            yield Guess("a space is missing behind this `-`", help, at, (Edit(at.end(), " "),))
        if foreign is not None:
            at = fault.place(number, foreign.start() + 1, 1)
            message = f"U+{ord(foreign.group()):04X} is not a space to YAML"
            yield Guess(message, "put a plain space in its place", at, (Edit(at, " "),))


def colon_missing(fault: Fault) -> Iterator[Guess]:
    """``key = value``, and a key with a block below it that has no colon."""
    for number in _suspects(fault):
        line = fault.file.line(number)
        equals, word = _EQUALS.match(line), _WORD.match(line[: content_end(line)])
        if equals is not None:
            start = equals.start("sign")
            at = fault.place(number, start + 1, len(equals["sign"]))
            value = line[equals.end() : content_end(line)]
            sign = equals["sign"].strip()
            yield Guess(
                f"a key is followed by `: ` in YAML, got `{sign}`",
                f"write `{equals['key']}: {value}`",
                fault.place(number, start + 1 + equals["sign"].index(sign), len(sign)),
                (Edit(at, ": "),),
            )
        if word is not None and _has_block_below(fault, number):
            at = fault.place(number, word.start("key") + 1, len(word["key"]))
            help = f"write `{word['key']}:`"
            yield Guess("a `:` is missing behind this key", help, at, (Edit(at.end(), ":"),))


def colon_before_value(fault: Fault) -> Iterator[Guess]:
    """``for {stage: [1, 2]}``, ``{conv2d [16, 3]}``, ``repeat 3``: a key without its colon."""
    for number in _suspects(fault):
        line = fault.file.line(number)
        line = line[: content_end(line)]
        spaced = _SPACED.match(line)
        starts = [*_BRACKETED.finditer(line), *([] if spaced is None else [spaced])]
        for match in starts:
            at = fault.place(number, match.start("key") + 1, len(match["key"]))
            value = match["value"] if match is spaced else _in_brackets(line[match.end() :])
            help = f"write `{match['key']}: {value}`"
            yield Guess("a `:` is missing behind this key", help, at, (Edit(at.end(), ":"),))


def _in_brackets(text: str) -> str:
    """The brackets that a text starts with, and what they hold."""
    depth = 0
    for index, character in brackets(text):
        depth += 1 if character in "[{" else -1
        if depth == 0:
            return text[: index + 1]
    return f"{text[:1]}…"


def key_in_value(fault: Fault) -> Iterator[Guess]:
    """``key: text: text``: prose with a colon, arguments without braces, or two keys on a line."""
    line = fault.line()
    pair = _PAIR.match(line[: content_end(line)])
    if pair is None:
        return
    value, column = pair["value"], pair.start("value") + 1
    at = fault.place(fault.at.line, column, len(value))
    if pair["key"] not in _TEXT_KEYS:
        if re.match(r"[A-Za-z_]\w*: ", value):
            help = f"put them in braces: write `{{{value}}}`"
            fix: Fix = (Edit(at.start(), "{"), Edit(at.end(), "}"))
            yield Guess("keys on the line of another key stand in braces", help, at, fix)
        second = re.match(r"(?P<first>[\w.-]+),? +(?P<rest>[A-Za-z_]\w*: .*)", value)
        if second is not None:
            gap = fault.place(
                fault.at.line,
                column + second.end("first"),
                second.start("rest") - second.end("first"),
            )
            yield Guess(
                "a second key on one line",
                "put each key on a line of its own",
                fault.place(
                    fault.at.line, column + second.start("rest"), fault.at.column - gap.end_column
                ),
                (Edit(gap, "\n" + " " * len(pair["lead"])),),
            )
    text = quoted_text(value)
    message = "a text that holds a colon and a space must be quoted"
    yield Guess(message, f"quote this: `{text}`", at, (Edit(at, text),))


def list_in_line(fault: Fault) -> Iterator[Guess]:
    """``key: - item``: a list in block style starts on its own line."""
    for number in (fault.at.line, fault.at.line - 1):
        line = fault.file.line(number)
        match = re.match(r" *(?:- +)*[\w.]+:(?P<gap> +)- ", line)
        if match is not None:
            gap = fault.place(number, match.start("gap") + 1, len(match["gap"]))
            yield Guess(
                "a list entry, `- `, cannot start on the line of its key",
                "start the list on a line of its own",
                fault.place(number, match.end("gap") + 1, 1),
                (Edit(gap, "\n" + " " * match.end("gap")),),
            )


def indented(fault: Fault) -> Iterator[Guess]:
    """A line between two levels, or deeper than its key: where the lines above have it."""
    number = fault.at.line
    lines = fault.file.lines()
    if fault.begun is not None and "could not find" in fault.problem:
        number = fault.begun.line
    line = fault.file.line(number)
    own = _indent(line)
    if not line.strip() or own != len(line) - len(line.lstrip()):
        return
    levels = _levels(lines[max(0, number - 1 - _NEAR) : number - 1], _is_item(line)) - {own}
    for level in sorted(levels, key=lambda level: abs(level - own)):
        if 2 * own - level in levels:
            return  # as near on the other side: nobody can know
        for deeper_than in (max(own, level), own, own - 1):
            rows = (number, *_rows_below(lines, number, deeper_than))
            yield Guess(
                f"an indentation of {_spaces(own)} fits nothing here",
                f"indent it by {_spaces(level)}"
                if level
                else "start it at the line's first column",
                fault.place(number, 1, own) if own else fault.place(number, 1, 1),
                tuple(_shift(fault, row, level - own) for row in rows),
            )


def document_ended(fault: Fault) -> Iterator[Guess]:
    """A first line that is indented, unlike the others; or ``...``, which ends a document."""
    lines = fault.file.lines()
    for number in range(fault.at.line - 1, max(0, fault.at.line - _NEAR), -1):
        if lines[number - 1].startswith("..."):
            at = fault.place(number, 1, 3)
            yield Guess("`...` ends the document", "remove `...`", at, (Edit(at, ""),))
    rows = [
        number
        for number, line in enumerate(lines[: fault.at.line - 1], 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if rows and len(rows) <= _NEAR and _indent(fault.line()) == 0:
        first = _indent(lines[rows[0] - 1])
        yield Guess(
            f"this line is indented by {_spaces(first)}, and the keys below by 0 spaces",
            "remove the spaces before it",
            fault.place(rows[0], 1, max(1, first)),
            tuple(_shift(fault, row, -first) for row in rows if first),
        )


def directive(fault: Fault) -> Iterator[Guess]:
    """A ``%`` line: nothing that a spec needs."""
    line = fault.line()
    start = fault.at if line.startswith("%") else fault.begun
    if start is not None and fault.file.line(start.line).startswith("%"):
        text = fault.file.line(start.line)
        at = fault.place(start.line, 1, len(text))
        message = f"a line that starts with `%` is a directive of YAML, and not `{text.split()[0]}`"
        if text.startswith("%YAML"):
            message = "this version of YAML is not known, a spec is YAML 1.2"
        yield Guess(message, f"remove `{text}`", at, (Edit(at, ""),))


def tabs(fault: Fault) -> Iterator[Guess]:
    """Tabs that indent lines, or stand behind a dash: spaces, as many as make the lines fit."""
    lines = fault.file.lines()
    line, column = fault.line(), fault.at.column
    if fault.character() == "\t" and line[: column - 1].strip():
        at = fault.place(fault.at.line, column, 1)
        yield Guess(
            "a tab cannot stand here in YAML", "put a space in its place", at, (Edit(at, " "),)
        )
        return
    rows = {
        number: len(each) - len(each.lstrip())
        for number, each in enumerate(lines, 1)
        if each[:1].isspace() and "\t" in each[: len(each) - len(each.lstrip())]
    }
    first = fault.at.line if fault.at.line in rows else min(rows, default=fault.at.line)
    at = fault.place(first, lines[first - 1].find("\t") + 1 if first in rows else column, 1)
    if len(rows) > _NEAR * _NEAR:
        return
    for width in (2, 4, 8, 0):
        fix = tuple(
            Edit(fault.place(row, 1, size), lines[row - 1][:size].replace("\t", " " * width))
            for row, size in rows.items()
        )
        help = f"indent with spaces, {width} for each tab" if width else "remove the tab"
        yield Guess("a tab cannot indent a line in YAML", help, at, fix)


def _suspects(fault: Fault) -> Iterator[int]:
    """The lines that may be at fault: where it began, where it was met, and just above."""
    if fault.begun is not None:
        yield fault.begun.line
    for number in range(fault.at.line, max(0, fault.at.line - 4), -1):
        if fault.begun is None or number != fault.begun.line:
            yield number


def _has_block_below(fault: Fault, number: int) -> bool:
    below = fault.file.line(number + 1)
    own = _indent(fault.file.line(number))
    return _indent(below) > own or below.lstrip().startswith("- ")


def _rows_below(lines: tuple[str, ...], number: int, deeper_than: int) -> tuple[int, ...]:
    """The lines behind a line that are indented deeper than so many spaces, empty ones aside."""
    found: list[int] = []
    for row in range(number + 1, min(len(lines), number + _NEAR) + 1):
        if not lines[row - 1].strip():
            continue
        if _indent(lines[row - 1]) <= deeper_than:
            break
        found.append(row)
    return tuple(found)


def _levels(lines: tuple[str, ...], of_items: bool) -> set[int]:
    """Where the lines' items start, or their keys, those behind dashes too."""
    found: set[int] = set()
    for line in lines:
        if of_items and _is_item(line):
            found.add(_indent(line))
        elif not of_items and (entry := re.match(_ENTRY + r"[^\s#-][^#]*?:(?:\s|$)", line)):
            found.add(entry.end("lead"))
    return found


def _is_item(line: str) -> bool:
    return line.lstrip(" ").startswith("- ")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shift(fault: Fault, row: int, by: int) -> Edit:
    if by > 0:
        return Edit(fault.place(row, 1), " " * by)
    return Edit(fault.place(row, 1, min(-by, _indent(fault.file.line(row)))), "")


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"
