"""Hostile texts where a name, a word or a number is due: refused, or a name like any other."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import onnx.parser
import pytest

from archcompile import driver
from archcompile.diagnostics import SpecError, render, to_dict
from archcompile.frontend import read_document
from archcompile.network import Network
from tests.hostile import inert
from tests.hostile.specs import NAMES, named
from tests.hostile.strings import HOSTILE

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)
SUM = "+1+1"


def compiled(field: str, hostile: str, path: Path) -> Network | None:
    """The network; ``None`` where a finding, which itself is harmless, says what is wrong."""
    path.write_text(named(field, hostile), encoding="utf-8", errors="surrogatepass")
    try:
        return driver.compiled(read_document(path), None, None)
    except SpecError as error:
        found = error.diagnostics
    inert.terminal(render(found, color=False, width=100))
    assert json.dumps([to_dict(each) for each in found]).isascii()
    return None


@pytest.mark.parametrize("field", NAMES)
def test_a_hostile_name_is_refused_or_no_more_than_a_name(field: str, tmp_path: Path) -> None:
    for hostile in HOSTILE:
        network = compiled(field, hostile, tmp_path / "net.yaml")
        if network is None:
            continue
        assert NAME.fullmatch(hostile) or (field in ("argument", "repeat") and hostile == SUM)
        files = network.files()
        ast.parse(files[f"{network.name}.py"])
        ElementTree.fromstring(files[f"{network.name}.svg"])
        json.loads(files[f"{network.name}.json"])
        onnx.parser.parse_model(files[f"{network.name}.onnxtxt"])
        inert.terminal(network.ir())


def test_the_fields_are_many() -> None:
    assert len(NAMES) * len(HOSTILE) >= 5_000
