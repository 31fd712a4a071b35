"""``archcompile list``: what networks there are."""

from __future__ import annotations

import click

from archcompile.cli.console import say
from archcompile.cli.options import specs
from archcompile.cli.words import columns


@click.command("list")
@specs
def command(spec: tuple[str, ...]) -> None:
    """List the networks that SPECs describe (default: specs/)."""
    from archcompile import driver  # late: help and completion need no compiler

    networks = driver.load_all(spec, None, {})
    programs = [network.program for network in networks]
    for line in columns([(each.name, each.spec, each.title or "") for each in programs]):
        say(line)
