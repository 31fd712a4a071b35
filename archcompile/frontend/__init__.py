"""The way in: YAML text to a checked document, and a document to a Program."""

from __future__ import annotations

from pathlib import Path

from archcompile.frontend.document import Document
from archcompile.frontend.documents import document
from archcompile.frontend.elaborate import elaborate, networks
from archcompile.frontend.reader import read
from archcompile.frontend.source_file import load_file
from archcompile.ops import all_ops

__all__ = ["Document", "elaborate", "networks", "read_document"]


def read_document(path: Path) -> Document:
    """A spec file's document. Raises ``SpecError`` with every finding of the stage that stopped."""
    return document(read(load_file(path, str(path))), frozenset(all_ops()))
