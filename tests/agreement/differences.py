"""Every artefact of a spec's networks against every other: what differs, one line each.

``differences`` is the whole of it: it never raises, an exception is a difference. ``examine`` also
says what was compared, what would have meant nothing, and how far apart the numbers were.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from check_costs import check_costs, check_flops
from check_exact import check_exact
from check_fields import check_fields
from check_files import check_forms, check_gradients, check_graph_text
from check_movement import check_movement
from check_names import check_inventory, check_names
from check_values import check_double, check_graph, check_single
from findings import Findings
from shares import DEAR, EXACT, FIELDS, MOVES, SINGLE
from subject import Subject, subject_of

from archcompile.diagnostics import SourceFile, SpecError
from archcompile.driver import compiled
from archcompile.frontend import networks
from archcompile.frontend.document.documents import document
from archcompile.frontend.text.reader import read
from archcompile.ops import all_ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcompile.network import Network

FURTHER: list[Callable[[Subject, Findings], None]] = []
"""Checks that others add; they get the module in float64."""

_UNFIT = "AC5"
"""The family of what does not fit."""


def differences(text: str, seed: int) -> list[str]:
    """What is not right about the networks of a spec: empty if all agree."""
    return examine(text, seed).differences


def examine(text: str, seed: int, *, may_refuse: bool = False, every: bool = True) -> Findings:
    """All comparisons of all networks of a spec, or of one, which the seed decides.

    ``may_refuse``: some need not fit.
    """
    findings = Findings(network="spec")
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            held = document(read(SourceFile("net.yaml", text)), frozenset(all_ops()))
            names = networks(held)
        except Exception as error:
            findings.differs("reads", "spec", _said(error))
            return findings
        for name in names if every else names[seed % len(names) :][:1]:
            findings.network = name
            try:
                compare(compiled(held, name, {}), seed, findings)
            except SpecError as error:
                codes = [each.code.value for each in error.diagnostics]
                if may_refuse and all(code.startswith(_UNFIT) for code in codes):
                    findings.refused += 1
                else:
                    findings.differs("compiles", "spec", _said(error))
            except Exception as error:
                findings.differs("raises", "", _said(error))
    return findings


def compare(network: Network, seed: int, findings: Findings) -> None:
    """All comparisons of one network. The module is in float64 first, then in float32."""
    subject = subject_of(network, seed)
    try:
        _compare(subject, seed, findings)
    finally:
        # what a source makes is kept for the life of a process: with thousands of them too long
        sys.modules.pop(type(subject.module).__module__, None)


def _compare(subject: Subject, seed: int, findings: Findings) -> None:
    findings.sizes.append(len(subject.nodes))
    check_names(subject, findings)
    references, seen = check_double(subject, findings)
    check_costs(subject, findings)
    check_inventory(subject, findings, seen)
    if seed % MOVES == 0:
        check_movement(subject, findings)
    if seed % FIELDS == 0:
        check_fields(subject, findings)
    dear = seed % DEAR
    if dear == 0:
        check_flops(subject, findings)
    if dear == 1:
        with tempfile.TemporaryDirectory() as folder:
            check_gradients(subject, findings, Path(folder))
    for check in FURTHER:
        check(subject, findings)
    subject.to_single()
    if seed % SINGLE == 0:
        check_single(subject, findings, references)
    check_graph(subject, findings, references)
    if dear == 2:
        check_graph_text(subject, findings)
    if dear == 3:
        check_forms(subject, findings)
    if seed % EXACT == EXACT - 1:
        check_exact(subject, findings)


def _said(error: Exception) -> str:
    """The exception, and the innermost line of a file that it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    lines = str(error).split("\n")
    return f"{type(error).__name__} at {place}: {lines[0][:300]}"
