"""Random specs of motifs: the same files again, typed and clean sources.

That their artefacts agree is for ``agreement/test_agreement.py``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from random_families import random_family
from random_specs import spec_text
from spec_text import compile_text

from archcompile.diagnostics import SourceFile
from archcompile.frontend import networks
from archcompile.frontend.document.documents import document
from archcompile.frontend.text.reader import read
from archcompile.ops import all_ops

CACHE = Path(__file__).resolve().parents[1] / ".mypy_cache" / "generated"


def names_of(text: str) -> tuple[str, ...]:
    """The names of a spec's networks."""
    return networks(document(read(SourceFile("net.yaml", text)), frozenset(all_ops())))


@pytest.mark.parametrize("seed", [*range(0, 120, 10), 2081])
def test_a_random_family_compiles_to_the_same_files_again(seed: int) -> None:
    text = spec_text(random_family(seed))
    first, again = ([compile_text(text, name).files() for name in names_of(text)] for _ in "ab")
    assert first == again


def test_the_sources_of_random_families_are_strictly_typed_and_clean(tmp_path: Path) -> None:
    for seed in range(100, 112):
        text = spec_text(random_family(seed))
        (tmp_path / f"seed{seed}.py").write_text(compile_text(text, names_of(text)[0]).source())
    typed = ["mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}", "."]
    clean = ["ruff", "check", "--isolated", "--no-cache", "."]
    formed = ["ruff", "format", "--isolated", "--no-cache", "--check", "."]
    for check in (typed, clean, formed):
        done = subprocess.run(
            [sys.executable, "-m", *check],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
