"""The command line: thin commands over the driver, each loaded when it is called."""

from __future__ import annotations

import gc
import io
import os
import sys

import click

from archcompile.cli.console import choose_color
from archcompile.cli.door import Command, Door, exit_code
from archcompile.version import __version__

__all__ = ["cli", "main"]

COMMANDS = (
    Command("new", "new", "Write a spec to start from."),
    Command("check", "check", "Report every mistake in specs."),
    Command("build", "build", "Write source, ONNX text, report and picture."),
    Command("export", "export", "Write a model with weights."),
    Command("report", "report", "Show a network's layers, sizes and costs."),
    Command("verify", "verify", "Run the artefacts and show that they agree."),
    Command("explain", "explain", "Explain a finding's code."),
    Command("schema", "schema", "Print what editors know of specs."),
    Command("list", "listing", "List the networks that specs describe."),
    Command("completion", "completion", "Print a shell's completion script."),
)


class Commands(Door):
    """The commands of archcompile."""

    lazy = COMMANDS


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 findings, 2 usage, 70 a bug in archcompile.",
)
@click.version_option(__version__, prog_name="archcompile", message="%(prog)s %(version)s")
@choose_color
def cli() -> None:
    """Compile YAML specs of neural networks into PyTorch, ONNX, reports and pictures."""


def main() -> None:
    """The console script. Text that a terminal's encoding lacks is escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # a command lives for a moment: looking for rubbish every 700 objects is 6 % of its time, and
    # what the largest spec becomes is no rubbish
    gc.set_threshold(2_000_000, 20, 20)
    # no plugin of an environment has a say in what a spec means, and looking for some takes time
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        cli.main(prog_name="archcompile")
    except OSError as error:  # from what click itself prints: help and version
        sys.exit(exit_code(error))
    finally:
        gc.freeze()  # the interpreter looks for rubbish once more when it ends, in all there is
