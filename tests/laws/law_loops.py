"""Loops written out: every round's lines, with the round's values in their expressions."""

from __future__ import annotations

from typing import Any

from law_holding import Rewritten, Side
from law_trees import Line, Lines, Place, changed, mapping_of, substitution, texts_changed, words_in
from law_values import Known, known, nothing_known

BARE = ("parameter", "constant")
"""Ops that read nothing."""


def unrolled(before: Side, *, wrong: bool = False) -> Rewritten:
    """Every loop whose rounds the text decides, written out."""
    of_file, of_block, count = known(before), nothing_known(), 0

    def change(lines: Lines, place: Place) -> Lines:
        nonlocal count
        found: Lines = []
        facts = of_block if place.block else of_file
        for number, line in enumerate(lines, 1):
            fits = isinstance(line, dict) and not _counts_rounds(line, place)
            made = _unrolled(line, facts, wrong) if fits else None
            if made == [] and not found and number == len(lines):
                made = None  # a body has a line
            count += made is not None
            found += [line] if made is None else made
        return found

    # the rounds of an outer loop first: an inner one may count in its variable
    spec = before.spec
    while True:
        last = count
        spec = changed(spec, change)
        if count == last:
            return Rewritten(spec, count, graph=True)


def _unrolled(line: dict[str, Any], facts: Known, wrong: bool) -> Lines | None:
    """A loop's lines; ``None`` for a line that is no loop, or one that cannot be written out."""
    rounds = _rounds(line, facts)
    if rounds is None or (not rounds and "name" in line) or "in" in words_in(line.get("when")):
        return None
    if wrong:
        rounds = rounds[:-1] or rounds * 2
    header = ("name", "from", "repeat", "for", "rows", "when")
    rest = {key: held for key, held in line.items() if key not in header}
    lines = rest.get("layers", [rest])
    if "name" not in line and "from" in line and not _reads(lines[0]):
        return None
    found: Lines = []
    for values in rounds:
        change = substitution(values)
        for each in lines:
            if "index" in values and _counts_itself(each):
                return None
            made = mapping_of(texts_changed(each, change))
            if "when" in line:
                made = {**made, "when": _both(change(str_of(line["when"])), made.get("when"))}
            found.append(made)
    if "name" in line:
        kept = {key: line[key] for key in ("name", "from") if key in line}
        return [{**kept, "sequence": found}]
    if "from" in line and found:
        found[0] = {"from": line["from"], **found[0]}
    return found


def _counts_rounds(line: dict[str, Any], place: Place) -> bool:
    """Whether unnamed lines behind a loop are counted otherwise than behind its lines.

    The lines of a round that is not there are not counted; a line with a ``when`` of its own is.
    """
    is_open = place.kind == "class" and "name" not in line and "layers" in line
    return is_open and "when" in line


def str_of(held: Any) -> str:
    """A condition as text."""
    return str(held).lower() if isinstance(held, bool) else held


def _both(one: Any, two: Any) -> Any:
    """Two conditions as one."""
    return one if two is None else f"({str_of(one)}) and ({str_of(two)})"


def _reads(line: Line) -> bool:
    """Whether a line reads what a loop reads."""
    held = mapping_of(line)
    return "from" not in held and not any(key in held for key in BARE)


def _counts_itself(line: Line) -> bool:
    """Whether a ``repeat`` inside gives ``index`` another meaning."""
    return "index" in words_in(line) and "repeat" in words_in(line)


def _rounds(line: dict[str, Any], facts: Known) -> list[dict[str, Any]] | None:
    """The values of the loop's variables in each round."""
    if "repeat" in line:
        count = facts.of(line["repeat"])
        return None if count is None else [{"index": place} for place in range(count)]
    if "for" not in line:
        return None
    if "rows" in line:
        return [dict(zip(line["for"], row, strict=True)) for row in line["rows"]]
    columns = [facts.of(held) for held in line["for"].values()]
    if any(column is None for column in columns):
        return None
    return [dict(zip(line["for"], row, strict=True)) for row in zip(*columns, strict=True)]
