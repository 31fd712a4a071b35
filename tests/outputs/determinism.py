"""The bytes of every artefact, made in fresh processes whose surroundings differ, side by side.

``python tests/outputs/determinism.py --python /path/to/python3.13`` compares another interpreter's
artefacts with those of the one that runs it: the package is installed from its wheel, with what it
depends on (pip fetches that), into an environment of its own in a temporary folder. ``--python``
may stand several times; without it the newest other Python that is found is taken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("every_artefact.py")
OLDEST, NEWEST = 11, 30
"""Of the Pythons 3.x that are looked for."""
SPECS = ("lenet5", "resnet", "googlenet", "googlenet_torchvision", "alexnet")
BAD = (
    "names/wide_name_of_an_op",
    "names/wide_characters_before_the_name",
    "document/wide_characters_before_key",
    "shapes/branches_of_unequal_strides",
    "shapes/basic_block_without_shortcut",
    "warnings/bias_before_batch_norm_in_blocks",
    "expressions/typographic_times",
    "files/use_misspelt",
    "claims/*",
    "groups/*",
)
MANY = """\
archcompile: 1
name: many
title: "Two inputs, two outputs: KIŞ ışığı, 図 π"
cite: "Ñandú, Ørsted: Ağ yapıları üzerine İncelemeler, 2026"
params: {width: 12, classes: 7, form: {choice: [A, İ], default: İ}}
blocks:
  unit:
    params: {width: int, act: {layer: relu}}
    layers:
      - {name: INPUT_i, conv2d: [width, 3, padding: 1, bias: false]}
      - batch_norm2d
      - act
input:
  image: [N, 3, 32, 40]
  depth: [N, 1, 32, 40]
layers:
  - {name: seen, from: image, unit: width}
  - {name: far, from: depth, unit: {width: width, act: {leaky_relu: 0.1}}}
  - {name: both, from: [seen, far], concat}
  - {name: trunk, unit: 2 * width}
  - {name: pooled, adaptive_avg_pool2d: 1}
  - flatten
  - {name: logits, linear: classes}
  - {name: map, from: trunk, conv2d: [1, 1]}
outputs: {logits: logits, map: map}
"""
BLOCK = '''\
"""Nothing heavy is installed, as far as this process can tell."""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "onnxruntime"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
'''
FOR_PEOPLE = re.compile(
    r"printed/(build .*made|export|check --format text|report --format table|.*err$)"
)
PLAIN = {
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Failed(Exception):
    """A process that was to make artefacts, or an environment for it, did not come to an end."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where artefacts are made. ``seen`` is what the process itself must say of them."""

    name: str
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """Variables beside ``PLAIN``; None takes one away."""
    flags: tuple[str, ...] = ()
    folder: str = "project"
    umask: int = 0o022
    is_other_terminal: bool = False
    """What people read fits a terminal's width and encoding, so here it may differ."""
    is_reversed: bool = False
    """Files are laid down in the other order, which is how some file systems list them."""
    python: str = sys.executable
    seen: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """Every file of a run by its path, the modes of what was written, and what the run said."""

    files: Mapping[str, bytes]
    modes: Mapping[str, int]
    said: Mapping[str, Any]


def make(where: Surroundings, folder: Path) -> Made:
    """Every artefact, made in surroundings. Raises ``Failed`` where they were not to be had."""
    project = folder / where.folder
    lay_down(project, is_reversed=where.is_reversed)
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}
    wanted = {**kept, **PLAIN, **where.environment}
    done = subprocess.run(
        [where.python, *where.flags, str(PROGRAM)],
        cwd=project,
        env={key: text for key, text in wanted.items() if text is not None},
        umask=where.umask,
        capture_output=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise Failed(f"{where.name}: {done.stderr.decode(errors='replace')[-3000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    unlike = {name: code for name, code in said["codes"].items() if code != ("check" in name)}
    if unlike:  # a check of mistakes ends with 1, everything else with 0
        texts = "".join(path.read_text("utf-8") for path in project.glob("printed/*.err"))
        raise Failed(f"{where.name}: exit codes {unlike}\n{texts[:3000]}")
    for key, value in where.seen.items():
        if said[key] != value:
            raise Failed(f"{where.name}: {key} was to be {value!r}, and is {said[key]!r}")
    files = {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file()
    }
    written = sorted(project.joinpath("made").rglob("*"))
    modes = {
        path.relative_to(project).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in written
    }
    return Made(files, modes, said)


def lay_down(project: Path, *, is_reversed: bool) -> None:
    """The project's own specs, one with several inputs and outputs, and specs with mistakes."""
    texts = {f"specs/{name}.yaml": (ROOT / f"specs/{name}.yaml").read_bytes() for name in SPECS}
    texts["specs/many.yaml"] = MANY.encode()
    bad = ROOT / "tests" / "bad"
    for pattern in BAD:
        for path in sorted(bad.glob(f"{pattern}.yaml")):
            texts[f"bad/{path.relative_to(bad).as_posix()}"] = path.read_bytes()
    for name in sorted(texts, reverse=is_reversed):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(texts[name])


def differences(first: Made, other: Made, *, is_other_terminal: bool = False) -> list[str]:
    """Which files differ, and where: the place of the first byte, and the bytes around it."""
    found = []
    for path in sorted({*first.files, *other.files}):
        if is_other_terminal and FOR_PEOPLE.match(path):
            continue
        ours, theirs = first.files.get(path), other.files.get(path)
        if ours is None or theirs is None:
            found.append(f"{path}: only in the {'first' if theirs is None else 'second'}")
        elif ours != theirs:
            pairs = enumerate(zip(ours, theirs, strict=False))
            place = next((i for i, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
            around = slice(max(0, place - 40), place + 40)
            found.append(f"{path}: byte {place}: {ours[around]!r} and {theirs[around]!r}")
    return found


def turkish(folder: Path) -> Surroundings:
    """Turkish, where the small I has a dot and files are Latin-5 unless somebody says otherwise.

    Where the system can compile the locale it is real; else its name alone is set.
    """
    name = "tr_TR.ISO-8859-9"
    compiler = shutil.which("localedef")
    if compiler is not None:
        place = str(folder / name)
        make_locale = [compiler, "-i", "tr_TR", "-f", "ISO-8859-9", place]
        subprocess.run(make_locale, capture_output=True, check=False, timeout=60)
    is_real = (folder / name).is_dir()
    return Surroundings(
        f"{name}, {'compiled' if is_real else 'by name only'}, and python -OO",
        # what is printed for people is in a terminal's encoding; what is compared is not
        {"LC_ALL": name, "LOCPATH": str(folder), "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "0"},
        flags=("-OO",),
        seen={"optimize": 2, **({"encoding": "ISO-8859-9"} if is_real else {})},
    )


def without_torch(folder: Path) -> Surroundings:
    """A process that finds no torch, torchvision and onnxruntime, whatever is installed."""
    (folder / "sitecustomize.py").write_text(BLOCK)
    return Surroundings(
        "without torch and onnxruntime, files laid down in the other order",
        {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))), "PYTHONUTF8": "1"},
        is_reversed=True,
        seen={"torch": False, "onnxruntime": False},
    )


def wheel(folder: Path) -> Path:
    """The wheel of this tree, built by hatchling without the network."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    _done(build, "the wheel was not built")
    (found,) = folder.glob("*.whl")
    return found


def from_wheel(folder: Path) -> Surroundings:
    """The wheel's files as an installer lays them out, in place of the source tree."""
    place = folder / "installed"
    with zipfile.ZipFile(wheel(folder)) as archive:
        archive.extractall(place)
    return Surroundings(
        "from the wheel",
        {"PYTHONPATH": str(place)},
        seen={"package": str(place / "archcompile")},
    )


def of_python(python: str, folder: Path) -> Surroundings:
    """Another interpreter, with the package and what it depends on installed by pip."""
    place = folder / "environment"
    _done([python, "-m", "venv", str(place)], f"{python} makes no environment")
    own = str(place / "bin" / "python")
    pip = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile")
    install = [own, *pip, "--only-binary", ":all:", str(wheel(folder))]
    _done(install, f"the package and what it depends on do not install for {python}")
    version = version_of(python)
    return Surroundings(
        f"python {'.'.join(map(str, version or ()))}",
        {"PYTHONPATH": None},
        python=own,
        seen={"python": list(version or ())[:2], "torch": False},
    )


def _done(command: list[str], failing: str) -> None:
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode != 0:
        raise Failed(f"{failing}: {(done.stdout + done.stderr)[-2000:]}")


def version_of(python: str) -> tuple[int, ...] | None:
    """The version of an interpreter that is released and starts; else None."""
    ask = "import sys; v = sys.version_info; print(*v[:3]) if v.releaselevel == 'final' else 0"
    done = subprocess.run(
        [python, "-I", "-c", ask], capture_output=True, text=True, check=False, timeout=60
    )
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 and done.stdout else None


def others() -> Iterator[str]:
    """Interpreters of other versions than this one, the newest first: on PATH, and pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in range(NEWEST, OLDEST - 1, -1):
        if (3, minor) == sys.version_info[:2]:
            continue
        on_path = shutil.which(f"python3.{minor}")
        by_pyenv = sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3.{minor}"))
        for python in (*((on_path,) if on_path else ()), *map(str, reversed(by_pyenv))):
            if (version_of(python) or ())[:2] == (3, minor):  # what pyenv puts on PATH may not run
                yield python
                break


def main() -> int:
    """Compares this interpreter's artefacts with others'; 1 if any differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", help="an interpreter to compare with")
    pythons = parser.parse_args().python or [*others()][:1]
    if not pythons:
        print("there is no other Python here: name one with --python", file=sys.stderr)
        return 2
    with TemporaryDirectory() as name:
        own = Path(name, "own")
        own.mkdir()
        first = make(Surroundings("this python"), own)
        print(f"python {first.said['python']} with numpy {first.said['numpy']}")
        count = 0
        for number, python in enumerate(pythons):
            folder = Path(name, str(number))
            folder.mkdir()
            made = make(of_python(python, folder), folder)
            found = differences(first, made)
            count += len(found)
            said = f"python {made.said['python']} with numpy {made.said['numpy']} ({python})"
            print(f"{said}: {len(made.files)} files, {len(found)} differ", *found, sep="\n  ")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
