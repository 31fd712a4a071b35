"""A build where the system is not kind: permissions, quotas, umasks, locales, other folders.

Who runs the tests may be root, whom no permission stops: the commands then run as another user.
"""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.outputs.faults import SPEC

NOBODY = 65534
RUN = "import sys; from archcompile.cli import main; sys.argv[0] = 'archcompile'; main()"
AS_NOBODY = f"""
import os, sys
from click.testing import CliRunner
from archcompile.cli import cli, main
CliRunner().invoke(cli, ["build", "net.yaml", "--check"])  # what is imported later may be private
if os.getuid() == 0:
    os.setgroups([])
    os.setegid({NOBODY})
    os.seteuid({NOBODY})
sys.argv[0] = "archcompile"
main()
"""


def run(
    folder: Path,
    *arguments: str,
    code: str = RUN,
    before: Callable[[], None] = lambda: None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder that everybody may enter, with a spec."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "net.yaml").write_text(SPEC.format(width=2))
        yield folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_tree_that_may_not_be_written_is_a_finding(project: Path) -> None:
    (project / "generated").mkdir(mode=0o555)
    (project / "generated").chmod(0o555)
    result = run(project, "build", "net.yaml", code=AS_NOBODY)
    assert (result.returncode, result.stdout) == (1, "")
    assert "error[AC810]: cannot write `generated`: Permission denied" in result.stderr
    assert list((project / "generated").iterdir()) == []


def test_a_folder_of_another_user_is_left_as_it_is(project: Path) -> None:
    assert run(project, "build", "net.yaml").returncode == 0
    before = files(project / "generated")
    (project / "generated").chmod(0o1777)  # as /tmp: who does not own a folder cannot move it
    (project / "net.yaml").write_text(SPEC.format(width=3))
    (project / "generated" / "net").chmod(0o555)
    result = run(project, "build", "net.yaml", code=AS_NOBODY)
    if os.getuid() == 0:
        assert result.returncode == 1
        assert "error[AC810]" in result.stderr
        assert files(project / "generated") == before
    assert "Traceback" not in result.stderr
    assert [each.name for each in (project / "generated").iterdir()] == ["net"]


def test_a_file_that_may_not_be_read_is_a_finding(project: Path) -> None:
    assert run(project, "build", "net.yaml").returncode == 0
    (project / "generated" / "net" / "net.py").chmod(0)
    result = run(project, "build", "net.yaml", code=AS_NOBODY)
    assert result.returncode == 1
    assert "error[AC802]: cannot read `generated/net`: Permission denied" in result.stderr


@pytest.mark.parametrize("most", [0, 1, 100, 1000, 3000])
def test_a_full_quota_leaves_the_old_build(project: Path, most: int) -> None:
    assert run(project, "build", "net.yaml").returncode == 0
    before = files(project / "generated")
    (project / "net.yaml").write_text(SPEC.format(width=3))
    result = run(
        project,
        "build",
        "net.yaml",
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert result.returncode == 1
    assert "error[AC810]" in result.stderr
    assert "File too large" in result.stderr
    assert files(project / "generated") == before


def test_bytes_are_the_same_wherever_whenever_and_by_whom_a_spec_is_built(project: Path) -> None:
    surroundings: list[tuple[dict[str, str], int]] = [
        ({"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}, 0o022),
        ({"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "USER": "x"}, 0o077),
        ({"PYTHONHASHSEED": "2", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "COLUMNS": "20"}, 0o002),
        ({"SOURCE_DATE_EPOCH": "0", "HOME": "/nowhere", "LANG": "ja_JP.eucJP"}, 0o027),
    ]
    built = []
    for number, (environment, mask) in enumerate(surroundings):
        folder = project / f"place {number} ö"
        folder.mkdir()
        (folder / "net.yaml").write_bytes((project / "net.yaml").read_bytes())
        result = run(
            folder,
            *("build", "net.yaml", "--out", "out"),
            before=lambda mask=mask: os.umask(mask) and None,
            **environment,
        )
        assert result.returncode == 0, result.stderr
        built.append(files(folder / "out"))
        mode = stat.S_IMODE((folder / "out" / "net" / "net.py").stat().st_mode)
        assert mode == 0o666 & ~mask
    assert all(each == built[0] for each in built)
