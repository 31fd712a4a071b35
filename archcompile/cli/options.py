"""The arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from archcompile.cli.console import choose_color
from archcompile.diagnostics import terminal_text

_Function = TypeVar("_Function", bound=Callable[..., object])

OUT = Path("generated")
"""Where builds go unless ``--out`` says otherwise."""


@dataclass(frozen=True, slots=True)
class Setting:
    """``--set name=value``: a parameter of the spec and the value that the caller gives it."""

    name: str
    value: object


def specs(function: _Function) -> _Function:
    """The argument SPEC...: files and folders, nothing for ``specs/``; and ``--color``."""
    argument = click.argument("spec", nargs=-1, type=click.Path(readable=False))
    return argument(choose_color(function))


def selection(function: _Function) -> _Function:
    """``--variant`` and ``--set``, which pick a network of a file and set its parameters."""
    variant = click.option(
        "--variant", metavar="NAME", help="Take this network of a file, not all of them."
    )
    settings = click.option(
        "settings",
        "--set",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_settings,
        help="Set a parameter of the spec; the value is read as YAML.",
    )
    return variant(settings(function))


def _settings(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, object]:
    settings = [_setting(context, parameter, text) for text in texts]
    return {setting.name: setting.value for setting in settings}


def _setting(context: click.Context, parameter: click.Parameter, text: str) -> Setting:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", context, parameter)
    from archcompile.cli.values import read_value  # late: it loads the reader

    try:
        return Setting(name, read_value(value))
    except ValueError as error:
        message = terminal_text(f"{name}: {error}")
        raise click.BadParameter(message, context, parameter) from error
