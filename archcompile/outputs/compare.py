"""What a build would change in a folder, as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from archcompile.outputs.failure import reading
from archcompile.outputs.survey import encoded, survey

_LINES = 20_000
"""Above this many lines a pair of files is not aligned: the time grows with their product."""


def compare_folder(target: Path, files: Mapping[str, str | bytes]) -> str:
    """The unified diff from the folder to what would be built; empty where they are the same.

    Exported models are no part of a build. A file that archcompile did not write is named, since
    a build would refuse it.

    Raises:
        SpecError: NOT_OURS where the folder's place is taken, FILE_UNREADABLE.
    """
    wanted = encoded(files)
    seen = survey(target, wanted)
    parts: list[str] = []
    for name in sorted({*seen.changed, *seen.missing, *seen.stale, *seen.foreign}):
        path = target / name
        if name in seen.foreign:
            parts.append(f"{path}: not written by archcompile\n")
            continue
        with reading(path):
            before = None if name in seen.missing else path.read_bytes()
        parts.extend(_difference(path, before, wanted.get(name)))
    return "".join(parts)


def _difference(path: Path, before: bytes | None, after: bytes | None) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    if old is None or new is None:
        yield f"Binary files {path} and its build differ\n"
        return
    labels = ("/dev/null" if before is None else str(path), f"{path} (as built)")
    if after is None:
        labels = (str(path), "/dev/null")
    if len(old) + len(new) > _LINES:
        yield _first_difference(path, old, new)
        return
    for line in difflib.unified_diff(old, new, *labels):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes | None) -> list[str] | None:
    if content is None:
        return []
    if b"\0" in content:
        return None
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def _first_difference(path: Path, old: list[str], new: list[str]) -> str:
    pairs = enumerate(zip(old, new, strict=False), start=1)
    first = next((number for number, (a, b) in pairs if a != b), min(len(old), len(new)) + 1)
    return f"{path} ({len(old)} lines) and its build ({len(new)} lines) differ from line {first}\n"
