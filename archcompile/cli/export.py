"""``archcompile export``: models with weights, as other programs load them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcompile.cli.build import only
from archcompile.cli.console import arrow, say
from archcompile.cli.options import OUT, selection, specs
from archcompile.outputs import locked, usual_place

if TYPE_CHECKING:
    from archcompile.network import Network


@click.command("export")
@specs
@selection
@click.option("--onnx", is_flag=True, help="Write an ONNX model.")
@click.option(
    "-o",
    "output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write, for one network  [default: generated/<name>/<name>.onnx]",
)
@click.option(
    "--weights",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A safetensors or .pt file; without it weights are initialised from the seed.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--force", is_flag=True, help="Overwrite a file that archcompile did not write.")
def command(
    spec: tuple[str, ...],
    variant: str | None,
    settings: dict[str, object],
    onnx: bool,
    output: Path | None,
    weights: Path | None,
    seed: int,
    force: bool,
) -> None:
    """Write a model with weights of every network in SPECs (default: specs/)."""
    if not onnx:
        raise click.UsageError("say what to export: --onnx")
    from archcompile import driver  # late: help and completion need no compiler

    networks = driver.load_all(spec, variant, settings)
    if output is not None:
        only(networks, "-o names the file of")
    if weights is not None:
        only(networks, "--weights holds the weights of")
    origin = f"seed {seed}" if weights is None else str(weights)
    # a build that runs at the same time would swap the folder away under the model
    with nullcontext() if output is not None else locked(OUT):
        for network in networks:
            path = output or _usual(network)
            network.save_onnx(path, weights=weights, seed=seed, force=force)
            say(f"{network.name}  {origin}  {arrow()} {path} ({path.stat().st_size:,} bytes)")


def _usual(network: Network) -> Path:
    """The model's place beside what ``build`` writes, in a folder that is there."""
    return usual_place(OUT / network.name / f"{network.name}.onnx")
