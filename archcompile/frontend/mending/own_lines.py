"""A line of its own for what a layer reads: ``{name: b_flatten, from: b, flatten}``."""

from __future__ import annotations

import re

from archcompile.diagnostics import Edit
from archcompile.frontend.document.document import Layer
from archcompile.frontend.mending.line_edits import line_before
from archcompile.frontend.mending.mends import Mend
from archcompile.frontend.mending.record import Record
from archcompile.frontend.mending.rewriting import yaml_text


def beside(layer: Layer, operand: int, count: int, text: str, record: Record) -> Mend | None:
    """An op between one of the inputs that ``from`` names and the layer; ``None`` without names.

    ``count`` is how many values the layer reads: a name may stand for several.
    """
    sources = layer.sources
    if sources is None or len(sources) != count:
        return None
    source = sources[operand]
    word = text.partition(":")[0]
    name = f"{re.sub('[^A-Za-z0-9_{}]', '_', source.text)}_{word}"
    if name in record.words or source.text.startswith("{"):
        return None
    line = f"{{name: {yaml_text(name)}, from: {yaml_text(source.text)}, {text}}}"
    fix = line_before(layer.span, line)
    if not fix:
        return None
    help = f"write `{line}` before it, and read `{yaml_text(name)}` here"
    return Mend(help, (*fix, Edit(source.span, yaml_text(name))))
