"""A condition that holds where a statement stands is not asked for again in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archcompile.backends.pytorch import hold, source
from archcompile.backends.pytorch.chains import Body
from archcompile.backends.pytorch.conditions import settled
from archcompile.backends.pytorch.construct import Classes
from archcompile.ir.definition import Apply, Carry, Chain, LoopOf
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Compare, Expr, Literal, Name, Unary
from archcompile.ir.op import Op
from archcompile.ir.program import Program
from archcompile.ir.types import TensorType
from tests.backends.pytorch.written import network, sym, use, written
from tests.programs import chain, image, op, program, region

CASES = [
    ((), "x = a if not n == 2 else b", "x = a if n != 2 else b"),
    ((), "x = a if not n != 2 else b", "x = a if n == 2 else b"),
    ((), "x = a if not n < 2 else b", "x = a if not n < 2 else b"),
    ((), "x = a if not (not big) else b", "x = a if big else b"),
    ((), "x = a if n == 2 else a if not n == 2 else b", "x = a"),
    ((), "x = a if n == 2 else b if n == 2 else c", "x = a if n == 2 else c"),
    ((), "x = a if big else b if not big else c", "x = a if big else b"),
    ((), "x = a if big else a", "x = a"),
    (("n == 2",), "x = a if not n == 2 else b", "x = b"),
    (("n != 2",), "x = f(a if n != 2 else b)", "x = f(a)"),
    (("big",), "x = a if big and small else b", "x = a if big and small else b"),
    (("big",), "x = -a if big else b", "x = -a"),
]


@pytest.mark.parametrize(("facts", "before", "after"), CASES)
def test_what_is_known_is_settled(facts: tuple[str, ...], before: str, after: str) -> None:
    assert settled(before, facts) == after


def _is(value: int) -> Expr:
    return Compare(Name("index"), (("==", Literal(value)),))


def third_is_small() -> Program:
    """Three rounds, the last of which has a smaller kernel; each condition is asked for once."""
    start = image(3)
    small, large = op("linear", out_features=4), op("linear", out_features=4, bias=False)
    layers = [("0", large), ("1", large), ("2", small)]
    body = region("body", *chain(start, *layers, prefix="body."))
    made = program((start,), (body,), name="net")
    before, width = sym("channels"), Dim.of(4)

    def member(layer: Op, condition: Expr) -> Apply:
        return Apply("", use(layer, TensorType.of("N", before)), (), condition)

    inner = member(small, _is(2))
    loop = LoopOf(
        ("index",),
        (),
        Literal(3),
        (member(large, Unary("not", _is(2))), inner),
        (Carry("channels", Dim.of(3), width),),
    )
    top = network(made, Chain("body", (loop,), ("image",)))
    return written(made, replace(top, outputs=(("output", "body"),)))


def test_rounds_that_differ_ask_once() -> None:
    text = source(third_is_small())
    hold(text, third_is_small())
    assert "            if index != 2:\n" in text
    assert "            if index == 2:\n" in text


def test_a_loop_makes_what_was_known_uncertain() -> None:
    """A loop inside an ``if`` may change what the condition speaks of, there and behind it."""
    body = Body(Classes({}, {}, frozenset()), frozenset())
    choice = "x = a if channels == 3 else b"
    body.enter("channels == 3")
    body.enter("deep")
    body.add(choice)
    body.forget()
    body.add(choice)
    body.leave()
    body.add(choice)
    body.leave()
    body.add(choice)
    assert [line.strip() for line in body.lines] == [
        "if channels == 3:",
        "if deep:",
        "x = a",
        choice,
        choice,
        choice,
    ]
