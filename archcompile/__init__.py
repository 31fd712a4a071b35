"""archcompile: neural architectures from YAML to PyTorch, ONNX, reports and pictures that agree.

::

    net = archcompile.load("specs/lenet5.yaml", classes=10)
    net.report()      # a table; .to_dict(), .to_markdown()
    net.source()      # a standalone PyTorch file
    net.module()      # an nn.Module (torch is imported here)
    net.save_onnx("lenet5.onnx")
"""

from importlib import import_module
from typing import TYPE_CHECKING

from archcompile.version import __version__

if TYPE_CHECKING:
    from archcompile.diagnostics import (
        ArchcompileError,
        Diagnostic,
        InternalError,
        MissingLibrary,
        SpecError,
    )
    from archcompile.driver import load
    from archcompile.network import Network

__all__ = [
    "ArchcompileError",
    "Diagnostic",
    "InternalError",
    "MissingLibrary",
    "Network",
    "SpecError",
    "__version__",
    "load",
]

_HOMES = {"load": "driver", "Network": "network"}


def __getattr__(name: str) -> object:
    """The public names, each loaded when first used: `archcompile --help` needs no compiler."""
    if name not in __all__:
        raise AttributeError(f"module 'archcompile' has no attribute '{name}'")
    value: object = getattr(import_module(f"archcompile.{_HOMES.get(name, 'diagnostics')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
