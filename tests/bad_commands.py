"""Commands that have a finding: what is wrong about them is no file's text.

A file under ``tests/bad/commands`` has a first line ``# expect: CODE`` and lines that start with
``$ ``, which run in a folder that holds a good spec, ``net.yaml``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests" / "bad" / "commands").glob("*.console"))
NET = "archcompile: 1\nname: net\ninput: [N, 3, 8, 8]\nlayers: [{conv2d: [4, 3]}, relu]\n"


def codes_of_commands(text: str, folder: Path) -> list[str]:
    """The codes of what commands find, each of them run in a folder with ``net.yaml``."""
    (folder / "net.yaml").write_text(NET, encoding="utf-8")
    program = folder / "bin" / "archcompile"  # as it is installed, wherever these tests run
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archcompile "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", "\n".join(re.findall(r"^\$ (.*)", text, re.M))],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path},
    )
    assert "Traceback" not in run.stderr, run.stderr
    found = re.findall(r"^(?:.*: )?(?:error|warning)\[(AC\d{3})\]", run.stdout + run.stderr, re.M)
    assert found or run.returncode == 0, run.stderr
    return found
