"""``blocks``: a user's own ops, of a spec or of a file that specs ``use``."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.diagnostics import Code, Related
from archcompile.frontend.document.declarations import names, outputs
from archcompile.frontend.document.declared_names import check_apart, let, parameters
from archcompile.frontend.document.document import Block
from archcompile.frontend.document.fields import (
    Keys,
    check_identifier,
    known_entries,
    mapping,
    missing_key,
)
from archcompile.frontend.document.initializers import body_init
from archcompile.frontend.document.layer_entries import LayerReader
from archcompile.frontend.document.op_keys import LAYER_KEYS
from archcompile.frontend.document.structure_entries import EXCHANGE
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import keys as foreign_keys
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_BLOCK_KEYS = Keys(
    "a block",
    ("params", "inputs", "let", "init", "layers", "sequence", "outputs"),
    foreign_keys.BLOCK,
)
_NOT_BLOCKS = frozenset((*LAYER_KEYS, EXCHANGE, "none"))


def block_names(entry: Entry | None) -> frozenset[str]:
    """The file's own ops, known before any of their bodies is read."""
    if entry is None or isinstance(entry.value, Scalar):
        return frozenset()
    if isinstance(entry.value, Mapping):
        return frozenset(block.key.text for block in entry.value.entries)
    listed = [item for item in entry.value.items if isinstance(item, Mapping)]
    named = [item.get("name") for item in listed]
    return frozenset(name.text for name in named if isinstance(name, Scalar))


@dataclass(frozen=True, slots=True)
class BlockReader:
    """Reads blocks; ``lines`` knows the ops and blocks that they may call."""

    findings: Findings
    lines: LayerReader
    ops: frozenset[str]
    """Ops alone, which ``init`` may speak of."""

    def blocks(self, tree: Tree) -> tuple[Block, ...]:
        """The blocks of a file."""
        example = "e.g. `blocks: {unit: {layers: []}}`"
        defined = mapping(self.findings, tree, "a mapping of blocks", example)
        return tuple(self._block(entry) for entry in defined.entries)

    def _block(self, entry: Entry) -> Block:
        self._check_name(entry)
        example = "e.g. `{params: {width: int}, layers: [...]}`"
        body = mapping(self.findings, entry.value, "a block", example)
        known = known_entries(self.findings, body, _BLOCK_KEYS)
        if isinstance(entry.value, Mapping):
            self._check_body(entry, known, _BLOCK_KEYS.meant_in(body))
        fields = {key: found.value for key, found in known.items()}
        declared = parameters(self.findings, fields["params"]) if "params" in fields else ()
        given = names(self.findings, fields["inputs"], "an input") if "inputs" in fields else ()
        derived = let(self.findings, fields["let"]) if "let" in fields else ()
        check_apart(self.findings, declared, given, derived)
        lines = self.lines.with_ops(each.name.text for each in declared if each.type == "layer")
        layers, sequence = fields.get("layers"), fields.get("sequence")
        shown = fields.get("outputs")
        init = fields.get("init")
        return Block(
            name=entry.key,
            parameters=declared,
            inputs=given,
            layers=None if layers is None else lines.layers(layers),
            sequence=None if sequence is None else lines.layers(sequence, chain="a `sequence`"),
            outputs=() if shown is None else outputs(self.findings, shown, of_block=True),
            let=derived,
            init=() if init is None else body_init(self.findings, init, self.ops),
            span=entry.key.span.to(entry.value.span),
        )

    def _check_name(self, entry: Entry) -> None:
        if entry.key.text not in _NOT_BLOCKS:
            check_identifier(self.findings, entry.key, "a block")
            return
        self.findings.add(
            Code.BAD_NAME,
            f"`{entry.key.text}` cannot be the name of a block: it has a meaning in `layers`",
            entry.key.span,
            help=f"write `my_{entry.key.text}`",
            fix=replaced(entry.key, f"my_{entry.key.text}"),
        )

    def _check_body(self, entry: Entry, known: dict[str, Entry], meant: frozenset[str]) -> None:
        """Layers or a sequence: exactly one of them."""
        bodies = [found.key for key, found in known.items() if key in ("layers", "sequence")]
        if not bodies and meant.isdisjoint(("layers", "sequence")):
            owner = f"the block `{entry.key.text}`"
            help = "list them under it, e.g. `layers: [conv2d: 8, relu]`"
            missing_key(self.findings, owner, "layers", entry.key.span, help)
        if len(bodies) > 1:
            self.findings.add(
                Code.SEVERAL_OPS,
                "a block has `layers` or a `sequence`, not both",
                bodies[1].span,
                related=(Related(bodies[0].span, "the other one"),),
                help="in `layers` each line may say what it reads, a `sequence` is a chain",
            )
        elif "sequence" in known:
            self._check_chain(known)

    def _check_chain(self, known: dict[str, Entry]) -> None:
        """A sequence reads one value and hands on one, whatever the two are called."""
        for key in ("inputs", "outputs"):
            entry = known.get(key)
            if entry is None or _count(entry.value) < 2:
                continue
            self.findings.add(
                Code.NOT_IN_CHAIN,
                f"a block that is a `sequence` has no several `{key}`",
                entry.key.span,
                help="its lines stand under `layers:` then, each with a name and `from`",
            )


def _count(tree: Tree) -> int:
    """How many names a list or a mapping holds."""
    if isinstance(tree, Sequence):
        return len(tree.items)
    return len(tree.entries) if isinstance(tree, Mapping) else 1


def apart(findings: Findings, used: tuple[Block, ...], own: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks of several files together; a name that two of them define is a finding."""
    first: dict[str, Block] = {}
    for block in (*used, *own):
        other = first.setdefault(block.name.text, block)
        if other is block:
            continue
        findings.add(
            Code.DUPLICATE_NAME,
            f"the block `{block.name.text}` is defined twice",
            block.name.span,
            related=(Related(other.name.span, "first here"),),
            help="give one of them another name",
        )
    return tuple(first.values())
