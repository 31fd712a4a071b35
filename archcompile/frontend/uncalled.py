"""Blocks that this network does not call: what can be said of them without a call."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.frontend.block_arguments import check_arguments
from archcompile.frontend.catalogue import Catalogue
from archcompile.frontend.class_body import EXCHANGE
from archcompile.frontend.document import Block, Layer
from archcompile.frontend.findings import Findings
from archcompile.frontend.tree import Sequence


def check_blocks(catalogue: Catalogue, called: set[str], findings: Findings) -> None:
    """Names of blocks; in the bodies of those not called, the ops and their arguments' names."""
    for name, block in catalogue.blocks.items():
        if name in catalogue.ops:
            findings.add(
                Code.SHADOWED_OP,
                f"`{name}` is an op, and a block cannot hide it",
                block.name.span,
                help=f"write `my_{name}`",
            )
        if name not in called:
            handed = {each.name.text for each in block.parameters if each.type == "layer"}
            for layer in (*(block.layers or ()), *(block.sequence or ())):
                _check(layer, catalogue, handed | {EXCHANGE}, findings)


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
