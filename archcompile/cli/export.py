"""``archcompile export``: models with weights, as other programs load them."""

from __future__ import annotations

from pathlib import Path

import click

from archcompile.cli.build import only
from archcompile.cli.console import arrow, say
from archcompile.cli.options import OUT, selection, specs


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
    for network in networks:
        path = OUT / network.name / f"{network.name}.onnx" if output is None else output
        network.save_onnx(path, weights=weights, seed=seed, force=force)
        origin = f"seed {seed}" if weights is None else str(weights)
        say(f"{network.name}  {origin}  {arrow()} {path} ({path.stat().st_size:,} bytes)")
