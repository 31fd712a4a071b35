"""Catalogue: everything that a spec can call, ops and its own blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from archcompile.diagnostics import Code, Edit, Fix, SpecError
from archcompile.diagnostics.suggest import Words
from archcompile.frontend.calls.binding import Binding
from archcompile.frontend.document.document import Block, Layer
from archcompile.frontend.findings import Findings
from archcompile.frontend.foreign.ops import folded, meant, near, whole, why_absent
from archcompile.frontend.mending.rewriting import without_entry
from archcompile.frontend.text.plain_text import content_end
from archcompile.frontend.text.tree import Mapping, Scalar, Tree
from archcompile.ir.op import Op
from archcompile.ops import all_ops

_COLON = re.compile(r"\s*:(?=\s*(?:[,}\]#]|$))")
"""The colon behind a key that has no value."""
_BEFORE_BRACKET = re.compile(r"(?P<word>[A-Za-z_]\w*)(?P<gap> *)(?P<arguments>[\[{].*)")
"""An op's word and arguments in brackets, without the colon between."""
_POOLS = {"max": "max_pool2d", "ave": "avg_pool2d", "avg": "avg_pool2d"}
"""Caffe's kinds of pooling."""
_MOST_STRANGE = 1000
"""The most unknown words of a network for which a near one is looked for."""

_SHORTEST_START = 4
"""Letters: a block's name of fewer is the start of many words."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Ops by key and the file's blocks by name; a block may not hide an op."""

    ops: dict[str, type[Op]]
    blocks: dict[str, Block]
    strange: set[str] = field(default_factory=set, compare=False)
    """Unknown words for which a near one was looked for."""

    @classmethod
    def of(cls, blocks: tuple[Block, ...]) -> Catalogue:
        """The catalogue of one file."""
        return cls(all_ops(), {block.name.text: block for block in blocks})

    def find(
        self, call: Scalar, arguments: Tree | None = None, layer: Layer | None = None
    ) -> type[Op] | Block:
        """What a call names.

        Raises ``UNKNOWN_OP`` with what was likely meant; where that is sure, with what would be
        wrong in its arguments too.
        """
        found = self.blocks.get(call.text) or self.ops.get(call.text)
        if found is None:
            raise self._unknown(call, arguments, layer)
        return found

    def argument_names(self, callee: type[Op] | Block) -> tuple[str, ...]:
        """The arguments that a call of it may give, in order."""
        if isinstance(callee, Block):
            return tuple(parameter.name.text for parameter in callee.parameters)
        return tuple(callee.model_fields)

    def _unknown(self, call: Scalar, arguments: Tree | None, layer: Layer | None) -> SpecError:
        findings = Findings()
        message = f"`{call.text}` is no op and no block here"
        if (found := self._caffe_pool(call, arguments, layer)) is not None:
            return found
        bracket = _BEFORE_BRACKET.fullmatch(call.text) if call.plain else None
        meant = self._meant(call.text, arguments)
        if bracket is not None and bracket["word"] in {*self.ops, *self.blocks}:
            rest = _rest_of_line(call, bracket.start("arguments"))
            findings.add(
                Code.UNKNOWN_OP,
                f"a `:` is missing behind `{bracket['word']}`",
                call.span.within(0, bracket.end("word")),
                help=f"write `{bracket['word']}: {rest}`",
                fix=(Edit(call.span.within(bracket.start("gap"), bracket.end("gap")), ": "),),
            )
        elif meant is None:
            like = self._block_like(call.text)
            if like is None and not why_absent(call.text):
                like = self._near(call.text)
            findings.add(
                Code.UNKNOWN_OP,
                message,
                call.span,
                help=f"did you mean `{like}`?" if like else self._advice(call.text),
                fix=_in_place(call, arguments, like, with_arguments=False) if like else (),
            )
        else:
            fix = _in_place(call, arguments, meant[0], with_arguments=meant[1])
            findings.add(Code.UNKNOWN_OP, message, call.span, help=f"write `{meant[0]}`", fix=fix)
            if not meant[1]:
                self._check_arguments(meant[0], call, arguments, layer, findings)
        return SpecError(findings.found)

    def _caffe_pool(
        self, call: Scalar, arguments: Tree | None, layer: Layer | None
    ) -> SpecError | None:
        """``pooling: {pool: MAX, kernel_size: 2}``: Caffe's op, whose kind is an argument."""
        pool = arguments.get("pool") if isinstance(arguments, Mapping) else None
        word = pool.text.casefold() if isinstance(pool, Scalar) else ""
        is_pool = folded(call.text) == "pooling" and word in _POOLS
        if not is_pool or not isinstance(arguments, Mapping):
            return None
        findings, meant = Findings(), _POOLS[word]
        removed = without_entry(arguments, "pool")
        findings.add(
            Code.UNKNOWN_OP,
            f"`{call.text}` is no op and no block here",
            call.span,
            help=f"write `{meant}`, without `pool`" if removed else f"it is `{meant}` here",
            fix=(Edit(call.span, meant), *removed) if removed else (),
        )
        rest = tuple(each for each in arguments.entries if each.key.text != "pool")
        self._check_arguments(meant, call, replace(arguments, entries=rest), layer, findings)
        return SpecError(findings.found)

    def _meant(self, word: str, arguments: Tree | None) -> tuple[str, bool] | None:
        """What is surely meant, and whether the arguments go with the word."""
        own = _spelt((*self.ops, *self.blocks)).get(folded(word))
        if own is not None:
            return own, False
        together = None if arguments is None else whole(word, arguments, self.ops)
        known = together or meant(word)
        return None if known is None else (known, known == together)

    def _check_arguments(
        self,
        meant: str,
        call: Scalar,
        arguments: Tree | None,
        layer: Layer | None,
        findings: Findings,
    ) -> None:
        """Names of arguments only: whether their values fit is said when the op is there."""
        callee = self.blocks.get(meant) or self.ops.get(meant)
        if callee is not None and isinstance(arguments, Mapping):
            names = self.argument_names(callee)
            Binding(meant, names, call, arguments, layer).bind(findings)

    def _advice(self, word: str) -> str:
        return why_absent(word) or "`archcompile list --ops` shows what there is"

    def _near(self, word: str) -> str | None:
        """The word most like this one; of very many, the first ones' only: who reads that far?"""
        if word not in self.strange and len(self.strange) >= _MOST_STRANGE:
            return None
        self.strange.add(word)
        return self._words().closest(_plain(word)) or near(word)

    def _block_like(self, word: str) -> str | None:
        """The one block of the file whose name is longer or shorter: ``bottle``, ``bottleneck``."""
        name = _plain(word).casefold()
        like = [
            each
            for each in self.blocks
            if min(len(each), len(name)) >= _SHORTEST_START
            and (each.casefold().startswith(name) or name.startswith(each.casefold()))
        ]
        return like[0] if len(like) == 1 else None

    def _words(self) -> Words:
        return _filed((*self.ops, *self.blocks))


@lru_cache(maxsize=32)
def _filed(names: tuple[str, ...]) -> Words:
    return Words(names)


@lru_cache(maxsize=32)
def _spelt(names: tuple[str, ...]) -> dict[str, str]:
    """Names by their letters alone."""
    return {folded(name): name for name in names}


def _plain(word: str) -> str:
    """Without the module that a class stands in."""
    return word.rpartition(".")[2] or word


def _rest_of_line(call: Scalar, start: int) -> str:
    """What stands on the line from a character of the word on, without a remark."""
    line = call.span.file.line(call.span.line)
    return line[call.span.column - 1 + start : content_end(line)]


def _in_place(call: Scalar, arguments: Tree | None, text: str, *, with_arguments: bool) -> Fix:
    """The text in the place of the word; of the arguments too, and of the colon between."""
    line = call.span.file.line(call.span.line)
    if ":" not in text and not with_arguments:
        return (Edit(call.span, text),)
    place = call.span if arguments is None else call.span.to(arguments.span)
    colon = _COLON.match(line, call.span.end_column - 1) if arguments is None else None
    if colon is not None:
        place = call.span.within(0, colon.end() - call.span.column + 1)
    is_value = line[: call.span.column - 1].rstrip().endswith(":")
    return (Edit(place, f"{{{text}}}" if is_value and ":" in text else text),)
