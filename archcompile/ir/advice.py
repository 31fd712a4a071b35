"""Advice: what is legal and likely a mistake, said of an op's call or of a layer's place.

An op says its own (``Op.advice``), the passes what only the whole network shows. The frontend
makes warnings of them, as it knows the author's text.
"""

from __future__ import annotations

from archcompile.diagnostics import Code, Related, Span
from archcompile.diagnostics.span import small_value
from archcompile.ir.remedy import Remedy


@small_value
class Advice:
    """One thing to think about; ``argument`` is where it stands, ``remedy`` what ``help`` says."""

    code: Code
    message: str
    help: str | None = None
    argument: str | None = None
    remedy: Remedy | None = None
    related: tuple[Related, ...] = ()


@small_value
class Advised:
    """Advice on a layer, by the place of its op's word."""

    span: Span
    advice: Advice
