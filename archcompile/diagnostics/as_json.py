"""Findings as JSON, for programs: one object with every finding, and how many there are.

Its schema is ``docs/findings.schema.json``; ``version`` changes when a reader would have to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from archcompile.diagnostics.codes import Severity
from archcompile.diagnostics.diagnostic import Diagnostic
from archcompile.diagnostics.render import ordered, to_dict

VERSION = 1


def json_form(diagnostics: Iterable[Diagnostic]) -> str:
    """The text of the object; ASCII alone, so that no terminal or reader can trip over it."""
    findings = ordered(diagnostics)
    counts = {
        f"{severity.value}s": sum(each.severity is severity for each in findings)
        for severity in Severity
    }
    return json.dumps(
        {"version": VERSION, **counts, "findings": [to_dict(each) for each in findings]}, indent=2
    )
