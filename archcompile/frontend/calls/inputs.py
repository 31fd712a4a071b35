"""Inputs of a network: shapes of numbers, parameters and symbols."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from archcompile.diagnostics import Code, Edit, Span, SpecError
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.document.shape_text import with_batch
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.expressions.sizes import to_dim
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, Literal, Name
from archcompile.ir.types import TensorType

_SIZES = {"height": "H", "width": "W", "length": "T", "time": "T", "seq_len": "T", "batch": "N"}
"""Words for what stays open."""
_LETTERS = {letter: Name(letter) for letter in ascii_uppercase}


def input_type(shape: tuple[Scalar, ...], span: Span, names: Mapping[str, Expr]) -> TensorType:
    """The type that a shape says: the batch first, then sizes. Raises every finding about it."""
    if len(shape) < 2:
        raise _alone(shape, span)
    findings = Findings()
    dims: list[Dim] = []
    _check_batch(findings, shape, names)
    for entry in shape[1:] if findings.found else shape:
        with findings.collecting():
            dims.append(_size(entry, names))
    findings.stop()
    return TensorType(tuple(dims))


def _alone(shape: tuple[Scalar, ...], span: Span) -> SpecError:
    """The finding that a shape has one axis, or none."""
    size = shape[0].span.text() if shape else ""
    written = f"[N, {size}]"
    is_size = bool(shape) and shape[0].text not in ("N", "B")
    return finding(
        Code.BAD_SHAPE_ENTRY,
        "a shape has the batch first and at least one size behind it",
        span,
        help=f"write `{written}`" if is_size else "e.g. `[N, 3, 224, 224]`",
        fix=(Edit(shape[0].span, f"N, {size}"),) if is_size else (),
    )


def _check_batch(findings: Findings, shape: tuple[Scalar, ...], names: Mapping[str, Expr]) -> None:
    """The first axis is the batch, which stays open: a single capital letter."""
    first = shape[0]
    if first.text not in names and _is_symbol(first.text):
        _check_no_later_batch(findings, shape, names)
        return
    written = with_batch(tuple(size.text for size in shape))
    rest = ", ".join(size.span.text() for size in shape[len(shape) - len(written) + 1 :])
    is_added = len(written) > len(shape)
    findings.add(
        Code.BAD_SHAPE_ENTRY,
        f"the first axis is the batch, which is a letter, got `{first.text}`",
        first.span,
        help=f"write `[N, {rest}]`" if is_added else "write `N`",
        fix=(Edit(first.span.start(), "N, "),) if is_added else replaced(first, "N"),
    )


def _check_no_later_batch(
    findings: Findings, shape: tuple[Scalar, ...], names: Mapping[str, Expr]
) -> None:
    """``N`` is the batch and stands first; behind a ``B`` it may be what else is counted."""
    first = shape[0]
    later = next((size for size in shape[1:] if size.text == "N"), None)
    if later is None or "N" in names or first.text in ("N", "B"):
        return
    swapped = {id(first): "N", id(later): first.text}
    written = ", ".join(swapped.get(id(size), size.span.text()) for size in shape)
    findings.add(
        Code.BAD_SHAPE_ENTRY,
        f"`N` is the batch and stands first, got `{first.text}` before it",
        later.span,
        help=f"write `[{written}]`",
        fix=(*replaced(first, "N"), *replaced(later, first.text)),
    )


def _size(entry: Scalar, names: Mapping[str, Expr]) -> Dim:
    text = entry.text
    if text not in names and text.isidentifier() and not _is_symbol(text):
        near = closest(text, names) or _SIZES.get(text.casefold()) or text.strip("_")[:1].upper()
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"`{text}` is neither a parameter nor a symbol (a single capital letter)",
            entry.span,
            help=f"write `{near}`" if _is_word(near) else "e.g. `N`, or declare it in `params`",
            fix=replaced(entry, near) if _is_word(near) else (),
        )
    result = Frame({**_LETTERS, **names}, {}).expression(entry)
    held = result.value if isinstance(result, Literal) else 1
    if isinstance(held, bool) or not isinstance(held, int) or held < 1:
        is_open = held == -1
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"a size is an integer of at least 1, got {result}",
            entry.span,
            help="write `H`" if is_open else "what stays open is a capital letter, e.g. `H`",
            fix=replaced(entry, "H") if is_open else (),
        )
    return to_dim(result)


def _is_word(text: str) -> bool:
    return text.isascii() and text.isidentifier()


def _is_symbol(text: str) -> bool:
    return len(text) == 1 and text.isupper()
