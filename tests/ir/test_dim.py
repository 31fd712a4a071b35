"""``Dim`` against plain integers, under random expressions and random symbol values."""

from __future__ import annotations

import copy
import operator
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from archcompile.ir.dim import Dim, DimTooLarge, ceil_div

CONDITIONAL = "(2 if index == 0 else 1)"
POSITIVE = ("H", "W", "width", CONDITIONAL)
UNSIGNED = ("padding", "shift")
HEIGHT, WIDTH, CHANNELS, STRIDE = map(Dim.symbol, ("H", "W", "C", "s"))
PADDING = Dim.symbol("padding", positive=False)


@dataclass(frozen=True)
class Tree:
    """An expression that knows nothing of normal forms: the reference."""

    operator: str
    operands: tuple[Tree, ...] = ()
    leaf: int | str = 0

    def size(self) -> Dim:
        if self.operator == "leaf":
            return _leaf(self.leaf)
        return _SIZE_RULES[self.operator](*(operand.size() for operand in self.operands))

    def value(self, values: Mapping[str, int]) -> int:
        if self.operator == "leaf":
            return self.leaf if isinstance(self.leaf, int) else values[self.leaf]
        return _VALUE_RULES[self.operator](*(operand.value(values) for operand in self.operands))


def _leaf(leaf: int | str) -> Dim:
    return Dim.of(leaf) if isinstance(leaf, int) else Dim.symbol(leaf, positive=leaf in POSITIVE)


_SIZE_RULES: dict[str, Callable[..., Dim]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "negate": lambda a: -a,
    "ceil": ceil_div,
    "min": Dim.minimum,
    "max": Dim.maximum,
}
_VALUE_RULES: dict[str, Callable[..., int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "negate": lambda a: -a,
    "ceil": lambda a, b: -(-a // b),
    "min": min,
    "max": max,
}

LEAVES = st.builds(
    lambda leaf: Tree("leaf", leaf=leaf),
    st.integers(-7, 12) | st.sampled_from(POSITIVE) | st.sampled_from((*POSITIVE, *UNSIGNED)),
)


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    divisors = st.builds(lambda leaf: Tree("leaf", leaf=leaf), st.integers(2, 9)) | inner
    return st.one_of(
        st.builds(
            lambda operator, a, b: Tree(operator, (a, b)),
            st.sampled_from("+-*"),
            inner,
            inner,
        ),
        st.builds(
            lambda operator, a, b: Tree(operator, (a, b)),
            st.sampled_from(("//", "//", "%", "ceil")),
            inner,
            divisors,
        ),
        st.builds(
            lambda operator, operands: Tree(operator, tuple(operands)),
            st.sampled_from(("min", "max")),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(lambda a: Tree("negate", (a,)), inner),
    )


TREES = st.recursive(LEAVES, _grown, max_leaves=9)
VALUES = st.fixed_dictionaries(
    {name: st.integers(1, 5) | st.integers(1, 300) for name in POSITIVE}
    | {name: st.integers(-9, 9) | st.integers(-300, 300) for name in UNSIGNED}
    | {CONDITIONAL: st.integers(1, 2)}
)
SMALL_TREES = st.recursive(LEAVES, _grown, max_leaves=4)


def _sized(tree: Tree) -> Dim:
    """The tree's size; a division by the constant 0 or an oversized product is no example."""
    try:
        return tree.size()
    except (ZeroDivisionError, DimTooLarge):
        assume(False)
        raise


def _valued(tree: Tree, values: Mapping[str, int]) -> int:
    try:
        return tree.value(values)
    except ZeroDivisionError:
        assume(False)
        raise


@settings(max_examples=400)
@given(TREES, VALUES)
def test_every_expression_evaluates_as_plain_integers_do(
    tree: Tree, values: dict[str, int]
) -> None:
    expected = _valued(tree, values)
    assert _sized(tree).evaluate(values) == expected


@settings(max_examples=150)
@given(TREES, VALUES)
def test_the_printed_text_is_python_for_the_same_value(tree: Tree, values: dict[str, int]) -> None:
    expected = _valued(tree, values)
    text = str(_sized(tree))
    names = {name: value for name, value in values.items() if name != CONDITIONAL}
    names["index"] = 0 if values[CONDITIONAL] == 2 else 1
    assert eval(text, {"min": min, "max": max}, names) == expected


@settings(max_examples=150)
@given(TREES, st.dictionaries(st.sampled_from((*POSITIVE, *UNSIGNED)), st.integers(1, 50)), VALUES)
def test_substituting_first_and_evaluating_later_is_evaluating(
    tree: Tree, mapping: dict[str, int], values: dict[str, int]
) -> None:
    merged = {**values, **mapping}
    expected = _valued(tree, merged)
    try:
        substituted = _sized(tree).substitute(mapping)
    except DimTooLarge:
        assume(False)
        raise
    assert not substituted.symbols & mapping.keys()
    assert substituted.evaluate(values) == expected


@settings(max_examples=200)
@given(SMALL_TREES, SMALL_TREES, VALUES)
def test_a_size_can_stand_for_a_symbol(outer: Tree, inner: Tree, values: dict[str, int]) -> None:
    value = _valued(inner, values)
    assume(value >= 1)
    expected = _valued(outer, {**values, "H": value})
    size = _sized(inner)
    assume(size.always_at_least(1) is not False)
    assert _sized(outer).substitute({"H": size}).evaluate(values) == expected


@settings(max_examples=400)
@given(SMALL_TREES, SMALL_TREES, VALUES)
def test_a_decided_comparison_is_never_wrong(
    left: Tree, right: Tree, values: dict[str, int]
) -> None:
    one, other = _valued(left, values), _valued(right, values)
    a, b = _sized(left), _sized(right)
    assert a.always_equal(b) in (None, one == other)
    assert a.always_less(b) in (None, one < other)
    assert a.always_at_least(b) in (None, one >= other)


@settings(max_examples=150)
@given(SMALL_TREES, SMALL_TREES | st.builds(lambda n: Tree("leaf", leaf=n), st.integers(1, 8)))
def test_a_decided_divisibility_is_never_wrong(tree: Tree, divisor: Tree) -> None:
    size, by = _sized(tree), _sized(divisor)
    assume(by.constant != 0)
    answer = size.divisible_by(by)
    for number in range(1, 12):
        values = {name: number + 3 * place for place, name in enumerate((*POSITIVE, *UNSIGNED))}
        try:
            remainder = tree.value(values) % divisor.value(values)
        except ZeroDivisionError:
            continue
        assert answer in (None, remainder == 0)


@settings(max_examples=150)
@given(SMALL_TREES, SMALL_TREES, SMALL_TREES)
def test_the_laws_of_rings_hold_as_equal_normal_forms(x: Tree, y: Tree, z: Tree) -> None:
    a, b, c = _sized(x), _sized(y), _sized(z)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert (a + b) * c == a * c + b * c
    assert a - a == Dim.of(0)
    negated = -a
    assert a + 0 == a * 1 == a // 1 == a - 0 == -negated == a
    assert hash(a + b) == hash(b + a)


@settings(max_examples=150)
@given(SMALL_TREES, SMALL_TREES, st.integers(1, 9))
def test_the_laws_of_division_and_extremes_hold_as_equal_normal_forms(
    x: Tree, y: Tree, divisor: int
) -> None:
    a, b = _sized(x), _sized(y)
    assert (a * divisor) // divisor == a
    assert (a * divisor) % divisor == Dim.of(0)
    assert (a + CHANNELS * divisor) // divisor == a // divisor + CHANNELS
    assert a % divisor + divisor * (a // divisor) == a
    assert Dim.minimum(a, b) == Dim.minimum(b, a)
    assert Dim.maximum(a, a, b) == Dim.maximum(b, a)
    assert Dim.minimum(a, a) == a


@given(SMALL_TREES)
def test_a_size_survives_pickle_and_copy(tree: Tree) -> None:
    size = _sized(tree)
    assert pickle.loads(pickle.dumps(size)) == size == copy.deepcopy(size)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_constants_are_integers(a: int, b: int) -> None:
    assert int(Dim.of(a) + b) == int(a + Dim.of(b)) == a + b
    assert int(Dim.of(a) - b) == int(a - Dim.of(b)) == a - b
    assert int(Dim.of(a) * b) == int(a * Dim.of(b)) == a * b
    assert Dim.minimum(a, b).constant == min(a, b)
    assert Dim.maximum(Dim.of(a), b).constant == max(a, b)
    assert Dim.of(a).always_less(b) is (a < b)
    assert Dim.of(a).always_equal(b) is (a == b)
    assert Dim.of(a).always_at_least(b) is (a >= b)
    if b:
        assert int(Dim.of(a) // b) == int(a // Dim.of(b)) == a // b
        assert int(Dim.of(a) % b) == int(a % Dim.of(b)) == a % b
        assert int(ceil_div(a, b)) == -(-a // b)
        assert Dim.of(a).divisible_by(b) is (a % b == 0)


# --- the formulas of convolution and pooling


@settings(max_examples=150)
@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 3), st.data())
def test_the_ceil_mode_pool_equals_torchs_rule(
    kernel: int, stride: int, dilation: int, data: st.DataObject
) -> None:
    padding = data.draw(st.integers(0, kernel // 2))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    height = data.draw(st.integers(least, least + 60))
    reach = HEIGHT + 2 * padding - dilation * (kernel - 1) - 1
    size = Dim.minimum(ceil_div(reach, stride) + 1, ceil_div(HEIGHT + padding, stride))
    # torch: round up, then drop a last window that would start in the padding behind the input
    expected = -(-(height + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
    if (expected - 1) * stride >= height + padding:
        expected -= 1
    assert size.evaluate({"H": height}) == expected


def test_a_ceil_mode_pool_of_constant_stride_is_one_floor() -> None:
    assert str(Dim.minimum(HEIGHT // 2 + 1, (HEIGHT + 1) // 2)) == "(H - 1) // 2 + 1"
    size = HEIGHT
    for _ in range(8):
        size = Dim.minimum(ceil_div(size - 3, 2) + 1, ceil_div(size, 2))
    assert str(size).count("//") == 1


def test_ten_strided_convolutions_are_one_floor() -> None:
    size = HEIGHT
    for _ in range(10):
        size = (size + 2 * 1 - (3 - 1) - 1) // 2 + 1
    assert str(size) == "(H - 1) // 1024 + 1"


def test_convolutions_of_a_symbolic_stride_are_one_floor() -> None:
    size = ((HEIGHT - 1) // STRIDE + 1 - 1) // STRIDE + 1
    assert str(size) == "(H - 1) // (s**2) + 1"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (Dim.of(64), "64"),
        (Dim.of(-3), "-3"),
        (Dim.symbol("width") * 4, "4 * width"),
        (Dim.symbol("c3") + Dim.symbol("pool_proj") + Dim.symbol("c1"), "c1 + c3 + pool_proj"),
        ((HEIGHT - 1) // 2 + 1, "(H - 1) // 2 + 1"),
        (2 * HEIGHT // 4, "H // 2"),
        ((2 * HEIGHT + 1) // 4, "H // 2"),
        ((HEIGHT // 2 + 1) // 3, "(H + 2) // 6"),
        ((6 * HEIGHT + WIDTH) // 3, "2 * H + W // 3"),
        (3 * HEIGHT // 2, "3 * H // 2"),
        (2 * (HEIGHT // 2) // 3, "2 * (H // 2) // 3"),
        (ceil_div(HEIGHT, 2), "(H - 1) // 2 + 1"),
        (ceil_div(HEIGHT, STRIDE), "(H - 1) // s + 1"),
        (HEIGHT % 2, "H - 2 * (H // 2)"),
        (HEIGHT * CHANNELS // CHANNELS, "H"),
        (HEIGHT * CHANNELS // (2 * CHANNELS), "H // 2"),
        ((HEIGHT + WIDTH) * CHANNELS // (HEIGHT + WIDTH), "C"),
        (HEIGHT // (WIDTH + 1), "H // (W + 1)"),
        (HEIGHT // -2, "-((H - 1) // 2) - 1"),
        ((HEIGHT - 1) // HEIGHT, "0"),
        (-1 // HEIGHT, "-1"),
        (HEIGHT // PADDING // 2, "(H // padding) // 2"),
        (HEIGHT // (PADDING * PADDING), "H // (padding**2)"),
        (-3 // PADDING, "(-3) // padding"),
        (-(HEIGHT // 2), "-(H // 2)"),
        (10 - HEIGHT, "10 - H"),
        (-HEIGHT - 3, "-H - 3"),
        (1 + WIDTH - HEIGHT, "W - H + 1"),
        (HEIGHT * HEIGHT * WIDTH, "H**2 * W"),
        ((HEIGHT // 2) * (HEIGHT // 2), "(H // 2) ** 2"),
        (Dim.minimum(HEIGHT + 1, WIDTH + 2), "min(H, W + 1) + 1"),
        (Dim.minimum(HEIGHT, WIDTH) // 2, "min(H // 2, W // 2)"),
        (Dim.minimum(-HEIGHT, -WIDTH), "-max(H, W)"),
        (Dim.minimum(Dim.minimum(HEIGHT, 8), WIDTH), "min(H, W, 8)"),
        (Dim.maximum(8, CHANNELS // 4 * 8), "8 * max(C // 4, 1)"),
        (Dim.maximum(HEIGHT, 1), "H"),
        (Dim.maximum(PADDING, 1), "max(padding, 1)"),
        (2 * Dim.symbol("(2 if index == 0 else 1)"), "2 * (2 if index == 0 else 1)"),
    ],
)
def test_sizes_print_as_a_person_would_write_them(size: Dim, text: str) -> None:
    assert str(size) == text
    assert repr(size) == f"Dim({text})"


# --- what can be decided


def test_comparisons_that_bounds_decide() -> None:
    assert HEIGHT.always_at_least(1) is True
    assert HEIGHT.always_less(1) is False
    assert HEIGHT.always_at_least(2) is None
    assert PADDING.always_at_least(0) is None
    assert (PADDING * PADDING).always_at_least(0) is True
    assert (4 * (HEIGHT // 4)).always_at_least(0) is True
    assert (HEIGHT * (WIDTH // 4)).always_at_least(0) is True
    assert (HEIGHT // 2).always_less(HEIGHT) is True
    assert (HEIGHT * WIDTH).always_at_least(WIDTH) is True
    assert Dim.minimum(HEIGHT, WIDTH).always_at_least(HEIGHT + 1) is False
    assert Dim.maximum(HEIGHT, WIDTH).always_at_least(Dim.minimum(HEIGHT, WIDTH)) is True
    assert (HEIGHT % 8).always_less(8) is True
    assert (HEIGHT % 8).always_at_least(0) is True


def test_equality_is_decided_beyond_equal_normal_forms() -> None:
    assert (HEIGHT + HEIGHT // 2).always_equal(3 * HEIGHT // 2) is True
    assert (HEIGHT // 2 + (HEIGHT + 1) // 2).always_equal(HEIGHT) is True
    assert (HEIGHT // 2 * 2).always_equal(HEIGHT) is None
    assert (2 * HEIGHT).always_equal(2 * WIDTH + 1) is False
    assert HEIGHT.always_equal(HEIGHT + 1) is False
    assert HEIGHT.always_equal(0) is False
    assert HEIGHT.always_equal(WIDTH) is None


def test_divisibility_is_decided_where_it_follows_from_the_form() -> None:
    assert (8 * HEIGHT).divisible_by(4) is True
    assert (8 * HEIGHT + 2).divisible_by(4) is False
    assert (2 * HEIGHT + 1).divisible_by(4) is False
    assert (2 * HEIGHT).divisible_by(4) is None
    assert (HEIGHT * CHANNELS).divisible_by(CHANNELS) is True
    with pytest.raises(ZeroDivisionError):
        HEIGHT.divisible_by(0)


# --- what is refused


def test_a_symbolic_size_is_no_integer_and_says_why() -> None:
    with pytest.raises(TypeError, match=r"`H \* W` is not an integer: it depends on `H`, `W`"):
        int(HEIGHT * WIDTH)
    assert (HEIGHT * WIDTH).constant is None
    assert not HEIGHT.is_constant and Dim.of(7).is_constant
    assert (HEIGHT - HEIGHT + 7).constant == 7
    assert (HEIGHT // Dim.maximum(WIDTH, STRIDE)).symbols == {"H", "W", "s"}


def test_division_by_the_constant_zero_is_refused() -> None:
    for size in (HEIGHT, Dim.of(3)):
        with pytest.raises(ZeroDivisionError):
            size // 0
        with pytest.raises(ZeroDivisionError):
            size % (HEIGHT - HEIGHT)


def test_a_fraction_is_no_size() -> None:
    with pytest.raises(TypeError, match=r"a size is made of integers, got 0\.5"):
        operator.mul(HEIGHT, 0.5)


def test_a_positive_symbol_takes_no_value_below_one() -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match="`H` stands for a size of at least 1"):
            (HEIGHT + 1).evaluate({"H": value})
        with pytest.raises(ValueError, match="`H` stands for a size of at least 1"):
            (HEIGHT + 1).substitute({"H": value})
    assert (PADDING + 1).evaluate({"padding": -1}) == 0


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="no value for `W` in the size `H \\+ W`"):
        (HEIGHT + WIDTH).evaluate({"H": 1})


GROWTH: dict[str, Callable[[Dim], Dim]] = {
    "nested floors that do not merge": lambda x: (3 * x + 1) // 2,
    "squares of sums": lambda x: x * x + WIDTH,
    "a sum of its own floors": lambda x: x + x // STRIDE + x // CHANNELS,
    "minima of minima": lambda x: Dim.minimum(x // 2 + WIDTH, x // 3 + CHANNELS),
    "maxima of maxima": lambda x: Dim.maximum(x * 2 - WIDTH, x // 3 + CHANNELS),
    "ever more remainders": lambda x: x + x % 7 + WIDTH % 5,
}


@pytest.mark.parametrize("name", GROWTH)
def test_an_expression_that_outgrows_the_limits_is_refused_early(name: str) -> None:
    def grow() -> None:
        size = HEIGHT
        for _ in range(2000):
            size = GROWTH[name](size)

    with pytest.raises(DimTooLarge, match="beyond the limit"):
        grow()


def test_a_hundred_thousand_constant_layers_stay_constant() -> None:
    size = Dim.of(224)
    for _ in range(100_000):
        size = (size + 2 - 3) // 1 + 1
    assert size == Dim.of(224)


def test_the_normal_form_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from archcompile.ir.dim import Dim\n"
        "a, b, c, d = map(Dim.symbol, 'abcd')\n"
        "print((a * d + b // c + c * b) * (d + a) + Dim.minimum(d, c + a, b) // 3)\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1


@example(10, 3)
@given(st.integers(1, 400), st.integers(1, 40))
def test_unrelated_looking_forms_of_one_ceiling_are_equal(height: int, stride: int) -> None:
    usual = (HEIGHT + stride - 1) // stride
    assert usual == ceil_div(HEIGHT, stride) == (HEIGHT - 1) // stride + 1
    assert usual.evaluate({"H": height}) == -(-height // stride)


def test_a_deep_copy_of_a_size_is_the_size_itself() -> None:
    size = Dim.symbol("H") + 1
    assert copy.deepcopy((size,))[0] is size
