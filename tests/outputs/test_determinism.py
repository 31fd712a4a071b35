"""The bytes of every artefact are the same wherever, whenever, by whom and by which Python.

The parameters say what was compared. Another Python is compared where there is one on PATH or among
pyenv's (pip then fetches what the package depends on); ``determinism.py`` compares a named one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.outputs.determinism import (
    Made,
    Surroundings,
    differences,
    from_wheel,
    make,
    of_python,
    others,
    turkish,
    version_of,
    without_torch,
)

SIMPLE = (
    Surroundings(
        "hash seed 1, in Kathmandu, in a narrow terminal, dated 1970",
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "COLUMNS": "20", "SOURCE_DATE_EPOCH": "0"},
        is_other_terminal=True,
        seen={"hash seed": "1", "zone": "+0545"},
    ),
    Surroundings(
        "any hash seed, umask 077, without HOME and USER, in another folder",
        {"PYTHONHASHSEED": "random", "HOME": None, "USER": None, "LOGNAME": None},
        folder="a folder/of ığŞ/deep",
        umask=0o077,
        seen={"hash seed": "random"},
    ),
    Surroundings(
        "locale C as ASCII, as another user, python -O",
        {
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "USER": "nobody",
            "LOGNAME": "nobody",
            "HOME": "/nowhere",
        },
        flags=("-O",),
        umask=0o002,
        is_other_terminal=True,
        seen={"optimize": 1, "is utf8 mode": False, "encoding": "ANSI_X3.4-1968"},
    ),
)
LOCALE = "tr_TR" if shutil.which("localedef") else "tr_TR by name only"
PREPARED = {
    f"{LOCALE}, python -OO": turkish,
    "without torch": without_torch,
    "from the wheel": from_wheel,
}
PYTHON = next(others(), sys.executable)
"""The newest Python of another version; this one where there is no other."""
VERSION = ".".join(map(str, version_of(PYTHON) or ()))


@pytest.fixture(scope="module")
def first() -> Iterator[Made]:
    """What all others are compared with."""
    with TemporaryDirectory() as folder:
        yield make(Surroundings("plain"), Path(folder))


def hold(where: Surroundings, first: Made, folder: Path) -> None:
    """Byte for byte the same, and readable by whom the umask lets read."""
    made = make(where, folder)
    assert differences(first, made, is_other_terminal=where.is_other_terminal) == []
    modes(made, where.umask)


def modes(made: Made, umask: int) -> None:
    """Files and folders have the modes that any program's have."""
    asked = {path: 0o666 if Path(path).suffix else 0o777 for path in made.modes}
    assert made.modes == {path: mode & ~umask for path, mode in asked.items()}


def test_there_is_something_to_compare(first: Made) -> None:
    endings = {Path(path).suffix for path in first.files}
    assert endings >= {".py", ".onnx", ".onnxtxt", ".json", ".md", ".svg", ".yaml", ".out"}
    assert sum(path.endswith(".py") for path in first.files) >= 12
    assert "KIŞ ışığı, 図 π".encode() in first.files["made/many/many.py"]
    modes(first, 0o022)


@pytest.mark.parametrize("where", SIMPLE, ids=lambda where: where.name)
def test_bytes_are_the_same_in_other_surroundings(
    where: Surroundings, first: Made, tmp_path: Path
) -> None:
    hold(where, first, tmp_path)


@pytest.mark.parametrize("prepared", PREPARED.values(), ids=PREPARED)
def test_bytes_are_the_same_with_other_things_installed(
    prepared: Callable[[Path], Surroundings], first: Made, tmp_path: Path
) -> None:
    hold(prepared(tmp_path), first, tmp_path)


@pytest.mark.parametrize("python", [PYTHON], ids=[f"python {VERSION}"])
def test_bytes_are_the_same_by_an_installation_from_nothing(
    python: str, first: Made, tmp_path: Path
) -> None:
    """In an environment of its own, of the wheel and the libraries that pip then takes."""
    hold(of_python(python, tmp_path), first, tmp_path)


def test_a_byte_that_differs_is_found(first: Made, tmp_path: Path) -> None:
    other = dict(first.files)
    path = "made/lenet5/lenet5.py"
    other[path] = other[path].replace(b"import torch", b"import Torch", 1)
    del other["made/lenet5/lenet5.md"]
    found = differences(first, Made(other, first.modes, first.said))
    assert [each.partition(":")[0] for each in found] == ["made/lenet5/lenet5.md", path]
    assert "import Torch" in found[1]
