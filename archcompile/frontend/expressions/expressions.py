"""Expressions and templates: an author's scalar to ``Expr``. Nothing of Python evaluates them."""

from __future__ import annotations

import re
from functools import lru_cache

from archcompile.diagnostics import Code, SpecError
from archcompile.frontend.expressions.grammar import Parser, is_reserved
from archcompile.frontend.expressions.tokens import Instead, Place, tokens
from archcompile.frontend.findings import finding
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.expr import Expr, Literal, Name

LONGEST = 2_000
"""Characters."""
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def parse_expression(scalar: Scalar) -> Expr:
    """The expression that a value means: its text parsed, or a constant. Raises a finding."""
    if isinstance(scalar.value, str):
        place = Place(scalar)
        if _NAME.fullmatch(scalar.text) and not is_reserved(scalar.text):
            _check_length(scalar.text, place)
            return Name(scalar.text, place.span(0, len(scalar.text)))  # as most are
        return _parsed(scalar.text, place)
    if scalar.value is None:
        raise finding(Code.EXPRESSION_SYNTAX, "expected an expression, got nothing", scalar.span)
    return Literal(scalar.value, scalar.span)


def parse_template(scalar: Scalar) -> tuple[str | Expr, ...]:
    """A name with expressions in braces, ``layer{stage + 1}``, as its pieces. Raises a finding."""
    text, place = scalar.text, Place(scalar)
    _check_length(text, place)
    if "{" not in text and "}" not in text:
        return (text,) if text else ()
    pieces: list[str | Expr] = []
    position = 0
    while position < len(text):
        opening = text.find("{", position)
        literal = text[position:] if opening < 0 else text[position:opening]
        if "}" in literal:
            stray = position + literal.index("}")
            instead = Instead(stray, stray + 1, "", "leave `}}` out")
            raise place.wrong(stray, stray + 1, "`}` without a `{` before it", instead)
        pieces += [literal] if literal else []
        if opening < 0:
            break
        closing = text.find("}", opening)
        if closing < 0:
            closed = Instead(len(text), len(text), "}", "add `{}`")
            raise place.wrong(opening, opening + 1, "`{` is not closed", closed)
        pieces.append(_parsed(text[opening + 1 : closing], Place(scalar, opening + 1)))
        position = closing + 1
    return tuple(pieces)


def _parsed(text: str, place: Place) -> Expr:
    made = _remembered(text, place, place.scalar.span.file.text)
    if isinstance(made, SpecError):
        raise SpecError(made.diagnostics)
    return made


@lru_cache(maxsize=4096)
def _remembered(text: str, place: Place, file: str) -> Expr | SpecError:
    """Parsed once, refused or not: a loop reads the same line in every round.

    The text of the file tells it from another one of the same path.
    """
    try:
        _check_length(text, place)
        return Parser(place, tokens(text, place)).whole()
    except SpecError as error:
        return SpecError(error.diagnostics)


def _check_length(text: str, place: Place) -> None:
    if len(text) > LONGEST:
        raise finding(
            Code.EXPRESSION_TOO_LARGE,
            f"this expression has {len(text):,} characters, expected at most {LONGEST:,}",
            place.scalar.span,
            help="name its parts under `let`",
        )
