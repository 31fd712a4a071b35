"""``use``: blocks of other files, found relative to the file that names them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import Protocol

from archcompile.diagnostics import Code, Diagnostic, SourceFile, SpecError
from archcompile.frontend.document.declarations import uses
from archcompile.frontend.document.document import Block, Document, Library
from archcompile.frontend.document.documents import document, is_library, library
from archcompile.frontend.findings import Findings
from archcompile.frontend.mending.rewriting import replaced, yaml_text
from archcompile.frontend.text.reader import read
from archcompile.frontend.text.source_file import nearest_file
from archcompile.frontend.text.tree import Mapping, Scalar, Tree

MOST_FILES = 100
"""The most files that one spec may use, through others too."""


class Folder(Protocol):
    """The folder around a spec. Paths are relative to it, with ``/`` between their parts."""

    def source(self, path: str) -> SourceFile:
        """The text of a file. Raises ``SpecError`` for one that is not there or not inside."""

    def beside(self, path: str) -> tuple[str, ...]:
        """The names of the YAML files that stand where a path leads."""


def file_content(
    tree: Tree, path: str, folder: Folder, known_ops: frozenset[str]
) -> Document | Library:
    """The document or the blocks of the file at ``path``, with the blocks of what it uses.

    Raises every finding, those of the used files first.
    """
    findings = Findings()
    used = _Used(findings, folder, known_ops).by(tree, (path,))
    try:
        content = library if is_library(tree) else document
        whole = content(tree, known_ops, used)
    except SpecError as error:
        # a block defined twice has been met in the file that used both
        said = {(each.code, each.span) for each in findings.found}
        new = (each for each in error.diagnostics if (each.code, each.span) not in said)
        raise SpecError(dict.fromkeys((*findings.found, *new))) from None
    findings.stop()
    return whole


@dataclass(frozen=True, slots=True)
class _Used:
    """The files used so far: each is read once."""

    findings: Findings
    folder: Folder
    known_ops: frozenset[str]
    blocks: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    """Of each file by path: its own blocks and those that it uses."""

    def by(self, tree: Tree, files: tuple[str, ...]) -> tuple[Block, ...]:
        """The blocks that a file uses. ``files``: that file last, those that use it before it."""
        found: dict[int, Block] = {}
        for use in _paths(tree):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(files[-1]), use.text))
            for block in self._of(path, use, files):
                found[id(block)] = block
        return tuple(found.values())

    def _of(self, path: str, use: Scalar, files: tuple[str, ...]) -> tuple[Block, ...]:
        if path.startswith("../") or path in ("..", "."):
            self._say(
                use,
                Code.FILE_UNREADABLE,
                f"`{use.text}` leads out of the folder of the spec",
                "move that file into the spec's folder, or into one below it",
            )
            return ()
        if path in files:
            circle = " → ".join((*files[files.index(path) :], path))
            message = f"`{path}` uses itself ({circle})"
            self._say(use, Code.RECURSION, message, "move what both need into a file of its own")
            return ()
        if path not in self.blocks:
            self.blocks[path] = ()
            self.blocks[path] = self._read(path, use, files)
        return self.blocks[path]

    def _read(self, path: str, use: Scalar, files: tuple[str, ...]) -> tuple[Block, ...]:
        if len(self.blocks) > MOST_FILES:
            message = f"this spec uses more than {MOST_FILES} files"
            self._say(use, Code.TOO_LARGE, message, "put blocks that belong together into one")
            return ()
        source = self._source(path, use)
        if source is None:
            return ()
        with self.findings.called_from(use.span, "used here"), self.findings.collecting():
            tree = read(source)
            used = self.by(tree, (*files, path))
            return library(tree, self.known_ops, used).blocks
        return ()

    def _source(self, path: str, use: Scalar) -> SourceFile | None:
        try:
            return self.folder.source(path)
        except SpecError as error:
            self.findings.found += (self._seen_from(use, path, each) for each in error.diagnostics)
            return None

    def _seen_from(self, use: Scalar, path: str, fault: Diagnostic) -> Diagnostic:
        """A fault of a whole file is said where the file is named."""
        if fault.code not in (Code.FILE_NOT_FOUND, Code.FILE_UNREADABLE):
            return fault
        text = use.text.replace("\\", "/")
        path = posixpath.join(posixpath.dirname(path), text) if text != use.text else path
        near = nearest_file(posixpath.basename(path), self.folder.beside(path))
        is_path = "/" in text or text.endswith((".yaml", ".yml"))
        help = None if is_path else "`use` brings in YAML files, by path, e.g. `use: blocks.yaml`"
        written = "" if near is None else posixpath.join(posixpath.dirname(text), near)
        return replace(
            fault,
            message=f"`{use.text}` cannot be used: {fault.message}",
            span=use.span,
            help=f"did you mean `{written}`?" if near else fault.help or help,
            fix=replaced(use, yaml_text(written)) if near else (),
        )

    def _say(self, use: Scalar, code: Code, message: str, help: str) -> None:
        self.findings.add(code, message, use.span, help=help)


def _paths(tree: Tree) -> tuple[Scalar, ...]:
    """The paths that a file uses, as far as they are any; the document says what is wrong."""
    named = tree.get("use") if isinstance(tree, Mapping) else None
    return () if named is None else uses(Findings(), named)
