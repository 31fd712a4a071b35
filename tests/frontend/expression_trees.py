"""Random expression trees."""

from __future__ import annotations

from hypothesis import strategies as st

from archcompile.ir.expr import (
    Attribute,
    Binary,
    Call,
    Compare,
    Conditional,
    Expr,
    ListOf,
    Literal,
    Logical,
    Name,
    Subscript,
    Unary,
)

NAMES = ("a", "b", "width")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn"]) | st.just("\n"),
    max_size=4,
)
_leaves: st.SearchStrategy[Expr] = st.one_of(
    st.integers(0, 10**18 - 1).map(Literal),
    st.floats(0, 1e300, allow_subnormal=False).map(Literal),
    st.booleans().map(Literal),
    st.just(Literal(None)),
    _texts.map(Literal),
    st.sampled_from(NAMES).map(Name),
    st.sampled_from(["channels", "shape"]).map(lambda word: Attribute(Name("in"), word)),
)


def expressions() -> st.SearchStrategy[Expr]:
    """Any tree of the grammar, whether it means something or not."""
    return st.recursive(_leaves, _grown, max_leaves=12)


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    pairs = st.lists(st.tuples(st.sampled_from(COMPARISONS), inner), min_size=1, max_size=2)
    return st.one_of(
        st.builds(Unary, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner, inner),
        st.builds(Compare, inner, pairs.map(tuple)),
        st.builds(Logical, st.sampled_from(["and", "or"]), several),
        st.builds(Conditional, inner, inner, inner),
        st.builds(ListOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Call, st.sampled_from(["min", "max"]), several),
        st.builds(Subscript, inner, inner),
    )


_numbers = st.one_of(st.integers(0, 50).map(Literal), st.sampled_from(NAMES).map(Name))


def numeric(depth: int = 4) -> st.SearchStrategy[Expr]:
    """Trees whose value is a number, if it has one; whatever they hold has the right kind."""
    if depth == 0:
        return _numbers
    inner = numeric(depth - 1)
    return st.one_of(
        _numbers,
        st.builds(Unary, st.sampled_from(["-", "+"]), inner),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner, inner),
        st.builds(Conditional, truths(depth - 1), inner, inner),
        st.builds(
            Call,
            st.sampled_from(["min", "max"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        ),
        st.builds(
            Subscript,
            st.lists(inner, min_size=1, max_size=3).map(lambda i: ListOf(tuple(i))),
            inner,
        ),
        st.lists(inner, max_size=3).map(lambda items: Call("sum", (ListOf(tuple(items)),))),
        st.lists(inner, max_size=3).map(lambda items: Call("len", (ListOf(tuple(items)),))),
    )


def truths(depth: int = 4) -> st.SearchStrategy[Expr]:
    """Trees whose value is true or false, if it has one."""
    leaf = st.booleans().map(Literal)
    if depth == 0:
        return leaf
    number, inner = numeric(depth - 1), truths(depth - 1)
    pairs = st.lists(st.tuples(st.sampled_from(COMPARISONS), number), min_size=1, max_size=2)
    return st.one_of(
        leaf,
        st.builds(Compare, number, pairs.map(tuple)),
        st.builds(Unary, st.just("not"), inner),
        st.builds(
            Logical,
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3).map(tuple),
        ),
    )
