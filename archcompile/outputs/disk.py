"""The few things done to a disk: a durable file, a durable folder, two folders swapped at once."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from archcompile.weights.writing import new_file, sync_folder

_EXCHANGE = 2
_HERE = -100  # AT_FDCWD
_NO_EXCHANGE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})
"""What kernels, C libraries and file systems answer that cannot exchange."""


def write_new(path: Path, content: bytes) -> None:
    """A new file with the content, on the disk when this returns; its mode is the umask's."""
    descriptor = new_file(path)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(source: Path, target: Path) -> None:
    """The same file, folder or link at a second place: hard-linked, copied where that fails."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir()
        for entry in sorted(source.iterdir()):
            keep(entry, target / entry.name)
        sync_folder(target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
        if not target.is_symlink():
            _sync(target)


def _sync(path: Path) -> None:
    """The content of a file on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Takes a file, link or whole folder away, as far as that goes; the next run tries again.

    What is left stands beside what was built and harms nobody, so nothing here is a failure
    (``rmtree`` closes a folder twice if closing it fails, whatever it is told to ignore).
    """
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.chmod(0o700)  # it may have the mode of a folder that nobody was to write to
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def exchange(staged: Path, target: Path) -> bool:
    """Swaps two folders in one step; false where the system cannot (nothing has changed then)."""
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(staged), _HERE, os.fsencode(target), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(target))
