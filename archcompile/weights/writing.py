"""Writing a file so that it appears whole or not at all, and is on the disk when that is said."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


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
    """A file to write to: moved to ``path`` if the block ends well, else dropped."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            yield _Whole(descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        staged.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a leftover harms nobody, and the next run tries again
            staged.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """The folder's entries on the disk; a no-op where folders cannot be opened (Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
