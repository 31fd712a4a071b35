"""Two voices side by side: how far apart, and what is to be made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from archcompile.libraries import numpy
from archcompile.proof.run import Run

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

TOLERANCE = 1e-5
"""Norm-wise, float32 end to end. Correct networks were measured at 3e-7 to 2e-6; element-wise
relative errors reach 7e-3 on a correct ResNet-152, so they are no measure."""

Verdict: TypeAlias = Literal["agrees", "differs", "not made", "not compared"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair of voices over all batches. The first is what the error is relative to."""

    left: str
    right: str
    samples: int
    error: float | None
    verdict: Verdict
    note: str = ""
    batch: int | None = None
    """The batch with the largest error."""

    def counting(self, dull: tuple[str, ...]) -> Comparison:
        """The same, taken back where agreement would mean nothing."""
        if self.verdict != "agrees" or not dull:
            return self
        more = f" (and {len(dull) - 1} more)" if len(dull) > 1 else ""
        return replace(self, verdict="not made", note=f"{dull[0]}{more}")

    def locating(self, place: str) -> Comparison:
        """The same with the layer where the difference begins."""
        return replace(self, note=f"{self.note}; {place}")

    def noting(self, note: str) -> Comparison:
        """The same with a remark, where it has none that matters more."""
        return self if self.note else replace(self, note=note)


def compare(
    left: str,
    right: str,
    first: Run,
    second: Run,
    tolerance: float,
    outputs: tuple[str, ...] = (),
) -> Comparison:
    """Every output of every batch, then those in training where both have them.

    The largest error decides. ``outputs`` are the names of those of inference, where they are
    several.
    """
    samples = sum(int(outputs[0].shape[0]) for outputs in first.outputs if outputs)
    error, note, worst = 0.0, "", None
    for batch, ours, theirs in _pairs(first, second):
        where = "the outputs in training" if batch is None else f"batch {batch + 1}"
        if len(ours) != len(theirs):
            note = f"{len(ours)} outputs against {len(theirs)}"
            note += "" if batch is not None else " in training"
            return Comparison(left, right, samples, float("inf"), "differs", note)
        is_named = batch is not None and len(outputs) == len(ours) > 1
        for place, (ref, found) in enumerate(zip(ours, theirs, strict=True)):
            apart = distance(found, ref)
            if apart > error:
                which = f"`{outputs[place]}` in " if is_named else ""
                error, note, worst = apart, _why(found, ref, f"{which}{where}"), batch
    if error <= tolerance:
        return Comparison(left, right, samples, error, "agrees", batch=worst)
    return Comparison(left, right, samples, error, "differs", note, worst)


def _pairs(
    first: Run, second: Run
) -> Iterator[tuple[int | None, tuple[Array, ...], tuple[Array, ...]]]:
    for batch, (ours, theirs) in enumerate(zip(first.outputs, second.outputs, strict=True)):
        yield batch, ours, theirs
    if first.heads is not None and second.heads is not None:
        yield None, first.heads, second.heads


def distance(found: Array, ref: Array) -> float:
    """``max|found - ref| / max|ref|``; infinite for other shapes and for what is no real number."""
    np = numpy()
    if found.shape != ref.shape or not (_is_real(found) and _is_real(ref)):
        return float("inf")
    if not (np.isfinite(found).all() and np.isfinite(ref).all()):
        return float("inf")
    if not ref.size:
        return 0.0
    apart = float(np.abs(found.astype(np.float64) - ref.astype(np.float64)).max())
    scale = float(np.abs(ref.astype(np.float64)).max())
    if scale == 0:
        return 0.0 if apart == 0 else float("inf")
    return apart / scale


def _is_real(array: Array) -> bool:
    return array.dtype.kind in "fiu"


def _why(found: Array, ref: Array, where: str) -> str:
    np = numpy()
    if found.shape != ref.shape:
        return f"shape {list(found.shape)} against {list(ref.shape)}"
    for word, array in (("first", ref), ("second", found)):
        if not _is_real(array):
            return f"the {word} holds numbers of type {array.dtype}"
    if not np.isfinite(ref).all():
        return "the first holds numbers that are not finite"
    if not np.isfinite(found).all():
        return "the second holds numbers that are not finite"
    apart = np.abs(found.astype(np.float64) - ref.astype(np.float64))
    place = tuple(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))
    return f"{found[place]:.6g} against {ref[place]:.6g} at {list(place)} of {where}"
