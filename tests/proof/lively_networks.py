"""Specs of correct networks, deep and odd, under whose weights everything must matter."""

from __future__ import annotations


def spec(layers: str, image: str = "[N, 3, 12, 14]", outputs: str = "", blocks: str = "") -> str:
    """A spec with these layers, one a line."""
    lines = ["archcompile: 1", "name: net", f"input: {{image: {image}}}"]
    lines += [f"blocks:\n{blocks}"] if blocks else []
    lines += ["layers:", *(f"  - {line}" for line in layers.strip().splitlines())]
    lines += [f"outputs: {outputs}"] if outputs else []
    return "\n".join(lines) + "\n"


def chain(depth: int, *body: str, head: str = "", image: str = "[N, 3, 12, 14]") -> str:
    """``body`` again and again, then a head, one layer a line."""
    lines = [line for _ in range(depth) for line in body]
    return spec("\n".join((*lines, *head.splitlines())), image)


def conv(channels: int = 8, kernel: int = 3, rest: str = "") -> str:
    """A convolution that keeps the image's size."""
    around = f"padding: {kernel // 2}" + (f", {rest}" if rest else "")
    return f"conv2d: {{out_channels: {channels}, kernel_size: {kernel}, {around}}}"


POOLED = "adaptive_avg_pool2d: 1\nflatten\nlinear: 10"

RESNET = """\
  unit:
    params: {width: int, stride: 1}
    layers:
      - conv2d: {out_channels: width, kernel_size: 3, stride: stride, padding: 1, bias: false}
      - batch_norm2d
      - relu
      - conv2d: {out_channels: width, kernel_size: 3, padding: 1, bias: false}
      - {name: last, batch_norm2d: {}}
      - name: short
        from: x
        when: stride != 1 or x.channels != width
        conv2d: {out_channels: width, kernel_size: 1, stride: stride, bias: false}
      - {from: [last, short], add}
      - relu
"""

BEFORE = """\
  before:
    params: {width: int}
    layers:
      - batch_norm2d
      - relu
      - conv2d: {out_channels: width, kernel_size: 3, padding: 1, bias: false}
      - batch_norm2d
      - relu
      - {name: last, conv2d: {out_channels: width, kernel_size: 3, padding: 1, bias: false}}
      - {from: [last, x], add}
"""

DENSE = """\
  dense:
    params: {growth: int}
    layers:
      - batch_norm2d
      - relu
      - {name: new, conv2d: {out_channels: growth, kernel_size: 3, padding: 1, bias: false}}
      - {from: [x, new], concat}
"""

SQUEEZE = """\
  squeeze:
    layers:
      - {name: wide, conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}
      - relu
      - {name: few, conv2d: [2, 1]}
      - relu
      - {name: left, from: few, conv2d: [6, 1]}
      - {name: right, from: few, conv2d: {out_channels: 7, kernel_size: 3, padding: 1}}
      - {from: [left, right], concat}
      - tanh
"""

SEPARABLE = (
    "conv2d: {out_channels: in.channels, kernel_size: 3, padding: 1, groups: in.channels}",
    "relu",
    "conv2d: {out_channels: 12, kernel_size: 1}",
    "batch_norm2d",
    "relu",
)

VGG = "\n".join(
    "\n".join([*[f"{conv(width)}\nrelu"] * depth, "max_pool2d: 2"])
    for depth, width in ((2, 6), (2, 8), (3, 12), (3, 16), (3, 16))
)

NETWORKS = {
    "VGG-16": spec(f"{VGG}\nflatten\nlinear: 20\nrelu\nlinear: 20\nrelu\nlinear: 10",
                   "[N, 3, 32, 36]"),
    "VGG-16 with norms": spec(
        VGG.replace("\nrelu", "\nbatch_norm2d\nrelu") + "\nflatten\nlinear: 10", "[N, 3, 32, 36]"),
    "VGG-16, mean pools": spec(
        VGG.replace("max_pool", "avg_pool") + "\nflatten\nlinear: 10", "[N, 3, 32, 36]"),
    "VGG-16, no biases": spec(
        VGG.replace("padding: 1", "padding: 1, bias: false") + f"\n{POOLED}", "[N, 3, 32, 36]"),
    "ResNet": spec(
        f"{conv(8, 7, 'bias: false')}\nbatch_norm2d\nrelu\n"
        "{name: a, repeat: 3, unit: 8}\n"
        "{name: b, repeat: 4, unit: {width: 12, stride: 2 if index == 0 else 1}}\n"
        "{name: c, repeat: 6, unit: {width: 16, stride: 2 if index == 0 else 1}}\n" + POOLED,
        blocks=RESNET),
    "24 residuals": spec(
        f"{conv(8, 3, 'bias: false')}\nbatch_norm2d\nrelu\n{{name: a, repeat: 24, unit: 8}}\n"
        + POOLED, "[N, 3, 8, 10]", blocks=RESNET),
    "24 pre-activation residuals": spec(
        f"{conv()}\n{{name: a, repeat: 24, before: 8}}\nbatch_norm2d\nrelu\n{POOLED}",
        "[N, 3, 8, 10]", blocks=BEFORE),
    "60 convolutions and ReLUs": chain(60, conv(), "relu", head=POOLED),
    "60 convolutions and tanh": chain(60, conv(), "tanh", head=POOLED),
    "60 convolutions and sigmoids": chain(60, conv(), "sigmoid", head=POOLED),
    "60 convolutions": chain(60, conv(), head=POOLED),
    "40 convolutions, ReLUs and norms": chain(
        40, conv(8, 3, "bias: false"), "batch_norm2d", "relu", head=POOLED),
    "30 ReLUs, no biases": chain(30, conv(8, 3, "bias: false"), "relu", head=POOLED),
    "30 tanh, no biases": chain(30, conv(8, 3, "bias: false"), "tanh", head=POOLED),
    "30 sigmoids, no biases": chain(30, conv(8, 3, "bias: false"), "sigmoid", head=POOLED),
    "30 convolutions, no biases": chain(30, conv(8, 3, "bias: false"), head=POOLED),
    "30 unpadded convolutions": chain(
        30, "conv2d: [6, 3]", "relu", head="flatten\nlinear: 3", image="[N, 2, 63, 64]"),
    "30 1x1 convolutions": chain(30, conv(6, 1), "relu", head=POOLED),
    "one channel": chain(12, conv(1), "relu", head="flatten\nlinear: 1"),
    "two channels": chain(20, conv(2), "relu", head="flatten\nlinear: 2"),
    "linear layers": chain(6, "linear: 20", head="linear: 4", image="[N, 30]"),
    "linear layers and ReLUs": chain(6, "linear: 20", "relu", head="linear: 4", image="[N, 30]"),
    "linear layers, no biases": chain(
        6, "linear: {out_features: 20, bias: false}", "relu", head="linear: 4", image="[N, 30]"),
    "20 narrow linear layers": chain(20, "linear: 3", "tanh", head="linear: 1", image="[N, 4]"),
    "softmax": chain(6, conv(), "relu", head=f"{POOLED}\nsoftmax"),
    "softmax over many": chain(
        3, conv(), "relu", head="adaptive_avg_pool2d: 1\nflatten\nlinear: 1000\nsoftmax"),
    "sigmoid": chain(3, "linear: 9", "sigmoid", head="linear: 1\nsigmoid", image="[N, 4]"),
    "global pool of a large image": chain(3, conv(), "relu", head=POOLED, image="[N, 3, 96, 96]"),
    "grouped": chain(12, conv(8, 3, "groups: 4"), "relu", head=POOLED, image="[N, 4, 12, 14]"),
    "separable": chain(8, *SEPARABLE, head=POOLED),
    "depthwise alone": chain(
        8, conv(6, 3, "groups: 6"), "relu", head=POOLED, image="[N, 6, 12, 14]"),
    "dilated": chain(
        8, "conv2d: {out_channels: 6, kernel_size: 3, padding: 4, dilation: 4}", "relu",
        head=POOLED),
    "dense": spec(f"{conv(8)}\n{{repeat: 10, dense: 4}}\nbatch_norm2d\nrelu\n{POOLED}",
                  blocks=DENSE),
    "squeeze": spec(f"{{repeat: 6, squeeze: {{}}}}\n{POOLED}", blocks=SQUEEZE),
    "several outputs": spec(
        f"{conv()}\nrelu\n{{name: low, {conv(4)}}}\ntanh\n{{name: high, {conv(4)}}}\n"
        f"flatten\n{{name: odds, linear: 5}}", outputs="[low, high, odds]"),
    "open sizes": spec(f"{VGG}\n{POOLED}", "[N, 3, H, W]"),
    "one linear layer": spec("linear: 1", "[N, 1]"),
    "gates": spec(
        f"{{name: a, {conv()}}}\n{{name: p, from: a, adaptive_avg_pool2d: 1}}\n"
        "{name: s, conv2d: [2, 1]}\nrelu\n{conv2d: [8, 1]}\n{name: g, sigmoid: {}}\n"
        f"{{name: t, from: a, tanh: {{}}}}\n{POOLED}\n"
        "{name: low, from: g, flatten: {}}", outputs="[linear, low]"),
}  # fmt: skip
