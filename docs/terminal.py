"""What README shows of a terminal: real output of real commands, drawn as SVG or as text.

``python docs/terminal.py`` draws ``docs/img/`` again and fills README's console blocks; a test
holds both to what the commands print today. Nothing but the standard library is needed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from shutil import copytree

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "img"
PICTURES = {
    "build.svg": ("build", "specs/lenet5.yaml"),
    "mistakes.svg": ("check", "examples/three_mistakes.yaml"),
}

_WORDS = re.compile(r"\S+(?: \S+)*")
_CONSOLE = re.compile(r"(?<=^```console\n)\$ archcompile (.*)\n(?:.*\n)*?(?=^```$)", re.M)
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#56d4dd"}
_INK, _PAPER, _PROMPT = "#e6edf3", "#0d1117", "#8b949e"
_SIZE, _ADVANCE, _LINE, _MARGIN, _BAR = 13, 7.8, 19, 16, 34
_DOTS = ("#ff5f57", "#febc2e", "#28c840")


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks after some control sequences."""

    colour: str = _INK
    bold: bool = False

    def after(self, codes: str) -> Style:
        """The style behind a control sequence; an unknown code changes nothing."""
        style = self
        for code in codes.split(";"):
            if code in ("", "0"):
                style = Style()
            elif code == "1":
                style = replace(style, bold=True)
            else:
                style = replace(style, colour=_COLOURS.get(code, style.colour))
        return style


def pieces(line: str) -> Iterator[tuple[int, str, Style]]:
    """The runs of one style in a line, each with its column; wide gaps part runs, as fonts do."""
    style, column = Style(), 0
    for number, part in enumerate(_SGR.split(line)):
        if number % 2:
            style = style.after(part)
            continue
        for word in _WORDS.finditer(part):
            yield column + word.start(), word[0], style
        column += len(part)


def svg(command: str, output: str) -> str:
    """A terminal's window with a command and what it printed."""
    lines = output.splitlines()
    columns = max(len(_SGR.sub("", line)) for line in (f"$ {command}", *lines))
    width = round(columns * _ADVANCE + 2 * _MARGIN)
    height = _BAR + (len(lines) + 1) * _LINE + _MARGIN
    dots = (
        f'<circle cx="{_MARGIN + 4 + 18 * n}" cy="17" r="5.5" fill="{colour}"/>'
        for n, colour in enumerate(_DOTS)
    )
    rows = [[(0, "$", Style(_PROMPT)), (2, command, Style(bold=True))], *map(pieces, lines)]
    texts = (
        _text(column, number, part, style)
        for number, row in enumerate(rows)
        for column, part, style in row
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(f'$ {command}')}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{_PAPER}"/>',
            *dots,
            '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, '
            f'\'DejaVu Sans Mono\', monospace" font-size="{_SIZE}" xml:space="preserve">',
            *texts,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _text(column: int, row: int, part: str, style: Style) -> str:
    """Text pinned to its columns, so that no font can move it."""
    x = round(_MARGIN + column * _ADVANCE, 1)
    y = _BAR + (row + 1) * _LINE - 5
    weight = ' font-weight="bold"' if style.bold else ""
    length = round(len(part) * _ADVANCE, 1)
    return (
        f'<text x="{x}" y="{y}" fill="{style.colour}"{weight} textLength="{length}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(part)}</text>'
    )


def picture(arguments: tuple[str, ...]) -> str:
    """What a command prints, drawn."""
    return svg(" ".join(("archcompile", *arguments)), output((*arguments, "--color", "always")))


def output(arguments: tuple[str, ...]) -> str:
    """What archcompile prints in a folder with this project's specs and examples."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("specs", "examples"):
            copytree(ROOT / name, Path(folder) / name)
        result = subprocess.run(
            [sys.executable, "-m", "archcompile", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
    return result.stdout


def filled(document: str) -> str:
    """A document whose console blocks show what their commands print today."""
    return _CONSOLE.sub(
        lambda block: f"$ archcompile {block[1]}\n{output(tuple(block[1].split()))}", document
    )


def main() -> None:
    """Draw every picture, and fill README's console blocks."""
    IMAGES.mkdir(exist_ok=True)
    for name, arguments in PICTURES.items():
        (IMAGES / name).write_text(picture(arguments), encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
