"""The printer: what it writes, ``ruff format`` leaves alone, and Python reads as what was meant."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcompile.backends.pytorch.literals import literal, text_literal
from archcompile.backends.pytorch.printer import header, one_line, respelled, statement
from archcompile.diagnostics import InternalError
from archcompile.ir.dim import Dim
from archcompile.targets.python import (
    CallOf,
    Constant,
    Infix,
    ListOf,
    Python,
    Size,
    TupleOf,
    Verbatim,
    Word,
)

Made = TypeVar("Made")
NAMES = ("x", "width", "in_channels", "out_channels", "a_rather_long_parameter_name", "image")
seeds = st.integers(0, 2**32 - 1)


class Writer:
    """Random trees and statements of the kinds that generated source has."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def number(self) -> int | float:
        real = self.random.choice([1e-05, 0.1, 1e16, 3.14, 2.5e-12, 1e300])
        return self.random.choice([self.random.randrange(4096), real])

    def one_of(self, *makers: Callable[[], Made]) -> Made:
        return self.random.choice(makers)()

    def arithmetic(self, depth: int) -> str:
        if depth == 0:
            return self.one_of(self.name, lambda: literal(self.number()))
        less = self.random.randrange(depth)
        signs = ["+", "-", "*", "/", "//", "%", "**"]

        def infix() -> str:
            operands = [self.arithmetic(depth - 1), self.arithmetic(less)]
            self.random.shuffle(operands)
            return f"({operands[0]}) {self.random.choice(signs)} ({operands[1]})"

        return self.one_of(
            infix,
            infix,
            lambda: f"-({self.arithmetic(depth - 1)})",
            lambda: f"max({self.arithmetic(depth - 1)}, {self.arithmetic(less)})",
            lambda: f"{self.name()}[{self.arithmetic(less)}]",
            lambda: self.arithmetic(depth - 1),
        )

    def condition(self, depth: int) -> str:
        if depth == 0:
            sign = self.random.choice(["==", "!=", "<", "<=", ">", ">="])
            return self.one_of(
                lambda: f"{self.arithmetic(1)} {sign} {self.arithmetic(2)}", self.name
            )
        less, word = self.random.randrange(depth), self.random.choice(["and", "or"])
        return self.one_of(
            lambda: f"({self.condition(depth - 1)}) {word} ({self.condition(less)})",
            lambda: f"not ({self.condition(depth - 1)})",
            lambda: self.condition(depth - 1),
        )

    def expression(self) -> str:
        return self.one_of(
            lambda: self.arithmetic(self.random.randrange(4)),
            lambda: self.condition(self.random.randrange(4)),
            lambda: f"{self.arithmetic(2)} if {self.condition(2)} else {self.arithmetic(2)}",
        )

    def constant(self) -> int | float | bool | str | None:
        text = "".join(self.random.choices("abc'\"\\ éß\n\u202e{}", k=self.random.randrange(9)))
        return self.random.choice([self.number(), True, False, None, text])

    def atom(self) -> Python:
        size = Dim.symbol(self.name()) * self.random.randrange(1, 99) // 2
        return self.one_of(
            lambda: Word(self.name()),
            lambda: Constant(self.constant()),
            lambda: Size(size),
            lambda: Verbatim(self.expression()),
        )

    def tree(self, depth: int) -> Python:
        if depth == 0 or self.random.random() < 0.3:
            return self.atom()
        items = [self.tree(depth - 1) for _ in range(self.random.randrange(5))]
        return self.one_of(
            lambda: TupleOf(tuple(items)),
            lambda: ListOf(tuple(items)),
            lambda: self.call(depth),
        )

    def call(self, depth: int) -> CallOf:
        functions = ["nn.Conv2d", "nn.Sequential", "BasicBlock", "self.layer1", "torch.cat"]
        words = self.random.sample(["stride", "padding", "bias"], self.random.randrange(4))
        return CallOf(
            self.random.choice(functions),
            tuple(self.tree(depth - 1) for _ in range(self.random.randrange(4))),
            tuple((word, self.tree(depth - 1)) for word in words),
        )

    def statement(self) -> str:
        depth = self.random.randrange(1, 4)
        words = tuple(Word(self.name()) for _ in range(self.random.randrange(2, 9)))
        made = one_line(self.call(depth))
        target = self.random.choice(["x = ", "self.layer1 = ", "x: torch.Tensor = ", "return "])
        return self.one_of(
            lambda: target + one_line(self.tree(depth)),
            lambda: target + one_line(Infix("+", words)),
            lambda: f"{target}nn.Sequential(*[{made} for _ in range({self.name()})])",
            lambda: f"self.pool: nn.Module = {made} if {self.condition(2)} else nn.Identity()",
            lambda: f"layers.append({made})",
        )


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    made = subprocess.run(command, input=text, capture_output=True, check=True, encoding="utf-8")
    return made.stdout


@settings(max_examples=8)
@given(seeds, st.sampled_from([1, 2, 3]))
def test_what_the_printer_writes_is_a_fixed_point_of_ruff(seed: int, depth: int) -> None:
    """100 random statements at once, each as ``ruff format`` leaves it, and each what it was."""
    writer = Writer(seed)
    lines = [
        f"{' ' * 4 * level}{'class A:' if level == 0 else 'def f():'}" for level in range(depth)
    ]
    for _ in range(100):
        text = writer.statement()
        made = statement(text, 4 * depth)
        lines += made
        body = "\n".join(line[4 * depth :] for line in made)
        assert ast.dump(ast.parse(body)) == ast.dump(ast.parse(text))
    text = "\n".join(lines) + "\n"
    assert formatted(text) == text


@settings(max_examples=4)
@given(seeds)
def test_headers_are_fixed_points_of_ruff(seed: int) -> None:
    writer = Writer(seed)
    lines = ["def f():"]
    for _ in range(40):
        rows = ", ".join(
            f"({writer.arithmetic(1)}, 2)" for _ in range(writer.random.randrange(2, 9))
        )
        lines += header(f"if {writer.condition(writer.random.randrange(5))}:", 4)
        lines += header(f"for depth, width in ({rows}):", 8)
        lines.append("            x = 1")
    text = "\n".join(lines) + "\n"
    assert formatted(text) == text


@given(st.text())
def test_a_text_literal_is_printable_ascii_and_means_its_text(text: str) -> None:
    written = text_literal(text)
    assert written.isascii()
    assert written.isprintable()
    assert ast.literal_eval(written) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1e-5"),
        (0.1, "0.1"),
        (1e16, "1e16"),
        (float("inf"), 'float("inf")'),
        (True, "True"),
        (None, "None"),
        ("zeros", '"zeros"'),
        ('a"b', "'a\"b'"),
    ],
)
def test_a_constant_is_written_as_a_person_would(value: float | str | None, text: str) -> None:
    assert literal(value) == text


def test_names_are_respelled_and_functions_are_not() -> None:
    assert respelled("min(min, nn) + nn[x]", lambda name: f"{name}_") == "min(min_, nn_) + nn_[x_]"


@pytest.mark.parametrize("text", ["import os", "del x", "x += 1", "lambda: 1", "f(**x)"])
def test_what_is_not_in_the_closed_set_is_no_statement(text: str) -> None:
    with pytest.raises(InternalError):
        statement(text, 4)


def test_a_header_of_another_kind_is_refused() -> None:
    with pytest.raises(InternalError):
        header("while x:", 4)
