"""One build at a time in one output folder."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archcompile.diagnostics import Code, SpecError
from archcompile.outputs.failure import refuse_link, refused, writing

if sys.platform != "win32":
    import fcntl

LOCK_NAME = ".archcompile.lock"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Holds the folder ``out`` (made where it is missing) against other builds.

    The lock is the system's, so it ends with the process that holds it, however that ends. Its
    file holds the process's number for the message that the other one prints, and goes when the
    build does.

    Raises:
        SpecError: LOCKED with the holder's number, NOT_OURS where the folder or the lock's file is
        a link, which might lead anywhere, FILE_UNWRITABLE.
    """
    path = out / LOCK_NAME
    for place in (out, path):
        refuse_link(place)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        descriptor = _acquire(path)
    try:
        with writing(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        _release(path, descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o666)
        try:
            _require_plain(path, os.fstat(descriptor))
            if not _try_lock(descriptor):
                raise _held(path, os.read(descriptor, 32))
            if _is_still_there(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder took the file away between our opening and locking it


def _require_plain(path: Path, found: os.stat_result) -> None:
    """A pipe, a device, or a second name of another file is not written to."""
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise refused(Code.NOT_OURS, f"`{path}` is no lock of archcompile's", "move it away")


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True  # no flock there: one build at a time is then the caller's care
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _held(path: Path, content: bytes) -> SpecError:
    number = content.decode("ascii", "replace").strip()
    who = f"process {number}" if number.isdigit() else "another process"
    return refused(
        Code.LOCKED,
        f"another build ({who}) is writing to `{path.parent}`",
        "wait until it has ended, or build into another folder with --out",
    )


def _release(path: Path, descriptor: int) -> None:
    """Ends the lock. Neither step can fail a build: a lock file that nobody holds is harmless."""
    try:
        with suppress(OSError):
            path.unlink()
    finally:
        with suppress(OSError):
            os.close(descriptor)
