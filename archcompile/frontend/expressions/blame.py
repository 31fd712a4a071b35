"""What is wrong with an expression's meaning: names, properties, kinds, and where values came from.

Each says what it found and what its author meant, where other languages have a word for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from archcompile.diagnostics import Code, Fix, Related, Span
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.expressions import foreign
from archcompile.frontend.expressions.functions import Value, described, is_number
from archcompile.frontend.expressions.respelling import respelled_at
from archcompile.frontend.expressions.scope import Scope
from archcompile.frontend.findings import finding
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

AXES = {"channels": 1, "height": 2, "width": 3, "length": 2, "features": -1}
RANKS = {"channels": range(2, 6), "height": (4,), "width": (4,), "length": (3,), "features": (2,)}
_MOST_ORIGINS = 4
_NO_FIX: Fix = ()
_ADVICE = {"index": "`index` counts the copies of a `repeat`, and there is none around this line"}


def unknown(expr: Name, scope: Scope, *, owner: bool = False) -> Exception:
    """``owner``: a property is asked of it, so that an input is meant."""
    name = expr.identifier
    if name in scope.shapes:
        message = f"`{name}` is a whole input, expected one of its sizes"
        help = f"e.g. `{name}.channels`"
        return finding(Code.EXPRESSION_TYPE, message, expr.span, help=help)
    visible = sorted({*scope.names, *scope.shapes})
    meant = _meant(name, scope, owner=owner)
    if meant is not None:
        text, fix = respelled_at(expr.span, name, meant)
        help = f"write `{text}`"
    else:
        near = closest(name, sorted(scope.shapes) if owner else visible)
        text, fix = respelled_at(expr.span, name, near) if near else ("", ())
        help = f"did you mean `{near}`?" if near else ""
    if not fix:
        help = f"known here: {listed(visible)}" if visible else "no names are known here"
        help = scope.unseen.get(name, _ADVICE.get(name, help))
    return finding(Code.UNKNOWN_NAME, f"unknown name `{name}`", expr.span, help=help, fix=fix)


def _meant(name: str, scope: Scope, *, owner: bool) -> str | None:
    """What other languages call so: a constant, a size of what is read, or what is read."""
    reads = "in" if "in" in scope.shapes else "x"
    shape = scope.shapes.get(reads)
    if owner:
        return reads if name in (*foreign.INPUTS, "in") and shape is not None else None
    axis = foreign.SIZES.get(name)
    if axis is not None and shape is not None and len(shape) in RANKS[axis]:
        return f"{reads}.{axis}"
    return foreign.CONSTANTS.get(name)


def no_property(expr: Attribute, owner: str, shape: tuple[Expr, ...]) -> Exception:
    """A property that this input has not."""
    wanted = expr.attribute
    fitting = [name for name in AXES if len(shape) in RANKS[name]]
    if wanted in AXES:
        sizes = ", ".join(map(str, shape))
        return finding(
            Code.EXPRESSION_TYPE,
            f"`{owner}` has the shape [{sizes}], which has no {wanted}",
            expr.span,
            help=f"it has {listed([*fitting, 'shape'])}",
        )
    near = foreign.PROPERTIES.get(wanted) or closest(wanted, (*AXES, "shape"))
    old, new = f"{owner}.{wanted}", f"{owner}.{near}"
    text, fix = respelled_at(expr.span, old, new) if near else ("", ())
    return finding(
        Code.UNKNOWN_NAME,
        f"an input has no property `{wanted}`",
        expr.span,
        help=f"write `{text}`" if fix else f"there are {listed([*fitting, 'shape'])}",
        fix=fix,
    )


def no_shape(expr: Attribute, scope: Scope) -> Exception:
    owner, wanted = expr.value, expr.attribute
    written = f"{owner}.{wanted}"
    name = owner.identifier if isinstance(owner, Name) else ""
    if name in foreign.OWNERS and wanted in scope.names:
        text, fix = respelled_at(expr.span, written, wanted)
        return finding(
            Code.UNKNOWN_NAME,
            f"unknown name `{name}`: parameters stand by their names alone",
            expr.span,
            help=f"write `{text}`" if fix else None,
            fix=fix,
        )
    if isinstance(owner, Name) and name not in scope.names:
        return unknown(owner, scope, owner=True)
    return finding(
        Code.EXPRESSION_TYPE,
        f"`{owner}` is no input and has no property `{wanted}`",
        expr.span,
        related=origins(expr, scope.names),
        help=f"inputs here: {listed(scope.shapes)}" if scope.shapes else None,
    )


def refuse_bare_text(known: Expr, operand: Expr, scope: Scope) -> None:
    """``option == A``: what is compared with a text is a text, and stands between quotes."""
    if not isinstance(operand, Name) or operand.identifier in scope.names:
        return
    if isinstance(known, Name):
        known = scope.names.get(known.identifier, known)
    if not isinstance(known, Literal) or not isinstance(known.value, str):
        return
    name = operand.identifier
    mark = '"' if _inside_single_quotes(operand.span) else "'"
    text, fix = respelled_at(operand.span, name, f"{mark}{name}{mark}")
    raise finding(
        Code.UNKNOWN_NAME,
        f"unknown name `{name}`, compared with {described(known.value)}",
        operand.span,
        help=f"write `{text}`: a text stands between quotes" if fix else "a text has quotes",
        fix=fix,
    )


def wrong_index(index: Value, written: Expr, scope: Scope) -> Exception:
    """An index that is no integer; a quotient is one when it is rounded."""
    text = "" if written.span is None else written.span.text()
    fix = respelled_at(written.span, text, text.replace("/", "//"))[1] if _divides(text) else ()
    return finding(
        Code.EXPRESSION_TYPE,
        f"an index is an integer, got {described(index)}",
        written.span,
        help=f"write `{fix[0].text}`, which rounds down" if fix else None,
        related=origins(written, scope.names),
        fix=fix,
    )


def _divides(text: str) -> bool:
    return text.count("/") == 1


def wrong_comparison(
    message: str, expr: Compare, values: tuple[Expr, Expr], scope: Scope
) -> Exception:
    """What cannot be compared; a number between quotes is the number."""
    help, fix = None, _NO_FIX
    numbers = [each for each in values if isinstance(each, Literal) and is_number(each.value)]
    for each in values:
        value = each.value if isinstance(each, Literal) else None
        if numbers and isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,17}", value):
            span = None if each.span is None else each.span
            old = "" if span is None else span.text()
            if old.strip("'\"") == value:
                _, fix = respelled_at(span, old, value)
                help = f"write `{value}`" if fix else None
    related = origins(expr, scope.names)
    return finding(Code.EXPRESSION_TYPE, message, expr.span, help=help, related=related, fix=fix)


def origins(expr: Expr, names: Mapping[str, Expr]) -> tuple[Related, ...]:
    """Where the values of the names in an expression were given."""
    found: list[Related] = []
    for name in dict.fromkeys(_names(expr)):
        bound = names.get(name)
        if isinstance(bound, Literal | ListOf) and bound.span is not None:
            value = described(value_of(bound)) if is_constant(bound) else "a list"
            found.append(Related(bound.span, f"`{name}` is {value}"))
    return tuple(found[:_MOST_ORIGINS])


def _names(expr: Expr) -> Iterator[str]:
    """The names that an expression mentions, in the order of its text."""
    match expr:
        case Name(identifier=name):
            yield name
        case Attribute(value=value) | Unary(operand=value):
            yield from _names(value)
        case Binary(left=left, right=right):
            yield from chain(_names(left), _names(right))
        case Compare(first=first, rest=rest):
            yield from chain(_names(first), *(_names(each) for _, each in rest))
        case Conditional(test=test, then=then, otherwise=otherwise):
            yield from chain(_names(test), _names(then), _names(otherwise))
        case Subscript(value=value, index=index):
            yield from chain(_names(value), _names(index))
        case Logical(operands=parts) | ListOf(items=parts) | Call(arguments=parts):
            yield from chain(*map(_names, parts))


def _inside_single_quotes(span: Span | None) -> bool:
    """Whether a mark before the span, on its line, opens a text that it ends."""
    if span is None:
        return False
    before = span.file.line(span.line)[: span.column - 1]
    return re.search(r"(?:^|[:\[{,-])\s*'[^']*\Z", before) is not None


def as_condition(value: Value, written: Expr) -> tuple[str | None, Fix]:
    """A number's truth, as a comparison."""
    if not is_number(value):
        return None, ()
    if not isinstance(written, Name | Attribute):
        return "write a comparison, e.g. `… != 0`", ()
    text, fix = respelled_at(written.span, str(written), f"{written} != 0")
    return (f"write `{text}`", fix) if fix else ("write a comparison, e.g. `… != 0`", ())


def is_constant(expr: Expr) -> bool:
    """Whether nothing is left to be known."""
    if isinstance(expr, ListOf):
        return all(map(is_constant, expr.items))
    return isinstance(expr, Literal)


def value_of(expr: Expr) -> Value:
    """What a constant expression holds."""
    if isinstance(expr, ListOf):
        return tuple(map(value_of, expr.items))
    assert isinstance(expr, Literal)  # only constants come here
    return expr.value
