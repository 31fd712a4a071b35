"""SpecFolder: the files around a spec on the disk, as far as it may use them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from archcompile.diagnostics import Code, SourceFile, Span
from archcompile.frontend.findings import finding
from archcompile.frontend.text.source_file import load_file


@dataclass(frozen=True, slots=True)
class SpecFolder:
    """A folder, by the path that it was named with; links that lead out of it are refused."""

    root: Path

    def source(self, path: str) -> SourceFile:
        """The text of a file inside. Raises a finding at the file's start."""
        place = self.root / path
        real, root = Path(os.path.realpath(place)), Path(os.path.realpath(self.root))
        if not real.is_relative_to(root):
            start = Span(SourceFile(str(place), ""), 1, 1, 1, 1)
            message = "this is a link that leads out of the folder of the spec"
            raise finding(Code.FILE_UNREADABLE, message, start)
        return load_file(real, str(place))

    def beside(self, path: str) -> tuple[str, ...]:
        """The names of the YAML files in the folder of a path."""
        try:
            inside = [each.name for each in (self.root / path).parent.iterdir()]
        except OSError:
            return ()
        return tuple(sorted(name for name in inside if name.endswith((".yaml", ".yml"))))
