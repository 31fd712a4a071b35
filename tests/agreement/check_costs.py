"""Multiply-accumulates: the report's against the work of the module that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expressions import size_of
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from findings import Findings
    from subject import Subject


def check_costs(subject: Subject, findings: Findings) -> None:
    """Row by row, by what the last pass ran, in evaluation on the last batch."""
    for row in subject.report["layers"]:
        said = size_of(row["macs"], subject.sizes[-1])
        name = row["name"]
        if row["training"]:
            findings.holds("macs", name, said, 0)
        elif name in subject.recorder.work:
            findings.holds("macs", name, said, subject.recorder.work[name])
        elif said:
            findings.not_made[f"macs: {row['op']} is a class of its own, torch counts no work"] += 1
        else:
            findings.holds("macs", name, said, 0)


def check_flops(subject: Subject, findings: Findings) -> None:
    """torch's own counter over the whole module: half of its FLOPs are the MACs of all samples.

    In all only: it takes the layers of a sliced chain (``self.body[1:]``) for those of a new one,
    under other names. ``check_costs`` has each layer.
    """
    counter, place = FlopCounterMode(display=False), subject.main
    with counter:
        subject.run(place, heads=False)
    said = 0
    for row in subject.report["layers"]:
        macs = size_of(row["macs"], subject.sizes[place])
        if macs and row["name"] not in subject.recorder.work:
            findings.not_made["flops: a class of the source's own"] += 1
            return
        said += macs
    count = len(next(iter(subject.inputs[place].values())))
    findings.holds("flops", "total", 2 * count * said, counter.get_total_flops())
