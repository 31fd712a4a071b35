"""Fans and gains: how wide a weight starts where its sizes and what follows it decide."""

from __future__ import annotations

from math import prod, sqrt

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.ir.weight import Kaiming, Xavier
from archcompile.weights.tensors import Tensor

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 0.75}


def kaiming_deviation(tensor: Tensor, init: Kaiming) -> float:
    """``gain / sqrt(fan)`` (He et al. 2015, eq. 10). Raises SpecError as ``fans`` does."""
    fan_in, fan_out = fans(tensor)
    return gain(init) / sqrt(fan_in if init.mode == "fan_in" else fan_out)


def xavier_deviation(tensor: Tensor, init: Xavier) -> float:
    """``gain sqrt(2 / (fan_in + fan_out))`` (Glorot and Bengio 2010, eq. 12)."""
    return init.gain * sqrt(2 / sum(fans(tensor)))


def gain(init: Kaiming) -> float:
    """As ``torch.nn.init.calculate_gain``: ``a`` is the slope of a leaky ReLU, else unused."""
    if init.nonlinearity == "leaky_relu":
        return sqrt(2 / (1 + init.a**2))
    return _GAINS[init.nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out): axis 1 and axis 0, each times the window.

    That is what torch takes for every tensor, so for a transposed convolution, whose axis 0 is its
    input, the two are exchanged. Raises SpecError (BAD_ARGUMENT) for a vector, which has none.
    """
    if len(tensor.shape) < 2:
        raise SpecError(
            [
                Diagnostic(
                    Code.BAD_ARGUMENT,
                    f"the weight `{tensor.key}` has {len(tensor.shape)} axes, and fans need 2",
                    tensor.node.span,
                    help="start a bias or a scale as a constant, `normal` or `uniform`",
                )
            ]
        )
    window = prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window
