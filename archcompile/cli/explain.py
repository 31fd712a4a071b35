"""``archcompile explain``: what a code means, with a wrong and a right example."""

from __future__ import annotations

import click

from archcompile.cli.console import say
from archcompile.cli.words import columns
from archcompile.diagnostics import Code
from archcompile.diagnostics.explanation import explanation
from archcompile.diagnostics.suggest import closest


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a finding's CODE, such as AC502; without one, list all codes."""
    if code is None:
        for line in columns([_row(each) for each in Code]):
            say(line)
        return
    said = explanation(_code(code))
    say(f"{said.code.value}: {said.title} ({said.code.severity.value})")
    say("")
    for line in said.text.splitlines():
        say(line)


def _row(code: Code) -> tuple[str, ...]:
    return code.value, code.severity.value, explanation(code).title


def _code(word: str) -> Code:
    """The code of that number, with or without its letters. Raises a usage error."""
    wanted = word.strip().upper()
    wanted = f"AC{wanted}" if wanted.isdigit() else wanted
    known = {each.value: each for each in Code}
    if wanted not in known:
        near = closest(wanted, known)
        hint = f"did you mean {near}?" if near else "`archcompile explain` lists all"
        raise click.BadParameter(f"there is no code {word!r}; {hint}", param_hint="CODE")
    return known[wanted]
