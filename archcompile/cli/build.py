"""``archcompile build``: the artefacts of every network, written, compared or shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcompile.cli.console import arrow, say, say_diff, say_findings, say_plain
from archcompile.cli.door import FINDINGS
from archcompile.cli.options import OUT, selection, specs
from archcompile.cli.words import columns, counted
from archcompile.diagnostics import Code, Diagnostic, terminal_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcompile.driver import Built
    from archcompile.ir.dim import Dim
    from archcompile.network import Network

ARTEFACTS = ("ir", "source", "onnx", "report", "svg")


@click.command("build")
@specs
@selection
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=OUT,
    show_default=True,
    help="The folder in which each network gets a folder of its own.",
)
@click.option("--check", is_flag=True, help="Write nothing; show what a build would change.")
@click.option("--force", is_flag=True, help="Overwrite files that archcompile did not write.")
@click.option(
    "--emit", type=click.Choice(ARTEFACTS), help="Print this artefact of one network instead."
)
@click.pass_context
def command(
    context: click.Context,
    spec: tuple[str, ...],
    variant: str | None,
    settings: dict[str, object],
    out: Path,
    check: bool,
    force: bool,
    emit: str | None,
) -> None:
    """Write source, ONNX text, report and picture of every network in SPECs (default: specs/)."""
    if sum((check, force, emit is not None)) > 1:
        raise click.UsageError("--check, --force and --emit exclude each other")
    from archcompile import driver  # late: help and completion need no compiler

    checked = driver.check(spec, variant, settings)
    say_findings(checked.findings, err=True)
    if checked.errors:
        context.exit(FINDINGS)
    networks = checked.networks
    if emit is not None:
        say_plain(_artefact(only(networks, "--emit prints"), emit))
    elif check:
        _compare(context, driver.build_check(networks, out), len(networks), out)
    else:
        for line in _lines(networks, driver.build(networks, out, force)):
            say(line)


def only(networks: Sequence[Network], claim: str) -> Network:
    """The one network there is; a usage error that names all of them if there are more."""
    if len(networks) != 1:
        names = ", ".join(network.name for network in networks)
        raise click.UsageError(f"{claim} one network; pick with --variant NAME: {names}")
    return networks[0]


def _artefact(network: Network, kind: str) -> str:
    match kind:
        case "ir":
            return "\n".join(map(terminal_text, network.ir().splitlines()))  # for people only
        case "source":
            return network.source()
        case "onnx":
            return network.onnx_text()
        case "svg":
            return network.svg()
        case _:
            return str(network.report())


def _compare(context: click.Context, diff: str, count: int, out: Path) -> None:
    if not diff:
        say(f"{counted(count, 'network')} in {out}/: up to date")
        return
    say_diff(diff)
    stale = Diagnostic(
        Code.OUT_OF_DATE,
        f"`{out}` is not what the specs say",
        None,
        help="build again without --check, and commit what changes",
    )
    say_findings([stale], err=True)
    context.exit(FINDINGS)


def _lines(networks: Sequence[Network], results: Sequence[Built]) -> list[str]:
    """``lenet5  61,706 parameters  416,520 MACs  → generated/lenet5/ (4 files)``"""
    rows: list[tuple[str, ...]] = []
    for network, built in zip(networks, results, strict=True):
        total = network.facts.costs.total
        news = counted(len(built.files), "file") if built.written else "unchanged"
        counts = (f"{_grouped(total.parameters)} parameters", f"{_grouped(total.macs)} MACs")
        rows.append((network.name, *counts, f"{arrow()} {built.folder}/ ({news})"))
    return columns(rows)


def _grouped(size: Dim) -> str:
    """``61,706``; ``f(H, W)`` where the size depends on the input's."""
    if size.constant is None:
        return f"f({', '.join(sorted(size.symbols))})"
    return f"{size.constant:,}"
