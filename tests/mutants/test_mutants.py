"""Mutants are made of every function, the choice of a share stays, and a planted one acts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mutant_making import PACKAGE, mutants_of
from run_mutants import functions_of_the_package

from archcompile.passes.printed_number import PrintedNumber

FILE = "passes/printed_number.py"


@pytest.fixture
def step() -> Iterator[property]:
    """What one in the last digit is worth, with its own code again after the test."""
    held = vars(PrintedNumber)["_step"]
    code = held.fget.__code__
    yield held
    held.fget.__code__ = code


def test_decorated_functions_have_mutants() -> None:
    functions = {mutant.function for mutant in mutants_of("ops/flatten.py", 1.0)}
    assert functions >= {"Flatten.infer", "Flatten.span", "_onnx", "_reference"}


def test_a_mutant_says_which_lines_it_changes() -> None:
    text = [f"return Fraction(_UNITS[self.unit], 10{sign}self.decimals)" for sign in ("**", " * ")]
    (found,) = [each for each in mutants_of(FILE, 1.0) if text[1] in each.change]
    assert found.change.split("\n") == [f"-        {text[0]}", f"+        {text[1]}"]
    line = (PACKAGE / FILE).read_text(encoding="utf-8").split("\n")[found.first - 1]
    assert found.first == found.last and line == f"        {text[0]}"


def test_a_share_is_always_the_same_part_of_all() -> None:
    names = [mutant.name for mutant in mutants_of(FILE, 1.0)]
    few = [mutant.name for mutant in mutants_of(FILE, 0.3)]
    assert few == [mutant.name for mutant in mutants_of(FILE, 0.3)]
    assert 0 < len(few) < len(names)
    assert few == [name for name in names if name in few]


def test_a_planted_mutant_acts_in_a_decorated_method(step: property) -> None:
    assert PrintedNumber(27, 2, "M").agrees(270_000)
    (mutant,) = [each for each in mutants_of(FILE, 1.0) if "10 * self.decimals" in each.change]
    (function,) = [
        each
        for (file, name), held in functions_of_the_package().items()
        for each in held
        if file.endswith(FILE) and name == mutant.function
    ]
    assert function is step.fget
    function.__code__ = mutant.code
    assert not PrintedNumber(27, 2, "M").agrees(270_000)
