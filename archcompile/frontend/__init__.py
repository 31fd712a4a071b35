"""The way in: YAML text to a checked document, and a document to a Program."""

from __future__ import annotations

from pathlib import Path

from archcompile.diagnostics import Code
from archcompile.frontend.document.document import Document, Library
from archcompile.frontend.document.documents import is_library
from archcompile.frontend.document.spec_folder import SpecFolder
from archcompile.frontend.document.uses import file_content
from archcompile.frontend.elaborate import elaborate, networks
from archcompile.frontend.findings import finding
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.source_file import STDIN, load_file, load_stdin
from archcompile.ops import all_ops

__all__ = [
    "STANDARD_INPUT",
    "Document",
    "Library",
    "elaborate",
    "networks",
    "read_document",
    "read_file",
]

STANDARD_INPUT = Path(STDIN)
"""Stands for standard input where a path is due: this very object, and no other path."""


def read_file(path: Path, folder: Path | None = None) -> Document | Library:
    """What a file holds: a spec, with the blocks that it uses, or blocks alone.

    A spec uses files of its own folder and those below; blocks alone, of ``folder`` if they are
    inside it; ``STANDARD_INPUT``, of the working directory. Raises ``SpecError`` with every finding
    of the stage that stopped.
    """
    tree = read(load_stdin() if path is STANDARD_INPUT else load_file(path, str(path)))
    root = folder if folder is not None and is_library(tree) else path.parent
    place = path.relative_to(root).as_posix()
    return file_content(tree, place, SpecFolder(root), frozenset(all_ops()))


def read_document(path: Path) -> Document:
    """A spec file's document. Raises ``SpecError`` with every finding of the stage that stopped."""
    content = read_file(path)
    if isinstance(content, Library):
        raise finding(
            Code.NO_SPECS,
            "this file holds blocks, and no network",
            content.span,
            help=f"build a spec that says `use: [{path.name}]`",
        )
    return content
