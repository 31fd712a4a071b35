"""Writing a file so that it appears whole or not at all, and is on the disk when that is said."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


LEFTOVER = re.compile(r"\.(?P<name>.+)\.(?P<process>[0-9]+)\.archcompile-(?P<stage>new|old|part)")
"""Names of what a run stages: where no such run is alive, a killed one left it."""

_WEIGHTS = re.compile(r"(?P<model>.+)\.[0-9a-f]{16}\.data")
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def staging(path: Path, stage: str) -> Path:
    """Where this process stages what is to stand at ``path``: beside it, on the same disk."""
    return path.with_name(f".{path.name}.{os.getpid()}.archcompile-{stage}")


def weights_name(model: str, digest: str) -> str:
    """The name of the file with a large model's weights, by the name of the model's file."""
    return f"{model}.{digest[:16]}.data"


def model_of_weights(name: str) -> str | None:
    """The name of the model's file, if the name is one of ``weights_name``."""
    match = _WEIGHTS.fullmatch(name)
    return None if match is None else match["model"]


def new_file(path: Path) -> int:
    """The descriptor of a file that was not there; a link in its place is never followed."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)


class _Whole(io.RawIOBase):
    """A file whose ``write`` hands over all that it is given, however often the system is asked."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def write(self, content: ReadableBuffer) -> int:
        left = memoryview(content).cast("B")
        size = len(left)
        while left:
            left = left[os.write(self._descriptor, left) :]
        return size


@contextmanager
def replaced(path: Path) -> Iterator[io.RawIOBase]:
    """A file to write to: moved to ``path`` if the block ends well, else dropped.

    A file that is there keeps its mode.
    """
    staged = staging(path, "part")
    try:
        staged.unlink(missing_ok=True)  # of a killed run with our number, or a link laid out for us
        descriptor = new_file(staged)
        try:
            yield _Whole(descriptor)
            _keep_mode(path, descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        staged.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a leftover harms nobody, and the next run tries again
            staged.unlink(missing_ok=True)


def _keep_mode(path: Path, descriptor: int) -> None:
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode) & 0o777
        if hasattr(os, "fchmod") and mode != stat.S_IMODE(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, mode)


def sync_folder(path: Path) -> None:
    """The folder's entries on the disk; a no-op where folders cannot be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
