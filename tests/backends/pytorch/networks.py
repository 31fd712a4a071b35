"""Every network that the PyTorch backend is tested on, by name."""

from __future__ import annotations

from archcompile.ir.program import Program
from tests.backends.pytorch.stateful import (
    googlenet,
    nested,
    scaled,
    segmenter,
    shuffled,
    started,
)
from tests.backends.pytorch.structured import containers, mixers, tapped, twice
from tests.backends.pytorch.written import all_networks


def every_network() -> dict[str, Program]:
    made = (
        containers(),
        mixers(),
        twice(),
        googlenet(),
        segmenter(),
        shuffled(),
        scaled(),
        tapped(),
        started(),
        nested(),
    )
    return all_networks() | {program.name: program for program in made}
