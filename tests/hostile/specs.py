"""Specs with a text in each place where an author may write freely, and where he may not."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from tests.hostile.inert import TWIN

FREE = (
    "title",
    "paper",
    "section",
    "url",
    "deviation",
    "parameter",
    "argument",
    "default",
    "compared",
)
"""Fields of an author's own words."""


@dataclass(frozen=True)
class Texts:
    """What stands in each of the free fields."""

    title: str = TWIN
    paper: str = TWIN
    section: str = TWIN
    url: str = TWIN
    deviation: str = TWIN
    parameter: str = TWIN
    argument: str = TWIN
    default: str = TWIN
    compared: str = TWIN


def everywhere(text: str, fields: tuple[str, ...] = FREE) -> Texts:
    """The text in the fields named; an argument that is compared equals what it is compared with
    where both are the text.
    """
    compared = TWIN if "compared" in fields else "other"
    return replace(Texts(compared=compared), **dict.fromkeys(fields, text))


def quoted(text: str) -> str:
    """A YAML scalar in double quotes that means the text."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(each if _is_plain(each) else _escape(each) for each in shown)


def _is_plain(character: str) -> bool:
    return character.isprintable() or character in "\u3000\xa0"


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def spec(texts: Texts) -> str:
    """A network with blocks, a text parameter, and a variant that has a title of its own."""
    compared = texts.compared.replace("\\", "\\\\").replace("'", "\\'")
    condition = quoted(f"note == '{compared}'")
    return f"""archcompile: 1
name: qqnet
title: plain
params: {{classes: 3, option: plain}}
variants:
  qqvar:
    title: {quoted(texts.title)}
    option: {quoted(texts.parameter)}
    cite:
      paper: {quoted(texts.paper)}
      section: {quoted(texts.section)}
      url: {quoted("https://example.org/" + texts.url)}
      deviations: [{quoted(texts.deviation)}]
blocks:
  unit:
    params: {{width: int, note: {quoted(texts.default)}}}
    layers:
      - {{name: conv, conv2d: {{out_channels: width, kernel_size: 1}}}}
      - {{when: {condition}, relu}}
input: {{image: [N, 3, 4, 4]}}
layers:
  - {{name: u1, unit: {{width: 4, note: {quoted(texts.argument)}}}}}
  - {{name: u2, unit: {{width: 4}}}}
  - flatten
  - {{name: fc, linear: classes}}
"""


_NAMED = {
    "name": "name: {}",
    "unknown key": "{}: 1\nname: qqnet",
    "version": "name: qqnet\narchcompile: {}",
}
"""Heads of a document."""

_PLACES = {
    "layer": "- {{name: {}, relu: {{}}}}",
    "op": "- {}: {{}}",
    "bare op": "- {}",
    "argument name": "- linear: {{{}: 3, out_features: 3}}",
    "argument": "- conv2d: {{out_channels: {}, kernel_size: 1}}",
    "mode": "- conv2d: {{out_channels: 3, kernel_size: 1, padding_mode: {}}}",
    "from": "- {{from: {}, relu: {{}}}}",
    "apply": "- {{apply: {}}}",
    "when": "- {{when: {}, relu: {{}}}}",
    "repeat": "- {{repeat: {}, relu: {{}}}}",
    "join": "- {{branches: [[relu], [tanh]], join: {}}}",
    "branch": "- {{branches: {{{}: relu, b: tanh}}, join: add}}",
    "loop variable": "- {{for: {{{}: [1, 2]}}, layers: [relu]}}",
    "init": "- {{linear: 3, init: {{weight: {}}}}}",
    "layer key": "- {{{}: 1, relu: {{}}}}",
}
"""Lines of a network's layers; braces are doubled, for the text is put in with ``format``."""

_TAILS = {
    "output": "outputs: {{{}: first}}",
    "output's layer": "outputs: [{}]",
    "expectation": "expect: {{shapes: {{{}: [3]}}}}",
    "claim": "expect: {{parameters: {}}}",
    "allowed": "allow: [{}]",
    "used file": "use: [{}]",
    "parameter": "params: {{{}: 3}}",
    "parameter's type": "params: {{kind: {{choice: [{}], default: no_such}}}}",
    "let": "let: {{{}: 3}}",
    "variant": "variants: {{{}: {{}}}}",
    "block": "blocks: {{{}: {{layers: [relu]}}}}",
}
"""Further keys of a document."""

NAMES = (*_NAMED, *_PLACES, *_TAILS)
"""Fields whose grammar is closed."""


def named(field: str, text: str) -> str:
    """A small network with the text in the place of a name, a word or a number."""
    word = quoted(text)
    head = _NAMED.get(field, "name: qqnet").format(word)
    if field != "version":
        head = f"archcompile: 1\n{head}"
    place = _PLACES.get(field, "- relu").format(word)
    tail = _TAILS.get(field, "").format(word)
    layers = f"layers:\n  - {{name: first, relu: {{}}}}\n  {place}\n"
    return f"{head}\ninput: [N, 3, 4, 4]\n{layers}{tail}\n"
