"""``archcompile verify``: run the artefacts and show that they compute one function."""

from __future__ import annotations

import json
from pathlib import Path

import click

from archcompile.cli.build import only
from archcompile.cli.console import say, say_plain
from archcompile.cli.door import FINDINGS
from archcompile.cli.options import selection, specs


@click.command("verify")
@specs
@selection
@click.option(
    "--source",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Verify this source too, for one network.",
)
@click.option(
    "--onnx",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Verify this model too, for one network.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--exact", is_flag=True, help="Compare bit by bit too, on integers that no sum rounds."
)
@click.option(
    "--reference/--no-reference",
    default=True,
    show_default=True,
    help="Compare with the NumPy reference too, or the artefacts with each other alone.",
)
@click.option("as_json", "--json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def command(
    context: click.Context,
    spec: tuple[str, ...],
    variant: str | None,
    settings: dict[str, object],
    source: Path | None,
    onnx: Path | None,
    seed: int,
    exact: bool,
    reference: bool,
    as_json: bool,
) -> None:
    """Run source, ONNX and the NumPy reference of every network in SPECs, and compare."""
    from archcompile import driver, verification  # late: help and completion need no compiler

    networks = driver.load_all(spec, variant, settings)
    if source is not None or onnx is not None:
        only(networks, "--source and --onnx are files of")
    outcomes = []
    for network in networks:
        outcome = verification.verify(
            network, source=source, onnx=onnx, seed=seed, exact=exact, reference=reference
        )
        outcomes.append(outcome)
        for line in () if as_json else outcome.lines():
            say(line)
    if as_json:
        forms = [outcome.to_dict() for outcome in outcomes]
        say_plain(json.dumps(forms[0] if len(forms) == 1 else forms, indent=2))
    if not all(outcome.agree for outcome in outcomes):
        context.exit(FINDINGS)
