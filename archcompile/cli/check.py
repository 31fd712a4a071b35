"""``archcompile check``: every finding of every file, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archcompile.cli.console import say, say_findings, say_plain
from archcompile.cli.door import FINDINGS
from archcompile.cli.options import selection, specs
from archcompile.cli.words import counted
from archcompile.diagnostics import Diagnostic, Severity, SpecError
from archcompile.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcompile.network import Network


@click.command("check")
@specs
@selection
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed: for people, programs, code scanning, or GitHub Actions.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@click.pass_context
def command(
    context: click.Context,
    spec: tuple[str, ...],
    variant: str | None,
    settings: dict[str, object],
    form: str,
    strict: bool,
) -> None:
    """Report every mistake in SPECs, which are files or folders (default: specs/; - is stdin)."""
    from archcompile import driver  # late: help and completion need no compiler

    networks: tuple[Network, ...] = ()
    try:
        checked = driver.check(spec, variant, settings, findings_only=True)
        networks, found = checked.networks, checked.findings
        if not checked.errors:
            driver.refuse_shared_folders(networks)
    except SpecError as error:
        found = error.diagnostics
    _say(found, networks, form)
    if (strict and found) or any(each.severity is Severity.ERROR for each in found):
        context.exit(FINDINGS)


def _say(found: Sequence[Diagnostic], networks: Sequence[Network], form: str) -> None:
    if form != "text":
        text = _form(found, form)
        if text:
            say_plain(text)
    elif found:
        say_findings(found, err=False)
    else:
        files = {network.program.spec for network in networks}
        say(f"{counted(len(networks), 'network')} in {counted(len(files), 'file')}: no findings")


def _form(found: Sequence[Diagnostic], form: str) -> str:
    """The findings for a program; each form is imported when it is asked for."""
    if form == "json":
        from archcompile.diagnostics.as_json import json_form

        return json_form(found)
    if form == "sarif":
        from archcompile.diagnostics.as_sarif import sarif_form

        return sarif_form(found, __version__)
    from archcompile.diagnostics.as_github import github_form

    return github_form(found)
