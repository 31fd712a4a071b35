"""What a spec declares around its layers: files that it uses, variants, inputs and outputs."""

from __future__ import annotations

import re

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import listed
from archcompile.frontend.document.annotations import cite, claims, plain_text
from archcompile.frontend.document.declared_names import VARIANT_KEYS, check_visible_name
from archcompile.frontend.document.document import Input, Output, Variant
from archcompile.frontend.document.fields import (
    TRUTHS,
    Keys,
    check_identifier,
    check_title_name,
    described,
    distinct,
    items,
    known_entries,
    mapping,
    text,
    wrong_type,
)
from archcompile.frontend.document.shape_text import (
    open_axis,
    shape_inside,
    with_batch,
    written_sizes,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_OUTPUT_KEYS = Keys("an output", ("from", "training", "loss_weight"), foreign_keys.OUTPUT)
_BLOCK_OUTPUT_KEYS = Keys("an output of a block", ("from",), foreign_keys.OUTPUT)
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
        findings.add(
            Code.EMPTY,
            "`variants` holds none",
            tree.span,
            help="name one under it, e.g. `variants: {small: {width: 8}}`, or leave it out",
        )
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
            help="e.g. `expect: {inference: {parameters: 6998552}}`",
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
        case Mapping(entries=entries) if entries and not _is_described(tree):
            return tuple(_input(findings, entry) for entry in entries)
        case _:
            _no_shape(findings, tree, "the shape of the input", example)
            return ()


def _no_shape(findings: Findings, tree: Tree, expected: str, example: str) -> None:
    """Another form of a shape, which is told as a list where it is one."""
    inner = shape_inside(tree)
    if inner is not None:
        written = inner.span.text()
        wrong_type(findings, tree, expected, f"write `{written}`", replaced(tree, written))
        return
    sizes = written_sizes(tree)
    shape = f"[{', '.join(with_batch(sizes))}]" if sizes else None
    help = f"write `{shape}`" if shape else example
    wrong_type(findings, tree, expected, help, replaced(tree, shape) if shape else ())


def _is_described(tree: Mapping) -> bool:
    """Whether sizes stand under words for axes, or a shape beside what is none."""
    return bool(written_sizes(tree)) or shape_inside(tree) is not None


def _input(findings: Findings, entry: Entry) -> Input:
    if entry.key.text != "x":
        check_visible_name(findings, entry.key, "an input")
    shape = _shape(findings, entry.value)
    return Input(name=entry.key, shape=shape, span=entry.key.span.to(entry.value.span))


def _shape(findings: Findings, tree: Tree) -> tuple[Scalar, ...]:
    example = "e.g. `[N, 3, 224, 224]`"
    if not isinstance(tree, Sequence):
        _no_shape(findings, tree, "a shape", example)
        return ()
    sizes = []
    for place, item in enumerate(items(findings, tree, "a shape", example)):
        if isinstance(item, Scalar) and _is_size(item):
            sizes.append(item)
            continue
        letter = open_axis(item, place, len(tree.items))
        findings.add(
            Code.BAD_SHAPE_ENTRY,
            "expected a size: a number, a parameter, or a capital letter such as `N`,"
            f" got {described(item)}",
            item.span,
            help=f"write `{letter}`" if letter else "a shape is one list, " + example,
            fix=replaced(item, letter) if letter else (),
        )
    return tuple(sizes)


def _is_size(item: Scalar) -> bool:
    if isinstance(item.value, str):
        return bool(item.text.strip())
    return isinstance(item.value, int) and not isinstance(item.value, bool) and item.value != -1


def outputs(findings: Findings, tree: Tree, *, of_block: bool = False) -> tuple[Output, ...]:
    """``outputs``: names of layers, or names of outputs with the layers that they show.

    Only a network's may be for training, or have a loss's weight.
    """
    match tree:
        case Sequence():
            every = items(findings, tree, "the names of layers")
            numbers = [
                e for e in every if isinstance(e, Scalar) and isinstance(e.value, int | float)
            ]
            if numbers:  # said once for all of them
                help = "a layer is shown by its name, e.g. `outputs: [fc]`"
                wrong_type(findings, numbers[0], "a layer's name", help)
            words = (each for each in every if each not in numbers)
            layers = [text(findings, each, "a layer's name", _EXAMPLE) for each in words]
            return _paths(findings, [layer for layer in layers if layer is not None], tree)
        case Mapping(entries=entries) if entries:
            keys = _BLOCK_OUTPUT_KEYS if of_block else _OUTPUT_KEYS
            read = (_output(findings, entry, keys) for entry in entries)
            return tuple(output for output in read if output is not None)
        case _:
            is_word = isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.plain
            one = f"[{tree.text}]" if is_word and isinstance(tree, Scalar) else None
            help = f"write `{one}`" if one else _EXAMPLE
            wrong_type(findings, tree, "the outputs", help, replaced(tree, one) if one else ())
            return ()


def _paths(findings: Findings, layers: list[Scalar], tree: Sequence) -> tuple[Output, ...]:
    """Outputs by the layers alone: each is called as its layer's path, dots as ``_``."""
    named = [(_output_name(layer), layer) for layer in layers]
    if _called_alike(findings, named, tree):
        return ()
    kept = {id(name) for name in distinct(findings, [name for name, _ in named], tree)}
    numbered = [layer for name, layer in named if name.text[:1].isdigit()]
    if numbered:
        _numbered(findings, numbered, layers, tree)
    for name, layer in named:
        if layer not in numbered:
            check_identifier(findings, name, "an output")
    return tuple(Output(name=name, source=layer) for name, layer in named if id(name) in kept)


def _called_alike(findings: Findings, named: list[tuple[Scalar, Scalar]], tree: Sequence) -> bool:
    """Whether two layers would be called the same, as ``features.0`` and ``features_0``."""
    first: dict[str, Scalar] = {}
    for name, layer in named:
        other = first.setdefault(name.text, layer)
        if other.text == layer.text:
            continue
        words: dict[str, str] = {}
        for each, shown in named:
            alike = sum(word.startswith(each.text) for word in words)
            words[f"{each.text}_{alike + 1}" if each.text in words else each.text] = shown.text
        written = "{" + ", ".join(f"{word}: {path}" for word, path in words.items()) + "}"
        findings.add(
            Code.DUPLICATE_NAME,
            f"`{other.text}` and `{layer.text}` would both be called `{name.text}`",
            layer.span,
            related=(Related(other.span, "first here"),),
            help=f"name them: write `{written}`",
            fix=replaced(tree, written),
        )
        return True
    return False


def _numbered(
    findings: Findings, numbered: list[Scalar], layers: list[Scalar], tree: Sequence
) -> None:
    """Outputs whose layers start with a number are given names: said once for all of them."""
    entries = ", ".join(
        f"{'out_' if layer in numbered else ''}{_output_name(layer).text}: {layer.text}"
        for layer in layers
    )
    findings.add(
        Code.BAD_NAME,
        f"{listed(layer.text for layer in numbered)} cannot name"
        f" {'an output' if len(numbered) == 1 else 'outputs'}: a name starts with a letter",
        numbered[0].span,
        help=f"write `{{{entries}}}`",
        fix=replaced(tree, f"{{{entries}}}"),
    )


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
    word = entry.value.text if isinstance(entry.value, Scalar) else ""
    meant = TRUTHS.get(word)
    help = f"write `{meant}`" if meant else "e.g. `training: true` for what only training computes"
    fix = replaced(entry.value, meant) if meant else ()
    wrong_type(findings, entry.value, "`true` or `false`", help, fix)
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
