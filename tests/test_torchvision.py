"""torchvision's own modules and ours: the same keys, and the same output bit for bit.

Weights are drawn here and go into torchvision's module first; ours loads its state_dict. Images
are small where the network's adaptive pooling allows it: the layers are the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import pytest
import torch
import torchvision
from torch import nn
from torchvision.ops import StochasticDepth

from tests.families import TWINS, load

GOOGLENETS = {"googlenet_torchvision": False, "googlenet_torchvision_aux": True}
VGGS = [f"vgg{depth}{form}" for depth in (11, 13, 16, 19) for form in ("", "_bn")]
RESNETS = [f"resnet{depth}" for depth in (18, 34, 50, 101, 152)]
NAMES = ["alexnet", *VGGS, *GOOGLENETS, *RESNETS, *TWINS]
WHOLE = 4_000_000
"""Tensors of more elements are drawn once for all networks: the VGGs share their classifiers."""


def theirs_of(name: str) -> nn.Module:
    """torchvision's module, without storage for its weights."""
    own = {"init_weights": False} if name in (*VGGS, *GOOGLENETS) else {}
    if name in GOOGLENETS:
        own |= {"aux_logits": GOOGLENETS[name]}
    with torch.device("meta"):
        made: nn.Module = torchvision.models.get_model(
            name.partition("_torchvision")[0], weights=None, **own
        )
    return made


def ours_of(name: str) -> nn.Module:
    """The class of our source, without storage for its weights."""
    with torch.device("meta"):
        return load(name).module()


def drawn(shape: tuple[int, ...], key: str) -> torch.Tensor:
    """Weights that keep a deep network alive: kernels as He et al. 2015, norms around 0.3."""
    generator = torch.Generator().manual_seed(sum(map(ord, key)))
    if len(shape) > 1:
        fan_in = math.prod(shape[1:])
        return torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)
    if key.endswith(("running_var", "weight")):
        return torch.rand(shape, generator=generator) * 0.2 + 0.2
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    return torch.randn(shape, generator=generator) * 0.1


@cache
def shared(shape: tuple[int, ...]) -> torch.Tensor:
    """One large tensor for every network that has one of this shape."""
    return drawn(shape, "weight")


def weights_for(module: nn.Module) -> dict[str, torch.Tensor]:
    """A value for each key of the state_dict."""
    return {
        key: shared(tuple(value.shape)) if value.numel() > WHOLE else drawn(value.shape, key)
        for key, value in module.state_dict().items()
    }


@pytest.fixture(scope="module", autouse=True)
def _memory() -> Iterator[None]:
    yield
    shared.cache_clear()


def image(name: str) -> torch.Tensor:
    """Two images; GoogLeNet's are larger, so that its heads' adaptive pooling has work to do."""
    size = 96 if name in GOOGLENETS else 64
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(7))


def run(module: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The output, or the outputs in order."""
    with torch.no_grad():
        out = module(x)
    return out if isinstance(out, tuple) else (out,)


def without_chance(module: nn.Module) -> nn.Module:
    """The module in training mode, dropping nothing."""
    for each in module.modules():
        if isinstance(each, nn.Dropout | StochasticDepth):
            each.p = 0.0
    return module.train()


@pytest.mark.parametrize("name", NAMES)
def test_the_module_is_torchvisions_on_torchvisions_weights(name: str) -> None:
    theirs, ours = theirs_of(name), ours_of(name)
    theirs.load_state_dict(weights_for(theirs), assign=True)
    assert set(ours.state_dict()) == set(theirs.state_dict())
    own = {key: copied(value) for key, value in theirs.state_dict().items()}
    ours.load_state_dict(own, strict=True, assign=True)

    x = image(name)
    assert_bitwise(run(ours.eval(), x), run(theirs.eval(), x))
    outputs = run(without_chance(theirs), x)
    assert len(outputs) == (3 if GOOGLENETS.get(name) else 1)
    assert_bitwise(run(without_chance(ours), x), outputs)
    for key, value in theirs.state_dict().items():  # the running statistics, too
        assert torch.equal(ours.state_dict()[key], value), key


def copied(value: torch.Tensor) -> torch.Tensor:
    """Statistics that training changes are each module's own."""
    return value if value.numel() > WHOLE else value.clone()


def assert_bitwise(ours: tuple[torch.Tensor, ...], theirs: tuple[torch.Tensor, ...]) -> None:
    for own, their in zip(ours, theirs, strict=True):
        assert their.isfinite().all() and their.std() > 0
        assert torch.equal(own, their), (own - their).norm() / their.norm()
