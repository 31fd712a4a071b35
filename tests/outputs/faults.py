"""Whole runs of the command line, each with a fault at one call to the system.

``python faults.py FOLDER COMMAND FAULT LATE FIRST STEP`` makes one run for every STEP-th call that
the command makes, from the FIRST on, until a run comes to its end without the fault, and prints a
JSON list of what became of each. A run is a fork of this process, in which everything is imported
already, so that it takes milliseconds; the fault stands in the place of the call, or comes right
after it (LATE is 1). STEP 1 is every call.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

SPEC = """archcompile: 1
name: net
input: [N, 3, 8, 8]
layers:
  - {{name: conv, conv2d: {{out_channels: {width}, kernel_size: 3}}}}
  - relu
  - flatten
  - {{name: fc, linear: 4}}
"""
COMMANDS = {
    "first build": ["build", "net.yaml"],
    "rebuild": ["build", "net.yaml"],
    "rebuild in two steps": ["build", "net.yaml"],
    "export": ["export", "net.yaml", "--onnx", "-o", "net.onnx"],
    "usual export": ["export", "net.yaml", "--onnx"],
    "new": ["new", "fresh", "--force"],
}
CALLS = (
    *("chmod", "close", "fchmod", "fstat", "fsync", "ftruncate", "link", "listdir", "lstat"),
    *("mkdir", "open", "read", "readlink", "rename", "replace", "rmdir", "scandir", "stat"),
    *("symlink", "unlink", "utime", "write"),
)


def arm(number: int, fault: str, *, late: bool) -> None:
    """From now on, the call of that number fails, or the process ends or is interrupted there."""
    made = 0

    def wrap(owner: object, name: str) -> None:
        call: Callable[..., object] = getattr(owner, name)

        def counted(*arguments: object, **keywords: object) -> object:
            nonlocal made
            made += 1
            if made != number:
                return call(*arguments, **keywords)
            if late or name == "close":
                try:
                    return call(*arguments, **keywords)
                finally:
                    strike(fault)
            strike(fault)
            return call(*arguments, **keywords)

        setattr(owner, name, counted)

    for name in CALLS:
        wrap(os, name)
    import fcntl

    wrap(fcntl, "flock")
    wrap(io, "open")
    builtins.open = io.open
    from archcompile.outputs import disk

    wrap(disk, "exchange")


def strike(fault: str) -> None:
    """What happens at the call."""
    if fault == "SIGKILL":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault == "SIGINT":
        signal.raise_signal(signal.SIGINT)
    else:
        number = getattr(errno, fault)
        raise OSError(number, os.strerror(number))


def run(arguments: list[str]) -> None:
    """The command line in this process; never returns."""
    from archcompile.cli import main

    sys.argv = ["archcompile", *arguments]
    code: object = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
    except BaseException as error:  # what would be a traceback
        print(f"Traceback: {error!r}", file=sys.stderr)
        code = 99
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 98)


def warm(folder: Path) -> None:
    """Imports what the commands import, by running one of each here."""
    from click.testing import CliRunner

    from archcompile.cli import cli

    place = folder / "warm"
    place.mkdir()
    os.chdir(place)
    Path("net.yaml").write_text(SPEC.format(width=2))
    for arguments in COMMANDS.values():
        assert CliRunner().invoke(cli, arguments).exit_code == 0


def child(arguments: list[str], output: Path, before: Callable[[], None]) -> int:
    """The exit code of a run in a fork; negative for the signal that ended it."""
    process = os.fork()
    if process == 0:
        from archcompile.outputs import disk

        if "two steps" in sys.argv[2]:
            disk.exchange = lambda staged, target: False
        with output.open("w") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        before()
        run(arguments)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def tree(folder: Path) -> dict[str, str]:
    """Every file, folder and link below, with a digest of what it holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def prepare(folder: Path, command: str, log: Path) -> None:
    """A project as it is before the run, with what is not ours beside what is."""
    folder.mkdir()
    os.chdir(folder)
    Path("notes.txt").write_text("mine\n")
    Path("link").symlink_to("notes.txt")
    Path("net.yaml").write_text(SPEC.format(width=2))
    if command != "first build" and command != "new":
        assert child(["build", "net.yaml"], log, lambda: None) == 0
        assert child(["export", "net.yaml", "--onnx"], log, lambda: None) == 0
    if command == "export":
        assert child([*COMMANDS["export"], "--seed", "1"], log, lambda: None) == 0
    Path("generated/other").mkdir(parents=True, exist_ok=True)
    Path("generated/other/notes.txt").write_text("mine\n")
    Path("generated/.other.1.tmp").mkdir()
    Path("net.yaml").write_text(SPEC.format(width=3))


def rounds(
    folder: Path, command: str, fault: str, *, late: bool, first: int, step: int
) -> list[dict[str, object]]:
    """A run for each call, and the run after it."""
    log = folder / "output"
    outcomes: list[dict[str, object]] = []
    prepare(folder / "old", command, log)
    old = tree(folder / "old")
    shutil.copytree(folder / "old", folder / "0", symlinks=True)
    os.chdir(folder / "0")
    assert child(COMMANDS[command], log, lambda: None) == 0, log.read_text()
    new = tree(folder / "0")
    number = first - step
    while not outcomes or outcomes[-1]["struck"]:
        number += step
        place = folder / str(number)
        shutil.copytree(folder / "old", place, symlinks=True)
        os.chdir(place)
        mark = folder / "struck"
        mark.unlink(missing_ok=True)

        def before(number: int = number, mark: Path = mark) -> None:
            descriptor = os.open(mark, os.O_WRONLY | os.O_CREAT)
            spy(descriptor)
            arm(number, fault, late=late)

        code = child(COMMANDS[command], log, before)
        struck = mark.read_bytes().decode()
        found, said = tree(place), log.read_text()
        again = child(COMMANDS[command], log, lambda: None)
        outcomes.append(
            {
                "struck": struck,
                "code": code,
                "said": said,
                "state": state(found, old, new),
                "again": again,
                "said again": log.read_text(),
                "mended": state(tree(place), old, new),
            }
        )
    return outcomes


def spy(descriptor: int) -> None:
    """Tells, through a file that is open already, that the fault has come."""
    global strike
    plain, write = strike, os.write

    def told(fault: str) -> None:
        write(descriptor, b"yes")
        plain(fault)

    strike = told


def state(found: dict[str, str], old: dict[str, str], new: dict[str, str]) -> list[str]:
    """``old`` or ``new``, then what is there beside; anything else is named with a star."""
    ours = {name for name in {**old, **new} if name in found}
    extra = sorted(found.keys() - ours)
    kept = {name: found[name] for name in ours}
    words = [word for word, whole in (("old", old), ("new", new)) if kept == whole]
    if not words and all(held in (old.get(name), new.get(name)) for name, held in kept.items()):
        words = ["*some"]  # each file is whole, and not all are of one build
    return [*(words or ["*neither"]), *extra]


def main() -> None:
    folder, command, fault, late, first, step = sys.argv[1:]
    os.fsync = lambda descriptor: None  # the call is counted; a disk that is busy is not waited for
    warm(Path(folder))
    outcomes = rounds(
        Path(folder), command, fault, late=late == "1", first=int(first), step=int(step)
    )
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
