"""Which entry of a layer says what it is; and the ways in which none does, or several do."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from archcompile.diagnostics import Code, Edit, Fix, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.layer_text import (
    call_text,
    flow_layer,
    flow_text,
    indented,
    named_call,
    named_layer,
    with_arguments,
)
from archcompile.frontend.document.structure_entries import STRUCTURES
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign import arguments as foreign_arguments
from archcompile.frontend.foreign import ops as foreign_ops
from archcompile.frontend.foreign.keys import (
    ACTIVATIONS,
    ARGUMENT_WORDS,
    BESIDE,
    NORMS,
    OP_WORDS,
    TOPS,
    advice_beside,
)
from archcompile.frontend.foreign.python_calls import op_of_word, python_call
from archcompile.frontend.mending.line_edits import line_after
from archcompile.frontend.mending.rewriting import replaced, without_entry
from archcompile.frontend.text.tree import Entry, Mapping, Scalar
from archcompile.ops import all_ops

BODIES = ("sequence", "layers", *STRUCTURES, "apply")
"""What a layer may be instead of an op."""
LAYER_KEYS = ("name", "from", "when", "repeat", "for", "rows", "join", "init", *BODIES)
"""The keys of a layer's entry that are no ops."""
EXAMPLE = "e.g. `- relu` or `- conv2d: {out_channels: 6, kernel_size: 5}`"
_BESIDE = ("name", "from", "when", "repeat", "init")


@dataclass(slots=True)
class OpKeys:
    """One layer's entries while they are sorted.

    ``fields`` gets what stands under a misspelt key as what was meant, so that it is not missing.
    """

    findings: Findings
    ops: frozenset[str]
    tree: Mapping
    fields: dict[str, Entry] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {entry.key.text: entry for entry in self.tree.entries}

    def body(self) -> Entry | None:
        """The one entry that says what the layer is, or ``None`` after a finding."""
        entries = self.tree.entries
        known, unknown = [], []
        for entry in entries:
            key = entry.key.text
            if key in self.ops or key in BODIES:
                known.append(entry)
            elif key not in LAYER_KEYS:
                unknown.append(entry)
        if len(known) > 1:
            self._several(known)
        if known:
            self._beside(known[0], unknown)
            return known[0]
        if not unknown:
            self._no_op()
            return None
        return self._op_unknown(unknown)

    def _op_unknown(self, unknown: list[Entry]) -> Entry | None:
        """No key is an op that there is: the op itself is misspelt, or stands elsewhere."""
        typed = next((e for e in unknown if _is_word_of_op(e)), None)
        if typed is not None:
            self._typed(typed, [e for e in unknown if e is not typed])
            return None
        bodies = [e for e in unknown if self._meant(e) in BODIES]
        meant = [e for e in unknown if e not in bodies and self._meant(e) is not None]
        rest = [e for e in unknown if e not in bodies and e not in meant]
        if not rest and not bodies:  # one of them is the op, however near to a key it is
            op = [e for e in meant if not _is_text(e) and e.key.text.casefold() not in BESIDE]
            op = meant if len(self.tree.entries) == 1 else op
            rest = op if len(op) == 1 else []
            meant = [e for e in meant if e not in rest]
        for entry in (*bodies, *meant):
            self._unknown(entry)
        if not rest or bodies:
            return None
        nearly = self._op_with_arguments(rest)
        if nearly is not None:
            self._arguments_beside(nearly, [e for e in rest if e is not nearly])
            return nearly
        if len(rest) > 1:
            self._several(rest)
        elif self._said_otherwise(rest[0]):
            return None
        return rest[0]

    def _op_with_arguments(self, rest: list[Entry]) -> Entry | None:
        """The one entry that is nearly an op, or another tool's, where all others are its
        arguments, as in ``{max_pool: 3, stride: 2}``."""
        for entry in rest if len(rest) > 1 else ():
            op = _op_meant(entry.key.text, self.ops) or ""
            known = tuple(all_ops()[op].model_fields) if op in all_ops() else ()
            others = (e.key.text for e in rest if e is not entry)
            if all(foreign_arguments.meant(each, known) is not None for each in others):
                return entry
        return None

    def _said_otherwise(self, entry: Entry) -> bool:
        """A layer under its name, or a call as in Python, under a key that is no op."""
        is_foreign = (
            "name" in self.fields
            and foreign_ops.whole(entry.key.text, entry.value, self.ops) is not None
        )
        if not is_foreign and named_call(entry, self.ops) is not None:
            written = named_layer(entry, self.ops) if len(self.tree.entries) == 1 else None
            self.findings.add(
                Code.NO_OP,
                f"`{entry.key.text}` is no op; a layer's name stands beside its op, under `name`",
                entry.key.span,
                help=f"write `{written}`" if written else "e.g. `{name: conv1, conv2d: [64, 3]}`",
                fix=replaced(self.tree, written) if written else (),
            )
            return True
        call = python_call(entry.value.text) if isinstance(entry.value, Scalar) else None
        if call is None:
            return False
        written = f"{{name: {entry.key.text}, {call.yaml}}}" if call.yaml else None
        written = written if len(self.tree.entries) == 1 else None
        self.findings.add(
            Code.WRONG_TYPE,
            f"expected an op and its arguments, got a call as in Python of `{call.word}`",
            entry.value.span,
            help=f"write `{written}`" if written else "e.g. `{name: conv1, conv2d: [64, 3]}`",
            fix=replaced(self.tree, written) if written else (),
        )
        return True

    def _typed(self, typed: Entry, others: list[Entry]) -> None:
        """``{type: Conv2d, filters: 64}``: as other formats have it."""
        op = op_of_word(typed.value.text) if isinstance(typed.value, Scalar) else None
        op = op or (typed.value.text if isinstance(typed.value, Scalar) else "")
        written = self._untyped(op, others) if op in self.ops else None
        self.findings.add(
            Code.NO_OP,
            f"the key of a layer is its op, got `{typed.key.text}: {op}`"
            if op not in self.ops
            else f"the key of a layer is its op: `{op}`, got `{typed.key.text}`",
            typed.key.span,
            help=f"write `{written}`" if written else EXAMPLE,
            fix=replaced(self.tree, written) if written else (),
        )

    def _untyped(self, op: str, others: list[Entry]) -> str | None:
        given = [e for e in others if e.key.text.casefold() not in ARGUMENT_WORDS]
        wrapped = [e for e in others if e not in given]
        beside = [e for e in self.tree.entries if e.key.text in LAYER_KEYS]
        if any(self._meant(e) for e in given) or len(wrapped) > 1 or (wrapped and given):
            return None
        if op in all_ops() and not {e.key.text for e in given} <= set(all_ops()[op].model_fields):
            return None
        if wrapped:
            value = flow_text(wrapped[0].value)
            return None if value is None else flow_layer(beside, call_text(op, value))
        parts = [(e.key.text, flow_text(e.value)) for e in given]
        if any(value is None for _, value in parts):
            return None
        inner = ", ".join(f"{key}: {value}" for key, value in parts)
        return flow_layer(beside, call_text(op, f"{{{inner}}}" if inner else ""))

    def _no_op(self) -> None:
        repeated = self.fields.get("repeat")
        if "for" in self.fields or "join" in self.fields:  # what these lack has been said
            return
        if repeated is not None and not isinstance(repeated.value, Scalar):
            return  # so is what stands under it instead of beside it
        self.findings.add(
            Code.NO_OP,
            f"this layer has no op, only {listed(self.fields)}",
            self.tree.entries[0].key.span,
            help="add what it is, " + EXAMPLE,
        )

    def _meant(self, entry: Entry) -> str | None:
        """The key of a layer that another word stands for."""
        return _meant(entry.key.text)

    def _beside(self, body: Entry, unknown: list[Entry]) -> None:
        """What stands beside a known op and is no key of a layer."""
        arguments = [e for e in unknown if self._is_argument(body.key.text, e)]
        for entry in unknown:
            if entry not in arguments:
                self._unknown(entry, body)
        if arguments:
            self._arguments_beside(body, arguments)

    def _is_argument(self, op: str, entry: Entry) -> bool:
        key = entry.key.text
        if op in BODIES or op not in self.ops:
            return False
        if op in all_ops():
            known = tuple(all_ops()[op].model_fields)
            return key in known or (
                foreign_arguments.meant(key, known) is not None and self._meant(entry) is None
            )
        if self._meant(entry) or _is_other(key):
            return False
        return closest(key, self.ops) is None

    def _arguments_beside(self, op: Entry, arguments: list[Entry]) -> None:
        names = [entry.key.text for entry in arguments]
        is_bare = isinstance(op.value, Scalar) and op.value.value is None
        fix: Fix = ()
        help = f"arguments stand under the op, e.g. `{op.key.text}: {{{names[0]}: …}}`"
        if is_bare and not self.tree.flow and _follow(self.tree.entries, op, arguments):
            fix = indented(arguments)
            help = f"arguments stand under the op: indent {listed(names)} more"
        else:
            written = with_arguments(op, arguments)
            beside = [e for e in self.tree.entries if e is not op and e not in arguments]
            word = op.key.text if op.key.text in self.ops else _op_meant(op.key.text, self.ops)
            layer = None if written is None else flow_layer(beside, f"{word}: {written}")
            if layer is not None:
                help, fix = f"write `{layer}`", replaced(self.tree, layer)
        self.findings.add(
            Code.SEVERAL_OPS,
            f"{listed(names)} {'stands' if len(names) == 1 else 'stand'} beside `{op.key.text}`,"
            " and arguments stand under it",
            arguments[0].key.span,
            related=(Related(op.key.span, "the op is here"),),
            help=help,
            fix=fix,
        )

    def _unknown(self, entry: Entry, body: Entry | None = None) -> None:
        key = entry.key.text
        near = self._meant(entry)
        help = f"beside an op stand {listed(_BESIDE)}"
        fix: Fix = ()
        if near is not None and near not in self.fields:
            help, fix = f"did you mean `{near}`?", replaced(entry.key, near)
            self.fields[near] = entry
        elif near == "name" and key.casefold() in TOPS:
            why = "what a layer gives is read by the layer's name"
            help, fix = f"leave `{key}` out: {why}", without_entry(self.tree, key)
        elif (advice := advice_beside(key)) is not None:
            help, fix = advice, without_entry(self.tree, key)
        elif body is not None and key.casefold() in ACTIVATIONS | NORMS:
            help, fix = self._as_line(entry)
        elif body is not None and key.casefold() in ARGUMENT_WORDS:
            help, fix = self._unwrapped(entry, body)
        elif key in ("shortcut", "skip", "body"):
            help = "in a residual it stands inside, e.g. `residual: {body: [...], shortcut: …}`"
        self.findings.add(
            Code.UNKNOWN_KEY,
            f"unknown key `{key}` beside a layer's op",
            entry.key.span,
            help=help,
            fix=fix,
        )

    def _as_line(self, entry: Entry) -> tuple[str, Fix]:
        """An activation or a norm that stands beside a layer is a layer behind it."""
        word = entry.value.text if isinstance(entry.value, Scalar) else ""
        op = op_of_word(word)
        removed = without_entry(self.tree, entry.key.text)
        added = line_after(self.tree.span, op) if op is not None else ()
        if op is None or not removed or not added:
            return f"`{entry.key.text}` is a layer of its own, e.g. `- relu` behind this one", ()
        return f"write `{op}` as a layer behind it", (*removed, *added)

    def _unwrapped(self, entry: Entry, body: Entry) -> tuple[str, Fix]:
        """``{conv2d: , args: [64, 3]}``: the arguments are the op's value."""
        help = f"arguments stand under the op, e.g. `{body.key.text}: …`"
        value = flow_text(entry.value)
        is_bare = isinstance(body.value, Scalar) and body.value.value is None
        beside = [e for e in self.tree.entries if e not in (entry, body)]
        if value is None or not is_bare:
            return help, ()
        layer = flow_layer(beside, call_text(body.key.text, value))
        return (help, ()) if layer is None else (f"write `{layer}`", replaced(self.tree, layer))

    def _several(self, ops: list[Entry]) -> None:
        first, *others = ops
        names = [entry.key.text for entry in ops]
        help, fix = self._apart(ops)
        self.findings.add(
            Code.SEVERAL_OPS,
            f"a layer has one op key, this one has {len(names)}: {listed(names)}",
            others[0].key.span,
            related=tuple(
                Related(entry.key.span, "another op key") for entry in (first, *others[1:])
            ),
            help=help,
            fix=fix,
        )

    def _apart(self, ops: list[Entry]) -> tuple[str, Fix]:
        """Each op as a layer of its own."""
        bare = isinstance(ops[0].value, Scalar) and ops[0].value.value is None
        if any(entry.key.text not in self.ops for entry in ops):
            names = listed(entry.key.text for entry in ops[1:])
            if bare:
                return f"arguments stand under the op: indent {names} more, or start with `- `", ()
            return "start each layer with `- `", ()
        if any(entry.key.text == "pad" for entry in ops[1:]):
            return "arguments stand under the op, e.g. `conv2d: {out_channels: 8, padding: 1}`", ()
        if self.tree.flow:
            return "start each layer with `- `", self._pieces(ops)
        if all(_starts_line(entry) for entry in ops[1:]):
            dashes = (entry.key.span for entry in ops[1:])
            edits = (Edit(span.start().within(-2, 0), "- ") for span in dashes if span.column > 2)
            return "start each layer with `- `", tuple(edits)
        return "start each layer with `- `", ()

    def _pieces(self, ops: list[Entry]) -> Fix:
        """``{relu, tanh}`` as two items of the list; what stands behind an op goes with it."""
        span, entries = self.tree.span, self.tree.entries
        before = span.file.line(span.line)[: span.column - 1]
        if span.text()[:1] != "{":
            return ()
        between = f"}}\n{before}{{" if before.strip() == "-" else "}, {"
        places = [entries.index(op) for op in ops[1:]]
        gaps = (
            entries[place - 1].value.span.end().to(entries[place].key.span.start())
            for place in places
        )
        return tuple(Edit(gap, between) for gap in gaps)


def _is_text(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and isinstance(entry.value.value, str | None)


def _starts_line(entry: Entry) -> bool:
    span = entry.key.span
    return not span.file.line(span.line)[: span.column - 1].strip()


def _follow(entries: tuple[Entry, ...], op: Entry, arguments: list[Entry]) -> bool:
    """Whether the arguments stand directly behind the op, each on lines of its own."""
    at = entries.index(op) + 1
    return list(entries[at : at + len(arguments)]) == arguments and all(
        map(_starts_line, arguments)
    )


def _is_word_of_op(entry: Entry) -> bool:
    return (
        entry.key.text.casefold() in OP_WORDS
        and isinstance(entry.value, Scalar)
        and isinstance(entry.value.value, str)
    )


def _is_other(key: str) -> bool:
    folded = key.casefold()
    return (
        advice_beside(key) is not None
        or folded in ACTIVATIONS | NORMS | ARGUMENT_WORDS
        or folded in ("shortcut", "skip", "body")
    )


def _op_meant(word: str, ops: frozenset[str]) -> str | None:
    """The op that a word is: another tool's, or the one that it is most like."""
    op = op_of_word(word)
    return op if op in ops else closest(word, ops)


@lru_cache(maxsize=1024)
def _meant(key: str) -> str | None:
    """The key of a layer that another spelling or another tool's word stands for."""
    return BESIDE.get(key.casefold().removeprefix("nn.")) or closest(key, LAYER_KEYS)
