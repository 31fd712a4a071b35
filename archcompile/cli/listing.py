"""``archcompile list``: what networks there are, and what ops."""

from __future__ import annotations

import click

from archcompile.cli.console import say
from archcompile.cli.options import specs
from archcompile.cli.words import columns


@click.command("list")
@specs
@click.option("--ops", is_flag=True, help="List the ops that a spec can use, with arguments.")
def command(spec: tuple[str, ...], ops: bool) -> None:
    """List the networks that SPECs describe (default: specs/)."""
    if ops and spec:
        raise click.UsageError("--ops lists what archcompile knows, and takes no SPEC")
    for line in columns(_ops() if ops else _networks(spec)):
        say(line)


def _networks(spec: tuple[str, ...]) -> list[tuple[str, ...]]:
    from archcompile import driver  # late: help and completion need no compiler

    programs = [network.program for network in driver.load_all(spec, None, {})]
    return [(each.name, each.spec, each.title or "") for each in programs]


def _ops() -> list[tuple[str, ...]]:
    from archcompile.ops import all_ops  # late: help and completion need no op

    return [(key, op.title, ", ".join(op.model_fields)) for key, op in all_ops().items()]
