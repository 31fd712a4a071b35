"""Guesses at quoted and unquoted texts: a quote too few or too many, a character that misleads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompile.diagnostics import Code, Edit
from archcompile.frontend.text.faults import Fault, Guess
from archcompile.frontend.text.plain_text import content_end, quoted_text

_OPENING = re.compile(r"(?:(?<=[:,\[{-] )|(?<=[\[{])|^)(?P<quote>[\"'])")
_HEX = "[0-9a-fA-F]{2}"
_PAIR = re.compile(rf"\\u(?P<high>[dD][89abAB]{_HEX})\\u(?P<low>[dD][c-fC-F]{_HEX})")
"""A character beyond U+FFFF as JSON escapes it."""
_NEAR = 20


def quote_missing(fault: Fault) -> Iterator[Guess]:
    """A quoted text that goes on to the next quote, or to the file's end, as nobody meant."""
    first = fault.begun.line if fault.begun is not None else fault.at.line
    lowest = max(1, fault.at.line - _NEAR)
    for number in dict.fromkeys((first, *range(fault.at.line, lowest - 1, -1))):
        line = fault.file.line(number)
        for opening in _OPENING.finditer(line):
            quote, start = opening["quote"], opening.start()
            if line.find(quote, start + 1) >= 0:
                continue
            end = content_end(line)
            inner = re.search(r"[,\]}]", line[start:end])
            at = fault.place(number, start + 1, 1)
            for stop in (end, start + inner.start() if inner else end):
                text = line[start:stop].rstrip()
                fix = (Edit(fault.place(number, start + 1 + len(text)), quote),)
                yield Guess("this quoted text is not closed", f"write `{text}{quote}`", at, fix)


def quote_inside(fault: Fault) -> Iterator[Guess]:
    """``'it's'`` and ``"a" b``: what goes on behind the closing quote."""
    line, index = fault.line(), fault.at.column - 1
    for opening in reversed([each for each in _OPENING.finditer(line) if each.start() < index]):
        start, quote = opening.start(), opening["quote"]
        end = content_end(line)
        inner = re.search(r"[,\]}]", line[index:end])
        for stop in dict.fromkeys((index + inner.start() if inner else end, end)):
            text = line[start:stop].rstrip()
            between = text[1:-1] if text.endswith(quote) and len(text) > 1 else ""
            other = quoted_text(between if between else text)
            if quote == "'" and between:
                other = "'" + re.sub("''?", "''", between) + "'"
                other = f'"{between}"' if not re.search(r'["\\]', between) else other
            at = fault.place(fault.at.line, start + 1, len(text))
            message = "this quoted text goes on behind its closing quote"
            yield Guess(message, f"quote this: `{other}`", at, (Edit(at, other),))


def foreign_start(fault: Fault) -> Iterator[Guess]:
    """A text whose first character means something else to YAML."""
    line = fault.line()
    start = fault.at.column - 1
    if fault.begun is not None and fault.begun.line == fault.at.line:
        start = fault.begun.column - 1
    end = content_end(line)
    inner = re.search(r"[,\]}]", line[start:end])
    for stop in dict.fromkeys((end, start + inner.start() if inner else end)):
        text = line[start:stop].rstrip()
        if not text:
            return
        at = fault.place(fault.at.line, start + 1, len(text))
        new = quoted_text(text)
        message = f"an unquoted text cannot start with `{text[0]}`"
        yield Guess(message, f"quote this: `{new}`", at, (Edit(at, new),))


def foreign_tag(fault: Fault) -> Iterator[Guess]:
    """``!a!b``: a tag whose handle nothing declares."""
    match = re.compile(r"(?P<tag>![^\s,\[\]{}]*) *").match(fault.line(), fault.at.column - 1)
    if match is not None:
        at = fault.place(fault.at.line, fault.at.column, len(match["tag"]))
        whole = fault.place(fault.at.line, fault.at.column, len(match.group()))
        message = f"tags are not allowed, got `{match['tag']}`"
        yield Guess(message, f"remove `{match['tag']}`", at, (Edit(whole, ""),), Code.TAG)


def escape(fault: Fault) -> Iterator[Guess]:
    """A backslash in double quotes that starts no escape of YAML's."""
    line = fault.line()
    start = line.rfind("\\", 0, fault.at.column)
    if start < 0:
        return
    pair = _PAIR.match(line, start)
    if pair is not None:
        character = chr(
            0x10000 + ((int(pair["high"], 16) & 0x3FF) << 10) + (int(pair["low"], 16) & 0x3FF)
        )
        at = fault.place(fault.at.line, start + 1, len(pair.group()))
        message = f"`{pair.group()}` is two halves of a character, as JSON has it"
        yield Guess(message, f"write `{character}`", at, (Edit(at, character),))
    match = re.compile(r"\\(?:[xuU][0-9a-fA-F]{0,8}|.)").match(line, start)
    if match is None:
        return
    at = fault.place(fault.at.line, start + 1, len(match.group()))
    message = f"`{match.group()}` is not an escape of double quotes"
    if "invalid Unicode" in fault.problem:
        message = f"`{match.group()}` is no character"
    help = f"write `\\{match.group()}`"
    yield Guess(message, help, at, (Edit(at.start(), "\\"),))
