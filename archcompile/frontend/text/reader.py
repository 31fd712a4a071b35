"""YAML text to a ``Tree`` in which every value knows its place. Nothing is constructed.

Read from libyaml's events: core scalars of YAML 1.2, no tags, no merge keys, no duplicate keys,
one document, bounded depth and size, however the text is made. Aliases are allowed while what
they repeat stays small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from archcompile.diagnostics import Code, Edit, Fix, Related, SourceFile, Span, SpecError
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.text.flow_trap import entries_without_traps, items_without_traps
from archcompile.frontend.text.plain_text import quoted_text, shortened
from archcompile.frontend.text.refused_keys import (
    duplicates_reported,
    merges_reported,
    refuse_collection,
    texts_among,
)
from archcompile.frontend.text.scalars import CONSTANTS, Value, plain_value
from archcompile.frontend.text.source_file import load_file, refuse_forbidden_characters
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree
from archcompile.frontend.text.written_scalars import (
    escaped_character,
    items_without_space,
    refuse_tag,
)
from archcompile.frontend.text.yaml_events import events, explaining, span_between, span_of, written

__all__ = ["load_file", "read"]

DEEPEST = 64
MOST_NODES = 300_000
MOST_FINDINGS = 1_000
MOST_REPEATED = 20_000
"""Nodes that aliases may add; what is written out counts only against ``MOST_NODES``."""


def read(file: SourceFile) -> Tree:
    """The file's one document. Raises every finding: a syntax error ends the stage."""
    refuse_forbidden_characters(file)
    findings = _Bounded()
    tree: Tree | None = None
    with findings.collecting(), explaining(file):
        tree = _Reader(file, findings, events(file)).document()
    findings.stop()
    if tree is None:
        raise finding(
            Code.EMPTY,
            "this file holds nothing",
            Span(file, 1, 1, 1, 1),
            help="start with `archcompile: 1`",
        )
    return tree


class _Bounded(Findings):
    """Collects so many findings, then ends the stage with them."""

    __slots__ = ()

    def add(
        self,
        code: Code,
        message: str,
        span: Span | None,
        *,
        help: str | None = None,
        related: tuple[Related, ...] = (),
        fix: Fix = (),
    ) -> None:
        """Add one finding."""
        Findings.add(self, code, message, span, help=help, related=related, fix=fix)
        if len(self.found) > MOST_FINDINGS:
            raise SpecError(())


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, with the cost of repeating it."""

    tree: Tree
    nodes: int
    height: int


@dataclass(slots=True)
class _Reader:
    file: SourceFile
    findings: Findings
    events: Iterator[yaml.Event]
    anchored: dict[str, _Anchored] = field(default_factory=dict)
    open_anchors: dict[str, Span] = field(default_factory=dict)
    nodes: int = 0
    repeated: int = 0
    height: int = 0
    """Of the node read last: 1 for a scalar."""

    def document(self) -> Tree | None:
        """The first document, ``None`` if there is none; another behind it is a finding."""
        tree: Tree | None = None
        first: Span | None = None
        for event in self.events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            span = self._span(event)
            if first is not None:
                raise self._second_document(first, tree, span)
            first = span
            tree = self._node(next(self.events), 1)
        return tree

    def _second_document(self, first: Span, tree: Tree | None, span: Span) -> SpecError:
        is_empty = isinstance(tree, Scalar) and tree.value is None
        following = next(self.events)
        if isinstance(following, yaml.ScalarEvent) and not following.value:
            is_empty = True
        return finding(
            Code.MULTIPLE_DOCUMENTS,
            "a second document starts here, expected one in a file",
            span,
            related=(Related(first, "the first document"),),
            help="remove `---`" if is_empty else "move what follows to a file of its own",
            fix=(Edit(span, ""),) if is_empty else (),
        )

    def _node(self, event: yaml.Event, depth: int) -> Tree:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            self._refuse_more(event)
        if isinstance(event, yaml.ScalarEvent) and not event.style:
            bare = self._bare(event)
            if bare is not None:
                self.height = 1
                return bare
        assert isinstance(event, yaml.NodeEvent)  # nothing else starts a node
        anchor, nodes = event.anchor, self.nodes + self.repeated
        if anchor is not None:
            self._open_anchor(anchor, self._span(event))
        if getattr(event, "tag", None) is not None:
            self._refuse_tag(event)
        tree = self._content(event, depth)
        if anchor is not None:
            del self.open_anchors[anchor]
            grown = self.nodes + self.repeated - nodes + 1
            self.anchored[anchor] = _Anchored(tree, grown, self.height)
        return tree

    def _content(self, event: yaml.NodeEvent, depth: int) -> Tree:
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        assert isinstance(event, yaml.ScalarEvent)
        self.height = 1
        return self._scalar(event)

    def _refuse_more(self, event: yaml.Event) -> NoReturn:
        if self.nodes > MOST_NODES:
            raise finding(
                Code.TOO_LARGE,
                f"this file holds more than {MOST_NODES:,} values",
                self._span(event),
                help="say what repeats with `repeat`, `for` and blocks",
            )
        raise _too_deep(self._span(event))

    def _sequence(self, event: yaml.SequenceStartEvent, depth: int) -> Sequence:
        items: list[Tree] = []
        height = 0
        end: yaml.Event = event
        for end in self.events:
            if isinstance(end, yaml.SequenceEndEvent):
                break
            items.append(self._node(end, depth + 1))
            if self.height > height:
                height = self.height
        self.height = height + 1
        flow = bool(event.flow_style)
        if flow:
            items = items_without_traps(items, self.findings)
        last = items[-1] if items else None
        return Sequence(self._collection_span(event, end, last, flow=flow), tuple(items), flow)

    def _mapping(self, event: yaml.MappingStartEvent, depth: int) -> Mapping:
        entries: list[Entry] = []
        merges: list[Entry] = []
        found = self.findings.found
        height = 0
        end: yaml.Event = event
        for end in self.events:
            if isinstance(end, yaml.MappingEndEvent):
                break
            key = self._node(end, depth + 1)
            if self.height > height:
                height = self.height
            before = len(found)
            value = self._node(next(self.events), depth + 1)
            if self.height > height:
                height = self.height
            if not isinstance(key, Scalar):
                refuse_collection(key, self.findings)
            elif key.text == "<<" and key.plain:
                del found[before:]  # what cannot stand need not be right
                merges.append(Entry(key, value))
            else:
                entries.append(Entry(key, value))
        self.height = height + 1
        flow = bool(event.flow_style)
        last = entries[-1].value if entries else None
        span = self._collection_span(event, end, last, flow=flow)
        if flow:
            entries = entries_without_traps(entries, self.findings)
        texts = texts_among(entries, self.findings)
        distinct = duplicates_reported(texts, flow, self.findings)
        merges_reported(merges, distinct, flow, self.findings)
        return Mapping(span, distinct, flow)

    def _bare(self, event: yaml.ScalarEvent) -> Scalar | None:
        """The scalar, if nothing but its unquoted text stands there, as nearly always."""
        text, start, end, file = event.value, event.start_mark, event.end_mark, self.file
        if start is None or end is None or start.line != end.line:
            return None
        line, column, end_column = start.line + 1, start.column + 1, end.column + 1
        if end_column - column != len(text) or file.text[start.index : end.index] != text:
            return None
        if event.anchor is not None or event.tag is not None:  # before an empty value
            return None
        span = Span(file, line, column, line, end_column)
        first = text[:1]
        if first.isalpha() and text not in CONSTANTS:
            return Scalar(span, text, text, True)
        if first == "-":
            items_without_space(text, span, self.findings)
        return Scalar(span, text, self._plain_value(text, span), True)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        """A value; where an unquoted one is ambiguous it stands for its text."""
        text = event.value
        span = self._span(event)
        source = written(self.file, event)
        one_line = span.line == span.end_line
        if event.style:
            inner = None
            if one_line and source.endswith(f"{event.style}{text}{event.style}"):
                span = self._last(span, len(text) + 2)
                inner = span.within(1, 1 + len(text))
            self._refuse_escaped(text, event, span)
            return Scalar(span, text, text, plain=False, inner=inner)
        exact = one_line and source.endswith(text)
        if exact and span.end_column - span.column != len(text):
            span = self._last(span, len(text))  # an anchor or a tag stands before it
        items_without_space(source, span, self.findings)
        return Scalar(span, text, self._plain_value(text, span), plain=exact)

    def _plain_value(self, text: str, span: Span) -> Value:
        """What an unquoted text means; its own text after a finding."""
        try:
            return plain_value(text, span)
        except SpecError as error:
            for each in error.diagnostics:
                self.findings.add(each.code, each.message, each.span, help=each.help, fix=each.fix)
        return text

    def _refuse_escaped(self, text: str, event: yaml.ScalarEvent, span: Span) -> None:
        found = escaped_character(text, self._span(event))
        if found is not None:
            self.findings.add(
                Code.FORBIDDEN_CHARACTER,
                f"this text holds the escaped character {found.name}",
                found.span or span,
                help="remove it" if found.span is None else f"remove `{found.span.text()}`",
                fix=() if found.span is None else (Edit(found.span, ""),),
            )

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Tree:
        name, span = event.anchor or "", self._span(event)
        target = self.anchored.get(name)
        if name in self.open_anchors:
            raise finding(
                Code.ALIAS,
                f"`*{shortened(name)}` would contain itself",
                span,
                related=(Related(self.open_anchors[name], "its anchor"),),
                help="an alias repeats a value that is complete, and stands behind it",
            )
        if target is None:
            near = closest(name, self.anchored) if name == shortened(name) else None
            new = quoted_text(f"*{shortened(name)}") if near is None else f"*{near}"
            if near is None and self._is_key(name):
                help = f"write `{name}`: a `*` before a word repeats what an anchor names in YAML"
                message = f"there is no anchor `&{shortened(name)}` before this"
                self.findings.add(Code.ALIAS, message, span, help=help, fix=(Edit(span, name),))
                self.height = 1
                return Scalar(span, f"*{name}", f"*{name}", plain=False)
            self.findings.add(
                Code.ALIAS,
                f"there is no anchor `&{shortened(name)}` before this",
                span,
                help=f"quote this: `{new}`" if near is None else f"did you mean `{new}`?",
                fix=(Edit(span, new),),
            )
            self.height = 1
            return Scalar(span, f"*{name}", f"*{name}", plain=False)
        self.repeated += target.nodes
        if self.repeated > MOST_REPEATED:
            raise finding(
                Code.TOO_LARGE,
                f"aliases repeat more than {MOST_REPEATED:,} values",
                span,
                help="make a block of what repeats, and call it",
            )
        if depth + target.height - 1 > DEEPEST:
            raise _too_deep(span)
        self.height = target.height
        return target.tree

    def _open_anchor(self, name: str, span: Span) -> None:
        earlier = self.open_anchors.get(name)
        if earlier is None and name in self.anchored:
            earlier = self.anchored[name].tree.span
        if earlier is not None:
            self.findings.add(
                Code.ALIAS,
                f"anchor `&{shortened(name)}` stands twice",
                Span(span.file, span.line, span.column, span.line, span.column + len(name) + 1),
                related=(Related(earlier, "first here"),),
                help="give one of them another name",
            )
        self.open_anchors[name] = span

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        is_empty = isinstance(event, yaml.ScalarEvent) and not event.value and not event.style
        source = written(self.file, event)
        refuse_tag(self._span(event), source, is_empty=is_empty, findings=self.findings)

    def _collection_span(
        self, start: yaml.Event, end: yaml.Event, last: Tree | None, *, flow: bool
    ) -> Span:
        """libyaml ends a block collection at the token behind it: it ends with its last value."""
        if flow or last is None:
            return span_between(self.file, start, end)
        return self._span(start).to(last.span)

    def _is_key(self, word: str) -> bool:
        """Whether the text has this word as a key: a name that a value may mention."""
        key = (
            re.compile(rf"(?:^|[\s{{,]){re.escape(word)}:(?:\s|$)") if word.isidentifier() else None
        )
        return key is not None and any(key.search(line) for line in self.file.lines())

    def _span(self, event: yaml.Event) -> Span:
        return span_of(self.file, event)

    @staticmethod
    def _last(span: Span, length: int) -> Span:
        """The last characters of a span of one line."""
        start = span.end_column - length
        return Span(span.file, span.line, start, span.line, span.end_column)


def _too_deep(span: Span) -> SpecError:
    return finding(
        Code.TOO_DEEP,
        f"this is nested more than {DEEPEST} levels deep",
        span,
        help="make a block of an inner part, and call it",
    )
