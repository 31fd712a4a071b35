"""A tree to a ``Document``: which keys a spec has, and what kind of value stands under each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from archcompile.diagnostics import Code, Edit, Related
from archcompile.frontend.document.annotations import allowed, cite, claims, plain_text
from archcompile.frontend.document.block_entries import BlockReader, apart, block_names
from archcompile.frontend.document.declarations import inputs, outputs, uses, variants
from archcompile.frontend.document.declared_names import check_apart, let, parameters
from archcompile.frontend.document.document import Block, Document, Library
from archcompile.frontend.document.fields import (
    Keys,
    check_title_name,
    described,
    known_entries,
    missing_key,
    text,
)
from archcompile.frontend.document.identifiers import nearest_identifier
from archcompile.frontend.document.initializers import body_init
from archcompile.frontend.document.layer_entries import LayerReader
from archcompile.frontend.document.structure_entries import EXCHANGE
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.mending.rewriting import replaced, without_entry
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Tree

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
        "use",
        "params",
        "let",
        "variants",
        "input",
        "init",
        "blocks",
        "layers",
        "outputs",
        "expect",
        "allow",
    ),
    foreign_keys.SPEC,
    foreign_keys.LISTS,
    "params",
)
_LIBRARY_KEYS = Keys("a file of blocks", ("archcompile", "name", "title", "cite", "use", "blocks"))
_NETWORK_KEYS = ("params", "variants", "input", "layers", "outputs", "expect")
_REQUIRED = (
    ("name", "name the network, e.g. `name: lenet5`"),
    ("input", "give the input's shape, e.g. `input: [N, 3, 224, 224]`"),
    ("layers", "list the layers under it, e.g. `layers: [flatten, linear: 10]`"),
)


def document(tree: Tree, known_ops: frozenset[str], used: tuple[Block, ...] = ()) -> Document:
    """The document that a tree holds; ``used`` are the blocks of the files that it uses.

    ``known_ops`` tell an op key from a misspelt layer key. Raises every finding; for a version
    that is not known, that one alone.
    """
    mapped = _checked(tree, "a spec")
    return _DocumentReader(Findings(), known_ops, used).document(mapped)


def library(tree: Tree, known_ops: frozenset[str], used: tuple[Block, ...] = ()) -> Library:
    """The blocks that a file without a network holds. Raises every finding."""
    mapped = _checked(tree, "a file of blocks")
    return _DocumentReader(Findings(), known_ops, used).blocks_alone(mapped)


def is_library(tree: Tree) -> bool:
    """Whether a file is there for its blocks: it has some, and nothing of a network."""
    if not isinstance(tree, Mapping):
        return False
    keys = {entry.key.text for entry in tree.entries}
    return "blocks" in keys and keys.isdisjoint(_NETWORK_KEYS)


def _checked(tree: Tree, owner: str) -> Mapping:
    """The mapping of a file in a version that is known."""
    if not isinstance(tree, Mapping) or not tree.entries:
        raise finding(
            Code.WRONG_TYPE,
            f"expected {owner}, a mapping that starts with `{_VERSION_LINE}`,"
            f" got {described(tree)}",
            tree.span,
            help="a spec has keys at its top, e.g. `name: lenet5` and `layers: [flatten]`",
        )
    _check_version(tree)
    return tree


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
            fix=replaced(version, str(VERSION) if version.text else f" {VERSION}")
            if isinstance(version, Scalar)
            else (),
        )


@dataclass(frozen=True, slots=True)
class _DocumentReader:
    """Reads one file; what is missing or wrong is found, and the rest read on."""

    findings: Findings
    known_ops: frozenset[str]
    used: tuple[Block, ...]

    def document(self, tree: Mapping) -> Document:
        """Raises every finding."""
        self._check_first_key(tree, "a spec")
        known = known_entries(self.findings, tree, _KEYS)
        self._check_required(tree, known)
        lines = self._lines(known)
        name = self._name(tree, known.get("name"))
        title = self._one(known, "title", _title)
        source = self._one(known, "cite", cite)
        used_files = self._several(known, "use", uses)
        declared = self._several(known, "params", parameters)
        derived = self._several(known, "let", let)
        family = self._several(known, "variants", variants)
        given = self._several(known, "input", inputs)
        init = self._several(known, "init", lambda f, tree: body_init(f, tree, self.known_ops))
        blocks = self._blocks(known, lines)
        within = lines.with_ops(each.name.text for each in declared if each.type == "layer")
        body = self._several(known, "layers", lambda _, value: within.layers(value))
        shown = self._several(known, "outputs", outputs)
        expected = self._several(known, "expect", claims)
        silenced = self._several(known, "allow", allowed)
        names = [each.name for each in given if each.name is not None]
        check_apart(self.findings, declared, names, derived)
        self.findings.stop()
        return Document(
            archcompile=VERSION,
            name=name,
            title=title,
            cite=source,
            parameters=declared,
            variants=family,
            inputs=given,
            uses=used_files,
            let=derived,
            init=init,
            blocks=blocks,
            layers=body,
            outputs=shown,
            expect=expected,
            allow=silenced,
            span=tree.span,
            layers_span=known["layers"].key.span,
        )

    def blocks_alone(self, tree: Mapping) -> Library:
        """Raises every finding."""
        self._check_first_key(tree, "a file of blocks")
        known = known_entries(self.findings, tree, _LIBRARY_KEYS)
        if "blocks" not in known:
            place, help = tree.entries[0].key.span, "define them: `blocks: {unit: {layers: [...]}}`"
            missing_key(self.findings, "a file of blocks", "blocks", place, help)
        if "name" in known:
            self._name(tree, known["name"])
        self._one(known, "title", _title)
        self._one(known, "cite", cite)
        used_files = self._several(known, "use", uses)
        blocks = self._blocks(known, self._lines(known))
        self.findings.stop()
        return Library(uses=used_files, blocks=blocks, span=tree.span)

    def _lines(self, known: dict[str, Entry]) -> LayerReader:
        """What reads layers that may call every op, and the blocks of this file and the used."""
        used = (block.name.text for block in self.used)
        ops = self.known_ops.union({EXCHANGE}, used, block_names(known.get("blocks")))
        return LayerReader(self.findings, ops)

    def _blocks(self, known: dict[str, Entry], lines: LayerReader) -> tuple[Block, ...]:
        """The used blocks and the file's own."""
        own: tuple[Block, ...] = ()
        if "blocks" in known:
            reader = BlockReader(self.findings, lines, self.known_ops)
            own = reader.blocks(known["blocks"].value)
        return apart(self.findings, self.used, own)

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

    def _check_first_key(self, tree: Mapping, owner: str) -> None:
        first = tree.entries[0].key
        if first.text == "archcompile":
            return
        later = next((e.key for e in tree.entries if e.key.text == "archcompile"), None)
        if later is None and _KEYS.meant(tree.entries[0]) == "archcompile":
            return  # it is there under another word
        added = f"{_VERSION_LINE}, " if tree.flow else f"{_VERSION_LINE}\n"
        moved = without_entry(tree, "archcompile") if later is not None else ()
        self.findings.add(
            Code.MISSING_KEY,
            f"{owner} starts with the language's version, got `{first.text}`",
            first.span,
            help=f"write `{_VERSION_LINE}` before it",
            related=() if later is None else (Related(later.span, "the version is here"),),
            fix=(Edit(first.span.start(), added), *moved),
        )

    def _check_required(self, tree: Mapping, known: dict[str, Entry]) -> None:
        meant = _KEYS.meant_in(tree)
        for key, help in _REQUIRED:
            if key not in known and key not in meant:
                missing_key(self.findings, "a spec", key, tree.entries[0].key.span, help)

    def _name(self, tree: Mapping, entry: Entry | None) -> Scalar:
        """The network's name; after a finding, a scalar that nobody will see."""
        name = None if entry is None else self._name_text(entry.value)
        if name is None:
            return Scalar(tree.span, "", "", plain=False)
        check_title_name(self.findings, name, "a network")
        return name

    def _name_text(self, tree: Tree) -> Scalar | None:
        """A name that is a text; a number is no name, and quotes would not make it one."""
        held = tree.value if isinstance(tree, Scalar) else None
        if not isinstance(tree, Scalar) or held is None or isinstance(held, str):
            return text(self.findings, tree, "a name", "e.g. `name: lenet5`")
        near = nearest_identifier(tree.text, "net") or "net"
        help = f"a name starts with a letter: write `{near}`"
        return text(self.findings, tree, "a name", help, replaced(tree, near))


def _title(findings: Findings, tree: Tree) -> str | None:
    return plain_text(findings, tree, "a title")
