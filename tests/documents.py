"""Code blocks of the project's documents, and archcompile run as a reader would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of a document; ``line`` is that of its first line of code."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """For a test's name."""
        return f"{self.document}:{self.line}"


def code_blocks(document: str, language: str) -> tuple[CodeBlock, ...]:
    """The blocks of one language in a document, in order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return tuple(
        CodeBlock(document, text.count("\n", 0, match.start(2)) + 1, match[1], match[2])
        for match in _FENCE.finditer(text)
        if match[1] == language
    )


def named_block(document: str, path: str) -> str:
    """The block whose first line is ``# path``: the text of that file."""
    (found,) = (
        match[2]
        for match in _FENCE.finditer((ROOT / document).read_text(encoding="utf-8"))
        if match[2].startswith(f"# {path}\n")
    )
    return found


def run(
    arguments: list[str], folder: Path, package: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """``archcompile`` with these arguments in a folder, as it stands in ``package``."""
    environment = {key: held for key, held in os.environ.items() if key != "COLUMNS"}
    return subprocess.run(
        [sys.executable, "-m", "archcompile", *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(package), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
