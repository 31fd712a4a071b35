"""GPU groups, said three times: as they are, as grouped layers, as towers of layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from law_holding import Rewritten, Side, Spec, Weights, side

Lines = list[Any]
BY_ITSELF: dict[str, Any] = {"relu": None, "tanh": None, "dropout": {"p": 0.5}}
BY_ITSELF |= {"max_pool2d": [3, 1, 1], "avg_pool2d": [3, 1, 1], "batch_norm2d": None}


@dataclass
class Towers:
    """The three forms of a random run of layers that ``count`` GPUs share."""

    count: int
    shared: Lines = field(default_factory=list)
    grouped: Lines = field(default_factory=list)
    apart: Lines = field(default_factory=list)
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Layers with weights, and what each GPU's part of them is called."""
    ends: list[str] = field(default_factory=lambda: ["x"])
    """What the next line of the towers reads: a part for each GPU, or the whole."""

    def spec(self, layers: Lines) -> Spec:
        head: Spec = {"archcompile": 1, "name": "net", "input": ["N", 6, 9, 8]}
        return {**head, "layers": [*layers, {"name": "fc", "conv2d": [5, 1]}]}

    def conv(self, name: str, width: int, kernel: int) -> None:
        """A convolution: of a part where the tensor is split, else of all channels."""
        line = {"name": name, "conv2d": [width, kernel, {"padding": kernel // 2}]}
        self.shared.append(line)
        groups = self.count if len(self.ends) > 1 else 1
        given = [width, kernel, {"padding": kernel // 2, "groups": groups}]
        self.grouped.append({"name": name, "conv2d": given})
        part = [width // self.count, kernel, {"padding": kernel // 2}]
        self.each(name, {"conv2d": part})

    def same(self, name: str, op: str) -> None:
        """A layer that treats each channel alike."""
        line = {"name": name, op: BY_ITSELF[op]}
        self.shared.append(line)
        self.grouped.append(line)
        self.each(name, {op: BY_ITSELF[op]})

    def response(self, name: str) -> None:
        """A normalisation over the channels of a GPU."""
        given = {"size": 3, "alpha": 0.5}
        self.shared.append({"name": name, "local_response_norm": given})
        groups = self.count if len(self.ends) > 1 else 1
        self.grouped.append({"name": name, "local_response_norm": {**given, "groups": groups}})
        self.each(name, {"local_response_norm": given})

    def each(self, name: str, line: dict[str, Any]) -> None:
        """A line for each GPU."""
        reads = self.ends if len(self.ends) > 1 else self.ends * self.count
        self.ends = [f"{name}_gpu{gpu}" for gpu in range(self.count)]
        for own, source in zip(self.ends, reads, strict=True):
            self.apart.append({"name": own, "from": source, **line})
        self.parts[name] = self.ends

    def exchange(self, *, is_inside: bool = True) -> None:
        """Every GPU gets all channels."""
        if is_inside:
            self.shared.append("exchange")
        if len(self.ends) > 1:
            name = f"whole{len(self.apart)}"
            self.apart.append({"name": name, "from": self.ends, "concat": None})
            self.ends = [name]


def towers(rng: Random) -> Towers:
    """A run of layers, the first and perhaps others of whole tensors."""
    made = Towers(rng.choice((2, 3)))
    made.conv("first", rng.choice((6, 12)), 3)
    for number in range(rng.randint(2, 6)):
        kind = rng.random()
        if kind < 0.4:
            made.conv(f"conv{number}", rng.choice((6, 12, 18)), rng.choice((1, 3)))
        elif kind < 0.55 and len(made.ends) > 1:
            made.exchange()
            made.conv(f"conv{number}", 12, 3)
        elif kind < 0.7:
            made.response(f"norm{number}")
        else:
            made.same(f"same{number}", rng.choice(list(BY_ITSELF)))
    made.exchange(is_inside=False)
    return made


def shared(made: Towers) -> Side:
    """The run in ``gpu_groups``."""
    return side(made.spec([{"gpu_groups": {"count": made.count, "layers": made.shared}}]))


def as_groups(made: Towers, *, wrong: bool = False) -> Rewritten:
    """The run as grouped layers: the very same nodes."""
    lines = made.grouped
    if wrong:
        lines = [
            {**line, "conv2d": [*line["conv2d"][:2], {**line["conv2d"][2], "groups": 1}]}
            if "conv2d" in line
            else {**line, "local_response_norm": {"size": 3, "alpha": 0.5}}
            if "local_response_norm" in line
            else line
            for line in lines
        ]
    return Rewritten(made.spec(lines), 1, graph=True, text=True)


def as_towers(made: Towers, *, wrong: bool = False) -> Rewritten:
    """The run as layers of each GPU."""

    def weights(old: Weights) -> Weights:
        found: Weights = {}
        for key, array in old.items():
            layer, own = key.rsplit(".", 1)
            names = made.parts.get(layer, [layer])
            names = names[::-1] if wrong else names
            pieces = np.split(array, len(names))
            found |= {f"{name}.{own}": each for name, each in zip(names, pieces, strict=True)}
        return found

    return Rewritten(made.spec(made.apart), 1, weights, exact=False)
