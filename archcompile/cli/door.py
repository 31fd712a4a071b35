"""The door: loads a command when it is called, and turns what comes out into an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

import click

from archcompile.cli.console import say_error, say_findings
from archcompile.diagnostics import ArchcompileError, MissingLibrary, SpecError, Unfinished

FINDINGS = 1
BUG = 70
"""``EX_SOFTWARE``: neither the spec nor the call is wrong, so neither 1 nor 2."""
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell says of a program that a closed pipe ended (128 + SIGPIPE)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the help lists it; ``module`` holds it and is imported when it is called."""

    name: str
    module: str
    summary: str


class Door(click.Group):
    """A group whose commands are imported when they are called, so that help costs nothing.

    A subclass names them in ``lazy``.
    """

    lazy: ClassVar[tuple[Command, ...]] = ()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which one meets them."""
        return [command.name for command in self.lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module; ``None`` for a name that there is not."""
        lazy = next((command for command in self.lazy if command.name == cmd_name), None)
        if lazy is None:
            return None
        command = import_module(f"archcompile.cli.{lazy.module}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"archcompile.cli.{lazy.module} has no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(lazy.name, lazy.summary) for lazy in self.lazy])

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; whatever it raises becomes words and an exit code."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (KeyboardInterrupt, Exception) as error:
            if os.environ.get("ARCHCOMPILE_TRACEBACK") == "1":
                traceback.print_exc()
            ctx.exit(exit_code(error))


def exit_code(error: BaseException) -> int:
    """Says what the error means and gives the code to exit with."""
    match error:
        case KeyboardInterrupt():
            return INTERRUPTED
        case BrokenPipeError():
            _close_stdout()
            return PIPE_CLOSED
        case SpecError():
            say_findings(error.diagnostics, err=True)
        case Unfinished():
            say_findings(error.diagnostics, err=True)
            for path, bug in error.bugs.items():
                _say_bug(bug, f"{path}: ")
            return BUG
        case MissingLibrary():
            say_error(str(error))
        case OSError():
            _close_stdout()
            say_error(str(error))
        case _:
            _say_bug(error)
            return BUG
    return FINDINGS


def _say_bug(error: BaseException, place: str = "") -> None:
    kind = "" if isinstance(error, ArchcompileError) else f"{type(error).__name__}: "
    say_error(f"this is a bug in archcompile, please report it: {place}{kind}{error}")
    if os.environ.get("ARCHCOMPILE_TRACEBACK") != "1":
        click.echo("(ARCHCOMPILE_TRACEBACK=1 shows where)", err=True)


def _close_stdout() -> None:
    """Points standard output at nothing: the interpreter flushes it once more when it ends."""
    try:
        number = sys.stdout.fileno()
    except OSError:
        return  # a test's stream, which has no file
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, number)
    os.close(nothing)
