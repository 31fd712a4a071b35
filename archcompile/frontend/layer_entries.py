"""The entries of ``layers`` and ``sequence`` lists: one op key, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document import Layer
from archcompile.frontend.fields import items, wrong_type
from archcompile.frontend.findings import Findings
from archcompile.frontend.initializers import layer_init
from archcompile.frontend.layer_parts import (
    EXCHANGE,
    applied,
    check_beside,
    check_chain,
    check_exchange,
    name_of,
    names_of,
    refuse_in_chain,
    sources_of,
)
from archcompile.frontend.loops import loop, repeat
from archcompile.frontend.structure_entries import (
    STRUCTURES,
    branches,
    condition,
    gpu_groups,
    residual,
)
from archcompile.frontend.tree import Entry, Mapping, Scalar, Sequence, Tree

_BODIES = ("sequence", "layers", *STRUCTURES, "apply")
"""What a layer may be instead of an op."""
LAYER_KEYS = ("name", "from", "when", "repeat", "for", "rows", "join", "init", *_BODIES)
"""The keys of a layer's entry that are no ops."""
_EXAMPLE = "e.g. `- relu` or `- conv2d: {out_channels: 6, kernel_size: 5}`"
_Content: TypeAlias = dict[str, object]
"""Fields of a ``Layer``."""


@dataclass(frozen=True, slots=True)
class LayerReader:
    """Reads lists of layers; ``ops`` are the known op keys, the file's own blocks included."""

    findings: Findings
    ops: frozenset[str]

    def with_ops(self, names: Iterable[str]) -> LayerReader:
        """The reader of a body that can call these too: its parameters of type ``layer``."""
        return replace(self, ops=self.ops.union(names))

    def layers(self, tree: Tree, *, chain: str | None = None) -> tuple[Layer, ...]:
        """The layers of a list. ``chain`` is what a chain is called: each reads the line before."""
        help = None
        if isinstance(tree, Scalar | Mapping):
            help = "start each layer with `- `"
        listed_layers = items(self.findings, tree, "a list of layers", help)
        read = (self.layer(entry, chain=chain) for entry in listed_layers)
        return tuple(layer for layer in read if layer is not None)

    def layer(
        self, tree: Tree, *, chain: str | None = None, name: Scalar | None = None
    ) -> Layer | None:
        """One layer; ``name`` is the one that its place gives it, as a branch's key."""
        match tree:
            case Scalar(value=str()) if tree.text.strip():
                if chain is not None and tree.text == EXCHANGE:
                    refuse_in_chain(self.findings, tree, chain)
                return Layer(span=tree.span, op=tree, name=name)
            case Mapping(entries=entries) if entries:
                return self._mapping(tree, chain, name)
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

    def _mapping(self, tree: Mapping, chain: str | None, name: Scalar | None) -> Layer | None:
        fields = {entry.key.text: entry for entry in tree.entries}
        if name is not None and "name" in fields:
            self._named_twice(fields["name"], name)
        ops = self._ops(tree)
        body = self._body(tree, ops, fields)
        check_beside(self.findings, fields, ops)
        if chain is not None:
            check_chain(self.findings, fields, chain)
        own_name = name_of(self.findings, fields.get("name")) or name
        sources = fields.get("from")
        layer = Layer(
            span=tree.span,
            name=own_name,
            names=names_of(self.findings, fields.get("name")),
            sources=sources_of(self.findings, sources),
            sources_span=None if sources is None else sources.value.span,
            when=condition(self.findings, fields.get("when"), "e.g. `when: stride != 1`"),
            repeat=repeat(self.findings, fields.get("repeat")),
            loop=loop(self.findings, fields),
        )
        if body is None:
            return layer
        if own_name is not None and body.key.text == "layers":
            chain = chain or "a named loop"
        return layer.model_copy(update=self._content(body, fields, chain))

    def _content(self, body: Entry, fields: dict[str, Entry], chain: str | None) -> _Content:
        """What the layer is: its op, or what stands for one."""
        match body.key.text:
            case "sequence":
                return {"sequence": self.layers(body.value, chain="a `sequence`")}
            case "layers":
                return {"layers": self.layers(body.value, chain=chain)}
            case "branches":
                return {"branches": branches(self, body, fields.get("join"))}
            case "residual":
                return {"residual": residual(self, body)}
            case "gpu_groups":
                return {"gpu_groups": gpu_groups(self, body)}
            case "apply":
                return {"apply": applied(self.findings, body)}
        check_exchange(self.findings, body)
        return {
            "op": body.key,
            "arguments": self._arguments(body),
            "init": layer_init(self.findings, fields.get("init"), body.key),
        }

    def _named_twice(self, entry: Entry, name: Scalar) -> None:
        self.findings.add(
            Code.DUPLICATE_NAME,
            f"this layer is called `{name.text}` by its key",
            entry.key.span,
            related=(Related(name.span, "the key"),),
            help="leave `name` out",
        )

    def _ops(self, tree: Mapping) -> list[Entry]:
        """The entries that may be the op: not what is a misspelt key beside a known one."""
        candidates = [entry for entry in tree.entries if entry.key.text not in LAYER_KEYS]
        settled = any(entry.key.text in self.ops or _is_body(entry) for entry in tree.entries)
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
        if "for" in fields or "join" in fields:  # what these lack has been said, or will be
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


def _is_body(entry: Entry) -> bool:
    return entry.key.text in _BODIES


@lru_cache(maxsize=1024)
def _meant(key: str) -> str | None:
    return closest(key, LAYER_KEYS)
