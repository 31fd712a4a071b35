"""Budgets: what a short text would make too much of is refused before any of it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcompile.driver import check
from archcompile.frontend.expansion import counted
from archcompile.frontend.expressions import expressions
from archcompile.frontend.mending import refusals

HEAD = "archcompile: 1\nname: net\ninput: [N, 3, 32, 32]\n"


def doubling(count: int) -> str:
    """Blocks that call the one before twice."""
    bodies = "".join(f"  b{i}: {{sequence: [b{i - 1}, b{i - 1}]}}\n" for i in range(1, count))
    return f"blocks:\n  b0: {{sequence: [relu]}}\n{bodies}layers:\n  - b{count - 1}\n"


HUGE = {
    "a billion copies": "layers:\n  - {repeat: 10 ** 9, relu}\n",
    "copies of copies": "layers:\n  - repeat: 9999\n    layers: [{repeat: 9999, relu}]\n",
    "rounds that are absent": "layers:\n  - repeat: 10 ** 9\n    when: false\n    layers: [relu]\n",
    "lines that are absent": "layers:\n  - repeat: 99999\n    layers: [{when: false, relu}]\n",
    "a long range": "layers:\n  - for: {i: range(10 ** 12)}\n    layers: [relu]\n",
    "a step of minus one": 'layers:\n  - conv2d: ["len(range(10 ** 12, 0, -1))", 1]\n',
    "blocks that double": doubling(41),
    "lists that double": "let: {a: [1, 1], b: '[a, a]', c: '[b, b]', "
    + ", ".join(
        f"d{i}: '[{f'd{i - 1}' if i else 'c'}, {f'd{i - 1}' if i else 'c'}]'" for i in range(40)
    )
    + "}\nlayers:\n  - conv2d: [len(d39), 1]\n",
    "an op of a million outputs": "layers:\n  - conv2d: [1000000, 1]\n  - chunk: 1000000\n",
    "a tower of powers": 'layers:\n  - conv2d: ["9 ** 9 ** 9", 1]\n',
    "a product": f"layers:\n  - conv2d: [{' * '.join(['9999999999'] * 20)}, 1]\n",
    "parentheses": f'layers:\n  - conv2d: ["{"(" * 999}1{")" * 999}", 1]\n',
    "many parentheses": f'layers:\n  - conv2d: ["{"(" * 10_000}1{")" * 10_000}", 1]\n',
    "signs": f'layers:\n  - conv2d: ["{"-" * 1_900}1", 1]\n',
    "a convolution of 10^24 weights": "layers:\n" + "  - conv2d: [999999999999, 1]\n" * 2,
    "a kernel of 2^62": "layers:\n  - conv2d: {out_channels: 4, kernel_size: 2 ** 62}\n",
    "a padding of 2^62": "layers:\n  - conv2d: [4, 3, padding: 2 ** 62]\n",
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_what_is_too_much_is_a_finding_and_is_not_made(text: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(HEAD + text, encoding="utf-8")
    (finding,) = check([spec]).errors
    assert finding.code.value in {"AC404", "AC405", "AC407", "AC503", "AC507"}
    assert finding.span is not None
    assert finding.span.line > 3


def test_a_loop_that_is_too_much_says_to_how_much_it_comes(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(HEAD + HUGE["copies of copies"], encoding="utf-8")
    (finding,) = check([spec]).errors
    assert finding.message.startswith("this `repeat` comes to 199,970,001 layers")


def test_many_variants_of_a_big_network_are_checked_up_to_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "MOST_OF_FILE", 500)
    every = "".join(f"  v{i}: {{width: {i + 1}}}\n" for i in range(50))
    body = "layers:\n  - {repeat: 50, conv2d: [width, 1]}\n"
    text = f"params: {{width: 1}}\nvariants:\n{every}{body}"
    spec = tmp_path / "spec.yaml"
    spec.write_text(HEAD + text, encoding="utf-8")
    (finding,) = check([spec], findings_only=True).errors
    assert finding.code.value == "AC407"
    assert "checked up to 500" in finding.message


def test_of_very_many_refused_layers_the_first_ones_are_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_MENDED", 3)
    lines = "".join(f"  - {{name: c{i}, from: x, conv2d: [8, 40]}}\n" for i in range(5))
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"{HEAD}layers:\n{lines}", encoding="utf-8")
    found = check([spec], findings_only=True).errors
    assert [each.code.value for each in found] == ["AC503"] * 5
    assert [bool(each.help and each.fix) for each in found] == [True] * 3 + [False] * 2
    assert len({each.message for each in found}) == 1


def test_an_expression_that_cannot_be_read_is_parsed_once_for_all_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    tokens = expressions.tokens
    monkeypatch.setattr(
        expressions, "tokens", lambda text, place: seen.append(text) or tokens(text, place)
    )
    spec = tmp_path / "spec.yaml"
    loop = "layers:\n  - repeat: 100\n    layers: [{repeat: 2 +* 3, relu}]\n"
    spec.write_text(HEAD + loop, encoding="utf-8")
    (finding,) = check([spec]).errors
    assert finding.code.value == "AC401"
    assert seen == ["2 +* 3"]


def test_the_same_place_of_another_text_is_read_again(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    for last in ("relu", "relu "):
        spec.write_text(f"{HEAD}layers:\n  - conv2d: [2 +* 3, 1]\n  - {last}\n", encoding="utf-8")
        (finding,) = check([spec]).errors
        assert finding.span is not None
        assert finding.span.file.text == spec.read_text(encoding="utf-8")
