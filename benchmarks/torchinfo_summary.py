"""The usual way to see a network's layers and costs: build it in torch and run torchinfo."""

from __future__ import annotations

from generated_lenet5 import LeNet5
from torchinfo import summary

summary(LeNet5(), input_size=(1, 1, 32, 32), col_names=("output_size", "num_params", "mult_adds"))
