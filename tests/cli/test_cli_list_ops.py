"""``archcompile list --ops``: what a spec can use."""

from __future__ import annotations

from click.testing import CliRunner

from archcompile.cli import cli
from archcompile.ops import all_ops


def test_every_op_is_listed_with_its_arguments() -> None:
    result = CliRunner().invoke(cli, ["list", "--ops"])
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert [line.split()[0] for line in lines] == list(all_ops())
    assert next(line for line in lines if line.startswith("dropout ")).endswith("  p, inplace")


def test_ops_are_not_those_of_a_spec() -> None:
    result = CliRunner().invoke(cli, ["list", "--ops", "specs"])
    assert result.exit_code == 2
    assert "--ops lists what archcompile knows, and takes no SPEC" in result.output
