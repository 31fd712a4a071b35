"""What stands in a folder now, held against what is to stand there."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archcompile.diagnostics import Code, InternalError
from archcompile.outputs.failure import reading, refused
from archcompile.outputs.ownership import HEAD_BYTES, is_model, is_ours
from archcompile.weights.writing import LEFTOVER, model_of_weights

DROPPED = frozenset({"__pycache__", ".DS_Store"})
"""What other programs leave beside our files: nobody's work, and gone after the next build."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The entries of a folder, by name, sorted.

    ``stale`` were built once and are not any more; ``models`` are exports, which a build keeps;
    ``foreign`` did not come from archcompile.
    """

    exists: bool = False
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether a build would change nothing."""
        return self.exists and not (self.changed or self.missing or self.stale or self.foreign)


def survey(target: Path, files: Mapping[str, bytes]) -> Survey:
    """Looks at the folder without following a link or opening anything but plain files.

    Raises:
        SpecError: NOT_OURS where the folder's place is taken by a file or a link, FILE_UNREADABLE.
    """
    with reading(target):
        try:
            mode = target.lstat().st_mode
            _refuse_anything_else(target, mode)
            paths = sorted(target.iterdir())
        except FileNotFoundError:
            return Survey(missing=tuple(sorted(files)))
        found = {path.name: _kind(path, files.get(path.name)) for path in paths}
    found |= {name: "models" for name in found if _holds_weights(name, found)}
    return Survey(
        exists=True,
        missing=tuple(name for name in sorted(files) if found.get(name) is None),
        **{
            kind: tuple(name for name in found if found[name] == kind)
            for kind in ("changed", "stale", "models", "foreign")
        },
    )


def _refuse_anything_else(target: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        return
    kind = "a symbolic link" if stat.S_ISLNK(mode) else "a file"
    help = "move it away, or build into another folder with --out"
    raise refused(Code.NOT_OURS, f"`{target}` is {kind}, not a folder", help)


def _holds_weights(name: str, found: Mapping[str, str | None]) -> bool:
    """Whether it is the second file of a large model of ours, which holds nothing but numbers."""
    model = model_of_weights(name)
    return model is not None and found[name] == "foreign" and found.get(model) == "models"


def encoded(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """The files as bytes: text is UTF-8 everywhere.

    Raises:
        InternalError: a name that is not a plain one, or text that no file can hold.
    """
    for name in files:
        check_name(name)
    try:
        return {
            name: content.encode() if isinstance(content, str) else content
            for name, content in files.items()
        }
    except UnicodeEncodeError as error:
        raise InternalError(f"an output is not encodable: {error}") from error


def check_name(name: str) -> None:
    """A name of ours is one component of a path, visible, and not one that others make."""
    if not name or name.startswith(".") or name in DROPPED or set(name) & set("/\\\0"):
        raise InternalError(f"{name!r} cannot be the name of an output")


def _kind(path: Path, wanted: bytes | None) -> str | None:
    """Which kind of entry it is, in the words of ``Survey``; ``None`` if it is gone meanwhile."""
    if path.name in DROPPED or LEFTOVER.fullmatch(path.name):
        return "dropped"
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return "foreign"
        return _file_kind(path, wanted)
    except FileNotFoundError:
        return None


def _file_kind(path: Path, wanted: bytes | None) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if wanted is not None and head + file.read(len(wanted) + 1) == wanted:
            return "same"
    if not is_ours(head):
        return "foreign"
    if wanted is not None:
        return "changed"
    return "models" if is_model(head) else "stale"
