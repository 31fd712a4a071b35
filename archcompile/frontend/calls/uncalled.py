"""Blocks that this network does not call: what can be said of them without a call."""

from __future__ import annotations

from collections.abc import Iterator

from archcompile.diagnostics import Code, Edit
from archcompile.frontend.calls.block_arguments import check_arguments
from archcompile.frontend.calls.catalogue import Catalogue
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.expansion.class_body import EXCHANGE
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.tree import Scalar, Sequence


def check_blocks(catalogue: Catalogue, called: set[str], findings: Findings) -> None:
    """In the bodies of blocks that are not called: the ops and their arguments' names."""
    for name, block in catalogue.blocks.items():
        if name not in called:
            handed = {each.name.text for each in block.parameters if each.type == "layer"}
            for layer in (*(block.layers or ()), *(block.sequence or ())):
                _check(layer, catalogue, handed | {EXCHANGE}, findings)


def check_names(catalogue: Catalogue, layers: tuple[Layer, ...], findings: Findings) -> None:
    """Blocks that are called as an op is; ``layers`` are the network's own."""
    hiding = {name: block for name, block in catalogue.blocks.items() if name in catalogue.ops}
    calls: dict[str, list[Scalar]] = {name: [] for name in hiding}
    if hiding:  # all bodies are looked through once, however many blocks hide an op
        bodies = {
            name: each.layers or each.sequence or () for name, each in catalogue.blocks.items()
        }
        for owner, body in ((None, layers), *bodies.items()):
            for word in _words_of_calls(body):
                if word.text in hiding and word.text != owner:
                    calls[word.text].append(word)
    for name, block in hiding.items():
        findings.add(
            Code.SHADOWED_OP,
            f"`{name}` is an op, and a block cannot hide it",
            block.name.span,
            help=f"write `my_{name}`, here and where it is called",
            fix=(
                Edit(block.name.span, f"my_{name}"),
                *(Edit(each.span, f"my_{name}") for each in calls[name]),
            ),
        )


def _words_of_calls(body: tuple[Layer, ...]) -> Iterator[Scalar]:
    """The words that stand as ops in these lines, and in those inside them."""
    for layer in body:
        if layer.op is not None:
            yield layer.op
        for inner in (layer.inner_lines(), layer.sequence or ()):
            yield from _words_of_calls(inner)


def _check(layer: Layer, catalogue: Catalogue, handed: set[str], findings: Findings) -> None:
    """``handed`` are words that no op or block stands for before a call."""
    for inner in (*layer.inner_lines(), *(layer.sequence or ())):
        _check(inner, catalogue, handed, findings)
    if layer.op is None or layer.op.text in handed:
        return
    with findings.collecting():
        callee = catalogue.find(layer.op, layer.arguments, layer)
        takes_list = not isinstance(callee, Block) and callee.takes_list
        if not (takes_list and isinstance(layer.arguments, Sequence)):
            check_arguments(layer, layer.op, catalogue.argument_names(callee))
