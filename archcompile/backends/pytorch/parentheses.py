"""When a free-standing expression goes without parentheses although it does not fit on its line.

A formatter adds them to break an expression before its operators. It does without where there is
one operator of the weakest kind, no condition, and brackets to break in around the first or last
operand or of a call at the end, as long as all lines then fit (``can_omit_optional_parentheses`` in
ruff).
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

_STRENGTH = {"and": 5, "or": 5}
_STRENGTH |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 4)
_STRENGTH |= {"+": 3, "-": 3, "*": 2, "/": 2, "//": 2, "%": 2, "**": 1}
"""How weakly each operator binds."""


def may_go_without(text: str) -> bool:
    """Whether the expression, written on one line, may be broken in its brackets alone."""
    words = list(_outer(text))
    strengths = [_STRENGTH[word] for word in words if word in _STRENGTH]
    if "if" in words or strengths.count(max(strengths, default=0)) > 1:
        return False
    return words[0] == _OPERAND or words[-1] in (_OPERAND, _CALL)


_OPERAND, _CALL = "(…)", "f(…)"


def _outer(text: str) -> Iterator[str]:
    """The words outside of brackets; an operand in brackets is one, as are a call's arguments."""
    depth, before, start = 0, "", ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if not word.strip():
            continue
        if word in ("(", "["):
            if depth == 0:
                start = _OPERAND if _is_prefix(before) else _CALL if word == "(" else "f[…]"
            depth += 1
        elif word in (")", "]"):
            depth -= 1
            if depth == 0:
                yield "()" if before in ("(", "[") else start
        elif depth == 0:
            yield "sign" if word in ("+", "-") and _is_prefix(before) else word
        before = word


def _is_prefix(before: str) -> bool:
    """Whether an operand starts behind this word."""
    return before in ("", "not", "if", "else", "(", "[") or before in _STRENGTH
