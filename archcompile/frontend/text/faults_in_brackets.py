"""Guesses at what is wrong with ``[...]`` and ``{...}``: what is missing, what is too much."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompile.diagnostics import Code, Edit, Span
from archcompile.frontend.text.faults import Fault, Guess
from archcompile.frontend.text.plain_text import brackets, closers, content_end, quoted_text

_CHOICE = re.compile(
    r"(?:: +|[,\[] *)(?P<whole>(?P<test>[^,{}\[\]?:\"']+?)\?(?P<then>[^,{}\[\]?:\"']+):"
    r"(?P<otherwise>[^,{}\[\]?:\"']+))(?=[,}\]]|$)"
)
"""A value that is a choice as C writes it."""
_KEY_BEHIND_WORD = re.compile(
    r"[{,] *\w+: +(?P<word>[\w.-]+|\"[^\"]*\")(?P<gap> +)(?P<key>[A-Za-z_]\w*)(?=: )"
)
_NEAR = 20
_WORD_AT_END = re.compile(r"[\w.\"'-]*$")
_CLOSER = {"[": "]", "{": "}"}
_MARKS = ("an alias", "an anchor")
_OPERATORS = "&+-*/%<>="
_EMPTY_PLACES = ",[{"


def unquoted_brackets(fault: Fault) -> Iterator[Guess]:
    """``widths[0]`` and ``layer{i}`` inside brackets end at the bracket unless they are quoted."""
    line, index = fault.line(), fault.at.column - 1
    if fault.context in _MARKS and fault.begun is not None:
        index = fault.begun.column - 1
    if index >= len(line) or index == 0:
        return
    start = _text_start(line, index)
    end = _text_end(line, start)
    text = line[start:end].rstrip()
    if not re.search(r"[\[{]", text):
        return
    if line[index - 1].isspace() and line[index] not in _OPERATORS:
        return  # two texts, rather than one
    at = fault.place(fault.at.line, start + 1, len(text))
    mark = next(character for character in text if character in "[{")
    if text[:1] in "[{":
        mark = _CLOSER[mark]
    message = f"YAML ends an unquoted text at `{mark}` inside brackets"
    help = f"quote this: `{quoted_text(text)}`"
    yield Guess(message, help, at, (Edit(at, quoted_text(text)),), Code.FLOW_TRAP)


def choice_as_in_c(fault: Fault) -> Iterator[Guess]:
    """``a == 1 ? 16 : 32``, whose ``:`` YAML takes for a key's."""
    line = fault.line()
    for match in _CHOICE.finditer(line[: content_end(line)]):
        test, then, otherwise = (part.strip() for part in match.group("test", "then", "otherwise"))
        written = f"{then} if {test} else {otherwise}"
        at = fault.place(fault.at.line, match.start("test") + 1, len(match["whole"].rstrip()))
        message = "a choice is `a if condition else b`, and YAML takes this `:` for a key's"
        yield Guess(message, f"write `{written}`", at, (Edit(at, written),))


def comma_before_key(fault: Fault) -> Iterator[Guess]:
    """``{name: conv1 conv2d: [16, 3]}``: a word, and the next key without a comma before it."""
    line, number = fault.line(), fault.at.line
    for match in _KEY_BEHIND_WORD.finditer(line[: content_end(line)]):
        gap = fault.place(number, match.start("gap") + 1, len(match["gap"]))
        at = fault.place(number, match.start("key") + 1, len(match["key"]))
        help = f"write `{match['word']}, {match['key']}`"
        yield Guess("a `,` is missing before this", help, at, (Edit(gap, ", "),))


def comma_missing(fault: Fault) -> Iterator[Guess]:
    """Two entries with a space, a line's end or a ``;`` between them."""
    line, number, index = fault.line(), fault.at.line, fault.at.column - 1
    if index < len(line) and line[index] == ":":
        index -= len("".join(_WORD_AT_END.findall(line[:index])))
    before = line[:index].rstrip()
    if before.endswith(";"):
        at = fault.place(number, len(before), 1)
        yield Guess("entries are separated by `,`, got `;`", "write `,`", at, (Edit(at, ","),))
    if not before:
        above = number - 1
        while above > 1 and not fault.file.line(above).strip():
            above -= 1
        end = content_end(fault.file.line(above))
        if end and fault.file.line(above)[end - 1] not in _EMPTY_PLACES:
            at = fault.place(above, end + 1)
            shown = _last_words(fault.file.line(above)[:end])
            yield Guess("a `,` is missing behind this", f"write `{shown},`", at, (Edit(at, ","),))
        return
    if before[-1] not in _EMPTY_PLACES and before[-1] != ":" and len(before) < index:
        at = fault.place(number, len(before) + 1, index - len(before))
        shown = f"{_last_words(before)}, {_first_words(line[index:])}"
        point = fault.place(number, index + 1, len(_first_words(line[index:])))
        yield Guess("a `,` is missing before this", f"write `{shown}`", point, (Edit(at, ", "),))


def other_closer(fault: Fault) -> Iterator[Guess]:
    """``]`` where ``}`` is due, or the other way round."""
    character = fault.character()
    expected = _expected(fault)
    if expected and character in tuple("]}") and character != expected:
        at = fault.place(fault.at.line, fault.at.column, 1)
        message = f"expected `{expected}` here, got `{character}`"
        both = (Edit(at.start(), expected),)
        yield Guess(message, f"write `{expected}{character}`", at, both)
        yield Guess(message, f"write `{expected}`", at, (Edit(at, expected),))


def not_closed(fault: Fault) -> Iterator[Guess]:
    """A bracket that is open at its line's end, or at the end of the lines that belong to it."""
    begun = fault.begun if _expected(fault) else _last_open(fault)
    if begun is None:
        return
    first = fault.file.line(begun.line)
    opener = first[begun.column - 1 : begun.column]
    innermost = _CLOSER.get(opener, "")
    missing = closers(first) or innermost
    for number in dict.fromkeys((begun.line, fault.at.line - 1, fault.at.line)):
        line = fault.file.line(number)
        end = content_end(line)
        if number < begun.line or not end:
            continue
        at = fault.place(begun.line, begun.column, 1)
        for closing in dict.fromkeys((missing, innermost)):
            fix = (Edit(fault.place(number, end + 1), closing),)
            help = f"write `{_last_words(line[:end])}{closing}`"
            yield Guess(f"this `{opener}` is not closed", help, at, fix)


def surplus(fault: Fault) -> Iterator[Guess]:
    """A closing bracket that closes nothing, or a comma with nothing before it or around it."""
    character = fault.character()
    if character not in tuple("]},"):
        return
    at = fault.place(fault.at.line, fault.at.column, 1)
    what = "nothing stands before this `,`" if character == "," else "this closes nothing"
    rest = fault.line()[fault.at.column :]
    if character == "," and not rest[: content_end(rest)].strip():
        what = "a `,` separates entries inside brackets only"
    yield Guess(what, f"remove `{character}`", at, (Edit(at, ""),))


def _text_start(line: str, index: int) -> int:
    """Where the entry's text starts in which the character at ``index`` stands."""
    depth = 0
    for place in range(index - 1, -1, -1):
        character = line[place]
        if character in "]}":
            depth += 1
        elif character in "[{" and depth:
            depth -= 1
        elif character in "[{," and not depth:
            return _behind_spaces(line, place + 1)
        elif not depth and character == " " and line[:place].strip(" ")[-1:] in (":", "-"):
            return place + 1
    return 0


def _text_end(line: str, start: int) -> int:
    """Where the entry's text ends: at a comma or at a bracket that it did not open."""
    depth = 0
    for place in range(start, content_end(line)):
        character = line[place]
        if character in "[{(":
            depth += 1
        elif character in "]})":
            if depth == 0:
                return place
            depth -= 1
        elif character == "," and depth == 0:
            return place
    return content_end(line)


def _behind_spaces(line: str, place: int) -> int:
    return place + len(line[place:]) - len(line[place:].lstrip())


def _expected(fault: Fault) -> str:
    """The bracket that closes the one which began."""
    if fault.begun is None:
        return ""
    line = fault.file.line(fault.begun.line)
    return _CLOSER.get(line[fault.begun.column - 1 : fault.begun.column], "")


def _last_open(fault: Fault) -> Span | None:
    """The bracket near by that no other closes, where libyaml does not say which."""
    for number in range(fault.at.line, max(0, fault.at.line - _NEAR), -1):
        open_ones: list[int] = []
        for index, character in brackets(fault.file.line(number)):
            if character in "[{":
                open_ones.append(index)
            elif open_ones:
                open_ones.pop()
        if open_ones:
            return fault.place(number, open_ones[-1] + 1)
    return None


def _last_words(text: str) -> str:
    """The end of a text, long enough to be recognised."""
    return re.split(r"[,{\[] *(?=[^,{\[]*$)", text.strip().removeprefix("- "))[-1]


def _first_words(text: str) -> str:
    match = re.match(r"[^,}\]\s]+(?: [^,:}\]\s]+(?=[,}\]]|$))?", text)
    return match.group() if match else ""
