"""A real YAML language server with our schemas: what people see who write a spec in an editor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from documents import ROOT
from language_server import LanguageServer, Squiggle, install, running

from archcompile.cli import cli
from archcompile.cli.schema import modeline
from archcompile.schema import as_text, schema, schema_of_file

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
GENERAL = modeline(Path("archcompile.schema.json")) + "archcompile: 1\nname: net\n"
HEAD = GENERAL + "input: [N, 3, 32, 32]\n"
FIRST = HEAD.count("\n") + 2
"""The line of the first layer."""
RESNET = HEAD.replace("archcompile.schema", "resnet.schema")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's program, installed for this file."""
    return install(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def server(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a folder with every spec's schema."""
    folder = tmp_path_factory.mktemp("specs")
    (folder / "archcompile.schema.json").write_text(as_text(schema()), encoding="utf-8")
    for spec in SPECS:
        text = as_text(schema_of_file(spec))
        (folder / f"{spec.stem}.schema.json").write_text(text, encoding="utf-8")
    with running(program, folder) as found:
        yield found


def test_a_new_spec_has_no_squiggle_and_the_server_ends(program: Path, tmp_path: Path) -> None:
    made = CliRunner().invoke(cli, ["new", "tiny", "--out", str(tmp_path / "tiny.yaml")])
    assert made.exit_code == 0
    with running(program, tmp_path) as server:
        text = (tmp_path / "tiny.yaml").read_text(encoding="utf-8")
        assert server.squiggles(text) == []
        assert [each.text for each in server.squiggles(f"{text}tite: Tiny\n")] == ["tite"]
    assert server.process.returncode == 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_right_spec_has_no_squiggle(spec: Path, server: LanguageServer) -> None:
    head = modeline(Path(f"{spec.stem}.schema.json"))
    assert server.squiggles(head + spec.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "squiggles"),
    [
        ("conv2d: {out_channels: 8, kernel_size: 3, kernel: 3}", [("kernel", "not allowed")]),
        ("conv2d: [8, 3, pading: 1]", [("pading", "not allowed")]),
        ("conv2d: {out_channels: 8, kernel_size: true}", [("true", "string, integer, array")]),
        ("conv2d: [8, 3, padding: [1, 2, 3]]", [("[1, 2, 3]", "2 or fewer")]),
        ("conv2d: [0, 3]", [("0", "minimum of 1")]),
        ("conv2d: {out_channels: 8}", [("conv2d", 'Missing property "kernel_size"')]),
        ("conv2: [8, 3]", [("conv2", "no op, no block")]),
        ("rulu", [("rulu", "no op and no block")]),
        ("conv2d", [("conv2d", "stands alone")]),
        ("{nmae: stem, relu}", [("nmae", "no key of a line")]),
        ("{name: stem}", [("{", "lacks an op")]),
        ("{relu, conv2d: [8, 3]}", [("relu", "beside `conv2d` there may be name")]),
        ("dropout: [0.5, false, 3]", [("3", "`dropout` takes at most 2 by position")]),
        ("relu: {inplace: true}", [("true", "Valid values: false")]),
        ("{for: {i: 3}, layers: [relu]}", [("3", "array, string")]),
        ("{sequence: [{from: x, relu}]}", [("from", "no key of a line of a chain")]),
        ("branches: {left: {name: a, relu}}", [("name", "the branch's key is the name")]),
        ("basic_block: {width: 8, option: A, wdth: 3}", [("wdth", "not allowed")]),
        ("basic_block: {width: true, option: A}", [("true", "string, integer, array")]),
        ("{layer1: [8]}", [("layer1", "no op, no block")]),
    ],
)
def test_a_squiggle_is_under_what_is_wrong(
    line: str, squiggles: list[tuple[str, str]], server: LanguageServer
) -> None:
    found = server.squiggles(f"{RESNET}layers:\n  - {line}\n")
    assert [each.text for each in found] == [text for text, _ in squiggles]
    for each, (text, message) in zip(found, squiggles, strict=True):
        assert (each.line, each.column) == (FIRST, 5 + line.rindex(text))
        assert message in each.message


def test_keys_of_the_file_have_squiggles(server: LanguageServer) -> None:
    found = server.squiggles(f"{HEAD}layres: [relu]\nlayers: [relu]\nexpect: {{mac: 1}}\n")
    first = FIRST - 1
    assert found == [
        Squiggle("layres", first, 1, "Property layres is not allowed."),
        Squiggle("mac", first + 2, 10, "Property mac is not allowed."),
    ]


def test_without_a_spec_other_words_may_be_blocks(server: LanguageServer) -> None:
    assert server.squiggles(f"{HEAD}layers: [mine, {{yours: 3}}]\n") == []


def test_a_list_of_layers_is_completed_with_ops_and_blocks(server: LanguageServer) -> None:
    offered = server.completions(f"{RESNET}layers:\n  - |\n")
    assert offered["relu"] == "relu"
    assert offered["conv2d"].split() == ["conv2d:", "out_channels:", "$1", "kernel_size:", "$2"]
    assert {"basic_block", "bottleneck", "block", "name", "residual", "exchange"} <= set(offered)
    general = server.completions(f"{HEAD}layers:\n  - |\n")
    assert "conv2d" in general
    assert "basic_block" not in general


def test_a_chain_is_not_completed_with_what_it_cannot_hold(server: LanguageServer) -> None:
    offered = server.completions(f"{RESNET}layers:\n  - sequence:\n      - |\n")
    assert {"relu", "conv2d", "name", "repeat"} <= set(offered)
    assert not {"from", "residual", "apply", "exchange"} & set(offered)


def test_arguments_are_completed_with_their_defaults(server: LanguageServer) -> None:
    offered = server.completions(f"{HEAD}layers:\n  - conv2d:\n      out_channels: 8\n      |\n")
    assert offered["stride"] == "stride: ${1:1}"
    assert offered["kernel_size"] == "kernel_size: "
    assert "out_channels" not in offered
    assert "relu" not in offered
    block = server.completions(f"{RESNET}layers:\n  - basic_block:\n      |\n")
    assert {"width", "stride", "option", "skip"} <= set(block)


def test_what_stands_beside_an_op_is_completed(server: LanguageServer) -> None:
    offered = server.completions(f"{HEAD}layers:\n  - conv2d: [8, 3]\n    |\n")
    assert {"name", "from", "when", "repeat", "init"} <= set(offered)
    assert "relu" not in offered


def test_words_of_a_slot_are_completed(server: LanguageServer) -> None:
    mode = "{out_channels: 8, kernel_size: 3, padding_mode: |}"
    offered = server.completions(f"{HEAD}layers:\n  - conv2d: {mode}\n")
    assert set(offered) == {"zeros", "reflect", "replicate", "circular"}
    choice = server.completions(f"{RESNET}layers:\n  - basic_block: {{option: |}}\n")
    assert set(choice) == {"A", "B", "C"}


def test_keys_of_the_file_are_completed(server: LanguageServer) -> None:
    offered = server.completions(f"{HEAD}|\nlayers: [relu]\n")
    assert {"title", "params", "variants", "blocks", "outputs", "expect", "allow"} <= set(offered)
    assert "layers" not in offered


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("con|v2d: [8, 3]", ["conv2d(out_channels, kernel_size, stride=1", "Convolution"]),
        ("re|lu", ["relu(inplace=false)", "Rectified linear unit"]),
        ("conv2d: {str|ide: 2}", ["Steps between windows.", "Default: `1`."]),
        ("conv2d: [8, |3]", ["Height and width of the kernel.", "Required."]),
        ("conv2d: [8, 3, stri|de: 2]", ["Steps between windows.", "Default: `1`."]),
        ("basic_b|lock: {width: 8}", ["basic_block(width, stride=1, option, skip=true)"]),
        ("basic_block: {sk|ip: true}", ["`true` or `false`", "Default: `true`."]),
        ("{wh|en: true, relu}", ["A condition"]),
    ],
)
def test_hovering_shows_what_a_word_means(
    line: str, shown: list[str], server: LanguageServer
) -> None:
    found = server.hover(f"{RESNET}layers:\n  - {line}\n")
    assert [text for text in shown if text not in found] == []


def test_keys_of_the_file_are_explained(server: LanguageServer) -> None:
    assert "Claims that every build checks." in server.hover(f"{HEAD}exp|ect: {{macs: 1}}\n")
