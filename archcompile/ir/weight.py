"""What an op keeps between calls: trainable parameters and buffers, and how they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from archcompile.diagnostics.span import small_value
from archcompile.ir.dim import Dim


@dataclass(frozen=True, slots=True)
class Constant:
    """Every element starts as ``value``."""

    value: float


@small_value
class UniformFanIn:
    """Uniform on ``[-1/sqrt(fan_in), 1/sqrt(fan_in)]``.

    That is ``kaiming_uniform_(a=sqrt(5))``, torch's default for the weights of convolutions and
    linear layers, and its default for their biases (torch.nn.modules.conv, .linear).
    """

    fan_in: Dim


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform on ``[low, high]``."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with mean ``mean`` and standard deviation ``std``."""

    std: float
    mean: float = 0.0


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """Normal with mean 0 and standard deviation ``std``, cut off at ``±2`` (trunc_normal_)."""

    std: float


@dataclass(frozen=True, slots=True)
class Kaiming:
    """Variance ``gain² / fan`` (He et al. 2015, eq. 10), gain as torch.nn.init.calculate_gain."""

    form: Literal["normal", "uniform"]
    mode: Literal["fan_in", "fan_out"] = "fan_in"
    nonlinearity: Literal["relu", "leaky_relu", "linear", "tanh", "sigmoid", "selu"] = "leaky_relu"
    a: float = 0.0


@dataclass(frozen=True, slots=True)
class Xavier:
    """Variance ``2 gain² / (fan_in + fan_out)`` (Glorot and Bengio 2010, eq. 12 and 16)."""

    form: Literal["normal", "uniform"]
    gain: float = 1.0


Init: TypeAlias = Constant | UniformFanIn | Uniform | Normal | TruncatedNormal | Kaiming | Xavier


@small_value
class Weight:
    """One tensor of an op: its state_dict name below the module, its sizes, how it starts."""

    name: str
    """``weight``, ``bias``, …; empty for a bare parameter, which is its own key."""
    shape: tuple[Dim, ...]
    init: Init
    kind: Literal["parameter", "buffer"] = "parameter"
    dtype: Literal["float32", "int64"] = "float32"

    def elements(self) -> Dim:
        """The number of elements; a scalar has one."""
        return Dim.product(self.shape)
