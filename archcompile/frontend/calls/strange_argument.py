"""An argument that a callee has not: what was meant by it, in words and as an edit.

Another framework's word for one of torch's arguments, with its value turned too; what is known
without saying it; what stands beside an op or is a line of its own; or a slip of the pen.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from archcompile.diagnostics import Edit, Fix
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.calls.call_rewriting import beside
from archcompile.frontend.document.document import Layer
from archcompile.frontend.foreign import arguments as foreign_arguments
from archcompile.frontend.foreign import ops as foreign_ops
from archcompile.frontend.foreign.values import as_pair, value_for
from archcompile.frontend.mending.call_edits import without_argument
from archcompile.frontend.mending.line_edits import line_after
from archcompile.frontend.mending.rewriting import yaml_text
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Tree
from archcompile.ops import all_ops

_BATCH_NORMS = frozenset(("BN", "BN1d", "BN2d", "SyncBN", "BatchNorm", "batch_norm"))
_POOLS = frozenset(("avg_pool1d", "avg_pool2d", "max_pool2d"))
"""Pools that an adaptive one stands beside."""
_LONGEST = 40
"""A longer value is not repeated in a help line."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A help line, the edit that does it, and the argument that was meant, if it is one."""

    help: str
    fix: Fix = ()
    meant: str | None = None
    settles: frozenset[str] = frozenset()
    """Other words whose meaning this line says too."""
    is_unclear: bool = False
    """Whether nobody knows what was meant."""


@dataclass(frozen=True, slots=True)
class StrangeArgument:
    """An entry of a call's arguments whose key is no argument of the callee."""

    callee: str
    names: tuple[str, ...]
    call: Scalar
    whole: Tree
    """All arguments of the call."""
    held: Mapping
    """The mapping in which the entry stands: ``whole``, or an item of it."""
    entry: Entry
    taken: Collection[str]
    """The arguments that are given already."""
    layer: Layer | None
    """The line of the call, where the arguments stand in it."""

    @property
    def word(self) -> str:
        """As its author wrote it."""
        return self.entry.key.text

    def advice(self) -> Advice:
        """What to do about it."""
        letters = foreign_arguments.plain(self.word)
        meant = foreign_arguments.meant(self.word, self.names)
        if meant is not None:
            return self._renamed(meant)
        if letters in foreign_arguments.PAIRS:
            return self._paired(*foreign_arguments.PAIRS[letters])
        if self.word in foreign_arguments.BESIDE:
            return self._beside()
        if letters in foreign_arguments.INITS:
            return self._init(foreign_arguments.INITS[letters])
        if self.callee not in all_ops():
            return (
                self._left_out(why)
                if (why := foreign_arguments.why_needless(self.word))
                else self._guessed()
            )
        if letters == "globalpooling" and (written := self._global_pool()) is not None:
            return written
        if letters == "axis" and "norm" in self.callee:
            return self._left_out("the channels are axis 1")
        if letters in foreign_arguments.ACTIVATIONS:
            return self._line_behind(self._activation())
        if letters in foreign_arguments.NORMS:
            return self._line_behind(self._norm())
        why = foreign_arguments.why_needless(self.word)
        return self._left_out(why) if why is not None else self._guessed()

    def _renamed(self, meant: str) -> Advice:
        if meant in self.taken:
            return self._left_out(f"`{meant}` is given too")
        value = value_for(self.word, meant, self.callee, self.entry.value)
        written = _text(self.entry.value)
        if value is None or value == written:
            shown = meant if not 0 < len(written) <= _LONGEST else f"{meant}: {written}"
            return Advice(f"write `{shown}`", (Edit(self.entry.key.span, meant),), meant)
        fix = (Edit(self.entry.key.span, meant), Edit(self.entry.value.span, value))
        return Advice(f"write `{meant}: {value}`", fix, meant)

    def _paired(self, partner: str, meant: str) -> Advice:
        entry = next(
            (
                each
                for each in self.held.entries
                if foreign_arguments.plain(each.key.text) == partner
            ),
            None,
        )
        pair = None if entry is None else as_pair(self.entry.value, entry.value)
        if entry is None or pair is None or meant in self.taken:
            return Advice(f"e.g. `{meant}: [3, 1]` for height and width", (), meant)
        removed = without_argument(self.whole, self.held, entry.key.text)
        fix = (Edit(self.entry.key.span.to(self.entry.value.span), f"{meant}: {pair}"), *removed)
        both = frozenset((entry.key.text,))
        return Advice(f"write `{meant}: {pair}`", _apart(fix), meant, both)

    def _global_pool(self) -> Advice | None:
        """``global_pooling: true``, Caffe's word for one value of each channel."""
        value = self.entry.value
        if self.callee not in _POOLS or not isinstance(value, Scalar) or value.value is not True:
            return None
        written = f"adaptive_{self.callee}: 1"
        alone = self.held is self.whole and len(self.held.entries) == 1
        fix = (Edit(self.call.span.to(self.whole.span), written),) if alone else ()
        help = f"write `{written}`" if alone else f"what pools all of a map is `{written}`"
        return Advice(help, fix, is_unclear=True)

    def _beside(self) -> Advice:
        written = _text(self.entry.value)
        if not written or "\n" in written:
            return Advice(f"`{self.word}` stands beside `{self.callee}`, not among its arguments")
        return self._moved(f"{self.word}: {written}")

    def _moved(self, entry: str) -> Advice:
        key = entry.partition(":")[0]
        if self._has(key):
            return self._left_out("there is one beside the op")
        placed = beside(self.call, self.layer, entry)
        removed = without_argument(self.whole, self.held, self.word)
        if not placed or not removed:
            return Advice(f"`{key}` stands beside `{self.callee}`, e.g. `{entry}`")
        return Advice(f"write `{entry}` beside `{self.callee}`", _apart((*placed, *removed)))

    def _has(self, key: str) -> bool:
        held = {
            "name": lambda layer: layer.name or layer.names,
            "from": lambda layer: layer.sources,
            "when": lambda layer: layer.when,
            "repeat": lambda layer: layer.repeat,
            "init": lambda layer: layer.init,
        }
        return self.layer is not None and bool(held[key](self.layer))

    def _init(self, weight: str) -> Advice:
        given = self.entry.value
        if isinstance(given, Mapping):
            given = given.get("type") or given
        start = foreign_arguments.start_of(given.text) if isinstance(given, Scalar) else None
        if start is None:
            return Advice(
                f"how weights start is `init` beside `{self.callee}`,"
                f" e.g. `init: {{{weight}: kaiming_normal}}`"
            )
        return self._moved(f"init: {{{weight}: {start}}}")

    def _activation(self) -> str | None:
        value = self._type()
        if not isinstance(value, Scalar) or not isinstance(value.value, str):
            return None
        word = re.sub(r"\(.*\)$", "", value.text).strip()
        found = _op_called(word)
        return found if found is not None and ":" not in found else None

    def _type(self) -> Tree:
        """The value, or the word under ``type`` in it, as mmdetection has it."""
        value = self.entry.value
        return (value.get("type") or value) if isinstance(value, Mapping) else value

    def _norm(self) -> str | None:
        value = self._type()
        if isinstance(value, Scalar) and (value.value in (True, 1) or value.text in _BATCH_NORMS):
            return "batch_norm1d" if self.callee.endswith("1d") else "batch_norm2d"
        return None

    def _line_behind(self, op: str | None) -> Advice:
        value = self.entry.value
        is_none = isinstance(value, Scalar) and value.value in (None, False, 0)
        if is_none or (isinstance(value, Scalar) and value.text in ("linear", "none", "None")):
            return self._left_out("it changes nothing")
        line = self.layer
        is_once = line is not None and not line.is_loop and line.when is None
        added = line_after(line.span, op) if line and is_once and op is not None else ()
        removed = without_argument(self.whole, self.held, self.word)
        if not added or not removed or op is None:
            return Advice(f"what follows is a line of its own behind it, e.g. `- {op or 'relu'}`")
        return Advice(f"write it as a line of its own behind: `- {op}`", (*removed, *added))

    def _left_out(self, why: str) -> Advice:
        fix = without_argument(self.whole, self.held, self.word)
        return Advice(f"leave `{self.word}` out: {why}", fix)

    def _guessed(self) -> Advice:
        free = tuple(name for name in self.names if name not in self.taken)
        near = closest(self.word, free) or _begun(self.word, free)
        if near is not None:
            return Advice(f"did you mean `{near}`?", (Edit(self.entry.key.span, near),), near)
        if self.names:
            return Advice(f"it has {listed(self.names)}", is_unclear=True)
        return self._left_out(f"`{self.callee}` takes no arguments")


def _begun(word: str, names: tuple[str, ...]) -> str | None:
    """The one name that goes on where the word ends, or the other way round."""
    begun = [name for name in names if word.startswith(name) or name.startswith(word)]
    return begun[0] if len(begun) == 1 else None


def _op_called(word: str) -> str | None:
    """An op of this name, however its letters are joined."""
    letters = foreign_ops.folded(word)
    own = next((key for key in all_ops() if foreign_ops.folded(key) == letters), None)
    return own or foreign_ops.meant(word)


def _text(tree: Tree) -> str:
    """As it stands in flow style; empty where it fills more than a line."""
    if tree.span.line != tree.span.end_line:
        return ""
    if isinstance(tree, Scalar) and isinstance(tree.value, str) and not tree.plain:
        return yaml_text(tree.text)
    return tree.span.text()


def _apart(fix: Fix) -> Fix:
    """The edits, if none reaches into another."""
    ordered = sorted(fix, key=lambda edit: (edit.span.line, edit.span.column))
    ends = [(edit.span.end_line, edit.span.end_column) for edit in ordered]
    starts = [(edit.span.line, edit.span.column) for edit in ordered]
    return fix if all(end <= start for end, start in zip(ends, starts[1:], strict=False)) else ()
