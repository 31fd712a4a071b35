"""Which files are ours."""

from __future__ import annotations

import pytest

from archcompile.outputs import MARK, is_ours


@pytest.mark.parametrize(
    "content",
    [
        f"# {MARK}; do not edit.\nimport torch\n",
        f'"""A network.\n\n{MARK}.\n"""\n',
        f'<?xml version="1.0"?>\n<!-- {MARK} -->\n<svg/>',
        f'{{\n  "schema": 1,\n  "generated": "{MARK}",\n  "layers": []\n}}',
        '{"generated": "by archcompile"}',
        b"\x08\x0a\x12\x0barchcompile",
    ],
    ids=["source", "docstring", "svg", "report", "short report", "model"],
)
def test_a_file_with_the_mark_is_ours(content: str | bytes) -> None:
    assert is_ours(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"import torch\n",
        b"\n" * 20 + MARK.encode(),
        b"x" * 2000 + MARK.encode(),
        b'{"generated": "by hand"}',
        b"\x08\x0a\x12\x07pytorch",
        b"\x08\x0a\x12\x0carchcompiler",
        b"\xff\xfe\x00",
    ],
)
def test_a_file_without_it_is_not(content: bytes) -> None:
    assert not is_ours(content)
