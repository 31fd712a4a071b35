"""Findings as SARIF 2.1.0, which code scanning services and editors read.

OASIS, Static Analysis Results Interchange Format Version 2.1.0; section numbers below are its.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from archcompile.diagnostics.codes import Code
from archcompile.diagnostics.diagnostic import Diagnostic, Related
from archcompile.diagnostics.edit import Edit
from archcompile.diagnostics.explanation import explanation
from archcompile.diagnostics.render import Json, ordered
from archcompile.diagnostics.span import Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_form(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """The text of a log with one run; ``version`` is archcompile's own."""
    findings = ordered(diagnostics)
    codes = sorted({finding.code for finding in findings}, key=lambda code: code.value)
    driver: dict[str, Json] = {
        "name": "archcompile",
        "version": version,
        "rules": list(map(_rule, codes)),
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: Code) -> dict[str, Json]:
    """A reportingDescriptor (3.49): what ``archcompile explain`` says of a code."""
    said = explanation(code)
    return {
        "id": code.value,
        "name": code.name.title().replace("_", ""),
        "shortDescription": {"text": said.title},
        "help": {"text": said.text, "markdown": said.text},
        "defaultConfiguration": {"level": code.severity.value},
    }


def _result(finding: Diagnostic, rule: int) -> dict[str, Json]:
    """A result (3.27); the help line stands behind the message, as readers show no other."""
    help = "" if finding.help is None else f"\nhelp: {_plain(finding.help)}"
    result: dict[str, Json] = {
        "ruleId": finding.code.value,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": f"{_plain(finding.message)}{help}"},
    }
    if finding.span is not None:
        result["locations"] = [{"physicalLocation": _physical(finding.span)}]
    if finding.related:
        result["relatedLocations"] = list(map(_related, finding.related))
    if finding.fix:
        result["fixes"] = [
            {
                "description": {"text": _plain(finding.help or finding.message)},
                "artifactChanges": list(_changes(finding.fix)),
            }
        ]
    return result


def _related(related: Related) -> dict[str, Json]:
    return {
        "physicalLocation": _physical(related.span),
        "message": {"text": _plain(related.message)},
    }


def _plain(text: str) -> str:
    """A message without embedded links (3.11.6): an author's brackets start none."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _changes(edits: tuple[Edit, ...]) -> Iterator[Json]:
    """An artifactChange (3.56) for each file."""
    by_path = sorted(edits, key=lambda edit: edit.span.file.path)
    for path, own in groupby(by_path, key=lambda edit: edit.span.file.path):
        replacements: list[Json] = [
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            for edit in own
        ]
        yield {"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}


def _physical(span: Span) -> Json:
    return {"artifactLocation": {"uri": _uri(span.file.path)}, "region": _region(span)}


def _region(span: Span) -> Json:
    """A region (3.30): lines and columns from 1, the end column exclusive, as spans have them."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(path: str) -> str:
    """The path as a URI reference: relative as it was named, absolute as ``file:``."""
    name = Path(path).as_posix().encode("utf-8", "surrogateescape")
    return f"file://{quote(name)}" if path.startswith("/") else quote(name)
