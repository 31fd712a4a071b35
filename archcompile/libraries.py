"""The one door to each heavy library: imported when first asked for, with clear words when missing.

Nothing else in the package imports them, so a command pays only for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from archcompile.diagnostics import MissingLibrary


def numpy() -> ModuleType:
    """NumPy: weights, and the reference interpreter."""
    return _library("numpy", "pip install numpy")


def onnx() -> ModuleType:
    """ONNX's own library: protobuf, checker, parser."""
    return _library("onnx", "pip install onnx")


def safetensors_numpy() -> ModuleType:
    """safetensors files as NumPy arrays."""
    return _library("safetensors.numpy", "pip install safetensors")


def torch() -> ModuleType:
    """PyTorch: needed by whatever runs a module."""
    return _library("torch", "pip install 'archcompile[torch]'")


def onnxruntime() -> ModuleType:
    """ONNX Runtime: needed by ``verify``."""
    return _library("onnxruntime", "pip install 'archcompile[onnxruntime]'")


def _library(name: str, remedy: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != name.split(".")[0]:
            raise  # the library is there and is itself broken: not ours to explain away
        raise MissingLibrary(f"this needs {name.split('.')[0]}: {remedy}") from error
