"""The entries of ``layers`` and ``sequence`` lists: one op key, and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document import Layer
from archcompile.frontend.fields import items, text, unsupported, wrong_type
from archcompile.frontend.findings import Findings
from archcompile.frontend.loops import loop, repeat
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

_RESERVED = ("name", "from", "when", "repeat", "sequence", "layers", "for", "rows")
_LATER = frozenset(("branches", "residual", "gpu_groups", "apply", "parameter", "constant", "init"))
_EXAMPLE = "e.g. `- relu` or `- conv2d: {out_channels: 6, kernel_size: 5}`"


@dataclass(frozen=True, slots=True)
class LayerReader:
    """Reads lists of layers; ``ops`` are the known op keys, the file's own blocks included."""

    findings: Findings
    ops: frozenset[str]

    def layers(self, tree: Tree, *, chain: bool = False) -> tuple[Layer, ...]:
        """The layers of a list. A chain has no ``from``: each reads the line before it."""
        help = None
        if isinstance(tree, Scalar | Mapping):
            help = "start each layer with `- `"
        listed_layers = items(self.findings, tree, "a list of layers", help)
        read = (self._layer(entry, chain=chain) for entry in listed_layers)
        return tuple(layer for layer in read if layer is not None)

    def _layer(self, tree: Tree, *, chain: bool) -> Layer | None:
        match tree:
            case Scalar(value=str()) if tree.text.strip():
                return Layer(span=tree.span, op=tree)
            case Mapping(entries=entries) if entries:
                return self._mapping(tree, chain=chain)
            case Sequence():
                wrong_type(
                    self.findings, tree, "a layer", "a group of layers is `- sequence: [...]`"
                )
            case Scalar(value=None) | Mapping():
                self.findings.add(
                    Code.NO_OP, "expected a layer, got nothing", tree.span, help=_EXAMPLE
                )
            case _:
                wrong_type(self.findings, tree, "a layer", _EXAMPLE)
        return None

    def _mapping(self, tree: Mapping, *, chain: bool) -> Layer | None:
        fields = {entry.key.text: entry for entry in tree.entries}
        if self._unsupported(tree):
            return None
        ops = self._ops(tree)
        body = self._body(tree, ops, fields)
        if "from" in fields and chain:
            self.findings.add(
                Code.NOT_IN_CHAIN,
                "`from` cannot stand in a `sequence`: each layer there reads the one before it",
                fields["from"].key.span,
                help="move the layer out of the sequence, or make the sequence a block",
            )
        sources = fields.get("from")
        return Layer(
            span=tree.span,
            op=body.key if body in ops else None,
            arguments=self._arguments(body) if body in ops else None,
            name=self._name(fields.get("name")),
            sources=self._sources(sources),
            sources_span=None if sources is None else sources.value.span,
            when=self._when(fields.get("when")),
            repeat=repeat(self.findings, fields.get("repeat")),
            loop=loop(self.findings, fields),
            sequence=self._nested(body, "sequence", chain=True),
            layers=self._nested(body, "layers", chain=chain),
        )

    def _unsupported(self, tree: Mapping) -> bool:
        later = [e.key for e in tree.entries if e.key.text in _LATER - self.ops]
        for key in later:
            unsupported(self.findings, key, f"`{key.text}`")
        return bool(later)

    def _ops(self, tree: Mapping) -> list[Entry]:
        """The entries that may be the op: not what is a misspelt key beside a known one."""
        candidates = [entry for entry in tree.entries if entry.key.text not in _RESERVED]
        settled = any(
            entry.key.text in self.ops or entry.key.text in ("sequence", "layers")
            for entry in tree.entries
        )
        ops = []
        for entry in candidates:
            known = entry.key.text in self.ops
            meant = None if known or not settled else _meant(entry.key.text)
            if meant is None:
                ops.append(entry)
                continue
            self.findings.add(
                Code.UNKNOWN_KEY,
                f"unknown key `{entry.key.text}` beside a layer's op",
                entry.key.span,
                help=f"did you mean `{meant}`?",
            )
        return ops

    def _body(self, tree: Mapping, ops: list[Entry], fields: dict[str, Entry]) -> Entry | None:
        """The one entry that says what the layer is, or ``None`` after a finding."""
        bodies = [entry for entry in tree.entries if entry in ops or _is_body(entry)]
        if not bodies:
            self._no_op(tree, fields)
            return None
        first, *others = bodies
        if others:
            self._several(first, others)
        return first

    def _no_op(self, tree: Mapping, fields: dict[str, Entry]) -> None:
        if "for" in fields:  # the loop says that it has no layers
            return
        self.findings.add(
            Code.NO_OP,
            f"this layer has no op, only {listed(fields)}",
            tree.entries[0].key.span,
            help="add what it is, " + _EXAMPLE,
        )

    def _several(self, first: Entry, others: list[Entry]) -> None:
        names = [entry.key.text for entry in (first, *others)]
        self.findings.add(
            Code.SEVERAL_OPS,
            f"a layer has one op key, this one has {len(names)}: {listed(names)}",
            others[0].key.span,
            related=tuple(
                Related(entry.key.span, "another op key") for entry in (first, *others[1:])
            ),
            help=self._advice(first, others),
        )

    def _advice(self, first: Entry, others: list[Entry]) -> str:
        is_bare = isinstance(first.value, Scalar) and first.value.value is None
        if is_bare and not any(entry.key.text in self.ops for entry in others):
            return f"arguments stand under the op: indent {listed(e.key.text for e in others)} more"
        if first.key.text in self.ops and not any(e.key.text in self.ops for e in others):
            return f"arguments stand under the op: `{first.key.text}: {{...}}`"
        return "start each layer with `- `"

    def _arguments(self, op: Entry) -> Tree | None:
        """``None`` for an op key without a value: no arguments."""
        is_empty = isinstance(op.value, Scalar) and op.value.value is None
        return None if is_empty else op.value

    def _nested(self, body: Entry | None, key: str, *, chain: bool) -> tuple[Layer, ...] | None:
        if body is None or body.key.text != key:
            return None
        return self.layers(body.value, chain=chain)

    def _name(self, entry: Entry | None) -> Scalar | None:
        if entry is None:
            return None
        if isinstance(entry.value, Sequence):
            unsupported(self.findings, entry.value, "a list of names")
            return None
        is_text = isinstance(entry.value, Scalar) and isinstance(entry.value.value, str)
        is_word = not is_text and isinstance(entry.value, Scalar)
        help = "a name starts with a letter; an unnamed layer gets one" if is_word else None
        return text(self.findings, entry.value, "a name", help)

    def _sources(self, entry: Entry | None) -> tuple[Scalar, ...] | None:
        if entry is None:
            return None
        if isinstance(entry.value, Sequence):
            every = items(self.findings, entry.value, "the names of layers")
        else:
            every = (entry.value,)
        help = "an edge is by name, never by position"
        sources = (text(self.findings, item, "the name of a layer", help) for item in every)
        return tuple(source for source in sources if source is not None)

    def _when(self, entry: Entry | None) -> Scalar | None:
        if entry is None:
            return None
        if isinstance(entry.value, Scalar) and isinstance(entry.value.value, bool):
            return entry.value
        help = "e.g. `when: stride != 1`"
        return text(self.findings, entry.value, "a condition", help)


def _is_body(entry: Entry) -> bool:
    return entry.key.text in ("sequence", "layers")


@lru_cache(maxsize=1024)
def _meant(key: str) -> str | None:
    return closest(key, _RESERVED)
