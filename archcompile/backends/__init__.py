"""The backends, one package for each artefact; each is loaded when it is first asked for.

``backends.pytorch.source(program)`` loads PyTorch's backend and no other: a check loads none.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompile.backends import diagram, onnx, pytorch, report

__all__ = ["diagram", "onnx", "pytorch", "report"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"there is no backend called '{name}'")
    return import_module(f"{__name__}.{name}")
