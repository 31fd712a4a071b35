"""Inputs of a network: shapes of numbers, parameters and symbols."""

from __future__ import annotations

from collections.abc import Mapping

from archcompile.diagnostics import Code, Span
from archcompile.diagnostics.suggest import closest
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.frame import Frame
from archcompile.frontend.sizes import symbol, to_dim
from archcompile.frontend.tree import Scalar
from archcompile.ir.dim import Dim
from archcompile.ir.expr import Expr, Literal, Name
from archcompile.ir.types import TensorType


def input_type(shape: tuple[Scalar, ...], span: Span, names: Mapping[str, Expr]) -> TensorType:
    """The type that a shape says: the batch first, then sizes. Raises every finding about it."""
    if len(shape) < 2:
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            "a shape has the batch first and at least one size behind it",
            span,
            help="write `[N, 3, 224, 224]`",
        )
    findings = Findings()
    dims: list[Dim] = []
    for entry in shape:
        with findings.collecting():
            dims.append(_size(entry, names))
    findings.stop()
    if dims[0].is_constant or len(dims[0].symbols) != 1:
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"the first axis is the batch, got {shape[0].text}",
            shape[0].span,
            help="write `N`",
        )
    return TensorType(tuple(dims))


def _size(entry: Scalar, names: Mapping[str, Expr]) -> Dim:
    text = entry.text
    if text not in names and text.isidentifier() and not _is_symbol(text):
        near = closest(text, names)
        raise finding(
            Code.BAD_SHAPE_ENTRY,
            f"`{text}` is neither a parameter nor a symbol (a single capital letter)",
            entry.span,
            help=f"write `{near}`"
            if near
            else f"write `{text[0].upper()}`, or declare it in `params`",
        )
    letters = {chr(code): Name(chr(code)) for code in range(ord("A"), ord("Z") + 1)}
    result = Frame({**letters, **names}, {}).expression(entry)
    held = result.value if isinstance(result, Literal) else 1
    if isinstance(held, bool) or not isinstance(held, int) or held < 1:
        raise finding(
            Code.BAD_SHAPE_ENTRY, f"a size is an integer of at least 1, got {result}", entry.span
        )
    return to_dim(result)


def _is_symbol(text: str) -> bool:
    return len(text) == 1 and symbol(text).always_at_least(1) is True
