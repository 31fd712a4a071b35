"""What an op keeps between calls: trainable parameters and buffers, and how they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from archcompile.ir.dim import Dim


@dataclass(frozen=True, slots=True)
class Constant:
    """Every element starts as ``value``."""

    value: float


@dataclass(frozen=True, slots=True)
class UniformFanIn:
    """Uniform on ``[-1/sqrt(fan_in), 1/sqrt(fan_in)]``.

    That is ``kaiming_uniform_(a=sqrt(5))``, torch's default for the weights of convolutions and
    linear layers, and its default for their biases (torch.nn.modules.conv, .linear).
    """

    fan_in: Dim


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with mean 0 and standard deviation ``std``."""

    std: float


Init: TypeAlias = Constant | UniformFanIn | Normal


@dataclass(frozen=True, slots=True)
class Weight:
    """One tensor of an op: its state_dict name below the module, its sizes, how it starts."""

    name: str
    shape: tuple[Dim, ...]
    init: Init
    kind: Literal["parameter", "buffer"] = "parameter"
    dtype: Literal["float32", "int64"] = "float32"

    def elements(self) -> Dim:
        """The number of elements; a scalar has one."""
        product = Dim.of(1)
        for size in self.shape:
            product = product * size
        return product
