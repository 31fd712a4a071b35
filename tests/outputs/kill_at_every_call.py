"""Builds over an old build once per system call, in a child that is killed at that call.

``python kill_at_every_call.py FOLDER WAY '[OLD, NEW]'`` prints a JSON list: per round whether the
child was killed, what then stood in the folder, what stood there after the next run, and what
stood beside it. Each child is a fork of this small process, so a round takes milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from archcompile.outputs import disk, write_folder

CALLS = ("mkdir", "open", "write", "fsync", "close", "link", "rename", "unlink", "rmdir")
MODEL = b"\x08\x0a\x12\x0barchcompile"


def kill_at(call_number: int) -> None:
    """From now on, the process kills itself instead of making the call of that number."""
    made = 0

    def killing(name: str) -> None:
        call = getattr(os, name)

        def counted(*arguments: object, **keywords: object) -> object:
            nonlocal made
            made += 1
            if made == call_number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **keywords)

        setattr(os, name, counted)

    for name in CALLS:
        killing(name)


def read(target: Path) -> dict[str, str]:
    """What stands in the folder; the model as a word, since its bytes are no text."""
    if not target.exists():
        return {}
    found = {path.name: path.read_bytes() for path in target.iterdir()}
    return {k: "kept" if v == MODEL else v.decode() for k, v in found.items()}


def build_round(
    target: Path, old: dict[str, str], new: dict[str, str], number: int
) -> dict[str, object]:
    """One old build, one killed build over it, one more build."""
    write_folder(target, old, force=False)
    (target / "net.onnx").write_bytes(MODEL)
    child = os.fork()
    if child == 0:
        kill_at(number)
        write_folder(target, new, force=False)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = read(target)
    write_folder(target, new, force=False)
    return {
        "killed": os.WIFSIGNALED(status),
        "found": found,
        "mended": read(target),
        "beside": sorted(path.name for path in target.parent.iterdir()),
    }


def main() -> None:
    """One round after the other, until a child came to its end."""
    folder, way, builds = sys.argv[1:]
    old, new = json.loads(builds)
    if way == "renamed twice":
        disk.exchange = lambda staged, target: False
    rounds: list[dict[str, object]] = []
    while not rounds or rounds[-1]["killed"]:
        number = len(rounds) + 1
        rounds.append(build_round(Path(folder) / str(number) / "net", old, new, number))
    print(json.dumps(rounds))


main()
