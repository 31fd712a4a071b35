"""``archcompile check``: every finding of every file, in one run."""

from __future__ import annotations

import click

from archcompile.cli.console import say, say_findings
from archcompile.cli.door import FINDINGS
from archcompile.cli.options import selection, specs
from archcompile.cli.words import counted
from archcompile.diagnostics import SpecError


@click.command("check")
@specs
@selection
@click.pass_context
def command(
    context: click.Context, spec: tuple[str, ...], variant: str | None, settings: dict[str, object]
) -> None:
    """Report every mistake in SPECs, which are files or folders (default: specs/)."""
    from archcompile import driver  # late: help and completion need no compiler

    try:
        networks = driver.load_all(spec, variant, settings)
        driver.refuse_shared_folders(networks)
    except SpecError as error:
        say_findings(error.diagnostics, err=False)
        context.exit(FINDINGS)
    files = {network.program.spec for network in networks}
    say(f"{counted(len(networks), 'network')} in {counted(len(files), 'file')}: no findings")
