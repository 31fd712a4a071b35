"""Specs all the way to a module: what the source says is what the spec says, in every structure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archcompile.backends.pytorch import hold, load_class, source
from archcompile.driver import load
from archcompile.ir.program import Program

BLOCKS = """
blocks:
  conv_bn_relu:
    params: {width: int, kernel_size: 3, stride: 1, normalise: true}
    sequence:
      - conv2d:
          out_channels: width
          kernel_size: kernel_size
          stride: stride
          padding: kernel_size // 2
          bias: false
      - {when: normalise, batch_norm2d}
      - relu
  block:
    params: {width: int, stride: 1}
    layers:
      - {name: conv1, conv2d: [width, 3, stride, 1, bias: false]}
      - {name: bn1, batch_norm2d}
      - name: short
        from: x
        when: stride != 1 or x.channels != width
        conv2d: {out_channels: width, kernel_size: 1, stride: stride}
      - {add, from: [bn1, short]}
      - relu
  wide:
    params: {width: int, expand: 4}
    layers:
      - {name: pw, conv_bn_relu: {width: expand * width, kernel_size: 1}}
      - name: dw
        conv2d: {out_channels: in.channels, kernel_size: 3, padding: 1, groups: in.channels}
      - {name: a, conv_bn_relu: [width, 1, normalise: false]}
      - {name: b, from: dw, conv_bn_relu: [width, 1]}
      - {concat, from: [a, b]}
  row:
    params: {width: int, depth: 2}
    sequence:
      - {repeat: depth, layers: [{conv2d: [width, 1]}, {when: width > 4, relu}]}
"""

TAIL = """
  - {name: avgpool, adaptive_avg_pool2d: 1}
  - flatten
  - {name: fc, linear: classes}
"""

BODIES = {
    "calls": "  - {name: stem, conv_bn_relu: [16]}\n  - {name: head, wide: [8]}",
    "repeats": (
        "  - {name: layer1, repeat: 2, block: {width: 16}}\n"
        "  - {name: layer2, repeat: 3, block: {width: 32, stride: 2 if index == 0 else 1}}"
    ),
    "names_in_a_chain": (
        "  - name: dense\n"
        "    sequence:\n"
        "      - for: {i: range(3)}\n"
        "        layers: [{name: 'conv{i + 1}', conv2d: [8 * (i + 2), 1]}, relu]"
    ),
    "loops_in_loops": (
        "  - name: features\n"
        "    sequence:\n"
        "      - for: {depth: [1, 2], width: [8, 16]}\n"
        "        layers:\n"
        "          - {repeat: depth, layers: [{conv2d: [width, 3, padding: 1]}, relu]}\n"
        "          - sequence: [{repeat: depth, conv2d: [width, 1]}, {max_pool2d: 2}]"
    ),
    "chains_in_chains": (
        "  - name: tail\n"
        "    sequence:\n"
        "      - {repeat: 3, row: [2]}\n"
        "      - sequence: [{row: [5, depth: 3]}, relu, {sequence: [tanh, {dropout: rate}]}]"
    ),
    "two_chains_with_loops": (
        "  - {name: first, sequence: [{repeat: 2, layers: [{conv2d: [4, 1]}, relu]}]}\n"
        "  - {name: second, sequence: [{repeat: 3, layers: [{conv2d: [5, 1]}, tanh]}]}"
    ),
}
HEAD = "archcompile: 1\nname: net\nparams: {classes: 7, rate: 0.25}\ninput: [N, 3, 16, 16]\n"

ODD = """\
archcompile: 1
name: odd
title: "A \\"\\"\\"quoted\\"\\"\\" title with \\\\ backslash, ünïcode, 残差, and another line"
cite: {paper: 'x" \"\"\"', section: "\\\\"}
params: {torch: 10, list: 3, layers: 2, nn: 0.5}
input: {self: [N, 3, 8, 8], super: [N, 3, 8, 8]}
blocks:
  strange:
    params: {zip: int, classes: 1}
    layers:
      - {name: conv, conv2d: {out_channels: zip, kernel_size: classes}}
      - {when: classes == 1, dropout: {p: 0.25}}
  module:
    params: {super: int, depth: 2}
    sequence:
      - {repeat: depth, layers: [{conv2d: [super, 1]}, {when: super > 4, relu}]}
layers:
  - {name: add, from: [self, super], add: {}}
  - {name: x, strange: [torch, 1]}
  - {name: out, strange: [list]}
  - {name: image, module: [4]}
  - {name: Strange, module: [super: 5, depth: 3]}
  - {name: layers, sequence: [{repeat: 3, module: [2]}, {sequence: [relu, {dropout: nn}]}]}
  - {name: flat, flatten}
  - {name: last_, linear: torch}
outputs: [last_, x]
"""
SPECS = {name: f"{HEAD}{BLOCKS}layers:\n{body}{TAIL}" for name, body in BODIES.items()} | {
    "odd": ODD
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Program]:
    folder = tmp_path_factory.mktemp("specs")
    found: dict[str, Program] = {}
    for name, text in SPECS.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        found[name] = load(path).program
    return found


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_becomes_a_module_with_its_keys_and_shapes(
    programs: dict[str, Program], name: str
) -> None:
    program = programs[name]
    text = source(program)
    hold(text, program)
    module = load_class(text, name)().eval()
    assert {key: list(each.shape) for key, each in module.state_dict().items()} == {
        f"{node.path}.{weight.name}": list(map(int, weight.shape))
        for node in program.nodes()
        for weight in node.weights()
    }
    made = module(*(torch.zeros(2, *map(int, each.type.dims[1:])) for each in program.inputs))
    outputs = made if isinstance(made, tuple) else (made,)
    assert [list(each.shape)[1:] for each in outputs] == [
        list(map(int, output.value.type.dims[1:])) for output in program.outputs
    ]


def test_all_of_them_are_clean_files(programs: dict[str, Program], tmp_path: Path) -> None:
    for name, program in programs.items():
        (tmp_path / f"{name}.py").write_text(source(program), encoding="utf-8", newline="\n")
    checks = (
        ("ruff", "check", "--isolated", "--no-cache"),
        ("ruff", "format", "--isolated", "--no-cache", "--diff"),
        ("mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}"),
    )
    for check in checks:
        command = [sys.executable, "-m", *check, "."]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


CACHE = Path(__file__).parents[3] / ".mypy_cache" / "generated"


def test_a_loop_stays_a_loop(programs: dict[str, Program]) -> None:
    text = source(programs["loops_in_loops"])
    assert "for depth, width in ((1, 8), (2, 16)):" in text
    assert text.count("nn.Conv2d") == 2


LISTS = """\
archcompile: 1
name: net
input: [N, 4, 8, 8]
blocks:
  listed:
    params: {rates: [0.5, 0.25], mixed: [1, 0.5], whole: [1, 2]}
    layers:
      - {dropout: "rates[0]"}
      - {dropout: "mixed[1]"}
      - {conv2d: ["whole[1]", 1]}
layers: [{listed: {}}, {listed: {rates: [0.1, 0.3], mixed: [0.5, 0.25], whole: [3, 4]}}]
"""


def test_a_list_s_parameter_has_the_type_of_its_items(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(LISTS, encoding="utf-8")
    text = load(path).source()
    assert (
        """
    def __init__(
        self,
        in_channels: int,
        rates: tuple[float, ...] = (0.5, 0.25),
        mixed: tuple[float, ...] = (1, 0.5),
        whole: tuple[int, ...] = (1, 2),
    ) -> None:
        super().__init__()
"""
        in text
    )
