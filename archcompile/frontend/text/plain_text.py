"""Lines of YAML as an author sees them: where the content ends, and a text between quotes."""

from __future__ import annotations

import re

_LONGEST_WORD = 80
_COMMENT = re.compile(r"\s+#.*$")


def content_end(line: str) -> int:
    """Where the content of a line ends, before a comment and the spaces that precede it."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (index == 0 or line[index - 1] in " [{,:"):
            quote = character
        elif character == "#" and (index == 0 or line[index - 1].isspace()):
            return len(line[:index].rstrip())
    if quote and (comment := _COMMENT.search(line, line.rindex(quote))):
        return comment.start()
    return len(line.rstrip())


def quoted_text(text: str) -> str:
    """The text between quotes: double ones where nothing in it needs an escape."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return double_quoted(text)


def double_quoted(text: str) -> str:
    """The text between double quotes, on one line."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{inner}"'


def shortened(text: str) -> str:
    """A text for a message: its start, where it is longer than any word an author means."""
    return text if len(text) <= _LONGEST_WORD else f"{text[:_LONGEST_WORD]}..."


def closers(line: str) -> str:
    """The brackets that close those left open by a line, innermost first."""
    expected: list[str] = []
    for _, character in brackets(line):
        if character in "[{":
            expected.append("]" if character == "[" else "}")
        elif expected and expected[-1] == character:
            expected.pop()
    return "".join(reversed(expected))


def brackets(line: str) -> list[tuple[int, str]]:
    """The brackets of a line outside quotes and comments, with their indices."""
    found: list[tuple[int, str]] = []
    quote = ""
    for index, character in enumerate(line[: content_end(line)]):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (index == 0 or line[index - 1] in " [{,:"):
            quote = character
        elif character in "[]{}":
            found.append((index, character))
    return found
