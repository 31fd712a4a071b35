"""The outcome of ``verify --exact``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

DOUBLE = 1e-12
"""Norm-wise, torch in float64 against NumPy; correct networks were measured at 1e-16 to 1e-13."""
_NAMED = 3
WIDTH = 100


@dataclass(frozen=True, slots=True)
class ExactPair:
    """The reference and one artefact. Equality bit by bit carries over to any two artefacts."""

    artefact: str
    values: int
    """How many values were compared, each at the end of a stretch, in all batches together."""
    verdict: Literal["equal", "differs", "not made", "not compared"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExactReport:
    """What came of the exact comparison."""

    batches: tuple[tuple[tuple[str, int], ...], ...]
    layers: int
    """How many layers the network computes in inference."""
    pairs: tuple[ExactPair, ...]
    rounded: tuple[str, ...]
    """Layers that are not exact by nature: a tolerance judges them."""
    dull: tuple[str, ...] = ()
    double: float | None = None
    """How far the source in float64 is from the reference, norm-wise, on ``verify``'s own weights;
    None where it was not run."""

    @property
    def agree(self) -> bool:
        """Whether every artefact is equal to the reference in every value that is exact.

        The source in float64 must be within ``DOUBLE`` of it besides.
        """
        is_near = self.double is not None and self.double <= DOUBLE
        return is_near and bool(self.pairs) and all(pair.verdict == "equal" for pair in self.pairs)

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "agree": self.agree,
            "batches": [dict(sizes) for sizes in self.batches],
            "layers": self.layers,
            "comparisons": [
                {
                    "left": "reference",
                    "right": pair.artefact,
                    "values": pair.values,
                    "verdict": pair.verdict,
                    "note": pair.note,
                }
                for pair in self.pairs
            ],
            "rounded": list(self.rounded),
            "dull": list(self.dull),
            "float64": {"error": self.double, "tolerance": DOUBLE},
        }


def exact_lines(report: ExactReport) -> Iterator[str]:
    """The table for people."""
    sizes = "; ".join(
        ", ".join(f"{name}={size}" for name, size in batch) for batch in report.batches
    )
    names = [f"reference - {pair.artefact}" for pair in report.pairs]
    width = max(map(len, (*names, "compared")), default=0)
    yield f"  exact, on integers: {report.layers} layers, batches {sizes}"
    yield f"  {'compared':{width}}   values  verdict"
    for name, pair in zip(names, report.pairs, strict=True):
        word = "bitwise equal" if pair.verdict == "equal" else pair.verdict
        note = f": {pair.note}" if pair.note else ""
        yield f"  {name:{width}}  {pair.values:>7}  {word}{note}"
    if report.rounded:
        first = ", ".join(report.rounded[:_NAMED])
        more = f" and {len(report.rounded) - _NAMED} more" if len(report.rounded) > _NAMED else ""
        yield from wrap(
            f"rounded by nature, so held to the tolerance alone: {first}{more}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    if report.double is not None:
        near = "agrees" if report.double <= DOUBLE else "differs"
        error = f"{report.double:.1e}"
        yield f"  the source in float64 is {error} from the reference ({DOUBLE:.0e}): {near}"
