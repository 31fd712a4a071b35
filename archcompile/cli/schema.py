"""``archcompile schema``: what editors know of specs, as a JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click

from archcompile.cli.console import choose_color, say, say_plain


@click.command("schema")
@click.argument("spec", required=False, type=click.Path(readable=False, path_type=Path))
@click.option(
    "-o",
    "output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write, beside the spec: specs/NAME.schema.json, say.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that archcompile did not write.")
@choose_color
def command(spec: Path | None, output: Path | None, force: bool) -> None:
    """Print the JSON Schema that editors check and complete specs with.

    With a SPEC it knows the blocks and parameters of that file, and of the files that it uses.
    """
    from archcompile import schema  # late: help and completion need no compiler

    whole = schema.as_text(schema.schema() if spec is None else schema.schema_of_file(spec))
    if output is None:
        say_plain(whole)
        return
    write_text(output, whole, force=force)
    say(f"wrote {output}")


def schema_place(spec: Path) -> Path:
    """Where the schema of a spec stands: beside it."""
    return spec.with_name(f"{spec.stem}.schema.json")


def modeline(schema: Path) -> str:
    """The first line of a spec, by which editors find the schema beside it."""
    return f"# yaml-language-server: $schema={schema.name}\n"


def write_text(path: Path, text: str, *, force: bool) -> None:
    """A file, whole. Raises ``SpecError`` where one of another origin is in the way."""
    from archcompile.outputs import file_output  # late: help writes nothing
    from archcompile.weights.writing import replaced

    with file_output(path, force=force) as place, replaced(place) as file:
        file.write(text.encode())
