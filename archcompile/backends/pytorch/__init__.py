"""PyTorch: a network as source text, read back before it is written, and as a live module."""

from archcompile.backends.pytorch.emit import source
from archcompile.backends.pytorch.module import load_class, load_module
from archcompile.backends.pytorch.readback import hold

__all__ = ["hold", "load_class", "load_module", "source"]
