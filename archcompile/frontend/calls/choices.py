"""Comparisons of a choice with a text that it can never be: they would be false in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archcompile.diagnostics import Code, Edit
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import Layer, Parameter
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.tree import Scalar

_COMPARED = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z_]\w*)\s*[!=]=\s*(?P<text>'(?P<one>[^'\"\\]*)'|\"(?P<two>[^'\"\\]*)\")"
)


def check_choices(
    parameters: tuple[Parameter, ...], layers: tuple[Layer, ...], findings: Findings
) -> None:
    """The conditions of a body's lines, each choice by the texts that it may be."""
    choices = {each.name.text: each.choices_texts for each in parameters if each.choices}
    if choices:
        _walk(layers, choices, findings)


def _walk(
    layers: tuple[Layer, ...], choices: Mapping[str, tuple[str, ...]], findings: Findings
) -> None:
    for layer in layers:
        if layer.when is not None:
            _compare(layer.when, choices, findings)
        _walk((*layer.inner_lines(), *(layer.sequence or ())), choices, findings)


def _compare(condition: Scalar, choices: Mapping[str, tuple[str, ...]], findings: Findings) -> None:
    written = condition.span.text()
    for match in _COMPARED.finditer(written) if "\n" not in written else ():
        text = match["text"][1:-1]
        known = choices.get(match["name"])
        if known is None or text in known:
            continue
        near = closest(text, known)
        place = condition.span.within(match.start("text") + 1, match.end("text") - 1)
        findings.add(
            Code.EXPRESSION_TYPE,
            f"`{match['name']}` is never `{text}`: it is one of {listed(known)}",
            place if text else condition.span,
            help=f"did you mean `{near}`?" if near and text else f"there are {listed(known)}",
            fix=(Edit(place, near),) if near and text else (),
        )
