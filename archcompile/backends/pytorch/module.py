"""The live module: the generated text, executed once, as a real module that knows its source.

Its loader gives the text on request, so ``inspect.getsource``, tracebacks, ``pickle`` within the
process, ``torch.compile`` and ``torch.export`` work, also after ``linecache.clearcache()``.
"""

from __future__ import annotations

import ast
import sys
from hashlib import sha256
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING

from archcompile.diagnostics import InternalError
from archcompile.libraries import torch

if TYPE_CHECKING:
    from torch import nn

_LOCK = RLock()


def load_class(text: str, name: str) -> type[nn.Module]:
    """The network's class, which is the last one of a generated text.

    Raises ``MissingLibrary`` where torch is not installed.
    """
    module = load_module(text, name)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    if not classes:
        raise InternalError("a source without a class cannot be loaded")
    network: type[nn.Module] = getattr(module, classes[-1])
    return network


def load_module(text: str, name: str) -> ModuleType:
    """The module that a generated text makes; one text is executed once.

    It is called after ``name`` and a digest of the text. The text must be one that was emitted here
    and held against its program: this executes it.
    """
    digest = sha256(text.encode()).hexdigest()[:16]
    full_name = f"archcompile_{name}_{digest}"
    torch()  # says clearly what is missing, where the text's own import would not
    with _LOCK:
        if full_name not in sys.modules:
            _execute(full_name, _TextLoader(text, f"{full_name}.py"))
        return sys.modules[full_name]


class _TextLoader(InspectLoader):
    """Loads a module from text that is on no disk; ``path`` is what tracebacks call it."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path

    def get_source(self, fullname: str) -> str:
        return self.text

    def is_package(self, fullname: str) -> bool:
        return False


def _execute(name: str, loader: _TextLoader) -> None:
    spec = ModuleSpec(name, loader, origin=loader.path)
    spec.has_location = True  # the module then has the path as its __file__
    module = module_from_spec(spec)
    code = compile(loader.text, loader.path, "exec", dont_inherit=True)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
