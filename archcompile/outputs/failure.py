"""What goes wrong with files, in the words of findings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archcompile.diagnostics import Code, Diagnostic, SpecError

FORCE = "move it away, or pass --force to overwrite it"


def refused(code: Code, message: str, help: str | None = None) -> SpecError:
    """The error that carries one finding about a file or folder, which has no place in a spec."""
    return SpecError([Diagnostic(code, message, None, help=help)])


def refuse_link(path: Path) -> None:
    """Raises NOT_OURS for a symbolic link: a stranger's tree may point it at any place."""
    with reading(path):
        is_link = path.is_symlink()
    if is_link:
        help = "put what it points to in its place, or name that yourself"
        raise refused(Code.NOT_OURS, f"`{path}` is a symbolic link", help)


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turns what the operating system refuses while ``target`` is written into a finding."""
    try:
        yield
    except OSError as error:
        raise refused(Code.FILE_UNWRITABLE, f"cannot write `{target}`: {reason(error)}") from error


@contextmanager
def reading(target: Path) -> Iterator[None]:
    """Turns what the operating system refuses while ``target`` is read into a finding."""
    try:
        yield
    except OSError as error:
        raise refused(Code.FILE_UNREADABLE, f"cannot read `{target}`: {reason(error)}") from error


def reason(error: OSError) -> str:
    """The operating system's words for the error, and the file where it is another one."""
    return error.strerror or type(error).__name__
