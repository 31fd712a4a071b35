"""The names that a file or block gives to values: ``params`` and ``let``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import Parameter
from archcompile.frontend.document.fields import (
    TRUTHS,
    Keys,
    check_identifier,
    described,
    distinct,
    items,
    known_entries,
    mapping,
    missing_key,
    text,
    wrong_type,
)
from archcompile.frontend.document.op_keys import LAYER_KEYS
from archcompile.frontend.document.structure_entries import EXCHANGE
from archcompile.frontend.expressions.functions import FUNCTIONS
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.foreign.python_calls import split, value_in_yaml
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

Let: TypeAlias = tuple[tuple[Scalar, Tree], ...]
"""Derived values by name, in order."""

VARIANT_KEYS = frozenset(("extends", "title", "cite", "expect", "inference"))
_TYPE_WORDS = ("int", "number", "bool", "text", "list", "layer")
_FOREIGN_WORDS = {
    "integer": "int",
    "float": "number",
    "str": "text",
    "string": "text",
    "boolean": "bool",
    "array": "list",
    "tuple": "list",
    "module": "layer",
    "choice": "{choice: [A, B], default: A}",
    **{word.capitalize(): word for word in _TYPE_WORDS},
    **TRUTHS,
}
_EXAMPLE = "`width: int` is required, `stride: 1` has a default"
_CHOICE_EXAMPLE = "e.g. `option: {choice: [A, B, C], default: B}`"
_LAYER_EXAMPLE = "e.g. `activation: {layer: relu}` or `norm: {layer: {group_norm: 32}}`"
_CHOICE_KEYS = Keys("a choice", ("choice", "default"), foreign_keys.CHOICE)
_LAYER_KEYS = Keys("a parameter of type `layer`", ("layer",))
_RESERVED = frozenset(("in", "index", "x", "none", "true", "false")) | FUNCTIONS


def parameters(findings: Findings, tree: Tree) -> tuple[Parameter, ...]:
    """``params``: each a type word (required), a default, a choice or a default layer."""
    example = _EXAMPLE
    if isinstance(tree, Sequence) and tree.items and all(isinstance(i, Scalar) for i in tree.items):
        example = (
            f"e.g. `{{{', '.join(f'{i.text}: int' for i in tree.items if isinstance(i, Scalar))}}}`"
        )
    declared = mapping(findings, tree, "a mapping of parameters", example)
    read = (_parameter(findings, entry) for entry in declared.entries)
    return tuple(parameter for parameter in read if parameter is not None)


def let(findings: Findings, tree: Tree) -> Let:
    """``let``: derived values in order."""
    example = "e.g. `let: {inner: width // 4}`"
    derived = mapping(findings, tree, "a mapping of derived values", example)
    found = []
    for entry in derived.entries:
        check_visible_name(findings, entry.key, "a derived value")
        if isinstance(entry.value, Mapping) or _is_empty(entry.value):
            wrong_type(findings, entry.value, "a value or an expression", example)
        else:
            found.append((entry.key, entry.value))
    return tuple(found)


def check_visible_name(findings: Findings, name: Scalar, what: str) -> None:
    """A name that expressions and variants can say."""
    if name.text not in _RESERVED | VARIANT_KEYS:
        check_identifier(findings, name, what)
        return
    why = "in expressions" if name.text in _RESERVED else "in variants"
    findings.add(
        Code.BAD_NAME,
        f"`{name.text}` cannot be the name of {what}: it has a meaning {why}",
        name.span,
        help=f"write `{name.text}_value`",
        fix=replaced(name, f"{name.text}_value"),
    )


def check_apart(
    findings: Findings,
    parameters: Iterable[Parameter],
    inputs: Iterable[Scalar],
    derived: Let,
) -> None:
    """Parameters, inputs and derived values of one name could not be told apart."""
    groups = (
        ("a parameter", [parameter.name for parameter in parameters]),
        ("an input", list(inputs)),
        ("a derived value", [name for name, _ in derived]),
    )
    first: dict[str, tuple[str, Scalar]] = {}
    for what, names in groups:
        for name in names:
            other, place = first.setdefault(name.text, (what, name))
            if other == what:
                continue
            findings.add(
                Code.DUPLICATE_NAME,
                f"{other} is called `{name.text}` too",
                name.span,
                related=(Related(place.span, f"the {other.partition(' ')[2]}"),),
                help="give one of them another name",
            )


def _is_empty(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.value is None


def _parameter(findings: Findings, entry: Entry) -> Parameter | None:
    parameter = _declared(findings, entry)
    name = entry.key.text
    if parameter is not None and parameter.type == "layer" and name in (*LAYER_KEYS, EXCHANGE):
        findings.add(
            Code.BAD_NAME,
            f"`{name}` cannot be the name of a layer parameter: it has a meaning in `layers`",
            entry.key.span,
            help=f"write `my_{name}`",
            fix=replaced(entry.key, f"my_{name}"),
        )
    return parameter


def _declared(findings: Findings, entry: Entry) -> Parameter | None:
    check_visible_name(findings, entry.key, "a parameter")
    if isinstance(entry.value, Mapping):
        return _described_parameter(findings, entry, entry.value)
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


def _described_parameter(findings: Findings, entry: Entry, tree: Mapping) -> Parameter | None:
    """A mapping: a closed choice, or the default of a ``layer``."""
    if tree.get("layer") is not None:
        return _layer_parameter(findings, entry, tree)
    if tree.get("choice") is not None or "choice" in _CHOICE_KEYS.meant_in(tree):
        return _choice_parameter(findings, entry, tree)
    if tree.get("default") is not None:
        missing_key(findings, "a choice", "choice", tree.span, _CHOICE_EXAMPLE)
        return None
    wrong_type(findings, tree, "a type or a default", _EXAMPLE)
    return None


def _layer_parameter(findings: Findings, entry: Entry, tree: Mapping) -> Parameter | None:
    known = known_entries(findings, tree, _LAYER_KEYS)
    default = known["layer"].value
    match default:
        case Scalar(value=str()) if default.text.strip():
            pass
        case Mapping(entries=(_,)):
            pass
        case _:
            wrong_type(findings, default, "an op or a block", _LAYER_EXAMPLE)
            return None
    span = entry.key.span.to(tree.span)
    return Parameter(name=entry.key, type="layer", default=default, span=span)


def _choice_parameter(findings: Findings, entry: Entry, tree: Mapping) -> Parameter | None:
    known = known_entries(findings, tree, _CHOICE_KEYS)
    if "choice" not in known:
        return None
    listed_choices = items(findings, known["choice"].value, "the choices", _CHOICE_EXAMPLE)
    choices = distinct(
        findings, [text(findings, item, "a text") for item in listed_choices], known["choice"].value
    )
    default = known["default"].value if "default" in known else None
    if len(choices) < len(listed_choices) or not choices:
        return None
    if default is not None and not _is_among(default, choices):
        _not_among(findings, default, choices)
        return None
    return Parameter(
        name=entry.key,
        type="choice",
        default=default,
        choices=choices,
        span=entry.key.span.to(tree.span),
    )


def _is_among(tree: Tree, choices: tuple[Scalar, ...]) -> bool:
    is_text = isinstance(tree, Scalar) and isinstance(tree.value, str)
    return is_text and isinstance(tree, Scalar) and tree.text in {each.text for each in choices}


def _not_among(findings: Findings, default: Tree, choices: tuple[Scalar, ...]) -> None:
    words = [choice.text for choice in choices]
    near = closest(default.text, words) if isinstance(default, Scalar) else None
    findings.add(
        Code.WRONG_TYPE,
        f"expected one of {listed(words)}, got {described(default)}",
        default.span,
        help=f"write `{near}`"
        if near
        else f"write one of them, e.g. `default: {words[0]}`, or leave it out: then it is required",
        fix=replaced(default, near) if near else (),
    )


def _type_of(findings: Findings, tree: Scalar | Sequence) -> str | None:
    """The type that a word names or that a default has; ``None`` after a finding."""
    match tree:
        case Sequence():
            return "list"
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
            wrong_type(findings, tree, "a type or a default", _EXAMPLE)
            return None


def _type_of_word(findings: Findings, word: Scalar) -> str | None:
    if word.text in _TYPE_WORDS:
        return word.text
    meant = _FOREIGN_WORDS.get(word.text)
    if meant is not None:
        help = f'did you mean `{meant}`? A text as default is quoted: "{word.text}"'
        fix = () if meant.startswith("{") else replaced(word, meant)
        help = help if fix else f"e.g. `{word.text}: {meant}`"
        wrong_type(findings, word, "a type or a default", help, fix)
        return None
    if word.text[:1] == "(" and (parts := split(word.text[1:-1])) and word.text[-1:] == ")":
        listed = value_in_yaml(word.text)
        if len(parts) > 1 and listed.startswith("["):
            wrong_type(
                findings, word, "a list in brackets", f"write `{listed}`", replaced(word, listed)
            )
            return None
    return "text"
