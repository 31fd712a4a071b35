"""Weights on disk: safetensors files (core), torch's own .pt and .pth (needs torch).

Half and double precision become float32, as torch's ``load_state_dict`` does into a float32 module.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.libraries import numpy, safetensors_numpy, torch
from archcompile.weights.writing import replaced

if TYPE_CHECKING:
    from archcompile.targets.reference import Array

_SUFFIXES = (".safetensors", ".pt", ".pth")
_SAFE_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}


def load_weights(path: Path) -> dict[str, Array]:
    """The file's tensors by key; real numbers as float32.

    Raises SpecError: FILE_NOT_FOUND, FILE_UNREADABLE, or BAD_WEIGHTS for a file of another kind;
    MissingLibrary for .pt and .pth without torch.
    """
    _require_suffix(path)
    if not path.exists():
        _refuse(Code.FILE_NOT_FOUND, f"there is no file `{path}`")
    if not path.is_file():
        _refuse(Code.FILE_UNREADABLE, f"`{path}` is no file")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        _refuse(Code.FILE_UNREADABLE, f"`{path}` cannot be read: {error.strerror}")
    return _load_safetensors(path) if path.suffix == ".safetensors" else _load_torch(path)


def save_weights(weights: Mapping[str, Array], path: Path) -> None:
    """Write the tensors in the format that the suffix names; the file appears whole or not at all.

    Raises SpecError (BAD_WEIGHTS) for another suffix, OSError where the folder cannot be written.
    """
    _require_suffix(path)
    if path.suffix == ".safetensors":
        content: bytes = safetensors_numpy().save(dict(weights))
        with replaced(path) as file:
            file.write(content)
        return
    library = torch()
    # a copy: torch warns of arrays that it may not write to
    state = {key: library.from_numpy(array.copy()) for key, array in weights.items()}
    with replaced(path) as file:
        library.save(state, file)


def _load_safetensors(path: Path) -> dict[str, Array]:
    library = safetensors_numpy()
    try:
        entries = library.deserialize(path.read_bytes())
    except Exception as error:  # the library's own class, which it does not export from here
        _refuse(Code.BAD_WEIGHTS, f"`{path}` is no safetensors file: {error}")
    return {key: _decoded(path, key, entry) for key, entry in entries}


def _decoded(path: Path, key: str, entry: Mapping[str, object]) -> Array:
    np = numpy()
    dtype, shape = entry["dtype"], entry["shape"]
    if dtype not in _SAFE_DTYPES:
        _refuse(Code.BAD_WEIGHTS, f"`{path}`: `{key}` has the type {dtype}, which no weight has")
    array = np.frombuffer(entry["data"], _SAFE_DTYPES[str(dtype)]).reshape(shape)
    if dtype == "BF16":  # the upper half of a float32
        array = (array.astype("<u4") << 16).view("<f4")
    return _single(np, array)


def _load_torch(path: Path) -> dict[str, Array]:
    library = torch()
    try:
        loaded: object = library.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # unpickling raises whatever the bytes provoke
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        _refuse(
            Code.BAD_WEIGHTS,
            f"`{path}` cannot be read as weights: {reason}",
            help="save a state_dict: torch.save(model.state_dict(), ...)",
        )
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping):
        _refuse(
            Code.BAD_WEIGHTS, f"`{path}` holds a {type(loaded).__name__}, expected a state_dict"
        )
    return {str(key): _from_torch(library, path, key, value) for key, value in loaded.items()}


def _from_torch(library: ModuleType, path: Path, key: object, value: object) -> Array:
    if not isinstance(value, library.Tensor):
        _refuse(
            Code.BAD_WEIGHTS, f"`{path}`: `{key}` is a {type(value).__name__}, expected a tensor"
        )
    tensor = value.detach()
    return _single(numpy(), (tensor.float() if tensor.is_floating_point() else tensor).numpy())


def _single(np: ModuleType, array: Array) -> Array:
    """Real numbers as float32; integers as they are."""
    if not np.issubdtype(array.dtype, np.floating):
        return array
    with np.errstate(over="ignore"):  # a double beyond float32 is infinite there, as in torch
        return array.astype(np.float32, copy=False)


def _require_suffix(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        _refuse(
            Code.BAD_WEIGHTS,
            f"`{path}`: expected a file ending in {', '.join(_SUFFIXES)}",
        )


def _refuse(code: Code, message: str, help: str | None = None) -> NoReturn:
    raise SpecError([Diagnostic(code, message, None, help=help)])
