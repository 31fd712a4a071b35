"""Whether an artefact says a text and does nothing else: parsers that are not ours compare it with
its harmless twin, which differs in the text alone. Each function raises AssertionError.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import types
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from markdown_it.token import Token

from archcompile.diagnostics.characters import seen

TWIN = "harmless"
_ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff]"
)
"""Controls, directions, what breaks lines or is not seen, and what is no character."""
_COLOURS = re.compile(r"\x1b\[(0|1|31|32|33|34|35|36|1;3[1-6])m")


def source(text: str, twin: str, hostile: str) -> None:
    """The same code, tokens and first lines; docstrings and literals differ, and say the text."""
    assert _neutral(text, hostile) == _neutral(twin, TWIN)
    data = text.encode()
    assert tokenize.detect_encoding(io.BytesIO(data).readline)[0] == "utf-8"
    assert text.split("\n")[:2] == twin.split("\n")[:2]
    assert ast.dump(ast.parse(data)) == ast.dump(ast.parse(text))
    assert _tokens(text) == _tokens(twin)
    assert _code(data) == _code(twin.encode())
    _still(text)


def says(text: str, hostile: str) -> None:
    """A docstring has the words of the text, in order."""
    documented = (ast.ClassDef, ast.FunctionDef, ast.Module)
    said = [
        ast.get_docstring(node, clean=False) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented)
    ]
    words = _words(hostile.replace("\0", " "))  # which the printer takes for a space of its own
    assert any(words in _words(each) for each in said), hostile


def svg(text: str, twin: str, hostile: str) -> None:
    """The same elements with the same attributes; the title is the text."""
    root = ElementTree.fromstring(text.encode())
    assert _elements(text) == _elements(twin)
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == seen(hostile)
    assert root.attrib["aria-label"] == seen(hostile)
    assert _tags(text)[0] == _tags(twin)[0]  # inlined into a page
    _still(text)


def html(text: str, twin: str, hostile: str) -> None:
    """The same tags with the same attributes; the text stands between them."""
    (tags, said), (others, _) = _tags(text), _tags(twin)
    assert tags == others
    assert _words(seen(hostile)) in _words(said)
    _still(text)


def markdown(text: str, twin: str, hostile: str) -> None:
    """The same blocks and spans; the heading is the text."""
    tokens = _parsed(text)
    assert list(_kinds(tokens)) == list(_kinds(_parsed(twin)))
    place = next(n for n, token in enumerate(tokens) if token.type == "heading_open")
    heading = "".join(each.content for each in tokens[place + 1].children or ())
    assert heading.startswith(seen(" ".join(hostile.split())))
    assert not re.search(r"https?://|www\.", text)  # what GitHub makes links of
    _still(text)


def report(text: str, twin: str, hostile: str) -> None:
    """The same keys; the title is the very text."""
    found, other = json.loads(text), json.loads(twin)
    assert text.isascii()
    assert found["title"] == json.loads(json.dumps(hostile))  # a pair of surrogates is one there
    assert {**found, "title": None} == {**other, "title": None}


def terminal(text: str, *, colour: bool = False) -> None:
    """Nothing that a terminal acts on, but line breaks and colours of ours."""
    _still(_COLOURS.sub("", text) if colour else text)


def _still(text: str) -> None:
    assert not _ACTING.search(text), _ACTING.findall(text)[:10]


def _words(text: str) -> str:
    return " ".join(text.split())


class _Neutral(ast.NodeTransformer):
    """Docstrings go, and a literal that is the text becomes one for all."""

    def __init__(self, hostile: str) -> None:
        self._hostile = hostile

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("text" if node.value in (self._hostile, TWIN) else node.value)


@lru_cache(16)
def _neutral(text: str, hostile: str) -> str:
    return ast.dump(_Neutral(hostile).visit(ast.parse(text)))


@lru_cache(16)
def _tokens(text: str) -> list[tuple[int, str]]:
    """Comments counted, texts left out, everything else as it is."""
    layout = (tokenize.NL, tokenize.STRING)
    return [
        (token.type, "" if token.type in (tokenize.COMMENT, tokenize.INDENT) else token.string)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in layout
    ]


@lru_cache(16)
def _code(text: bytes) -> object:
    return _objects(compile(text, "net.py", "exec"))


def _objects(code: types.CodeType) -> object:
    """Names and inner code objects; constants are the tree's business."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return code.co_name, code.co_names, code.co_varnames, [_objects(each) for each in inner]


@lru_cache(16)
def _elements(text: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (each.tag, {name: value for name, value in each.attrib.items() if name != "aria-label"})
        for each in ElementTree.fromstring(text.encode()).iter()
    ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [each for each in attrs if each[0] != "aria-label"]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.tags.append(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self.tags.append(("unknown", data))

    def handle_data(self, data: str) -> None:
        self.said += data


@lru_cache(16)
def _tags(text: str) -> tuple[list[object], str]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.tags, reader.said


@lru_cache(16)
def _parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def _kinds(tokens: list[Token]) -> Iterator[object]:
    """What each token is; runs of text count once, however they are written."""
    before = None
    for token in tokens:
        kind = "text" if token.type in ("text", "text_special", "entity") else token.type
        if kind != "text" or before != "text":
            yield kind, token.tag, sorted(token.attrs.items())
        before = kind
        yield from _kinds(token.children or [])
