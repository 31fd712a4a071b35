"""What every call of a module makes, and the work that it is, seen by forward hooks."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d)


def tensors(made: object) -> tuple[torch.Tensor, ...]:
    """The tensors of a result; what is not there is left out."""
    if isinstance(made, torch.Tensor):
        return (made,)
    return (
        tuple(each for each in made if each is not None) if isinstance(made, tuple | list) else ()
    )


class Recorder:
    """Watches a module; ``run`` gives the outputs, and leaves what each call made in ``calls``.

    A call is named by the module's path, the second of one pass ``path#2``.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.is_on = False
        self.calls: dict[str, tuple[torch.Tensor, ...]] = {}
        self.resumed: dict[str, torch.Tensor] = {}
        """What the module goes on with instead of what a call made."""
        self.work: dict[str, int] = {}
        """Multiply-accumulates of one sample, worked out from the module that runs."""
        for path, each in module.named_modules():
            if path:
                each.register_forward_hook(self._hook(path))

    def run(self, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """One pass without gradients, on copies: a layer may work in place."""
        self.calls, self.work = {}, {}
        self.is_on = True
        try:
            with torch.no_grad():
                return tensors(self.module(*(each.clone() for each in inputs)))
        finally:
            self.is_on = False

    def _hook(self, path: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], made: Any) -> torch.Tensor | None:
            if not self.is_on:
                return None
            call, number = path, 1
            while call in self.calls:
                number += 1
                call = f"{path}#{number}"
            self.calls[call] = tuple(each.detach().clone() for each in tensors(made))
            if isinstance(made, torch.Tensor) and (macs := _macs(module, inputs, made)) is not None:
                self.work[call] = macs
            resumed = self.resumed.get(call)
            return None if resumed is None else resumed.clone()

        return hook


def _macs(module: nn.Module, inputs: tuple[Any, ...], made: torch.Tensor) -> int | None:
    """Of what torch itself counts; nothing for a class of the source's own."""
    weight = getattr(module, "weight", None)
    if isinstance(module, CONVOLUTIONS) and isinstance(weight, torch.Tensor):
        return weight.numel() * prod(made.shape[2:])
    if isinstance(module, TRANSPOSED) and isinstance(weight, torch.Tensor):
        return weight.numel() * prod(inputs[0].shape[2:])
    if isinstance(module, nn.Linear) and isinstance(weight, torch.Tensor):
        return weight.numel() * prod(made.shape[1:-1])
    return None
