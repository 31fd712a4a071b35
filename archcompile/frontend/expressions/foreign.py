"""What people write in expressions who think in another language, and what stands for it here.

Python's own functions, C's and JavaScript's operators, templates of shells and YAML tools,
numpy's and torch's names: each is known, and the text that says the same is given.
"""

from __future__ import annotations

import re
from fractions import Fraction

from archcompile.frontend.expressions.functions import FUNCTIONS
from archcompile.ir.expr import Attribute, Binary, Expr, ListOf, Literal, Name, Unary

OPERATORS = {
    "&&": " and ",
    "||": " or ",
    "&": " and ",
    "|": " or ",
    "!": "not ",
    "~": "not ",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "^": "**",
    "×": "*",
    "·": "*",
    "÷": "//",
    "−": "-",
    "–": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "“": "'",
    "”": "'",
    "‘": "'",
    "’": "'",
    "**=": "**",
    "//=": "//",
}
"""Operators and marks of other languages."""

ADVICE = {
    "=": ": a comparison is `==`",
    "÷": ", which rounds down",
    "^": ": a power is `**`",
}
"""What is said behind the help line that gives the operator."""

IN_WORDS = {
    "?": "a choice is `a if condition else b`",
    ":": "there are no slices: a list is written out, e.g. `[widths[1], widths[2]]`",
    "{": "an expression has no braces; a list is `[1, 2]`",
    "}": "an expression has no braces; a list is `[1, 2]`",
    "<<": "a shift is a product: `a * 2 ** b`",
    ">>": "a shift is a quotient: `a // 2 ** b`",
    ":=": "derived values are named under `let`",
    "->": "there are no functions of one's own; derived values are named under `let`",
    "=>": "there are no functions of one's own; derived values are named under `let`",
    "$": "a parameter stands by its name alone, without `$`",
    "@": "a parameter stands by its name alone",
}
"""What has no counterpart that a program could write."""

CONSTANTS = {
    "TRUE": "true",
    "FALSE": "false",
    "yes": "true",
    "no": "false",
    "on": "true",
    "off": "false",
    "null": "none",
    "Null": "none",
    "NULL": "none",
    "nil": "none",
    "undefined": "none",
    "nullptr": "none",
}
"""Words that other languages have for what is `true`, `false` and `none` here."""

SIZES = {
    **dict.fromkeys(
        [
            "C",
            "c",
            "C_in",
            "Cin",
            "c_in",
            "cin",
            "in_ch",
            "in_channel",
            "in_channels",
            "in_planes",
            "inplanes",
            "inp",
            "in_chs",
            "nin",
            "n_in",
            "input_channels",
            "num_channels",
            "num_input_features",
            "channels",
            "ch",
        ],
        "channels",
    ),
    **dict.fromkeys(
        ["H", "h", "H_in", "Hin", "in_h", "in_height", "input_height", "height"], "height"
    ),
    **dict.fromkeys(["W", "w", "W_in", "Win", "in_w", "in_width", "input_width"], "width"),
    **dict.fromkeys(["L", "T", "L_in", "in_length", "length", "seq_len"], "length"),
    **dict.fromkeys(
        ["in_features", "in_dim", "input_dim", "input_size", "fan_in", "in_size"], "features"
    ),
}
"""How others call a size of what a line reads."""

PROPERTIES = {
    **dict.fromkeys(
        [
            "C",
            "c",
            "channel",
            "num_channels",
            "in_channels",
            "n_channels",
            "depth",
            "planes",
            "filters",
        ],
        "channels",
    ),
    **dict.fromkeys(["H", "h", "rows"], "height"),
    **dict.fromkeys(["W", "w", "cols"], "width"),
    **dict.fromkeys(["L", "T", "len", "seq_len"], "length"),
    **dict.fromkeys(["F", "dim", "num_features", "in_features", "units"], "features"),
    **dict.fromkeys(["size", "sizes", "dims"], "shape"),
}
"""How others call a property of a shape."""

AXES = frozenset(("channels", "height", "width", "length", "features", "shape"))
"""The properties that there are."""

INPUTS = frozenset(["input", "inputs", "prev", "previous", "self_input", "inp"])
"""Words for what a line reads, where `in` is meant."""

OWNERS = frozenset(
    [
        "self",
        "params",
        "param",
        "args",
        "cfg",
        "config",
        "opt",
        "opts",
        "hparams",
        "hp",
        "parameters",
        "let",
    ]
)
"""Words before a parameter's name that are left out."""

MODULES = frozenset(["math", "Math", "np", "numpy", "torch", "tf", "F", "operator", "builtins"])
"""Modules of others, before a function's name."""

_SAME = {"maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min", "size": "len"}
_ROUNDING = {"int": "down", "floor": "down", "trunc": "down", "ceil": "up", "round": "near"}
_NEEDLESS = frozenset(["float", "list", "tuple", "int", "round", "floor", "ceil", "number"])
FUNCTION_ADVICE = {
    "int": "`//` divides and rounds down",
    "floor": "`//` divides and rounds down",
    "ceil": "`(a + b - 1) // b` divides and rounds up",
    "round": "`(a + b // 2) // b` divides and rounds",
    "str": "a text is written between quotes: `'A'`",
    "prod": "a product is written out: `a * b`",
    "log2": "there are no logarithms: give the number itself",
    "enumerate": "`for: {i: range(n), width: widths}` counts in step with a list",
    "zip": "the columns of a `for` run in step: `for: {a: ..., b: ...}`",
    "sqrt": "a root is `a ** 0.5`, which is a real number",
}
"""What is said where no text can be given."""

SHELL = re.compile(
    r"\$\{\{?\s*(?P<shell>[A-Za-z_][\w.]*)\s*\}?\}|\$\(?(?P<make>[A-Za-z_]\w*)\)?"
    r"|\{\{\s*(?P<jinja>[A-Za-z_]\w*)\s*\}\}|\{\s*(?P<brace>[A-Za-z_]\w*)\s*\}"
    r"|%\((?P<percent>[A-Za-z_]\w*)\)[sdif]?|@(?P<at>[A-Za-z_]\w*)"
)
"""A name as shells, templates and other configuration languages mark it."""

_TERNARY = re.compile(r"([^?:]+)\?([^?:]+):([^?:]+)")
_THEN = re.compile(r"if\s*\(?(.+?)\)?\s+then\s+(.+?)\s+else\s+(.+)")
_IF_FIRST = re.compile(r"if\s+(.+?)\s*:\s*(.+?)\s+else\s*:?\s*(.+)")


def choice(text: str) -> str | None:
    """``c ? a : b`` and ``if c then a else b``, as a choice is written here."""
    for pattern in (_TERNARY, _THEN, _IF_FIRST):
        match = pattern.fullmatch(text.strip())
        if match is not None:
            test, then, otherwise = (part.strip() for part in match.groups())
            return f"{then} if {test} else {otherwise}"
    return None


def in_words(text: str) -> str:
    """Python's constants in the language's own words."""
    return re.sub(r"\b(?:None|True|False)\b", lambda word: word.group().lower(), text)


def function(name: str, arguments: tuple[Expr, ...]) -> str | None:
    """The expression that says what a call of another language's function means."""
    found = _function(name, arguments)
    return None if found is None else in_words(found)


def _function(name: str, arguments: tuple[Expr, ...]) -> str | None:
    if name in _SAME:
        return f"{_SAME[name]}({', '.join(map(str, arguments))})"
    if name in _ROUNDING and len(arguments) == 1:
        rounded = _rounded(_ROUNDING[name], arguments[0])
        if rounded is not None:
            return rounded
    if name in FUNCTIONS:
        return f"{name}({', '.join(map(str, arguments))})"
    return _plain(name, arguments)


def _plain(name: str, arguments: tuple[Expr, ...]) -> str | None:
    match name, arguments:
        case ("abs" | "fabs", (value,)):
            return f"max({value}, {Unary('-', value)})"
        case ("pow", (base, exponent)):
            return str(Binary("**", base, exponent))
        case ("mod" | "fmod" | "remainder", (left, right)):
            return str(Binary("%", left, right))
        case ("floordiv" | "floor_divide", (left, right)):
            return str(Binary("//", left, right))
        case ("clamp" | "clip", (value, low, high)):
            return f"max({low}, min({value}, {high}))"
        case ("_make_divisible" | "make_divisable" | "makeDivisible", (value, step)):
            return f"make_divisible({value}, {step})"
        case (word, (Literal() | Name() | Attribute() | ListOf() as value,)) if word in _NEEDLESS:
            return str(value)
        case _:
            return None


def _rounded(how: str, value: Expr) -> str | None:
    """A quotient that is rounded, in integers."""
    match value:
        case Binary("/" | "//", left, right):
            pass
        case Binary("*", left, Literal(value=float() as factor)):
            return _scaled(how, left, factor)
        case Binary("*", Literal(value=float() as factor), left):
            return _scaled(how, left, factor)
        case _:
            return None
    return _quotient(how, left, right)


def _scaled(how: str, value: Expr, factor: float) -> str | None:
    """``width * 0.75`` is ``width * 3 // 4``."""
    ratio = Fraction(factor).limit_denominator(1000)
    if float(ratio) != factor or ratio.denominator == 1 or factor <= 0:
        return None
    top: Expr = value
    if ratio.numerator != 1:
        top = Binary("*", value, Literal(ratio.numerator))
    return _quotient(how, top, Literal(ratio.denominator))


def _quotient(how: str, left: Expr, right: Expr) -> str:
    added = left
    if how == "up":
        added = _rounding_up(left, right)
    elif how == "near":
        half = _half(right)
        added = Binary("+", left, half)
    return str(Binary("//", added, right))


def _rounding_up(left: Expr, divisor: Expr) -> Expr:
    if isinstance(divisor, Literal) and isinstance(divisor.value, int):
        return Binary("+", left, Literal(divisor.value - 1))
    return Binary("-", Binary("+", left, divisor), Literal(1))


def _half(divisor: Expr) -> Expr:
    if isinstance(divisor, Literal) and isinstance(divisor.value, int):
        return Literal(divisor.value // 2)
    return Binary("//", divisor, Literal(2))
