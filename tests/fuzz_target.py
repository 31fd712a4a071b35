"""What the fuzzer runs on each input: everything that a check and a build do with a file.

An input fails with whatever escapes but findings, with a fix that is no edit of its file, or with a
network that was accepted and cannot become its artefacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archcompile.diagnostics import Diagnostic, SpecError, edited, render
from archcompile.diagnostics.as_github import github_form
from archcompile.diagnostics.as_json import json_form
from archcompile.diagnostics.as_sarif import sarif_form
from archcompile.driver import check_document
from archcompile.frontend import networks, read_document

LARGEST = 2_000_000
"""MACs of a network that is built too: larger ones say nothing new and take long."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of an input."""

    findings: tuple[Diagnostic, ...]
    networks: int


def run(path: Path, *, build: bool) -> Seen:
    """Checks a file and shows its findings in every form; ``build``: makes its artefacts too."""
    try:
        document = read_document(path)
        names = networks(document)
        checked = check_document(document, names[0] if len(names) > 1 else None)
    except SpecError as error:
        _show(error.diagnostics, forms=build)
        return Seen(error.diagnostics, 0)
    _show(checked.findings, forms=build)
    if build and not checked.errors:
        for network in checked.networks[:1]:
            total = network.facts.costs.total
            if (total.macs.constant or 0) < LARGEST and (total.parameters.constant or 0) < LARGEST:
                network.files()
    return Seen(checked.findings, len(checked.networks))


def _show(findings: tuple[Diagnostic, ...], *, forms: bool) -> None:
    render(findings, color=True, width=80)
    for finding in findings[:20]:
        if finding.span is not None and finding.fix:
            edited(finding.span.file.text, finding.fix)
    if forms:
        json_form(findings)
        sarif_form(findings, "0")
        github_form(findings)
