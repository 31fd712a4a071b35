"""What a spec declares around its layers: files that it uses, variants, inputs and outputs."""

from __future__ import annotations

import re

from archcompile.diagnostics import Code
from archcompile.frontend.annotations import cite, claims, plain_text
from archcompile.frontend.declared_names import VARIANT_KEYS, check_visible_name
from archcompile.frontend.document import Input, Output, Variant
from archcompile.frontend.fields import (
    Keys,
    check_identifier,
    check_title_name,
    distinct,
    items,
    known_entries,
    mapping,
    text,
    wrong_type,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

_OUTPUT_KEYS = Keys("an output", ("from", "training", "loss_weight"))
_BLOCK_OUTPUT_KEYS = Keys("an output of a block", ("from",))
_EXAMPLE = "e.g. `outputs: [fc]` or `outputs: {logits: fc}`"


def uses(findings: Findings, tree: Tree) -> tuple[Scalar, ...]:
    """``use``: paths of files of blocks, relative to the file that says them."""
    example = "e.g. `use: [blocks/conv.yaml]`"
    every = (tree,) if isinstance(tree, Scalar) else items(findings, tree, "paths", example)
    paths = [text(findings, item, "the path of a file of blocks", example) for item in every]
    return tuple(path for path in distinct(findings, paths) if _is_relative(findings, path))


def _is_relative(findings: Findings, path: Scalar) -> bool:
    fault = None
    if "\\" in path.text:
        fault = "folders are separated by `/`"
    elif re.match("/|~|[A-Za-z]:|[a-z]+://", path.text):
        fault = "it is relative to this file"
    if fault is None:
        return True
    findings.add(
        Code.FILE_UNREADABLE,
        f"`{path.text}` is no path of a file to use: {fault}",
        path.span,
        help="e.g. `use: [blocks/conv.yaml]`",
    )
    return False


def variants(findings: Findings, tree: Tree) -> tuple[Variant, ...]:
    """``variants``: the file's networks, each the values of some parameters."""
    named = mapping(findings, tree, "a mapping of variants", "e.g. `variants: {small: {width: 8}}`")
    if isinstance(tree, Mapping) and not tree.entries:
        findings.add(Code.EMPTY, "`variants` holds none", tree.span, help="leave it out")
    return tuple(_variant(findings, entry) for entry in named.entries)


def _variant(findings: Findings, entry: Entry) -> Variant:
    check_title_name(findings, entry.key, "a variant")
    is_empty = isinstance(entry.value, Scalar) and entry.value.value is None
    body = Mapping(entry.value.span, ())
    if not is_empty:
        body = mapping(findings, entry.value, "the values of parameters", "e.g. `{width: 8}`")
    special = {e.key.text: e for e in body.entries if e.key.text in VARIANT_KEYS}
    if "inference" in special:
        findings.add(
            Code.UNKNOWN_KEY,
            "`inference` stands inside `expect`",
            special["inference"].key.span,
            help="write `expect: {inference: {parameters: ...}}`",
        )
    extends = special.get("extends")
    title = special.get("title")
    source = special.get("cite")
    expect = special.get("expect")
    return Variant(
        name=entry.key,
        extends=None if extends is None else text(findings, extends.value, "a variant's name"),
        values=tuple((e.key, e.value) for e in body.entries if e.key.text not in VARIANT_KEYS),
        title=None if title is None else plain_text(findings, title.value, "a title"),
        cite=None if source is None else cite(findings, source.value),
        expect=() if expect is None else claims(findings, expect.value),
        span=entry.key.span.to(entry.value.span),
    )


def inputs(findings: Findings, tree: Tree) -> tuple[Input, ...]:
    """``input``: the shape of the one input, or several by name."""
    example = "e.g. `input: [N, 3, 224, 224]` or `input: {image: [N, 3, 224, 224]}`"
    match tree:
        case Sequence():
            return (Input(name=None, shape=_shape(findings, tree), span=tree.span),)
        case Mapping(entries=entries) if entries:
            return tuple(_input(findings, entry) for entry in entries)
        case _:
            wrong_type(findings, tree, "the shape of the input", example)
            return ()


def _input(findings: Findings, entry: Entry) -> Input:
    if entry.key.text != "x":
        check_visible_name(findings, entry.key, "an input")
    shape = _shape(findings, entry.value)
    return Input(name=entry.key, shape=shape, span=entry.key.span.to(entry.value.span))


def _shape(findings: Findings, tree: Tree) -> tuple[Scalar, ...]:
    sizes = []
    for item in items(findings, tree, "a shape", "e.g. `[N, 3, 224, 224]`"):
        if isinstance(item, Scalar) and _is_size(item):
            sizes.append(item)
            continue
        findings.add(
            Code.BAD_SHAPE_ENTRY,
            "expected a size: a number, a parameter, or a capital letter such as `N`",
            item.span,
        )
    return tuple(sizes)


def _is_size(item: Scalar) -> bool:
    if isinstance(item.value, str):
        return bool(item.text.strip())
    return isinstance(item.value, int) and not isinstance(item.value, bool)


def outputs(findings: Findings, tree: Tree, *, of_block: bool = False) -> tuple[Output, ...]:
    """``outputs``: names of layers, or names of outputs with the layers that they show.

    Only a network's may be for training, or have a loss's weight.
    """
    match tree:
        case Sequence():
            every = items(findings, tree, "the names of layers")
            layers = (text(findings, each, "a layer's name", _EXAMPLE) for each in every)
            return _paths(findings, [layer for layer in layers if layer is not None])
        case Mapping(entries=entries) if entries:
            keys = _BLOCK_OUTPUT_KEYS if of_block else _OUTPUT_KEYS
            read = (_output(findings, entry, keys) for entry in entries)
            return tuple(output for output in read if output is not None)
        case _:
            wrong_type(findings, tree, "the outputs", _EXAMPLE)
            return ()


def _paths(findings: Findings, layers: list[Scalar]) -> tuple[Output, ...]:
    """Outputs by the layers alone: each is called as its layer's path, dots as ``_``."""
    named = [(_output_name(layer), layer) for layer in layers]
    kept = {id(name) for name in distinct(findings, [name for name, _ in named])}
    for name, _ in named:
        check_identifier(findings, name, "an output")
    return tuple(Output(name=name, source=layer) for name, layer in named if id(name) in kept)


def _output_name(layer: Scalar) -> Scalar:
    word = re.sub("[.-]", "_", layer.text)
    return layer if word == layer.text else Scalar(layer.span, word, word, plain=False)


def _output(findings: Findings, entry: Entry, keys: Keys) -> Output | None:
    check_identifier(findings, entry.key, "an output")
    source: Tree = entry.value
    known: dict[str, Entry] = {}
    if isinstance(entry.value, Mapping):
        known = known_entries(findings, entry.value, keys)
        source = known["from"].value if "from" in known else entry.key
    layer = text(findings, source, "the name of a layer", "e.g. `outputs: {logits: fc}`")
    training = _training(findings, known.get("training"))
    weight = _loss_weight(findings, known.get("loss_weight"))
    if layer is None:
        return None
    return Output(name=entry.key, source=layer, training=training, loss_weight=weight)


def _training(findings: Findings, entry: Entry | None) -> bool:
    if entry is None:
        return False
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
        return entry.value.value
    help = "write `training: true` for an output that only training computes"
    wrong_type(findings, entry.value, "`true` or `false`", help)
    return False


def _loss_weight(findings: Findings, entry: Entry | None) -> float | None:
    if entry is None:
        return None
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if not isinstance(value, bool) and isinstance(value, int | float) and value >= 0:
        return float(value)
    help = "e.g. `loss_weight: 0.3`"
    wrong_type(findings, entry.value, "a number that is not negative", help)
    return None


def names(findings: Findings, tree: Tree, what: str) -> tuple[Scalar, ...]:
    """A list of distinct identifiers, such as a block's ``inputs``."""
    every = [text(findings, item, f"the name of {what}") for item in items(findings, tree, "names")]
    for name in every:
        if name is not None:
            check_identifier(findings, name, what)
    return distinct(findings, every)
