"""The tutorial, followed to the letter from its first line to its last, in an empty folder.

A block of YAML replaces the sections of ``specs/digits.yaml`` that it shows, and adds those that
are new; one that starts with ``# a mistake`` holds for the next command only. A line ``...`` in a
terminal's picture or in a source stands for lines that are left out.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from documents import ROOT, CodeBlock, code_blocks, run

TUTORIAL = "docs/tutorial.md"
MISTAKE = "# a mistake\n"
_SECTION = re.compile(r"^(\w+):.*\n(?:(?:[ #-].*)?\n)*", re.M)


def sections(text: str) -> dict[str, str]:
    """The text of each top-level key."""
    return {match[1]: match[0].rstrip("\n") + "\n" for match in _SECTION.finditer(text)}


def shows(shown: str, real: str) -> bool:
    """Whether a text is the real one, lines ``...`` standing for any that are left out."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(_measured(line)) + r"\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(parts), _measured(real)) is not None


def _measured(text: str) -> str:
    """The text without the figures that differ between machines, and a model's size on the disk."""
    return re.sub(r"\d(\.\d+)?e[-+]\d+|\([\d,]+ bytes\)", "(measured)", text)


@dataclass(slots=True)
class Reader:
    """Someone who does what the tutorial says; ``spec`` is what the file holds at the moment."""

    folder: Path
    mistake: str | None = None
    commands: list[str] = field(default_factory=list)

    @property
    def spec(self) -> Path:
        return self.folder / "specs" / "digits.yaml"

    def step(self, block: CodeBlock) -> None:
        """One block of the tutorial. Raises AssertionError where it says what is not so."""
        match block.language:
            case "yaml":
                self._write(block)
            case "console":
                self._type(block)
            case "python" if block.text.startswith("# generated/"):
                path, _, shown = block.text.removeprefix("# ").partition("\n")
                real = (self.folder / path).read_text(encoding="utf-8")
                assert shows(f"...\n{shown}...\n", real), block.place
            case "python":
                self._run(block)
            case _:
                raise AssertionError(f"{block.place}: what is {block.language}?")

    def _write(self, block: CodeBlock) -> None:
        before = self.spec.read_text(encoding="utf-8")
        is_mistake = block.text.startswith(MISTAKE)
        whole = {**sections(before), **sections(block.text.removeprefix(MISTAKE))}
        assert sections(before), block.place
        self.spec.write_text("".join(whole.values()), encoding="utf-8")
        if is_mistake:
            self.mistake = before
            return
        checked = run(["check"], self.folder)
        assert checked.returncode == 0, f"{block.place}\n{checked.stdout}"
        built = run(["build", "--out", str(self.folder / "every_step")], self.folder)
        assert built.returncode == 0, f"{block.place}\n{built.stdout}"

    def _type(self, block: CodeBlock) -> None:
        command, _, shown = block.text.removeprefix("$ ").partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "archcompile"
        result = run(arguments, self.folder)
        assert shows(shown, result.stdout), f"{block.place}\n{result.stdout}"
        assert result.returncode == (1 if "error[" in shown else 0), block.place
        self.commands.append(arguments[0])
        if self.mistake is not None:
            self.spec.write_text(self.mistake, encoding="utf-8")
            self.mistake = None

    def _run(self, block: CodeBlock) -> None:
        result = subprocess.run(
            [sys.executable, "-c", block.text],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{block.place}\n{result.stderr}"


def test_the_tutorial_is_what_happens_to_one_who_follows_it(tmp_path: Path) -> None:
    blocks = [
        block
        for language in ("yaml", "console", "python")
        for block in code_blocks(TUTORIAL, language)
    ]
    reader = Reader(tmp_path)
    for block in sorted(blocks, key=lambda each: each.line):
        reader.step(block)
    assert {"new", "check", "build", "report", "verify", "export", "list"} <= set(reader.commands)
    assert len(blocks) == len(re.findall(r"^```\w+$", _text(), re.M))


def test_a_picture_that_leaves_out_lines_still_holds_those_it_shows() -> None:
    assert shows("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not shows("a\n...\nd\n", "a\nb\nc\n")
    assert not shows("a\nc\n", "a\nb\nc\n")


def _text() -> str:
    return (ROOT / TUTORIAL).read_text(encoding="utf-8")
