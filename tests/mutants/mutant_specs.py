"""What the mutants' run has beside the tests: random specs and shipped networks, one to a test.

The suite holds both in tests of many at a time, which take too long for a mutant.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from differences import examine
from random_families import random_family
from random_specs import spec_text

from archcompile import load
from archcompile.frontend import networks, read_document

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_spec_agrees_in_every_artefact(seed: int) -> None:
    assert not examine(spec_text(random_family(seed)), seed, every=False).differences


@pytest.mark.parametrize("spec", sorted(path.name for path in (ROOT / "specs").glob("*.yaml")))
def test_a_shipped_network_builds_to_what_is_committed(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    path = Path("specs") / spec
    network = load(path, variant=networks(read_document(path))[0])
    for name, text in network.files().items():
        assert (ROOT / "generated" / network.name / name).read_text(encoding="utf-8") == text
