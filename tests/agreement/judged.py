"""Networks before other judges: sizes in numbers, modules without storage, what calls give."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from families import load
from random_families import random_family
from random_specs import spec_text
from spec_text import compile_text, names_of
from torch import nn

from archcompile.ir.dim import Dim
from archcompile.ir.program import Node, Program
from archcompile.ir.types import TensorType
from archcompile.network import Network
from archcompile.passes.costs import costs
from archcompile.passes.inference import training_only

Shape = tuple[int, ...]
SIZES = ({"N": 2, "H": 3, "W": 2, "T": 3}, {"N": 3, "H": 2, "W": 4, "T": 5})
"""What open sizes stand for; every random family takes any size from 2."""
HOME = (
    *("alexnet_2012", "alexnet", "vgg16", "googlenet_torchvision_aux", "lenet5", "lenet5_1998"),
    *("resnet18", "resnet20", "preresnet18", "efficientnet_b0", "shufflenet_v2_x0_5"),
    *("squeezenet1_1", "unet"),
)
"""Networks of most families that are shipped."""


SEEDS = 40
CHUNK = 10
SMALL = ("lenet5", "lenet5_1998", "resnet20", "squeezenet1_1", "unet")
"""Those of ``HOME`` that are run, or whose weights are drawn."""
PARTS = [*map(str, range(0, SEEDS, CHUNK)), "home"]


@cache
def drawn(seed: int) -> Network:
    """A network of the random family of a seed; which of them, the seed says too."""
    text = spec_text(random_family(seed))
    names = names_of(text)
    return compile_text(text, names[seed % len(names)])


def some(first: int) -> Iterator[tuple[str, Network]]:
    """Networks of seeds; what they are called in a finding."""
    for seed in range(first, first + CHUNK):
        yield f"seed {seed}", drawn(seed)


@cache
def shipped(name: str) -> Network:
    """A network of the project."""
    return load(name)


def judged(part: str) -> Iterator[tuple[str, Network]]:
    """A part of what is judged: networks of seeds from a number on, or those of the project."""
    if part.isdigit():
        yield from some(int(part))
    for name in {"home": HOME, "small": SMALL}.get(part, ()):
        yield name, shipped(name)


def sizes_for(network: Network) -> tuple[dict[str, int], ...]:
    """What open sizes stand for; a U-Net halves its image four times."""
    larger = {"H": 2, "W": 3} if network.name == "unet" else {}
    return tuple({**each, **larger} for each in SIZES)


def number(dim: Dim, sizes: Mapping[str, int]) -> int:
    """A size as a number."""
    return dim.evaluate({symbol: sizes[symbol] for symbol in dim.symbols})


def shape(type_: TensorType, sizes: Mapping[str, int]) -> Shape:
    """A type's sizes as numbers."""
    return tuple(number(dim, sizes) for dim in type_.dims)


def without_storage(network: Network) -> nn.Module:
    """The class of the source on the meta device."""
    with torch.device("meta"):
        return network.module()


def inputs(program: Program, sizes: Mapping[str, int], device: str) -> tuple[torch.Tensor, ...]:
    """One tensor for each input; on the meta device it has a shape and nothing else."""
    generator = torch.Generator().manual_seed(1)
    shapes = [shape(value.type, sizes) for value in program.inputs]
    if device == "meta":
        return tuple(torch.empty(each, device=device) for each in shapes)
    return tuple(torch.randn(each, generator=generator) for each in shapes)


def tensors(result: Any) -> tuple[torch.Tensor, ...]:
    """What a module gives, one or several."""
    return (result,) if isinstance(result, torch.Tensor) else tuple(result)


def calls(module: nn.Module, given: Sequence[torch.Tensor]) -> dict[str, list[list[Shape]]]:
    """The shapes that every submodule gives, call by call, in one pass."""
    found: dict[str, list[list[Shape]]] = defaultdict(list)
    hooks = [
        each.register_forward_hook(
            lambda _, __, made, path=path: found[path].append(
                [tuple(tensor.shape) for tensor in tensors(made)]
            )
        )
        for path, each in module.named_modules()
        if path
    ]
    with torch.no_grad():
        module(*given)
    for hook in hooks:
        hook.remove()
    return found


def stated_calls(program: Program, sizes: Mapping[str, int]) -> dict[str, list[list[Shape]]]:
    """What the program says of the same: by path, use after use, whole modules too."""
    found: dict[str, list[list[Shape]]] = defaultdict(list)
    for node in program.nodes():
        found[node.path].append([shape(node.output.type, sizes)])
    for region in program.regions():
        found[region.path].append([shape(value.type, sizes) for value in region.outputs])
    return found


def uses(network: Network) -> list[tuple[Node, Dim]]:
    """Every use of a layer in inference, with its multiply-adds for one sample."""
    dropped = training_only(network.program)
    known = zip(network.program.nodes(), costs(network.program, dropped).nodes, strict=True)
    return [(node, cost.macs) for node, cost in known if node.name not in dropped]


def kinds(networks: Sequence[Network]) -> Counter[str]:
    """How often each op stands in networks."""
    return Counter(node.op.key for each in networks for node in each.program.nodes())


def axes(program: Program) -> tuple[dict[int, Any], ...]:
    """Which axes of the inputs are open. torch makes a number of what ``max_pool1d`` reads."""
    is_known = any(node.op.key == "max_pool1d" for node in program.nodes())
    return tuple(
        {
            place: torch.export.Dim.DYNAMIC
            for place, dim in enumerate(value.type.dims)
            if dim.constant is None and (place == 0 or not is_known)
        }
        for value in program.inputs
    )
