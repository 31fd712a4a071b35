"""Findings as values: spans, codes, diagnostics and the errors that carry them."""

from archcompile.diagnostics.codes import Code, Severity
from archcompile.diagnostics.diagnostic import Diagnostic, Related
from archcompile.diagnostics.edit import Edit, Fix, edited
from archcompile.diagnostics.errors import (
    ArchcompileError,
    InternalError,
    MissingLibrary,
    SpecError,
    Unfinished,
)
from archcompile.diagnostics.render import Json, ordered, render, summary, to_dict
from archcompile.diagnostics.span import SourceFile, Span
from archcompile.diagnostics.terminal import terminal_text

__all__ = [
    "ArchcompileError",
    "Code",
    "Diagnostic",
    "Edit",
    "Fix",
    "InternalError",
    "Json",
    "MissingLibrary",
    "Related",
    "Severity",
    "SourceFile",
    "Span",
    "SpecError",
    "Unfinished",
    "edited",
    "ordered",
    "render",
    "summary",
    "terminal_text",
    "to_dict",
]
