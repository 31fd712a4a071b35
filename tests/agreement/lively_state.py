"""Weights under which a comparison means something, at the price of one pass in torch.

``archcompile.proof.verification_weights`` does this better, with twins that show what blows up,
and takes as long as all the comparisons of a small network. Here a pilot batch goes through the
float64 module once: each kernel is scaled so that its output has unit spread around small means,
each batch norm gets statistics near those of its input, and what starts as one number (a norm's
scale, a bias of zeros) gets different ones. What is compared afterwards also says whether it
counts, so that weights may be poor but never wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

PILOT = 6
"""Samples of the pilot batch."""


def enliven(module: nn.Module, inputs: Sequence[torch.Tensor], seed: int) -> None:
    """Sets the weights of a float64 module in place; they are float32 numbers in the end."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in _floats(module):
            _unlike(tensor, random)
        for layer in module.modules():
            if _is_linear(layer) and layer.bias is not None:
                layer.bias.zero_()
        hooks = [each.register_forward_hook(_fitting(random)) for each in _layers(module)]
        try:
            module(*(each.clone() for each in inputs))
        finally:
            for hook in hooks:
                hook.remove()
        for tensor in _floats(module):
            tensor.copy_(tensor.float())


def arrays(module: nn.Module) -> dict[str, NDArray[Any]]:
    """The state_dict as NumPy arrays, float32 and int64."""
    return {
        key: (tensor.float() if tensor.is_floating_point() else tensor).numpy().copy()
        for key, tensor in module.state_dict().items()
    }


def _floats(module: nn.Module) -> list[torch.Tensor]:
    return [each for each in module.state_dict().values() if each.is_floating_point()]


def _layers(module: nn.Module) -> list[nn.Module]:
    """The modules without parts that have weights."""
    return [
        each
        for each in module.modules()
        if (next(each.children(), None) is None and next(each.parameters(), None) is not None)
        or isinstance(getattr(each, "running_var", None), torch.Tensor)
    ]


def _unlike(tensor: torch.Tensor, random: torch.Generator) -> None:
    """Elements that are all alike come apart, by 30 %; zeros get 0.2 to 0.6 and a sign."""
    first = tensor.flatten()[0].item() if tensor.numel() else 0.0
    if not tensor.numel() or not bool((tensor == first).all()):
        return
    noise = torch.rand(tensor.shape, generator=random, dtype=tensor.dtype)
    if first == 0:
        signs = 1.0 - 2.0 * (torch.arange(tensor.numel()) % 3 == 1).reshape(tensor.shape)
        tensor.copy_(signs * (0.2 + 0.4 * noise))
    else:
        tensor.copy_(first * (0.7 + 0.6 * noise))


def _fitting(random: torch.Generator) -> Callable[[nn.Module, tuple[Any, ...], Any], Any]:
    """A hook that sets a layer's weights to what it reads at its first use."""
    done: set[nn.Module] = set()

    def hook(layer: nn.Module, inputs: tuple[Any, ...], made: Any) -> Any:
        if layer in done or not isinstance(made, torch.Tensor):
            return made
        done.add(layer)
        if isinstance(getattr(layer, "running_mean", None), torch.Tensor):
            _statistics(layer, inputs[0], random)
            return layer.forward(*inputs)
        if not _is_linear(layer):
            return made
        size = float(made.square().mean().sqrt())
        size = size if 0 < size < float("inf") else 1.0
        layer.weight.div_(size)
        if layer.bias is None:
            return made / size
        _unlike(layer.bias, random)
        return layer.forward(*inputs)

    return hook


def _is_linear(layer: Any) -> bool:
    """Whether it multiplies with a kernel; its bias is zero until it is first used."""
    weight = getattr(layer, "weight", None)
    return isinstance(weight, torch.Tensor) and weight.ndim > 1 and hasattr(layer, "bias")


def _statistics(layer: Any, x: torch.Tensor, random: torch.Generator) -> None:
    """Means and variances of the input's channels, each a little off."""
    rows = x.transpose(0, 1).flatten(1)
    spread = rows.var(1, unbiased=False) + 0.01 * rows.square().mean() + 1e-6
    off = torch.rand((2, len(rows)), generator=random, dtype=x.dtype)
    layer.running_mean.copy_(rows.mean(1) + (0.2 + 0.3 * off[0]) * spread.sqrt())
    layer.running_var.copy_(spread * (0.6 + 0.8 * off[1]))
