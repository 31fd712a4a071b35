"""Runs the random specs of a file with planted faults, one after the other, until one differs.

    python tests/zoo/zoo_run.py JOBS.json

``JOBS.json`` holds texts by seed, and faults with the seeds to try. All is imported once, and each
fault gets a fork of this process. An edit inside functions gives them new code there; for one
of a class or a module the fork is taken before the package is imported, and imports it edited.
A line of JSON on standard output says for each fault what noticed it, and at which seed.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import select
import signal
import sys
import time
from inspect import CO_NEWLOCALS
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "archcompile"
PATIENCE = 120
"""Seconds until a fault counts as noticed because nothing ends."""
OTHER = 10


class Misplaced(Exception):
    """A fault that cannot be planted."""


class Edited(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds one module of the package, and gives its text with the edit."""

    def __init__(self, file: str, old: str, new: str) -> None:
        self.path = PACKAGE / file
        parts = Path(file).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        self.name = ".".join(("archcompile", *parts))
        self.old, self.new = old, new

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Of the edited module alone."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_filename(self, fullname: str) -> str:
        """The file's own."""
        return str(self.path)

    def get_data(self, path: str | bytes) -> bytes:
        """The text, edited."""
        text = self.path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise Misplaced(f"the edit's text stands {text.count(self.old)} times in the file")
        return text.replace(self.old, self.new).encode()


def codes(code: CodeType) -> dict[str, list[CodeType]]:
    """Every function's code in a module's, by qualified name, in the order of the text."""
    found: dict[str, list[CodeType]] = {}
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found.setdefault(each.co_qualname, []).append(each)
            for name, inner in codes(each).items():
                found.setdefault(name, []).extend(inner)
    return found


def shape(code: CodeType) -> tuple[object, ...]:
    """What a code does by itself, whatever the functions in it do and wherever it stands."""
    own = tuple(
        each.co_qualname if isinstance(each, CodeType) else (type(each), each)
        for each in code.co_consts
    )
    return (code.co_code, own, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)


def changed(edit: Edited) -> list[tuple[CodeType, CodeType]] | None:
    """Old and new code of the functions that the edit changes; None if it changes more."""
    text = edit.path.read_text(encoding="utf-8")
    path = str(edit.path)
    old = compile(text, path, "exec", dont_inherit=True)
    new = compile(edit.get_data(path), path, "exec", dont_inherit=True)
    before, after = codes(old), codes(new)
    if shape(old) != shape(new) or before.keys() != after.keys():
        return None
    pairs: dict[str, tuple[CodeType, CodeType]] = {}
    for name, each in before.items():
        changes = [
            new for one, new in zip(each, after[name], strict=False) if shape(one) != shape(new)
        ]
        if len(each) != len(after[name]) or (changes and len(each) > 1):
            return None
        if changes:
            outer = name.partition(".<locals>")[0]  # what is inside is made when that runs
            pairs[outer] = (before[outer][0], after[outer][0])
    is_function = all(
        one.co_flags & CO_NEWLOCALS and "<" not in name for name, (one, _) in pairs.items()
    )
    same_cells = all(one.co_freevars == new.co_freevars for one, new in pairs.values())
    return list(pairs.values()) if is_function and same_cells else None


def exchanged(pairs: list[tuple[CodeType, CodeType]]) -> bool:
    """Gives functions their new code; whether every one of them was found."""
    wanted = {(old.co_qualname, old.co_firstlineno, old.co_filename): new for old, new in pairs}
    found: set[tuple[str, int, str]] = set()
    for each in gc.get_objects():
        if type(each) is FunctionType:
            code = each.__code__
            key = (code.co_qualname, code.co_firstlineno, code.co_filename)
            if key in wanted:
                each.__code__ = wanted[key]
                found.add(key)
    return len(found) == len(wanted)


def tried(fault: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """What noticed the fault; ``noticed`` is empty if nothing did."""
    edit = Edited(fault["file"], fault["old"], fault["new"])
    said: dict[str, Any] = {"name": fault["name"], "noticed": "", "seed": None, "tried": 0}
    if "differences" in sys.modules:
        pairs = changed(edit)
        if not pairs or not exchanged(pairs):
            return said | {"broken": "the functions of the edit are not to be found"}
    sys.meta_path.insert(0, edit)
    try:
        from differences import examine
    except Exception as error:
        return said | {"noticed": f"import: {type(error).__name__}: {error}"}
    for seed in fault["seeds"]:
        said["tried"] += 1
        is_other = seed % OTHER == OTHER - 1
        found = examine(texts[str(seed)], seed, may_refuse=is_other, every=False)
        if found.differences:
            return said | {"noticed": found.differences[0][:300], "seed": seed}
    return said


def forked(fault: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """The same in a fork, so that the next fault meets a package that is not there yet."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        try:
            said = tried(fault, texts)
        except BaseException as error:  # a planted fault may raise anything, anywhere
            said = {"name": fault["name"], "noticed": f"{type(error).__name__}: {error}"[:300]}
            if isinstance(error, Misplaced):
                said["broken"] = str(error)
        os.write(writes, json.dumps(said).encode())
        os._exit(0)
    os.close(writes)
    heard = b""
    end = time.monotonic() + PATIENCE
    with os.fdopen(reads, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            if not (piece := pipe.read(65_536)):
                break
            heard += piece
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not heard:
        return {"name": fault["name"], "noticed": f"no end within {PATIENCE} s, or a crash"}
    found: dict[str, Any] = json.loads(heard)
    return found


def main(path: str) -> None:
    """Every fault of the file in turn."""
    import numpy
    import onnx
    import onnxruntime
    import pydantic
    import torch
    import torch.utils.flop_counter
    import yaml

    _ = (numpy, onnx, onnxruntime, pydantic, yaml)
    sys.dont_write_bytecode = True
    torch.set_num_threads(1)
    sys.path[:0] = [str(HERE.parent / "agreement"), str(HERE.parent), str(PACKAGE.parent)]
    jobs = json.loads(Path(path).read_text(encoding="utf-8"))
    inside, texts = [], jobs["texts"]
    for fault in jobs["faults"]:
        try:
            is_inside = changed(Edited(fault["file"], fault["old"], fault["new"]))
        except (Misplaced, SyntaxError) as error:
            print(json.dumps({"name": fault["name"], "noticed": "", "broken": str(error)}))
            continue
        if is_inside:
            inside.append(fault)
        else:
            print(json.dumps(forked(fault, texts)), flush=True)
    importlib.import_module("differences")
    for fault in inside:
        print(json.dumps(forked(fault, texts)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
