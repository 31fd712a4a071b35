"""The public face: what `archcompile` exports, what its wheel holds, how it works from there."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import archcompile

ROOT = Path(__file__).resolve().parents[1]
SPEC = (ROOT / "specs" / "lenet5.yaml").read_text(encoding="utf-8")
PUBLIC = {
    "ArchcompileError",
    "Diagnostic",
    "InternalError",
    "MissingLibrary",
    "Network",
    "SpecError",
    "__version__",
    "load",
}


def test_the_public_names_are_these() -> None:
    assert set(archcompile.__all__) == PUBLIC
    assert dir(archcompile) == sorted(PUBLIC)
    assert {name for name in PUBLIC if not hasattr(archcompile, name)} == set()


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_a_public_name_is_documented_and_so_are_its_methods(name: str) -> None:
    value = getattr(archcompile, name)
    assert inspect.getdoc(value)
    own = {key: held for key, held in vars(value).items() if not key.startswith("_")}
    functions = {key: held for key, held in own.items() if inspect.isroutine(held)}
    assert {key for key, held in functions.items() if not inspect.getdoc(held)} == set()


def test_readme_lists_every_public_name() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in PUBLIC if f"`{name}`" not in readme and f".{name}(" not in readme} == (
        set()
    )


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'compile_everything'"):
        _ = archcompile.compile_everything


def test_the_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", archcompile.__version__)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this very tree, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(
        build, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files as an installer lays them out, away from the repository."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_the_whole_package_and_says_that_it_is_typed(unpacked: Path) -> None:
    def files(root: Path) -> set[str]:
        package = root / "archcompile"
        every = (path for path in package.rglob("*") if path.is_file())
        return {
            path.relative_to(root).as_posix() for path in every if "__pycache__" not in path.parts
        }

    assert files(unpacked) == files(ROOT)
    assert "archcompile/py.typed" in files(unpacked)
    assert {path.name.partition("-")[0] for path in unpacked.iterdir()} == {"archcompile"}


def test_the_wheel_names_its_command_its_licence_and_its_extras(unpacked: Path) -> None:
    (about,) = unpacked.glob("*.dist-info")
    metadata = (about / "METADATA").read_text(encoding="utf-8")
    assert f"\nVersion: {archcompile.__version__}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert set(re.findall(r"^Provides-Extra: (.*)$", metadata, re.M)) == {
        "dev",
        "onnxruntime",
        "torch",
        "verify",
    }
    core = [
        line for line in re.findall(r"^Requires-Dist: (.*)$", metadata, re.M) if ";" not in line
    ]
    assert not [line for line in core if line.startswith(("torch", "onnxruntime"))]
    assert (about / "licenses" / "LICENSE").is_file()
    entry_points = (about / "entry_points.txt").read_text(encoding="utf-8")
    assert "archcompile = archcompile.cli:main" in entry_points


START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from archcompile.cli import main; main()"


def run_from(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """archcompile as it stands in ``site``; ``-I`` leaves out the working folder and PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-I", "-c", START, str(site), *arguments],
        cwd=folder,
        env={key: held for key, held in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_works_outside_of_the_repository(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "lenet5.yaml").write_text(SPEC, encoding="utf-8")
    checked = run_from(unpacked, tmp_path, "check")
    assert (checked.stdout, checked.stderr) == ("2 networks in 1 file: no findings\n", "")
    built = run_from(unpacked, tmp_path, "build")
    assert (built.returncode, built.stderr) == (0, "")
    for name in ("lenet5", "lenet5_28"):
        for path in sorted((ROOT / "generated" / name).glob(f"{name}.*")):
            if path.suffix != ".onnx":
                assert (tmp_path / "generated" / name / path.name).read_bytes() == path.read_bytes()


def test_the_wheel_is_what_ran(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import archcompile; print(archcompile.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code, str(unpacked)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(result.stdout.strip()).parent == unpacked / "archcompile"
