"""Sources and graphs of the tiny network with one fault planted in each."""

from __future__ import annotations

from proof_networks import TINY_GRAPH, TINY_SOURCE

from archcompile.proof import Artefact


def source(label: str, *edits: tuple[str, str]) -> Artefact:
    return Artefact(label, "source", edited(TINY_SOURCE, edits))


def graph(label: str, *edits: tuple[str, str]) -> Artefact:
    return Artefact(label, "onnx", edited(TINY_GRAPH, edits))


def edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        assert old in text, f"the edit finds no {old!r}"
        text = text.replace(old, new)
    return text


SWAPPED = """\
        scale, mean = self.norm.weight.detach(), self.norm.running_mean
        del self.norm.weight, self.norm.running_mean
        self.norm.register_buffer("weight", scale)
        self.norm.running_mean = nn.Parameter(mean)
"""
"""As many are trained, and others."""

SOURCE_FAULTS = (
    source("reflected padding", ("padding=1", 'padding=1, padding_mode="reflect"')),
    source("other activation", ("nn.Tanh()", "nn.Softsign()")),
    source("leaky activation", ("nn.ReLU()", "nn.LeakyReLU(0.001)")),
    source("wrong eps", ("nn.BatchNorm2d(6)", "nn.BatchNorm2d(6, eps=1e-4)")),
    source("layer not run", ("        x = self.squash(x)\n", "")),
    source("layer removed", ("        self.act = nn.ReLU()\n", ""), ("self.act", "")),
    source("dropout removed", ("        self.drop = nn.Dropout(0.3)\n", ""), ("self.drop", "")),
    source("other pool", ("nn.MaxPool2d(2)", "nn.AvgPool2d(2)")),
    source("ceil pool", ("nn.MaxPool2d(2)", "nn.MaxPool2d(2, ceil_mode=True)")),
    source(
        "swapped order",
        ("self.act(self.norm(self.c1(image)))", "self.norm(self.act(self.c1(image)))"),
    ),
    source("half precision", ("self.c1(image)", "self.c1(image.half().float())")),
    source("scaled output", ("return x", "return x * 1.0001")),
    source("no bias", ("nn.Linear(7, classes)", "nn.Linear(7, classes, bias=False)")),
    source(
        "other width", ("nn.Linear(120, 7)", "nn.Linear(120, 8)"), ("nn.Linear(7,", "nn.Linear(8,")
    ),
    source("another key", ("self.fc", "self.fully")),
    source(
        "frozen weights",
        ("\n    def forward", "        self.fc.requires_grad_(False)\n\n    def forward"),
    ),
    source(
        "extra parameter",
        ("\n    def forward", "        self.more = nn.Parameter(torch.ones(3))\n\n    def forward"),
    ),
    source(
        "scale fixed, mean trained",
        ("\n    def forward", f"{SWAPPED}\n    def forward"),
    ),
    source("other dropout", ("nn.Dropout(0.3)", "nn.Dropout(0.5)")),
    source("other momentum", ("nn.BatchNorm2d(6)", "nn.BatchNorm2d(6, momentum=0.2)")),
    source("not a number", ("return x", "return x / 0.0 * 0.0")),
    source("mixed samples", ("return x", "return x.flip(0)")),
    source("squeezed output", ("return x", "return x.squeeze(0)")),
    source("double precision", ("return x", "return x.double()")),
    source("complex numbers", ("return x", "return torch.complex(x, x)")),
    source("two outputs", ("return x", "return x, x")),
    source("other in training", ("return x", "return x * 1.01 if self.training else x")),
    source("nothing in training", ("return x", "return None if self.training else x")),
    source("raises", ("return x", "raise RuntimeError('broken')")),
    source("no torch module", (TINY_SOURCE, "Tiny = 3\n")),
)

GRAPH_FAULTS = (
    graph("wrong eps", ("1.0e-5", "1.0e-4")),
    graph("other pads", ("pads = [1, 1, 1, 1]", "pads = [2, 0, 1, 1]")),
    graph("other activation", ("Tanh (fc)", "Softsign (fc)")),
    graph("layer removed", ("squash = Tanh (fc)", "squash = Identity (fc)")),
    graph(
        "swapped weights",
        ('"norm.weight", "norm.bias", "norm.r', '"norm.bias", "norm.weight", "norm.r'),
    ),
    graph(
        "swapped statistics",
        (
            '"norm.running_mean", "norm.running_var")\n   act',
            '"norm.running_mean", "norm.weight")\n   act',
        ),
    ),
    graph("other pool", ("MaxPool", "AveragePool")),
    graph("leaky activation", ("Relu (norm)", "LeakyRelu <alpha = 0.001> (norm)")),
    graph("no bias", ('"out.weight", "out.bias")\n}', '"out.weight")\n}')),
    graph("scaled bias", ("Gemm <transB = 1> (squash", "Gemm <transB = 1, beta = 1.001> (squash")),
    graph("fixed batch", ("float[N,2,9,10]", "float[1,2,9,10]"), ("float[N,4]", "float[1,4]")),
    graph("renamed weight", ('"fc.bias"', '"fc.b"')),
    graph("other shape", ("float[7,120]", "float[7,121]")),
    graph("renamed input", ("image", "picture")),
    graph(
        "renamed output", ("float[N,4] out)", "float[N,4] result)"), ("out = Gemm", "result = Gemm")
    ),
    graph(
        "double precision",
        ("float[N,4] out)", "double[N,4] out)"),
        ("out = Gemm", "single = Gemm"),
        ('"out.bias")\n}', '"out.bias")\n   out = Cast <to = 11> (single)\n}'),
    ),
    graph("not a graph", (TINY_GRAPH, "tiny (")),
    graph("unknown operator", ("Tanh", "Tansh")),
    Artefact("not a model", "onnx", b"\x08\x01nonsense"),
)
