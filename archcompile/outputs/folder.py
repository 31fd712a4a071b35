"""One folder of a build, written whole or not at all.

The files are staged in ``.<name>.<process>.archcompile-new`` beside the folder, brought to the
disk, and swapped in at once (``renameat2``), or by two renames where a system cannot: then a run
killed between the two leaves the old folder as ``….archcompile-old``; the next run puts it back.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from archcompile.diagnostics import Code, Diagnostic, SpecError
from archcompile.outputs import disk
from archcompile.outputs.failure import FORCE, reading, writing
from archcompile.outputs.lock import LOCK_NAME, locked
from archcompile.outputs.survey import Survey, check_name, encoded, survey
from archcompile.weights.writing import LEFTOVER, staging, sync_folder


class Outcome(Enum):
    """What became of a folder: it holds new files, or held the very same ones already."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"


def write_folder(target: Path, files: Mapping[str, str | bytes], *, force: bool) -> Outcome:
    """Makes the folder hold the files: see ``write_folders``."""
    return write_folders(target.parent, {target.name: files}, force=force)[0]


def write_folders(
    out: Path, folders: Mapping[str, Mapping[str, str | bytes]], *, force: bool
) -> tuple[Outcome, ...]:
    """Makes each named folder in ``out`` hold its files, under one lock, in the order given.

    Nothing is written if nothing would change, or if any of the folders is refused. Text files
    of ours that are no longer built go; exported models stay; so does, under ``force``, whatever
    else is there, except where its name is one of the files'.

    Raises:
        SpecError: NOT_OURS with every foreign file, LOCKED, FILE_UNREADABLE, FILE_UNWRITABLE.
        A folder then is as it was; folders before it in the order may be written.
    """
    wanted = {out / name: encoded(files) for name, files in folders.items()}
    for name in folders:
        check_name(name)
    if _is_quiet(out) and all(survey(target, files).is_current for target, files in wanted.items()):
        return (Outcome.UNCHANGED,) * len(wanted)
    with locked(out):
        _recover(out)
        surveys = {target: survey(target, files) for target, files in wanted.items()}
        _refuse_foreign(surveys, wanted, force=force)
        return tuple(_write(target, wanted[target], seen) for target, seen in surveys.items())


def _refuse_foreign(
    surveys: Mapping[Path, Survey], wanted: Mapping[Path, Mapping[str, bytes]], *, force: bool
) -> None:
    findings = [
        Diagnostic(Code.NOT_OURS, f"`{target / name}` {why}", None, help=help)
        for target, seen in surveys.items()
        for name in seen.foreign
        for why, help in [_objection(target / name, name in wanted[target], force)]
        if why
    ]
    if findings:
        raise SpecError(findings)


def _objection(path: Path, replaced: bool, force: bool) -> tuple[str, str]:
    if replaced and path.is_dir() and not path.is_symlink():
        return "is a folder, where a file is to be written", "move it away"
    if force:
        return "", ""
    return "was not written by archcompile", FORCE


def _write(target: Path, files: Mapping[str, bytes], seen: Survey) -> Outcome:
    replaced = files.keys() & set(seen.foreign)
    if seen.exists and not (seen.changed or seen.missing or seen.stale or replaced):
        return Outcome.UNCHANGED
    kept = sorted({*seen.models, *seen.foreign} - replaced)
    staged = staging(target, "new")
    try:
        with writing(target):
            staged.mkdir()
            for name, content in files.items():
                disk.write_new(staged / name, content)
            for name in kept:
                disk.keep(target / name, staged / name)
            if seen.exists:
                staged.chmod(stat.S_IMODE(target.stat().st_mode))
            sync_folder(staged)
            _swap(staged, target)
    finally:
        disk.remove(staged)  # what was staged if that failed, else the folder as it was before
    return Outcome.WRITTEN


def _swap(staged: Path, target: Path) -> None:
    if not target.exists():
        staged.rename(target)
    elif not disk.exchange(staged, target):
        _swap_in_two_steps(staged, target)
    sync_folder(target.parent)


def _swap_in_two_steps(staged: Path, target: Path) -> None:
    aside = staging(target, "old")
    try:
        target.rename(aside)
        staged.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise
    disk.remove(aside)


def _is_quiet(out: Path) -> bool:
    """Whether no build is at work in the folder, and none was killed there."""
    with reading(out):
        return not (_leftovers(out) or (out / LOCK_NAME).exists())


def _leftovers(out: Path) -> list[tuple[Path, Path, str]]:
    """Folders that a build stages: each with the folder it was for, and its stage."""
    with reading(out):
        if not out.is_dir():
            return []
        return [
            (path, out / match["name"], match["stage"])
            for path in sorted(out.iterdir())
            if (match := LEFTOVER.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
        ]


def _recover(out: Path) -> None:
    """Puts right what killed runs left; only under the lock, where nobody else is at work."""
    for path, target, stage in _leftovers(out):
        with writing(target):
            if stage == "old" and not target.exists():
                path.rename(target)
        disk.remove(path)
