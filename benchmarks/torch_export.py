"""The usual way to an ONNX file: build the module in torch, seeded, and call torch's exporter."""

from __future__ import annotations

import sys

import torch
from generated_lenet5 import LeNet5

torch.manual_seed(0)
batch = torch.export.Dim("N")
torch.onnx.export(
    LeNet5().eval(),
    (torch.zeros(2, 1, 32, 32),),
    sys.argv[1],
    input_names=["image"],
    output_names=["output"],
    dynamic_shapes={"image": {0: batch}},
)
