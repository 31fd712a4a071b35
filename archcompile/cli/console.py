"""How the command line speaks: colour, width, findings, and the encoding of the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from archcompile.diagnostics import Diagnostic, render, terminal_text

_Function = TypeVar("_Function", bound=Callable[..., object])
_FALLBACK = (100, 24)


def choose_color(function: _Function) -> _Function:
    """The option ``--color``, which stands before the command or behind it."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=_remember,
        help="Colour the output (auto: on a terminal; NO_COLOR and CLICOLOR_FORCE count).",
    )(function)


def _remember(context: click.Context, _: click.Parameter, choice: str | None) -> None:
    if choice is None:
        return
    color = {"always": True, "never": False, "auto": None}[choice]
    context.color = color
    context.find_root().color = color


def has_color(*, err: bool = False) -> bool:
    """Whether the stream gets colours: as asked for, else as its environment and terminal say."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    stream = sys.stderr if err else sys.stdout
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The terminal's width in cells; 100 where there is no terminal and COLUMNS does not say."""
    return shutil.get_terminal_size(_FALLBACK).columns


def say(text: str, *, err: bool = False) -> None:
    """A line of ours, which may quote a spec: nothing in it acts on the terminal."""
    click.echo(terminal_text(text), err=err, color=True)


def say_plain(text: str) -> None:
    """An artefact's own text on standard output: UTF-8 in every locale, and ending in a line."""
    end = "" if text.endswith("\n") else "\n"
    click.echo((text + end).encode(), nl=False)


def say_diff(diff: str) -> None:
    """A unified diff on standard output, coloured line by line."""
    color = has_color()
    for line in diff.splitlines():
        click.echo(_painted(line) if color else terminal_text(line), color=True)


def say_findings(diagnostics: Iterable[Diagnostic], *, err: bool) -> None:
    """The findings as a person reads them."""
    text = render(diagnostics, color=has_color(err=err), width=width())
    click.echo(text, nl=False, err=err, color=True)


def say_error(message: str) -> None:
    """One line about something that is no finding in a spec."""
    title = "\x1b[1;31merror\x1b[0m" if has_color(err=True) else "error"
    click.echo(f"{title}: {terminal_text(message)}", err=True, color=True)


def arrow() -> str:
    """An arrow that standard output's encoding has."""
    try:
        "→".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return "->"
    return "→"


_DIFF_COLOURS = {"---": "1", "+++": "1", "@@": "36", "+": "32", "-": "31"}


def _painted(line: str) -> str:
    text = terminal_text(line)
    colour = next((c for start, c in _DIFF_COLOURS.items() if line.startswith(start)), None)
    return text if colour is None else f"\x1b[{colour}m{text}\x1b[0m"
