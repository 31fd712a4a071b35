"""Schemas held against texts: what a validator of draft 7 says of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema

from archcompile.diagnostics import SourceFile
from archcompile.frontend.text.reader import read
from archcompile.schema import Schema, schema
from archcompile.schema.callables import as_json

HEAD = "archcompile: 1\nname: net\ninput: [N, 3, 32, 32]\n"


def plain(text: str, path: str = "spec.yaml") -> Any:
    """A text as archcompile reads it, in dictionaries and lists."""
    return as_json(read(SourceFile(path, text)))


def faults(text: str, path: str = "spec.yaml", whole: Schema | None = None) -> list[str]:
    """What the text's own schema finds, or another: the path of each fault."""
    own = schema(SourceFile(path, text)) if whole is None else whole
    found = jsonschema.Draft7Validator(own).iter_errors(plain(text, path))
    return ["/".join(map(str, each.absolute_path)) for each in found]


def faults_of_file(path: Path, whole: Schema | None = None) -> list[str]:
    """The same of a file on the disk."""
    return faults(path.read_text(encoding="utf-8"), str(path), whole)
