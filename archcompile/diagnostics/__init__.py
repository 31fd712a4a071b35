"""Findings as values: spans, codes, diagnostics and the errors that carry them."""

from archcompile.diagnostics.codes import Code
from archcompile.diagnostics.diagnostic import Diagnostic, Related, Severity
from archcompile.diagnostics.errors import (
    ArchcompileError,
    InternalError,
    MissingLibrary,
    SpecError,
)
from archcompile.diagnostics.span import SourceFile, Span

__all__ = [
    "ArchcompileError",
    "Code",
    "Diagnostic",
    "InternalError",
    "MissingLibrary",
    "Related",
    "Severity",
    "SourceFile",
    "Span",
    "SpecError",
]
