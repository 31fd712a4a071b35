"""``archcompile report``: what a network is made of and what it costs."""

from __future__ import annotations

import click

from archcompile.cli.console import choose_color, say_plain, width
from archcompile.cli.options import selection


@click.command("report")
@click.argument("spec", type=click.Path(readable=False))
@choose_color
@selection
@click.option(
    "form",
    "--format",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
)
def command(spec: str, variant: str | None, settings: dict[str, object], form: str) -> None:
    """Show layers, sizes and costs of the networks in SPEC.

    JSON is one object for one network, and a list of them for a file with several.
    """
    from archcompile import driver  # late: help and completion need no compiler

    reports = [network.report() for network in driver.load_all((spec,), variant, settings)]
    if form == "json":
        forms = [report.to_json() for report in reports]
        say_plain(forms[0] if len(forms) == 1 else "[\n" + ",\n".join(forms) + "\n]")
    elif form == "markdown":
        say_plain("\n".join(report.to_markdown() for report in reports))
    else:
        say_plain("\n\n".join(report.to_table(width()) for report in reports))
