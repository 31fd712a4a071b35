"""Frame: what an expression sees at one place of a spec, and what elaboration asks there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from archcompile.diagnostics import Code, Edit, Fix, Related, Span, SpecError
from archcompile.diagnostics.span import small_value
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import Loop
from archcompile.frontend.expressions.blame import origins
from archcompile.frontend.expressions.evaluate import evaluate
from archcompile.frontend.expressions.expressions import parse_expression, parse_template
from archcompile.frontend.expressions.functions import described
from archcompile.frontend.expressions.respelling import respelled
from archcompile.frontend.expressions.scope import Meter, Scope
from archcompile.frontend.expressions.sizes import is_constant, to_python
from archcompile.frontend.findings import finding
from archcompile.frontend.text.tree import Mapping as TreeMapping
from archcompile.frontend.text.tree import Scalar, Sequence, Tree
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

if TYPE_CHECKING:
    from archcompile.frontend.calls.passed import Passed


_NO_FIX: Fix = ()


class Open(Exception):
    """An expression asks for the shape of a value that an earlier finding left open.

    Whatever depends on it is left open as well, without a finding of its own.
    """


@small_value
class Frame:
    """Names (parameters, loop variables) and shapes (``in``, the body's inputs).

    ``open_shapes`` are inputs whose shape is not known because of an earlier finding.
    """

    names: Mapping[str, Expr]
    shapes: Mapping[str, tuple[Expr, ...]]
    open_shapes: frozenset[str] = frozenset()
    gpus: int = 0
    """The GPUs that share these layers; 0 outside ``gpu_groups``."""
    layers: Mapping[str, Passed | None] = field(default_factory=dict)
    """Parameters that hold a layer; ``None`` is no layer at all."""
    assumed: Mapping[str, bool] = field(default_factory=dict)
    """Conditions that stay open, as texts, and whether the class is made for calls they hold in."""
    meter: Meter = field(default_factory=Meter)
    """What lists have cost in the network so far."""
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Names that are known elsewhere, with what is said of them."""

    def binding(self, names: Mapping[str, Expr]) -> Frame:
        """The frame inside a loop's round: more names, hiding outer ones."""
        return replace(self, names={**self.names, **names})

    def reading(self, shapes: tuple[tuple[Expr, ...] | None, ...]) -> Frame:
        """The frame of a layer: ``in`` is the first value it reads."""
        first = shapes[0] if shapes else None
        if first is None and "in" in self.open_shapes and "in" not in self.shapes:
            return self
        inner = dict(self.shapes)
        if first is None:
            inner.pop("in", None)
            unknown = self.open_shapes | {"in"}
        else:
            inner["in"] = first
            unknown = self.open_shapes - {"in"} if self.open_shapes else self.open_shapes
        # every line has one: `dataclasses.replace` would take three times as long
        return Frame(
            self.names,
            inner,
            unknown,
            self.gpus,
            self.layers,
            self.assumed,
            self.meter,
            self.unseen,
        )

    def evaluate(self, expr: Expr) -> Expr:
        """The expression with everything known put in. Raises ``Open`` or a finding."""
        if self.open_shapes and not self.open_shapes.isdisjoint(mentioned(expr)):
            raise Open
        return evaluate(expr, Scope(self.names, self.shapes, self.meter, self.unseen))

    def value(self, tree: Tree, words: frozenset[str] = frozenset()) -> Expr:
        """An argument: a number, an expression, a list of them, or one of the slot's ``words``."""
        match tree:
            case Scalar() if not isinstance(tree.value, str):
                return self.expression(tree)  # as most are
            case Sequence(items=items):
                return ListOf(tuple(self.value(item, words) for item in items), tree.span)
            case TreeMapping():
                raise _mapping(tree)
            case Scalar(value=str() as text) if text in words:
                return Literal(text, tree.span)
            case Scalar(value=str()) if words:
                return self._word(tree, words)
            case Scalar():
                return self.expression(tree)

    def _word(self, scalar: Scalar, words: frozenset[str]) -> Expr:
        """A slot of words: what is none of them must be an expression that this place can see."""
        text = scalar.text
        if text.isidentifier() and text not in self.names:
            near = closest(text, words)
            raise finding(
                Code.BAD_ARGUMENT,
                f"expected one of {listed(sorted(words))}, got `{text}`",
                scalar.span,
                help=f"write `{near}`" if near else None,
                fix=respelled(scalar, 0, len(text), near)[1] if near else (),
            )
        return self.expression(scalar)

    def expression(self, scalar: Scalar) -> Expr:
        """A scalar where a number, boolean or list is due: text is an expression."""
        if isinstance(scalar.value, str):
            return self.evaluate(parse_expression(scalar))
        return Literal(scalar.value, scalar.span)

    def truth(self, scalar: Scalar) -> Expr:
        """``when``: a boolean, or what is left of the condition."""
        result = self.expression(scalar)
        if isinstance(result, Literal | ListOf) and not (
            isinstance(result, Literal) and isinstance(result.value, bool)
        ):
            help, fix = _condition_help(scalar, result)
            raise finding(
                Code.EXPRESSION_TYPE,
                f"`when` is true or false, got {_said(result)}",
                scalar.span,
                help=help,
                related=self._origins(scalar),
                fix=fix,
            )
        assumed = self.assumed.get(str(result))
        return result if assumed is None else Literal(assumed, scalar.span)

    def count(self, scalar: Scalar) -> Expr:
        """``repeat``: a natural number, or what is left of the expression."""
        result = self.expression(scalar)
        if not isinstance(result, Literal | ListOf):
            return result
        number = result.value if isinstance(result, Literal) else None
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            help, fix = _count_help(scalar, result)
            raise finding(
                Code.EXPRESSION_TYPE,
                f"`repeat` is a number of copies, 0 or more; got {_said(result)}",
                scalar.span,
                help=help,
                related=self._origins(scalar),
                fix=fix,
            )
        return result

    def _origins(self, scalar: Scalar) -> tuple[Related, ...]:
        """Where the values of the names in an expression were given."""
        if not isinstance(scalar.value, str):
            return ()
        return origins(parse_expression(scalar), self.names)

    def text(self, scalar: Scalar) -> str | None:
        """A name, its ``{…}`` parts filled in; ``None`` if one of them is not known here."""
        pieces = parse_template(scalar)
        if len(pieces) == 1 and isinstance(pieces[0], str):
            return pieces[0]
        parts: list[str] = []
        for part in pieces:
            if isinstance(part, str):
                parts.append(part)
                continue
            result = self.evaluate(part)
            if not isinstance(result, Literal):
                return None
            parts.append(str(result.value))
        return "".join(parts)

    def columns(self, loop: Loop) -> tuple[tuple[str, Expr], ...]:
        """The variables of a ``for`` with their lists, of one length where that is known."""
        if loop.rows is not None:
            return self._rows(loop, loop.rows)
        columns = tuple((key, self._column(key, tree)) for key, tree in loop.columns)
        known = [(key, values) for key, values in columns if isinstance(values, ListOf)]
        for key, values in known[1:]:
            first_key, first = known[0]
            if len(values.items) != len(first.items):
                raise _unequal((first_key, len(first.items)), (key, len(values.items)))
        return tuple((key.text, values) for key, values in columns)

    def _column(self, key: Scalar, tree: Tree) -> Expr:
        values = self.value(tree)
        if isinstance(values, Literal):
            number = values.value
            counts = isinstance(number, int) and not isinstance(number, bool)
            written = tree.text if isinstance(tree, Scalar) else ""
            help, fix = f"e.g. `{key.text}: [1, 2]`", _NO_FIX
            if counts and isinstance(tree, Scalar):
                text, fix = respelled(tree, 0, len(written), f"range({written})")
                help = f"write `{text}` to count" if fix else help
            raise finding(
                Code.EXPRESSION_TYPE,
                f"`{key.text}` runs over a list, got {_said(values)}",
                tree.span,
                help=help,
                related=self._origins(tree) if isinstance(tree, Scalar) else (),
                fix=fix,
            )
        return values

    def _rows(self, loop: Loop, rows: Tree) -> tuple[tuple[str, Expr], ...]:
        table = self.value(rows)
        if not isinstance(table, ListOf):
            raise finding(Code.EXPRESSION_TYPE, "`rows` is a list of rows", rows.span)
        wanted = len(loop.variables)
        for number, row in enumerate(table.items, 1):
            got = len(row.items) if isinstance(row, ListOf) else 1
            if got != wanted:
                raise _wrong_row(loop, number, got, getattr(row, "span", None) or rows.span)
        columns = zip(*(row.items for row in table.items if isinstance(row, ListOf)), strict=True)
        lists = tuple(ListOf(column) for column in columns) or (ListOf(()),) * wanted
        return tuple(zip((each.text for each in loop.variables), lists, strict=True))


def _said(result: Expr) -> str:
    """A value for a sentence; a list in full if it is short."""
    return described(to_python(result)) if is_constant(result) else str(result)


def _mapping(tree: TreeMapping) -> SpecError:
    """``{width}`` and ``{{width}}`` are no templates here, and what has commas needs quotes."""
    help, fix = 'an expression inside {} or [] with commas or colons needs quotes: "…"', _NO_FIX
    inner = tree.span.text().strip("{} ")
    if re.fullmatch(r"[A-Za-z_]\w*", inner):
        help, fix = f"write `{inner}`: a name stands alone", (Edit(tree.span, inner),)
    return finding(
        Code.BAD_ARGUMENT, "expected a value, got a mapping", tree.span, help=help, fix=fix
    )


def _condition_help(scalar: Scalar, result: Expr) -> tuple[str | None, Fix]:
    """A number's truth, as a comparison."""
    number = result.value if isinstance(result, Literal) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None, ()
    if not isinstance(scalar.value, str):
        text = "true" if number else "false"
        return f"write `{text}`", (Edit(scalar.span, text),)
    is_one = isinstance(parse_expression(scalar), Name | Attribute | Call | Subscript)
    is_whole = is_one or not re.search(r"\bif\b|\band\b|\bor\b|\bnot\b|[<>=]", scalar.text)
    written = scalar.text if is_whole else f"({scalar.text})"
    text, fix = respelled(scalar, 0, len(scalar.text), f"{written} != 0")
    return f"write `{text}`" if fix else "write a comparison, e.g. `… != 0`", fix


def _count_help(scalar: Scalar, result: Expr) -> tuple[str | None, Fix]:
    if isinstance(result, ListOf):
        return "to run over a list, e.g. `for: {width: [64, 128]}`", ()
    number = result.value if isinstance(result, Literal) else None
    if not isinstance(number, float):
        return None, ()
    if isinstance(scalar.value, str) and scalar.text.count("/") == 1:
        place = scalar.text.index("/")
        text, fix = respelled(scalar, place, place + 1, "//")
        return f"write `{text}`, which rounds down" if fix else None, fix
    if not isinstance(scalar.value, str):
        if number == int(number) and number >= 0:
            return f"write `{int(number)}`", (Edit(scalar.span, str(int(number))),)
        return None, ()
    return "a real number stays one: compute with integers, as in `(depth * 11 + 9) // 10`", ()


def _wrong_row(loop: Loop, number: int, got: int, span: Span) -> SpecError:
    names = listed(variable.text for variable in loop.variables)
    first, last = loop.variables[0].span, loop.variables[-1].span
    wanted = len(loop.variables)
    return finding(
        Code.UNEQUAL_COLUMNS,
        f"row {number} has {got} value{'s' * (got != 1)} for {wanted} names ({names})",
        span,
        related=(Related(first.to(last), f"{wanted} name{'s' * (wanted != 1)}"),),
        help="a row has a value for each name",
    )


def settled(value: Expr, scalar: Scalar, key: str) -> Expr:
    """What decides a network's structure must be known; an open size of the input is not."""
    if is_constant(value):
        return value
    raise finding(
        Code.UNSUPPORTED,
        f"`{key}` is `{value}`, and that is not known while the input's size is open",
        scalar.span,
        help="give the input a number for that size",
    )


def rounds(columns: tuple[tuple[str, Expr], ...]) -> tuple[dict[str, Expr], ...] | None:
    """What each round of a ``for`` binds; ``None`` if a list is not known here."""
    lists = [values.items for _, values in columns if isinstance(values, ListOf)]
    if len(lists) != len(columns):
        return None
    names = [name for name, _ in columns]
    return tuple(dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True))


def _unequal(first: tuple[Scalar, int], second: tuple[Scalar, int]) -> Exception:
    (key, length), (other_key, other_length) = first, second
    return finding(
        Code.UNEQUAL_COLUMNS,
        f"`{other_key.text}` has {other_length} values, `{key.text}` has {length}",
        other_key.span,
        related=(Related(key.span, f"`{key.text}` with {length} values"),),
        help="columns of one `for` run in step: give them one length",
    )


def mentioned(expr: Expr) -> set[str]:
    """Every name that an expression mentions."""
    match expr:
        case Name(identifier=name):
            return {name}
        case Literal():
            return set()
        case Attribute(value=value):
            return mentioned(value)
        case Unary(operand=operand):
            return mentioned(operand)
        case Binary(left=left, right=right):
            return mentioned(left) | mentioned(right)
        case Compare(first=first, rest=rest):
            return mentioned(first).union(*(mentioned(each) for _, each in rest))
        case Conditional(test=test, then=then, otherwise=otherwise):
            return mentioned(test) | mentioned(then) | mentioned(otherwise)
        case Subscript(value=value, index=index):
            return mentioned(value) | mentioned(index)
        case Logical(operands=parts) | ListOf(items=parts) | Call(arguments=parts):
            return set().union(*map(mentioned, parts))
