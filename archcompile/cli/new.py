"""``archcompile new``: a spec to start from, with comments, that builds; and its schema."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from archcompile.cli.console import choose_color, say
from archcompile.cli.schema import modeline, schema_place, write_text
from archcompile.diagnostics import Code, Diagnostic, SourceFile, Span, SpecError

FAMILIES = ("cnn", "lenet5", "alexnet", "vgg", "googlenet", "resnet")
"""The starters, each a file of ``starters/``: small nets in the form of their family."""
SPECS = Path("specs")


@click.command("new")
@click.argument("name")
@click.option(
    "--like",
    type=click.Choice(FAMILIES),
    default=FAMILIES[0],
    show_default=True,
    help="The family whose form the starter has.",
)
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write  [default: specs/NAME.yaml]",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@choose_color
def command(name: str, like: str, out: Path | None, force: bool) -> None:
    """Write a spec called NAME to start from."""
    _check_name(name)
    path = out or SPECS / f"{name}.yaml"
    _write(path, starter(like, name), is_usual=out is None, force=force)
    say(f"wrote {path}")
    say(f"wrote {schema_place(path)}, which tells editors of it")
    say(f"next: archcompile build {path}")


def starter(like: str, name: str) -> str:
    """The text of a family's starter for a network of that name."""
    template = files("archcompile.cli").joinpath("starters", f"{like}.yaml")
    return Template(template.read_text(encoding="utf-8")).substitute(name=name)


def _check_name(name: str) -> None:
    """Raises SpecError for what could not be the ``name`` of a spec."""
    from archcompile.frontend.document.fields import (
        check_title_name,  # late: help needs no compiler
    )
    from archcompile.frontend.findings import Findings
    from archcompile.frontend.text.tree import Scalar

    findings = Findings()
    place = Span(SourceFile("NAME", name), 1, 1, 1, 1 + len(name))
    check_title_name(findings, Scalar(place, name, name, plain=True), "a network")
    if findings.found:
        raise SpecError(replace(each, span=None) for each in findings.found)


def _write(path: Path, text: str, *, is_usual: bool, force: bool) -> None:
    """A spec, and its schema beside it; the spec only where the schema could be written.

    Raises SpecError where a file is there already, or none can be written.
    """
    from archcompile.outputs import file_output, usual_place  # late: help writes nothing
    from archcompile.schema import as_text, schema
    from archcompile.weights.writing import replaced

    if path.is_file() and not force:
        help = "choose another name, or pass --force to overwrite it"
        raise SpecError([Diagnostic(Code.NOT_OURS, f"`{path}` is there already", None, help=help)])
    if is_usual:
        usual_place(path)
        usual_place(schema_place(path))
    with file_output(path, force=force) as place:
        own = as_text(schema(SourceFile(str(path), text)))
        write_text(schema_place(path), own, force=force)
        with replaced(place) as file:
            file.write((modeline(schema_place(path)) + text).encode())
