"""The structures of a class body: ``branches`` and their join, ``residual``, ``gpu_groups``."""

from __future__ import annotations

from typing import Protocol

from archcompile.diagnostics import Code, Edit, Span
from archcompile.frontend.document.document import Branch, Branches, GpuGroups, Layer, Residual
from archcompile.frontend.document.fields import (
    TRUTHS,
    Keys,
    known_entries,
    missing_key,
    text,
    wrong_type,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

EXCHANGE = "exchange"
"""The word of a line in `gpu_groups` that is no op: there every GPU gets all of a value."""
STRUCTURES = ("branches", "residual", "gpu_groups")

_BRANCHES_EXAMPLE = "e.g. `branches: {a: {conv2d: 8}, b: [relu, {conv2d: 8}]}`"
_JOIN_EXAMPLE = "e.g. `join: concat` or `join: {concat: 2}`"
_BODY_EXAMPLE = "list the body, e.g. `residual: [conv2d: [8, 3, padding: 1], relu]`"
_GROUPS_EXAMPLE = "e.g. `gpu_groups: {count: 2, layers: [...]}`"
_RESIDUAL_KEYS = Keys("`residual`", ("body", "shortcut", "skip", "join"), foreign_keys.RESIDUAL)
_GROUPS_KEYS = Keys("`gpu_groups`", ("count", "layers"), foreign_keys.GROUPS)


class Lines(Protocol):
    """What reads the lines inside a structure."""

    @property
    def findings(self) -> Findings:
        """Where to say what is wrong."""

    def layers(self, tree: Tree, *, chain: str | None = None) -> tuple[Layer, ...]:
        """The layers of a list; ``chain`` is what a chain is called, ``None`` in a class body."""

    def layer(self, tree: Tree, *, name: Scalar | None = None) -> Layer | None:
        """One layer, with the name that the place gives it; ``None`` after a finding."""


def branches(lines: Lines, entry: Entry, join: Entry | None) -> Branches:
    """``branches``: by key, or as a list; and the ``join`` beside them."""
    found: list[Branch | None] = []
    match entry.value:
        case Mapping(entries=entries) if entries:
            found += (_keyed_branch(lines, each) for each in entries)
        case Sequence(items=items) if items:
            found += (_listed_branch(lines, each) for each in items)
        case Mapping() | Sequence():
            message = "expected the branches, got none"
            lines.findings.add(Code.EMPTY, message, entry.value.span, help=_BRANCHES_EXAMPLE)
        case _:
            wrong_type(lines.findings, entry.value, "the branches", _BRANCHES_EXAMPLE)
    return Branches(
        branches=tuple(branch for branch in found if branch is not None),
        join=_join(lines, entry.key, "concat", join),
        span=entry.key.span.to(entry.value.span),
    )


def _keyed_branch(lines: Lines, entry: Entry) -> Branch | None:
    """One layer of that name, or a chain under it; an empty list is the identity."""
    span = entry.key.span.to(entry.value.span)
    if isinstance(entry.value, Sequence):
        chain = _chain(lines, entry.value, entry.key, "a branch that is a list")
        return Branch(name=entry.key, lines=() if chain is None else (chain,), span=span)
    if isinstance(entry.value, Scalar) and entry.value.value is None:
        help = f"write `{entry.key.text}: []` for the identity"
        empty = Edit(entry.key.span.to(entry.value.span), f"{entry.key.text}: []")
        wrong_type(lines.findings, entry.value, "a layer or a list of layers", help, (empty,))
        return None
    layer = lines.layer(entry.value, name=entry.key)
    return None if layer is None else Branch(name=entry.key, lines=(layer,), span=span)


def _listed_branch(lines: Lines, tree: Tree) -> Branch | None:
    """Lines of the body around; an empty list is the identity."""
    if isinstance(tree, Sequence):
        body = lines.layers(tree) if tree.items else ()
        return Branch(name=None, lines=body, span=tree.span)
    layer = lines.layer(tree)
    return None if layer is None else Branch(name=None, lines=(layer,), span=tree.span)


def _chain(lines: Lines, tree: Sequence, name: Scalar, what: str) -> Layer | None:
    """A list as a ``sequence`` of that name; ``None`` if it is empty: the identity."""
    if not tree.items:
        return None
    return Layer(span=tree.span, name=name, sequence=lines.layers(tree, chain=what))


def _join(lines: Lines, key: Scalar, default: str, entry: Entry | None) -> Layer:
    """The op or block that joins several values: a word, or a call with arguments."""
    if entry is None:
        return Layer(span=key.span, op=_word(key.span, default))
    if isinstance(entry.value, Scalar):
        text(lines.findings, entry.value, "an op or a block that joins", _JOIN_EXAMPLE)
        return Layer(span=entry.value.span, op=entry.value)
    if isinstance(entry.value, Sequence):
        wrong_type(lines.findings, entry.value, "an op or a block that joins", _JOIN_EXAMPLE)
        return Layer(span=entry.value.span)
    layer = lines.layer(entry.value)
    if layer is not None and (layer.op is None or not _is_call(layer)):
        lines.findings.add(
            Code.WRONG_TYPE,
            "a join is one op or one block, and nothing beside it",
            entry.value.span,
            help=_JOIN_EXAMPLE,
        )
    return layer or Layer(span=entry.value.span)


def _is_call(layer: Layer) -> bool:
    """Whether a line is an op with its arguments, and a name at most."""
    beside = (layer.sources, layer.when, layer.repeat, layer.loop)
    return all(each is None for each in beside) and not layer.names


def _word(span: Span, word: str) -> Scalar:
    """A word that the author left out, at the place that stands for it."""
    return Scalar(span, word, word, plain=False)


def residual(lines: Lines, entry: Entry) -> Residual:
    """``residual``: a list is the body around which the identity goes."""
    span = entry.key.span.to(entry.value.span)
    if not isinstance(entry.value, Mapping):
        if not isinstance(entry.value, Sequence):
            wrong_type(lines.findings, entry.value, "a body", _BODY_EXAMPLE)
        is_list = isinstance(entry.value, Sequence)
        body = lines.layers(entry.value) if is_list else ()
        join = _join(lines, entry.key, "add", None)
        return Residual(body=body, shortcut=None, skip=None, join=join, tree=entry.value, span=span)
    known = {e.key.text: e for e in entry.value.entries if e.key.text in _RESIDUAL_KEYS.known}
    if "body" in known or "body" in _RESIDUAL_KEYS.meant_in(entry.value):
        known = known_entries(lines.findings, entry.value, _RESIDUAL_KEYS)
    else:
        missing_key(lines.findings, "`residual`", "body", entry.key.span, _BODY_EXAMPLE)
    return Residual(
        body=_body(lines, known["body"].value) if "body" in known else (),
        shortcut=_shortcut(lines, known.get("shortcut")),
        skip=condition(lines.findings, known.get("skip"), "e.g. `skip: stride == 1`"),
        join=_join(lines, entry.key, "add", known.get("join")),
        tree=entry.value,
        span=span,
    )


def _body(lines: Lines, tree: Tree) -> tuple[Layer, ...]:
    if isinstance(tree, Sequence):
        return lines.layers(tree)
    layer = lines.layer(tree)
    return () if layer is None else (layer,)


def _shortcut(lines: Lines, entry: Entry | None) -> Layer | None:
    if entry is None:
        return None
    if isinstance(entry.value, Sequence):
        name = _word(entry.value.span, "shortcut")
        return _chain(lines, entry.value, name, "a shortcut that is a list")
    layer = lines.layer(entry.value)
    if layer is not None and layer.op is not None and layer.op.text == EXCHANGE:
        lines.findings.add(
            Code.WRONG_TYPE,
            "a shortcut is a layer or a chain, and `exchange` is neither",
            layer.op.span,
            help="`exchange` stands in the lines of `gpu_groups`, before the residual",
        )
        return None
    return layer


def condition(findings: Findings, entry: Entry | None, help: str) -> Scalar | None:
    """A boolean, or the text of an expression."""
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
        return entry.value
    word = entry.value.text if isinstance(entry.value, Scalar) else ""
    if word in TRUTHS:
        meant = TRUTHS[word]
        wrong_type(
            findings, entry.value, "a condition", f"write `{meant}`", replaced(entry.value, meant)
        )
        return None
    return text(findings, entry.value, "a condition", help)


def gpu_groups(lines: Lines, entry: Entry) -> GpuGroups | None:
    """``gpu_groups``: the layers that ``count`` GPUs share."""
    if not isinstance(entry.value, Mapping):
        wrong_type(lines.findings, entry.value, "a count and layers", _GROUPS_EXAMPLE)
        return None
    known = known_entries(lines.findings, entry.value, _GROUPS_KEYS)
    for key in _GROUPS_KEYS.known:
        if key not in known and key not in _GROUPS_KEYS.meant_in(entry.value):
            missing_key(lines.findings, "`gpu_groups`", key, entry.key.span, _GROUPS_EXAMPLE)
    count = _gpus(lines.findings, known["count"].value) if "count" in known else None
    layers = lines.layers(known["layers"].value) if "layers" in known else ()
    if count is None:
        return None
    return GpuGroups(count=count, layers=layers, span=entry.key.span.to(entry.value.span))


def _gpus(findings: Findings, tree: Tree) -> Scalar | None:
    """A number, or an expression of one; which numbers serve is said where it is known."""
    match tree:
        case Scalar(value=bool()):
            pass
        case Scalar(value=int() | float()):
            return tree
        case Scalar(value=str()) if tree.text.strip():
            return tree
    wrong_type(findings, tree, "a number of GPUs", "e.g. `count: 2`")
    return None
