"""The outcome of ``verify``: which pairs were compared, how far apart they are, what differs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from archcompile.proof.comparison import Comparison
from archcompile.proof.exact_report import ExactReport, exact_lines
from archcompile.proof.movement import Sensitivity

SCHEMA = 1
"""Version of ``VerifyReport.to_dict``."""

_WIDTH = 96
_INSIDE = "      "
"""Lines are this wide at most where they can be; longer notes are folded below their pair."""

_SHOWN = 8
"""Findings per artefact that the table prints; ``to_dict`` has them all."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A difference that is no number of an output: a key, a shape, a count."""

    artefact: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Agreement of one network's artefacts."""

    name: str
    seed: int
    tolerance: float
    batches: tuple[tuple[tuple[str, int], ...], ...]
    """For each batch the numbers that its symbols stood for."""
    comparisons: tuple[Comparison, ...]
    discrepancies: tuple[Discrepancy, ...]
    sensitivity: Sensitivity | None
    retried: bool = False
    """Whether these are the second weights: with the first all agreed, but some did not matter."""
    exact: ExactReport | None = None
    """The comparison on integers, where it was asked for."""

    @property
    def agree(self) -> bool:
        """True only if every pair was compared, agrees and counts, and nothing else differs.

        A library that is missing makes this False: nothing is called shown that was not run.
        """
        return (
            bool(self.comparisons)
            and not self.discrepancies
            and all(pair.verdict == "agrees" for pair in self.comparisons)
            and (self.exact is None or self.exact.agree)
        )

    @property
    def is_by_chance(self) -> bool:
        """Whether all agree, and all that is missing is that some tensor mattered more."""
        return (
            self.sensitivity is not None
            and self.sensitivity.is_by_chance
            and not self.discrepancies
            and all(pair.verdict in ("agrees", "not made") for pair in self.comparisons)
        )

    def lines(self) -> tuple[str, ...]:
        """The table for people, one line per pair, then the sensitivity and what else differs."""
        return (
            f"{self.name}: {self._batches()}",
            *_table(self.comparisons, self.tolerance, self.sensitivity),
            *self._sensitivity(),
            *_found(self.discrepancies),
            *(() if self.exact is None else exact_lines(self.exact)),
            self._verdict(),
        )

    def to_dict(self) -> dict[str, object]:
        """``{"schema": 1, "name", "agree", "tolerance", "comparisons": [...], ...}`` for programs.

        An error that is not finite is given as text, since JSON has no number for it.
        """
        return {
            "schema": SCHEMA,
            "name": self.name,
            "seed": self.seed,
            "agree": self.agree,
            "tolerance": self.tolerance,
            "batches": [dict(sizes) for sizes in self.batches],
            "comparisons": [
                {
                    "left": pair.left,
                    "right": pair.right,
                    "samples": pair.samples,
                    "error": _number(pair.error),
                    "verdict": pair.verdict,
                    "note": pair.note,
                }
                for pair in self.comparisons
            ],
            "sensitivity": _sensitivity(self.sensitivity),
            "retried": self.retried,
            "discrepancies": [
                {"artefact": each.artefact, "message": each.message} for each in self.discrepancies
            ],
            **({} if self.exact is None else {"exact": self.exact.to_dict()}),
        }

    def _batches(self) -> str:
        kinds = (", ".join(f"{name}={size}" for name, size in sizes) for sizes in self.batches)
        again = ", second weights (of the first some did not matter)" if self.retried else ""
        return f"seed {self.seed}, batches {'; '.join(kinds)}{again}"

    def _sensitivity(self) -> Iterator[str]:
        if self.sensitivity is None:
            return
        for line in self.sensitivity.lines():
            yield f"  {line}"
        for line in self.sensitivity.dull[:_SHOWN]:
            yield f"  not sensitive: {line}"
        if len(self.sensitivity.dull) > _SHOWN:
            yield f"  not sensitive: {len(self.sensitivity.dull) - _SHOWN} more"

    def _verdict(self) -> str:
        if self.agree:
            exact = "" if self.exact is None else ", bit by bit where all is exact"
            return f"{self.name}: all {len(self.comparisons)} pairs agree{exact}"
        counts = {
            word: sum(pair.verdict == word for pair in self.comparisons)
            for word in ("differs", "not made", "not compared")
        }
        parts = [f"{count} {word}" for word, count in counts.items() if count]
        if self.exact is not None and not self.exact.agree:
            parts.append("not shown to be exact")
        other = len(self.discrepancies)
        parts += [f"{other} other difference{'s' * (other > 1)}"] * bool(other)
        return f"{self.name}: not shown to agree: {', '.join(parts) or 'nothing was compared'}"


def _table(
    pairs: tuple[Comparison, ...], tolerance: float, sensitivity: Sensitivity | None
) -> Iterator[str]:
    names = [f"{pair.left} - {pair.right}" for pair in pairs]
    width = max(map(len, (*names, "compared")))
    yield f"  {'compared':{width}}  samples  worst error  tolerance  moves by  verdict"
    for name, pair in zip(names, pairs, strict=True):
        error = "-" if pair.error is None else f"{pair.error:.1e}"
        moves = "-" if sensitivity is None else f"{_least(sensitivity):.1e}"
        row = (
            f"  {name:{width}}  {pair.samples:>7}  {error:>11}  {tolerance:>9.0e}  {moves:>8}"
            f"  {pair.verdict}"
        )
        # why a pair was not made stands below, once for all pairs
        yield from _noted(row, "" if pair.verdict == "not made" else pair.note)


def _noted(row: str, note: str) -> Iterator[str]:
    """The row with its note behind it, or folded below it where the line would be too long."""
    if not note or len(row) + len(note) + 2 <= _WIDTH:
        yield f"{row}: {note}" if note else row
        return
    yield row
    yield from wrap(note, _WIDTH, initial_indent=_INSIDE, subsequent_indent=_INSIDE)


def _least(sensitivity: Sensitivity) -> float:
    return min(sensitivity.input, sensitivity.weight if sensitivity.weakest else math.inf)


def _found(discrepancies: tuple[Discrepancy, ...]) -> Iterator[str]:
    for artefact in dict.fromkeys(each.artefact for each in discrepancies):
        messages = [each.message for each in discrepancies if each.artefact == artefact]
        for message in messages[:_SHOWN]:
            yield f"  {artefact}: {message}"
        if len(messages) > _SHOWN:
            yield f"  {artefact}: {len(messages) - _SHOWN} more"


def _number(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)


def _sensitivity(sensitivity: Sensitivity | None) -> dict[str, object] | None:
    if sensitivity is None:
        return None
    return {
        "voice": sensitivity.voice,
        "asked": sensitivity.asked,
        "input": _number(sensitivity.input),
        "weight": _number(sensitivity.weight),
        "weakest": sensitivity.weakest,
        "dull": list(sensitivity.dull),
        "tried": sensitivity.tried,
        "tensors": sensitivity.tensors,
    }
