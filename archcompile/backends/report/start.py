"""How a weight starts, in a few words: ``normal(std=0.01)``."""

from __future__ import annotations

import re
from dataclasses import fields

from archcompile.ir.weight import Init, Kaiming, Xavier

_CAPITAL = re.compile(r"(?<!^)([A-Z])")


def start_text(init: Init) -> str:
    """The distribution with what differs from its default; torch.nn.init's names."""
    word = _CAPITAL.sub(r"_\1", type(init).__name__).lower()
    if isinstance(init, Kaiming | Xavier):
        word = f"{word}_{init.form}"
    said = (
        f"{field.name}={getattr(init, field.name)}"
        for field in fields(init)
        if field.name != "form" and getattr(init, field.name) != field.default
    )
    return f"{word}({', '.join(said)})"
