"""A tree to a ``Document``: which keys a spec has, and what kind of value stands under each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from archcompile.diagnostics import Code, Related
from archcompile.frontend.annotations import cite, claims, plain_text
from archcompile.frontend.declarations import (
    check_distinct,
    inputs,
    names,
    outputs,
    parameters,
    variants,
)
from archcompile.frontend.document import Block, Document
from archcompile.frontend.fields import (
    Keys,
    check_identifier,
    check_title_name,
    described,
    known_entries,
    mapping,
    missing_key,
    text,
)
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.layer_entries import LayerReader
from archcompile.frontend.layer_parts import EXCHANGE
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

_Section = TypeVar("_Section")

VERSION = 1
_VERSION_LINE = f"archcompile: {VERSION}"
_KEYS = Keys(
    "a spec",
    (
        "archcompile",
        "name",
        "title",
        "cite",
        "params",
        "variants",
        "input",
        "blocks",
        "layers",
        "outputs",
        "expect",
    ),
    frozenset(("use", "let", "init", "allow")),
)
_BLOCK_KEYS = Keys(
    "a block",
    ("params", "inputs", "layers", "sequence", "outputs"),
    frozenset(("let", "init")),
)
_REQUIRED = (
    ("name", "name the network: `name: lenet5`"),
    ("input", "give the input's shape: `input: [N, 3, 224, 224]`"),
    ("layers", "list the layers: `layers: [...]`"),
)


def document(tree: Tree, known_ops: frozenset[str]) -> Document:
    """The document that a tree holds. ``known_ops`` tell an op key from a misspelt layer key.

    Raises every finding; for a version that is not known, that one alone.
    """
    if not isinstance(tree, Mapping) or not tree.entries:
        raise finding(
            Code.WRONG_TYPE,
            f"expected a spec, a mapping that starts with `{_VERSION_LINE}`, got {described(tree)}",
            tree.span,
        )
    _check_version(tree)
    return _DocumentReader(Findings(), known_ops).read(tree)


def _check_version(tree: Mapping) -> None:
    version = tree.get("archcompile")
    if version is None:
        return
    is_known = isinstance(version, Scalar) and type(version.value) is int
    if not is_known or not isinstance(version, Scalar) or version.value != VERSION:
        raise finding(
            Code.UNKNOWN_VERSION,
            f"expected version {VERSION} of the language, got {described(version)}",
            version.span,
            help=f"write `{_VERSION_LINE}`",
        )


@dataclass(frozen=True, slots=True)
class _DocumentReader:
    """Reads one document; what is missing or wrong is found, and the rest read on."""

    findings: Findings
    known_ops: frozenset[str]

    def read(self, tree: Mapping) -> Document:
        """Raises every finding."""
        self._check_first_key(tree)
        known = known_entries(self.findings, tree, _KEYS)
        self._check_required(tree, known)
        layers = LayerReader(
            self.findings, self.known_ops | {EXCHANGE} | _block_names(known.get("blocks"))
        )
        name = self._name(tree, known.get("name"))
        title = self._one(known, "title", _title)
        source = self._one(known, "cite", cite)
        declared = self._several(known, "params", parameters)
        family = self._several(known, "variants", variants)
        given = self._several(known, "input", inputs)
        blocks = self._several(known, "blocks", partial(_blocks, layers))
        body = self._several(known, "layers", lambda _, value: layers.layers(value))
        shown = self._several(known, "outputs", outputs)
        expected = self._several(known, "expect", claims)
        check_distinct(self.findings, declared, given)
        self.findings.stop()
        return Document(
            archcompile=VERSION,
            name=name,
            title=title,
            cite=source,
            parameters=declared,
            variants=family,
            inputs=given,
            blocks=blocks,
            layers=body,
            outputs=shown,
            expect=expected,
            span=tree.span,
            layers_span=known["layers"].key.span,
        )

    def _one(
        self,
        known: dict[str, Entry],
        key: str,
        read: Callable[[Findings, Tree], _Section | None],
    ) -> _Section | None:
        return read(self.findings, known[key].value) if key in known else None

    def _several(
        self,
        known: dict[str, Entry],
        key: str,
        read: Callable[[Findings, Tree], tuple[_Section, ...]],
    ) -> tuple[_Section, ...]:
        return read(self.findings, known[key].value) if key in known else ()

    def _check_first_key(self, tree: Mapping) -> None:
        first = tree.entries[0].key
        if first.text == "archcompile":
            return
        later = next((e.key for e in tree.entries if e.key.text == "archcompile"), None)
        self.findings.add(
            Code.MISSING_KEY,
            f"a spec starts with the language's version, got `{first.text}`",
            first.span,
            help=f"write `{_VERSION_LINE}` before it",
            related=() if later is None else (Related(later.span, "the version is here"),),
        )

    def _check_required(self, tree: Mapping, known: dict[str, Entry]) -> None:
        for key, help in _REQUIRED:
            if key not in known:
                missing_key(self.findings, "a spec", key, tree.entries[0].key.span, help)

    def _name(self, tree: Mapping, entry: Entry | None) -> Scalar:
        """The network's name; after a finding, a scalar that nobody will see."""
        help = "a name starts with a letter"
        name = None if entry is None else text(self.findings, entry.value, "a name", help)
        if name is None:
            return Scalar(tree.span, "", "", plain=False)
        check_title_name(self.findings, name, "a network")
        return name


def _title(findings: Findings, tree: Tree) -> str | None:
    return plain_text(findings, tree, "a title")


def _block_names(entry: Entry | None) -> frozenset[str]:
    """The file's own ops, known before any of their bodies is read."""
    if entry is None or not isinstance(entry.value, Mapping):
        return frozenset()
    return frozenset(block.key.text for block in entry.value.entries)


def _blocks(reader: LayerReader, findings: Findings, tree: Tree) -> tuple[Block, ...]:
    defined = mapping(findings, tree, "a mapping of blocks", "e.g. `blocks: {unit: {layers: []}}`")
    return tuple(_block(reader, findings, entry) for entry in defined.entries)


def _block(reader: LayerReader, findings: Findings, entry: Entry) -> Block:
    check_identifier(findings, entry.key, "a block")
    body = mapping(findings, entry.value, "a block", "e.g. `{params: {width: int}, layers: [...]}`")
    known = known_entries(findings, body, _BLOCK_KEYS)
    if isinstance(entry.value, Mapping):
        _check_body(findings, entry, known)
    fields = {key: found.value for key, found in known.items()}
    layers, sequence = fields.get("layers"), fields.get("sequence")
    return Block(
        name=entry.key,
        parameters=parameters(findings, fields["params"]) if "params" in fields else (),
        inputs=names(findings, fields["inputs"], "an input") if "inputs" in fields else (),
        layers=None if layers is None else reader.layers(layers),
        sequence=None if sequence is None else reader.layers(sequence, chain="a `sequence`"),
        outputs=outputs(findings, fields["outputs"]) if "outputs" in fields else (),
        span=entry.key.span.to(entry.value.span),
    )


def _check_body(findings: Findings, entry: Entry, known: dict[str, Entry]) -> None:
    """Layers or a sequence: exactly one of them."""
    bodies = [found.key for key, found in known.items() if key in ("layers", "sequence")]
    if not bodies:
        owner = f"the block `{entry.key.text}`"
        missing_key(findings, owner, "layers", entry.key.span, "list them: `layers: [...]`")
    if len(bodies) > 1:
        findings.add(
            Code.SEVERAL_OPS,
            "a block has `layers` or a `sequence`, not both",
            bodies[1].span,
            related=(Related(bodies[0].span, "the other one"),),
        )
    elif "sequence" in known:
        _check_chain(findings, known)


def _check_chain(findings: Findings, known: dict[str, Entry]) -> None:
    """A sequence reads one value and hands on one, whatever the two are called."""
    for key in ("inputs", "outputs"):
        entry = known.get(key)
        if entry is None or _count(entry.value) < 2:
            continue
        findings.add(
            Code.NOT_IN_CHAIN,
            f"a block that is a `sequence` has no several `{key}`",
            entry.key.span,
            help="write its lines under `layers:`",
        )


def _count(tree: Tree) -> int:
    """How many names a list or a mapping holds."""
    if isinstance(tree, Sequence):
        return len(tree.items)
    return len(tree.entries) if isinstance(tree, Mapping) else 1
