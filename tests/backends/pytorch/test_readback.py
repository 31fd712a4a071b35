"""Read-back: a text that differs from its program in anything is refused before it is written."""

from __future__ import annotations

import ast
import io
import tokenize

import pytest

from archcompile.backends.pytorch import hold, source
from archcompile.diagnostics import InternalError
from archcompile.ir.program import Program
from tests.backends.pytorch.networks import every_network
from tests.backends.pytorch.written import lenet

NETWORKS = every_network()

EDITS = [
    ("lenet5", "nn.Conv2d(1, 6, 5)", "nn.Conv2d(1, 6, 3)"),
    ("lenet5", "nn.Conv2d(1, 6, 5)", "nn.Conv2d(1, 6, 5, bias=False)"),
    ("lenet5", "nn.Conv2d(1, 6, 5)", "nn.Conv1d(1, 6, 5)"),
    ("lenet5", "self.s2 = nn.AvgPool2d(2)", "self.s2 = nn.MaxPool2d(2)"),
    ("lenet5", "self.f6 = nn.Linear(120, 84)", "self.f7 = nn.Linear(120, 84)"),
    ("lenet5", "classes: int = 10", "classes: int = 11"),
    ("lenet5", "classes: int = 10", "classes: int = print()"),
    ("lenet5", "classes: int = 10", "kinds: int = 10"),
    ("lenet5", "nn.Linear(84, classes)", "nn.Linear(84, classes + 1)"),
    ("lenet5", "x = self.tanh2(x)", "x = self.tanh(x)"),
    ("lenet5", "x = self.tanh2(x)", "x = self.tanh2(image)"),
    ("lenet5", "        x = self.tanh2(x)\n", ""),
    ("lenet5", "        x = self.tanh2(x)\n", "        x = self.tanh2(x)\n        print(x)\n"),
    ("lenet5", "        x = self.tanh2(x)\n", "        x = self.tanh2(x)\n        y = x\n"),
    ("lenet5", "        return x", "        return image"),
    ("lenet5", "        return x", "        return self.tanh(x)"),
    (
        "lenet5",
        "        self.tanh = nn.Tanh()\n",
        "        self.tanh = nn.Tanh()\n        hidden = 3\n",
    ),
    (
        "lenet5",
        "        self.tanh = nn.Tanh()\n",
        "        self.tanh = nn.Tanh()\n        exec('1')\n",
    ),
    ("lenet5", "        self.tanh = nn.Tanh()\n", "        while True: pass\n"),
    ("lenet5", "        super().__init__()\n", ""),
    ("lenet5", "self.output = nn.Linear(84, classes)", "self.output = self.f6"),
    ("lenet5", "import torch\n", "import os\nimport torch\n"),
    ("lenet5", "import torch\n", "import torch.nn.functional as torch\n"),
    ("lenet5", "from torch import nn\n", "from torch import nn  # coding: utf-7\n"),
    ("lenet5", "# Spec: lenet5.yaml", "# Spec: vgg.yaml"),
    ("lenet5", "61,706 parameters", "61,707 parameters"),
    ("lenet5", "image: torch.Tensor", "image: exec('1')"),
    ("lenet5", "-> torch.Tensor", "-> exec('1')"),
    ("lenet5", "x: torch.Tensor = ", "x: exec('1') = "),
    ("lenet5", "class LeNet5(nn.Module)", "class LeNet5(nn.Module, metaclass=type)"),
    ("lenet5", "class LeNet5(nn.Module)", "@print\nclass LeNet5(nn.Module)"),
    ("lenet5", "class LeNet5(nn.Module)", "class LeNet6(nn.Module)"),
    ("lenet5", "    def forward(", "    def train(self) -> None: ...\n\n    def forward("),
    ("lenet5", "    def forward(self, ", "    def forward(self, *, "),
    ("lenet5", "        return x\n", "        return x\n\n\nprint()\n"),
    ("lenet5", "        return x\n", "        return x\n\n\nclass Other(nn.Module):\n    pass\n"),
    ("lenet5", "        return x\n", "        return (x\n"),
    ("vgg", "in_channels = width", "in_channels = 3"),
    ("vgg", "range(depth)", "range(depth + 1)"),
    ("vgg", "range(depth)", "range(10**9)"),
    ("vgg", "(2, 16)", "(2, 17)"),
    ("vgg", "layers.append(nn.ReLU())", "layers.append(nn.ReLU(True))"),
    ("vgg", "layers.append(nn.ReLU())", "layers.insert(0, nn.ReLU())"),
    ("vgg", "                layers.append(nn.ReLU())", "                pass"),
    ("resnet", "stride != 1 or", "stride == 1 or"),
    ("resnet", "else nn.Identity()", "else nn.ReLU()"),
    ("resnet", "out = out + downsample", "out = downsample + out"),
    ("resnet", "out = out + downsample", "out = out - downsample"),
    ("resnet", "out = out + downsample", "out = out + x"),
    ("resnet", "stride: int = 1", "stride: int = 2"),
    ("resnet", "for _ in range(2)", "for _ in range(3)"),
    ("resnet", "in (2, 1)", "in (1, 2)"),
    ("resnet", "BasicBlock(8, 8)", "BasicBlock(8, 8, 1, 1)"),
    ("resnet", "BasicBlock(8, 8)", "nn.ReLU()"),
    ("inception", "c3 // 2", "c3 // 3"),
    ("inception", "c3 // 2", "c3 / 2"),
    ("inception", "[branch1, branch2]", "[branch2, branch1]"),
    ("inception", "dim=1", "dim=2"),
    ("inception", "torch.cat", "torch.hstack"),
    ("inception", "normalise: bool = True", "normalise: bool = False"),
    ("inception", "if normalise:", "if not normalise:"),
    ("inception", "if normalise:", "if width:"),
    ("inception", "(nn.Sequential)", "(nn.Module)"),
    ("inception", "super().__init__(*layers)", "super().__init__()"),
    ("pair", "PairOutput(low, nn_)", "PairOutput(nn_, low)"),
    ("pair", "    high: torch.Tensor", "    high: torch.Tensor = 1"),
    ("pair", "    low: torch.Tensor\n    high", "    high: torch.Tensor\n    low"),
    ("pair", "out + x + torch_", "out + torch_ + x"),
    ("pair", "torch_: torch.Tensor, x: torch.Tensor", "x: torch.Tensor, torch_: torch.Tensor"),
]


@pytest.mark.parametrize("program", NETWORKS.values(), ids=NETWORKS.keys())
def test_what_is_emitted_is_held(program: Program) -> None:
    hold(source(program), program)


@pytest.mark.parametrize(("name", "before", "after"), EDITS)
def test_an_edited_source_is_refused(name: str, before: str, after: str) -> None:
    program = NETWORKS[name]
    text = source(program)
    assert before in text
    with pytest.raises(InternalError, match=f"the source of `{program.name}`"):
        hold(text.replace(before, after, 1), program)


@pytest.mark.parametrize("program", NETWORKS.values(), ids=NETWORKS.keys())
def test_no_number_can_be_another(program: Program) -> None:
    """Every number of the code, one after the other, is made one more."""
    text = source(program)
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.NUMBER:
            continue
        (row, start), (_, end) = token.start, token.end
        line = lines[row - 1]
        edited = [*lines]
        is_whole = token.string.isdigit()
        more = int(token.string) + 1 if is_whole else float(token.string) + 1
        edited[row - 1] = f"{line[:start]}{more}{line[end:]}"
        with pytest.raises(InternalError):
            hold("".join(edited), program)


@pytest.mark.parametrize("program", NETWORKS.values(), ids=NETWORKS.keys())
def test_no_statement_can_be_left_out_or_said_twice(program: Program) -> None:
    """Every simple statement of every method; the ``super().__init__()`` too."""
    text = source(program)
    lines = text.splitlines(keepends=True)
    methods = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    for node in (each for method in methods for each in ast.walk(method)):
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return):
            continue
        assert node.end_lineno is not None
        before, after = lines[: node.lineno - 1], lines[node.end_lineno :]
        own = lines[node.lineno - 1 : node.end_lineno]
        gap = f"{' ' * node.col_offset}pass\n"
        for edited in ([*before, gap, *after], [*before, *own, *own, *after]):
            with pytest.raises(InternalError):
                hold("".join(edited), program)


def test_the_source_of_another_network_is_refused() -> None:
    with pytest.raises(InternalError):
        hold(source(NETWORKS["vgg"]), NETWORKS["vgg_plain"])


def test_swapped_layers_are_refused() -> None:
    text = source(lenet())
    first, second = "        self.c1 = nn.Conv2d(1, 6, 5)\n", "        self.tanh = nn.Tanh()\n"
    assert first + second in text
    with pytest.raises(InternalError, match="expected the modules"):
        hold(text.replace(first + second, second + first), lenet())
