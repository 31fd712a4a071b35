"""The order of a state_dict: grouped by module at its first member, bare parameters before."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archcompile.ir.order import registered

CASES = [
    (("c1", "tanh", "c3"), (), ("c1", "tanh", "c3")),
    (("a", "a", "b"), (), ("a", "b")),
    (("extra.0", "fc", "extra.1"), (), ("extra.0", "extra.1", "fc")),
    (("a.b.x", "c", "a.d", "a.b.y"), (), ("a.b.x", "a.b.y", "a.d", "c")),
    (("conv", "gamma"), ("gamma",), ("gamma", "conv")),
    (("stem", "a.conv", "a.gamma", "a.b.g"), ("a.gamma", "a.b.g"), None),
    (("block.1", "block.0", "aux.conv", "block.2"), (), None),
]


@pytest.mark.parametrize(("paths", "bare", "wanted"), CASES)
def test_members_stand_together_where_the_first_of_them_is_made(
    paths: tuple[str, ...], bare: tuple[str, ...], wanted: tuple[str, ...] | None
) -> None:
    found = registered(paths, bare)
    assert wanted is None or found == wanted
    assert sorted(found) == sorted(set(paths))


@pytest.mark.parametrize(("paths", "bare", "wanted"), CASES)
def test_torch_lists_weights_in_that_order(
    paths: tuple[str, ...], bare: tuple[str, ...], wanted: tuple[str, ...] | None
) -> None:
    network = nn.Module()
    for path in paths:
        _register(network, path, is_bare=path in bare)
    keys = [key.removesuffix(".weight") for key in network.state_dict()]
    assert tuple(keys) == registered(paths, bare)


def _register(network: nn.Module, path: str, *, is_bare: bool) -> None:
    *around, name = path.split(".")
    for part in around:
        if part not in dict(network.named_children()):
            network.add_module(part, nn.Module())
        network = network.get_submodule(part)
    if is_bare:
        network.register_parameter(name, nn.Parameter(torch.zeros(1)))
    elif name not in dict(network.named_children()):
        network.add_module(name, nn.Linear(1, 1, bias=False))
