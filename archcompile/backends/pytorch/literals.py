"""Constants as Python text: printable ASCII, as a formatter leaves them."""

from __future__ import annotations

import math


def literal(value: object) -> str:
    """A constant as Python text, in ASCII."""
    if isinstance(value, float):
        return _number(value)
    return text_literal(value) if isinstance(value, str) else repr(value)


def text_literal(text: str) -> str:
    """A string literal with the quotes that a formatter would choose; only printable ASCII."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = "".join(f"\\{char}" if char == quote else _escaped(char) for char in text)
    return f"{quote}{body}{quote}"


def _escaped(char: str) -> str:
    return char if char in "'\"" else ascii(char)[1:-1]


def _number(value: float) -> str:
    """``1e-5`` rather than ``1e-05``."""
    if not math.isfinite(value):
        return f'float("{value}")'
    mantissa, mark, exponent = repr(value).partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa
