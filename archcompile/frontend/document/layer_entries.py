"""The entries of ``layers`` and ``sequence`` lists: one op key, and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from archcompile.diagnostics import Code, Fix, Related
from archcompile.frontend.document.call_entries import arguments
from archcompile.frontend.document.document import Layer
from archcompile.frontend.document.fields import items, wrong_type
from archcompile.frontend.document.initializers import layer_init
from archcompile.frontend.document.layer_parts import (
    applied,
    check_beside,
    check_chain,
    check_exchange,
    name_of,
    names_of,
    refuse_in_chain,
    sources_of,
)
from archcompile.frontend.document.layer_text import listed_layers
from archcompile.frontend.document.loops import loop, repeat
from archcompile.frontend.document.op_keys import BODIES, EXAMPLE, OpKeys
from archcompile.frontend.document.structure_entries import (
    EXCHANGE,
    branches,
    condition,
    gpu_groups,
    residual,
)
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign.python_calls import python_call
from archcompile.frontend.mending.rewriting import is_one_line, replaced, without_entry
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_CLOSED_UP = re.compile(r"(\w+)([:#])\s*(\S.*)")
_NOTHING: Fix = ()
_Content: TypeAlias = dict[str, object]
"""Fields of a ``Layer``."""


@dataclass(frozen=True, slots=True)
class LayerReader:
    """Reads lists of layers; ``ops`` are the known op keys, the file's own blocks included."""

    findings: Findings
    ops: frozenset[str]

    def with_ops(self, names: Iterable[str]) -> LayerReader:
        """The reader of a body that can call these too: its parameters of type ``layer``."""
        more = frozenset(names) - self.ops
        return replace(self, ops=self.ops | more) if more else self

    def layers(self, tree: Tree, *, chain: str | None = None) -> tuple[Layer, ...]:
        """The layers of a list. ``chain`` is what a chain is called: each reads the line before."""
        if isinstance(tree, Scalar | Mapping):
            self._no_list(tree)
            return ()
        entries = items(self.findings, tree, "a list of layers", "list at least one, " + EXAMPLE)
        read = (self.layer(entry, chain=chain) for entry in entries)
        return tuple(layer for layer in read if layer is not None)

    def _no_list(self, tree: Scalar | Mapping) -> None:
        """One layer, or a mapping of layers, where a list is due."""
        help = "start each layer with `- `"
        fix: Fix = ()
        if isinstance(tree, Mapping):
            fix, first = listed_layers(tree, self.ops)
            help = f"start each layer with `- `, as in `{first}`" if fix else help
        elif tree.text in self.ops:
            help, fix = f"write `[{tree.text}]`", replaced(tree, f"[{tree.text}]")
        wrong_type(self.findings, tree, "a list of layers", help, fix)

    def layer(
        self, tree: Tree, *, chain: str | None = None, name: Scalar | None = None
    ) -> Layer | None:
        """One layer; ``name`` is the one that its place gives it, as a branch's key."""
        match tree:
            case Scalar(value=str()) if tree.text.strip():
                if chain is not None and tree.text == EXCHANGE:
                    refuse_in_chain(self.findings, tree, chain)
                if self._is_python(tree):
                    return None
                return Layer(span=tree.span, op=tree, name=name)
            case Mapping(entries=entries) if entries:
                return self._mapping(tree, chain, name)
            case Sequence():
                self._listed(tree)
            case Scalar(value=None) | Mapping():
                self.findings.add(
                    Code.NO_OP, "expected a layer, got nothing", tree.span, help=EXAMPLE
                )
            case _:
                wrong_type(self.findings, tree, "a layer", EXAMPLE)
        return None

    def _listed(self, tree: Sequence) -> None:
        """A list where one layer is due: a chain without its key, or a row of Ultralytics'."""
        start = [item.value for item in tree.items[:2] if isinstance(item, Scalar)]
        help, fix = "a group of layers is, e.g., `- sequence: [relu, tanh]`", _NOTHING
        if len(tree.items) == 4 and len(start) == 2 and all(type(v) is int for v in start):
            help = (
                "a row of numbers and a word says, e.g., `{from: stem, repeat: 3, conv2d: [64, 3]}`"
            )
        elif tree.flow and tree.items:
            written = f"sequence: {tree.span.text()}"
            if is_one_line(tree.span):
                help, fix = f"write `{written}`", replaced(tree, written)
        wrong_type(self.findings, tree, "a layer", help, fix)

    def _is_python(self, line: Scalar) -> bool:
        """Whether a line is a call as Python writes it, which is a finding."""
        if line.text in self.ops or self._is_closed_up(line):
            return line.text not in self.ops
        call = python_call(line.text)
        if call is None:
            return False
        written = call.yaml
        if call.name is not None and written:
            written = f"{{name: {call.name}, {written}}}"
        self.findings.add(
            Code.WRONG_TYPE,
            f"expected an op and its arguments, got a call as in Python of `{call.word}`",
            line.span,
            help=f"write `{written}`" if written else "arguments stand under the op, " + EXAMPLE,
            fix=replaced(line, written) if written else (),
        )
        return True

    def _is_closed_up(self, line: Scalar) -> bool:
        """Whether a colon or a ``#`` has no blank where YAML wants one, which is a finding."""
        found = _CLOSED_UP.fullmatch(line.text) if line.plain else None
        if found is None or found[1] not in self.ops:
            return False
        word, mark, rest = found.groups()
        written = f"{word}: {rest}" if mark == ":" else f"{word} # {rest}"
        where = "behind a colon" if mark == ":" else "before the `#` of a comment"
        self.findings.add(
            Code.WRONG_TYPE,
            f"YAML wants a blank {where}, got `{line.text}`",
            line.span,
            help=f"write `{written}`",
            fix=replaced(line, written),
        )
        return True

    def _mapping(self, tree: Mapping, chain: str | None, name: Scalar | None) -> Layer | None:
        keys = OpKeys(self.findings, self.ops, tree)
        body = keys.body()
        fields = keys.fields
        if name is not None and "name" in fields:
            self._named_twice(tree, fields["name"], name)
        is_call = body is not None and body.key.text not in BODIES
        check_beside(self.findings, fields, is_call=is_call or body is None)
        if chain is not None:
            check_chain(self.findings, fields, chain)
        own_name = name_of(self.findings, fields.get("name")) or name
        sources = fields.get("from")
        beside: dict[str, object] = {"span": tree.span, "name": own_name}
        if "name" in fields:
            beside["names"] = names_of(self.findings, fields["name"])
        if sources is not None:
            beside["sources"] = sources_of(self.findings, sources)
            beside["sources_span"] = sources.value.span
        if "when" in fields:
            help = "e.g. `when: stride != 1`"
            beside["when"] = condition(self.findings, fields["when"], help)
        if "repeat" in fields:
            beside["repeat"] = repeat(self.findings, fields["repeat"])
        beside["loop"] = loop(self.findings, fields)
        if body is None:
            return Layer.model_validate(beside)
        if own_name is not None and body.key.text == "layers":
            chain = chain or "a named loop"
        return Layer.model_validate({**beside, **self._content(body, fields, chain)})

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
            "arguments": arguments(self.findings, body),
            "init": layer_init(self.findings, fields.get("init"), body.key),
        }

    def _named_twice(self, tree: Mapping, entry: Entry, name: Scalar) -> None:
        self.findings.add(
            Code.DUPLICATE_NAME,
            f"this layer is called `{name.text}` by its key",
            entry.key.span,
            related=(Related(name.span, "the key"),),
            help="leave `name` out",
            fix=without_entry(tree, "name"),
        )
