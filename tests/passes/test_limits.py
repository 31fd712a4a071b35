"""Counts of 2^63 and more are findings at the layer's own line."""

from __future__ import annotations

from archcompile.diagnostics import Code
from archcompile.passes.facts import facts
from archcompile.passes.limits import check_limits
from tests.programs import chain, conv, image, lenet5, op, program


def test_a_network_of_countable_size_is_no_finding() -> None:
    assert check_limits(lenet5(), facts(lenet5())) == ()
    open_size = lenet5(size="H")
    assert check_limits(open_size, facts(open_size)) == ()


def test_a_layer_with_too_many_weights_is_found_at_its_line() -> None:
    start = image(2**32, name="x")
    made = program(
        (start,), chain(start, ("a", op("tanh")), ("b", op("linear", out_features=2**32)))
    )
    (found,) = check_limits(made, facts(made))
    assert found.code is Code.TOO_BIG
    assert found.span is not None
    assert found.span.line == 2
    assert found.message == (
        "`b` has 18,446,744,078,004,518,912 parameters, and 2^63 or more cannot be counted"
    )


def test_weights_that_can_be_counted_but_whose_bytes_cannot_are_found() -> None:
    start = image(2**31, name="x")
    made = program((start,), chain(start, ("a", op("linear", out_features=2**31, bias=False))))
    (found,) = check_limits(made, facts(made))
    assert "18,446,744,073,709,551,616 bytes of weights" in found.message


def test_a_sum_that_is_too_large_is_the_network_s_own_finding() -> None:
    start = image(2**30, name="x")
    layers = [(f"l{n}", op("linear", out_features=2**30, bias=False)) for n in range(2)]
    made = program((start,), chain(start, *layers))
    (found,) = check_limits(made, facts(made))
    assert found.message.startswith("`net` has 9,223,372,036,854,775,808 bytes of weights")


def test_too_many_operations_are_found_where_the_weights_are_few() -> None:
    start = image(64, 2**26, 2**26)
    made = program((start,), chain(start, ("a", conv(64))))
    (found,) = check_limits(made, facts(made))
    assert found.message.startswith("`a` has 166,020,696,663,385,964,544 multiply-accumulates, and")
    assert found.help == "make a size or the number of channels smaller"
