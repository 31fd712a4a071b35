"""What a spec declares before its layers: parameters, variants, inputs and outputs."""

from __future__ import annotations

from archcompile.diagnostics import Code, Related
from archcompile.frontend.annotations import cite, claims, plain_text
from archcompile.frontend.document import Input, Output, Parameter, Variant
from archcompile.frontend.fields import (
    Keys,
    check_identifier,
    check_title_name,
    distinct,
    items,
    known_entries,
    mapping,
    text,
    unsupported,
    wrong_type,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.functions import FUNCTIONS
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

TYPE_WORDS = ("int", "number", "bool", "text", "list")
_FOREIGN_WORDS = {
    "integer": "int",
    "float": "number",
    "str": "text",
    "string": "text",
    "boolean": "bool",
    "array": "list",
    "tuple": "list",
    **{word.capitalize(): word for word in TYPE_WORDS},
}
_PARAMETER_EXAMPLE = "`width: int` is required, `stride: 1` has a default"
_RESERVED = frozenset(("in", "index", "x", "none", "true", "false")) | FUNCTIONS
_VARIANT_KEYS = frozenset(("extends", "title", "cite", "expect", "inference"))
_OUTPUT_KEYS = Keys("an output", ("from",), frozenset(("training", "loss_weight")))


def parameters(findings: Findings, tree: Tree) -> tuple[Parameter, ...]:
    """``params``: each a type word (required) or a default."""
    declared = mapping(findings, tree, "a mapping of parameters", _PARAMETER_EXAMPLE)
    read = (_parameter(findings, entry) for entry in declared.entries)
    return tuple(parameter for parameter in read if parameter is not None)


def _parameter(findings: Findings, entry: Entry) -> Parameter | None:
    _check_visible_name(findings, entry.key, "a parameter")
    kind = _type_of(findings, entry.value)
    if kind is None:
        return None
    is_type = isinstance(entry.value, Scalar) and entry.value.plain and entry.value.text == kind
    return Parameter(
        name=entry.key,
        type=kind,
        default=None if is_type else entry.value,
        span=entry.key.span.to(entry.value.span),
    )


def _check_visible_name(findings: Findings, name: Scalar, what: str) -> None:
    """A name that expressions and variants can say."""
    if name.text not in _RESERVED | _VARIANT_KEYS:
        check_identifier(findings, name, what)
        return
    why = "in expressions" if name.text in _RESERVED else "in variants"
    findings.add(
        Code.BAD_NAME,
        f"`{name.text}` cannot be the name of {what}: it has a meaning {why}",
        name.span,
    )


def _type_of(findings: Findings, tree: Tree) -> str | None:
    """The type that a word names or that a default has; ``None`` after a finding."""
    match tree:
        case Sequence():
            return "list"
        case Mapping():
            _refuse_choice(findings, tree)
            return None
        case Scalar(value=bool()):
            return "bool"
        case Scalar(value=int()):
            return "int"
        case Scalar(value=float()):
            return "number"
        case Scalar(value=str(), plain=True):
            return _type_of_word(findings, tree)
        case Scalar(value=str()):
            return "text"
        case _:
            wrong_type(findings, tree, "a type or a default", _PARAMETER_EXAMPLE)
            return None


def _type_of_word(findings: Findings, word: Scalar) -> str | None:
    if word.text in TYPE_WORDS:
        return word.text
    if word.text == "layer":
        unsupported(findings, word, "a parameter of type `layer`")
        return None
    meant = _FOREIGN_WORDS.get(word.text)
    if meant is not None:
        help = f'did you mean `{meant}`? A text as default is quoted: "{word.text}"'
        wrong_type(findings, word, "a type or a default", help)
        return None
    return "text"


def _refuse_choice(findings: Findings, tree: Mapping) -> None:
    for key, what in (("choice", "a closed choice"), ("layer", "a parameter of type `layer`")):
        if tree.get(key) is not None:
            unsupported(findings, tree, what)
            return
    wrong_type(findings, tree, "a type or a default", _PARAMETER_EXAMPLE)


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
    special = {e.key.text: e for e in body.entries if e.key.text in _VARIANT_KEYS}
    if "inference" in special:
        unsupported(findings, special["inference"].key, "`inference`")
    extends = special.get("extends")
    title = special.get("title")
    source = special.get("cite")
    expect = special.get("expect")
    return Variant(
        name=entry.key,
        extends=None if extends is None else text(findings, extends.value, "a variant's name"),
        values=tuple((e.key, e.value) for e in body.entries if e.key.text not in _VARIANT_KEYS),
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
        _check_visible_name(findings, entry.key, "an input")
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


def outputs(findings: Findings, tree: Tree) -> tuple[Output, ...]:
    """``outputs``: names of layers, or names of outputs with the layers that they show."""
    example = "e.g. `outputs: [fc]` or `outputs: {logits: fc}`"
    match tree:
        case Sequence():
            every = items(findings, tree, "the names of layers")
            shown = distinct(
                findings, [text(findings, e, "a layer's name", example) for e in every]
            )
            return tuple(Output(name=name, source=name) for name in shown)
        case Mapping(entries=entries) if entries:
            read = (_output(findings, entry) for entry in entries)
            return tuple(output for output in read if output is not None)
        case _:
            wrong_type(findings, tree, "the outputs", example)
            return ()


def _output(findings: Findings, entry: Entry) -> Output | None:
    check_identifier(findings, entry.key, "an output")
    source: Tree = entry.value
    if isinstance(entry.value, Mapping):
        known = known_entries(findings, entry.value, _OUTPUT_KEYS)
        source = known["from"].value if "from" in known else entry.key
    layer = text(findings, source, "the name of a layer", "e.g. `outputs: {logits: fc}`")
    return None if layer is None else Output(name=entry.key, source=layer)


def names(findings: Findings, tree: Tree, what: str) -> tuple[Scalar, ...]:
    """A list of distinct identifiers, such as a block's ``inputs``."""
    every = [text(findings, item, f"the name of {what}") for item in items(findings, tree, "names")]
    for name in every:
        if name is not None:
            check_identifier(findings, name, what)
    return distinct(findings, every)


def check_distinct(
    findings: Findings, parameters: tuple[Parameter, ...], inputs: tuple[Input, ...]
) -> None:
    """An input and a parameter of one name could not be told apart in expressions."""
    named = {parameter.name.text: parameter.name for parameter in parameters}
    for given in inputs:
        other = None if given.name is None else named.get(given.name.text)
        if given.name is not None and other is not None:
            findings.add(
                Code.DUPLICATE_NAME,
                f"a parameter is called `{given.name.text}` too",
                given.name.span,
                related=(Related(other.span, "the parameter"),),
            )
