"""Keys that a mapping cannot have: those that are no text, that stand twice, that merge."""

from __future__ import annotations

from archcompile.diagnostics import Code, Edit, Fix, Related, Span
from archcompile.frontend.findings import Findings
from archcompile.frontend.text.plain_text import quoted_text, shortened
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree

_MOST_MERGED = 50


def refuse_collection(key: Mapping | Sequence, findings: Findings) -> None:
    """A finding for a key that is no single value."""
    what = "a list" if isinstance(key, Sequence) else "a mapping"
    _refuse(key, what, key.flow, findings)


def texts_among(entries: list[Entry], findings: Findings) -> list[Entry]:
    """The entries whose keys are texts; each other key is a finding."""
    kept: list[Entry] = []
    for entry in entries:
        key = entry.key
        if isinstance(key.value, str):
            kept.append(entry)
        elif kept and _has_decimal_comma(kept[-1].value, entry, findings):
            continue
        elif key.text:
            _refuse(key, f"`{shortened(key.text)}`", True, findings)
        else:
            help = "put a key before the colon"
            findings.add(Code.KEY_NOT_TEXT, "a key is empty", key.span, help=help)
    return kept


def _has_decimal_comma(before: Tree, entry: Entry, findings: Findings) -> bool:
    """Whether a key without a value is the rest of ``0,5``; a finding then."""
    key, value = entry.key, entry.value
    if not (isinstance(before, Scalar) and type(before.value) is int and key.text.isdecimal()):
        return False
    span = before.span.to(key.span)
    if span.text() != f"{before.text},{key.text}" or not isinstance(value, Scalar) or value.text:
        return False
    number = f"{before.text}.{key.text}"
    findings.add(
        Code.KEY_NOT_TEXT,
        f"a comma ends a value inside brackets, got `{span.text()}`",
        span,
        help=f"write `{number}`: the decimal sign is a point",
        fix=(Edit(span, number),),
    )
    return True


def _refuse(key: Tree, what: str, can_be_quoted: bool, findings: Findings) -> None:
    written = key.span.text()
    quoted = quoted_text(written)
    can_be_quoted = can_be_quoted and "\n" not in written and written == shortened(written)
    findings.add(
        Code.KEY_NOT_TEXT,
        f"expected a text as key, got {what}",
        key.span,
        help=f"quote this: `{quoted}`" if can_be_quoted else "a key is one word",
        fix=(Edit(key.span, quoted),) if can_be_quoted else (),
    )


def duplicates_reported(entries: list[Entry], flow: bool, findings: Findings) -> tuple[Entry, ...]:
    """The entries; a key that stands twice is a finding, and the first one counts."""
    if len({entry.key.text for entry in entries}) == len(entries):
        return tuple(entries)
    first: dict[str, Entry] = {}
    for place, entry in enumerate(entries):
        earlier = first.setdefault(entry.key.text, entry)
        if earlier is entry:
            continue
        is_same = _are_alike(earlier.value, entry.value)
        findings.add(
            Code.DUPLICATE_KEY,
            f"duplicate key `{shortened(entry.key.text)}`",
            entry.key.span,
            related=(Related(earlier.key.span, "first here"),),
            help="remove the second" if is_same else "remove one, or give it the key that is meant",
            fix=_without(entries[place - 1], entry, flow) if is_same else (),
        )
    return tuple(first.values())


def _are_alike(one: Tree, two: Tree) -> bool:
    """Whether two values are written alike."""
    if isinstance(one, Scalar) or isinstance(two, Scalar):
        return isinstance(one, Scalar) and isinstance(two, Scalar) and one.text == two.text
    return one.span.text() == two.span.text()


def merges_reported(
    merges: list[Entry], entries: tuple[Entry, ...], flow: bool, findings: Findings
) -> None:
    """A finding for each ``<<``, with the keys that it would have brought written out."""
    if not merges:
        return
    given = {entry.key.text for entry in entries}
    for merge in merges:
        brought = _brought(merge.value, given)
        pairs = [f"{key}: {value}" for key, value in brought.items()]
        between = ", " if flow else "\n" + " " * (merge.key.span.column - 1)
        span = _alias_span(merge)
        fix: Fix = (Edit(span, between.join(pairs)),) if pairs and span is not None else ()
        findings.add(
            Code.MERGE_KEY,
            "merge keys (`<<`) are not allowed",
            merge.key.span,
            help=f"write the keys out: `{', '.join(pairs)}`" if fix else "write the keys out",
            fix=fix,
        )
        given |= brought.keys()


def _brought(value: Tree, given: set[str]) -> dict[str, str]:
    """Keys and values, as they are written, that a merge adds; none if one is on several lines."""
    sources = value.items if isinstance(value, Sequence) else (value,)
    found: dict[str, str] = {}
    for source in sources:
        if not isinstance(source, Mapping) or len(source.entries) > _MOST_MERGED:
            return {}
        for entry in source.entries:
            text = entry.value.span.text()
            if "\n" in text or not text:
                return {}
            if entry.key.text not in given:
                found.setdefault(entry.key.span.text(), text)
    return found


def _alias_span(merge: Entry) -> Span | None:
    """From ``<<`` to the end of the alias, or list of aliases, behind it; they are on one line."""
    start = merge.key.span
    line = start.file.line(start.line)
    rest = line[start.end_column - 1 :]
    head = len(rest) - len(rest.lstrip(" :"))
    if rest[head : head + 1] == "*":
        length = len(rest[head:].split()[0].rstrip(",}]"))
    elif rest[head : head + 1] == "[" and "]" in rest:
        length = rest.index("]") + 1 - head
    else:
        return None
    end = start.end_column + head + length
    return Span(start.file, start.line, start.column, start.line, end)


def _without(previous: Entry, entry: Entry, flow: bool) -> Fix:
    """The edit that removes an entry behind another one: its comma, or its lines."""
    span = entry.key.span.to(entry.value.span)
    if flow:
        return (Edit(previous.value.span.end().to(span), ""),)
    lines = span.file.lines()
    value = entry.value
    if isinstance(value, Scalar) and not value.plain and value.inner is None and value.text:
        return ()  # a text of several lines: where they end is not known surely
    before = lines[span.line - 1][: span.column - 1]
    if before.strip() or span.end_line >= len(lines):
        return ()
    return (Edit(Span(span.file, span.line, 1, span.end_line + 1, 1), ""),)
