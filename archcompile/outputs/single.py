"""One file at a place that the user named, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archcompile.diagnostics import Code
from archcompile.outputs import disk
from archcompile.outputs.failure import FORCE, reading, refuse_link, refused, writing
from archcompile.outputs.ownership import HEAD_BYTES, is_ours
from archcompile.weights.writing import LEFTOVER


@contextmanager
def file_output(path: Path, *, force: bool) -> Iterator[Path]:
    """The place to write to, for a block that itself writes whole or not at all.

    It is ``path``, or where that is a link, the file that it points to.

    Raises:
        SpecError: NOT_OURS where a folder, a device or a file of another origin is in the way
            (``force`` overwrites such a file), FILE_NOT_FOUND without the folder, FILE_UNREADABLE;
            FILE_UNWRITABLE for an ``OSError`` of the block.
    """
    with reading(path):
        with suppress(FileNotFoundError):
            path.stat()  # a chain of links without an end is known here
        place = path.resolve()
        _refuse(path, place, force=force)
    _clear(place)
    with writing(path):
        yield place


def usual_place(path: Path) -> Path:
    """The path of a file that no user named: its folders are made, and no part of it is a link.

    Raises:
        SpecError: NOT_OURS for a link, which a stranger's tree may point anywhere;
            FILE_UNWRITABLE.
    """
    for place in (*reversed(path.parents), path):
        refuse_link(place)
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _refuse(path: Path, place: Path, *, force: bool) -> None:
    if not place.parent.is_dir():
        help = f"mkdir -p {path.parent}"
        raise refused(Code.FILE_NOT_FOUND, f"there is no folder `{path.parent}`", help)
    if not place.exists():
        return
    if not place.is_file():
        kind = "a folder" if place.is_dir() else "not a plain file"
        raise refused(Code.NOT_OURS, f"`{path}` is {kind}", "name a file")
    with place.open("rb") as file:
        ours = is_ours(file.read(HEAD_BYTES))
    if not (force or ours):
        raise refused(Code.NOT_OURS, f"`{path}` was not written by archcompile", FORCE)


def _clear(place: Path) -> None:
    """Takes away what killed runs staged for this file; a run that is still alive keeps its own."""
    with suppress(OSError):
        for path in sorted(place.parent.iterdir()):
            match = LEFTOVER.fullmatch(path.name)
            if match and match["name"] == place.name and not _alive(int(match["process"])):
                disk.remove(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # it is somebody else's, or no number of ours
    return True
