"""Parameters of a network: the file's defaults, under the variant's values, under the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompile.diagnostics import Code, Related
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.calls.block_arguments import Bound, check_type, own_value
from archcompile.frontend.calls.passed import Passed
from archcompile.frontend.document.document import Document, Parameter, Variant
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Scalar
from archcompile.ir.expr import Expr, ListOf, Literal


@dataclass(frozen=True, slots=True)
class Values:
    """The parameters' values and layers, and the names of those that the caller changed."""

    bound: Bound
    overridden: tuple[str, ...]


def chosen_variant(document: Document, name: str | None) -> Variant | None:
    """The chosen variant: by name, else the one named as the file, else the only one."""
    variants = document.variant_by_name
    wanted = name or document.name.text
    if wanted in variants:
        return variants[wanted]
    if name is None and len(variants) == 1:
        return next(iter(variants.values()))
    if not variants and name in (None, document.name.text):
        return None
    known = tuple(variants) or (document.name.text,)
    near = closest(wanted, known) if name is not None else None
    message = f"no network is called `{name}`" if name else "which network? The file has several"
    raise finding(
        Code.UNKNOWN_VARIANT,
        message,
        document.name.span,
        help=f"did you mean `{near}`? There are {listed(known)}"
        if near
        else f"there are {listed(known)}",
    )


def parameter_values(
    document: Document, variant: Variant | None, overrides: Mapping[str, object]
) -> Values:
    """Defaults, under the variant's values (its ancestors' first), under the caller's."""
    findings = Findings()
    parameters = {parameter.name.text: parameter for parameter in document.parameters}
    values: dict[str, Expr | Passed | None] = {}
    for name, parameter in parameters.items():
        if parameter.default is not None:
            with findings.collecting():
                values[name] = own_value(parameter, parameter.default)
    for each in _lineage(document, variant, findings):
        _apply(each, parameters, values, findings)
    own = dict(values)
    for name, value in overrides.items():
        with findings.collecting():
            values[name] = _override(name, value, parameters, document)
    missing = [name for name in parameters if name not in values]
    lacking = "" if variant is None else f" in the variant `{variant.name.text}`"
    for name in missing:
        parameter = parameters[name]
        findings.add(
            Code.MISSING_ARGUMENT,
            f"the parameter `{name}` has no value{lacking}",
            parameter.span,
            help=f"give it a default, or pass one: `--set {name}=…`",
        )
    findings.stop()
    changed = tuple(name for name in overrides if str(values[name]) != str(own.get(name)))
    return Values(_bound(parameters, values), changed)


def _bound(parameters: Mapping[str, Parameter], values: dict[str, Expr | Passed | None]) -> Bound:
    """In the order of the file."""
    bound = Bound({}, {})
    for name in parameters:
        held = values[name]
        if held is None or isinstance(held, Passed):
            bound.layers[name] = held
        else:
            bound.values[name] = held
    return bound


def _lineage(
    document: Document, variant: Variant | None, findings: Findings
) -> tuple[Variant, ...]:
    """A variant behind those that it extends."""
    variants = document.variant_by_name
    line: dict[str, Variant] = {}
    while variant is not None:
        if variant.name.text in line:
            _report_circle(variant, line, tuple(variants), findings)
            break
        line[variant.name.text] = variant
        if variant.extends is None:
            break
        parent = variants.get(variant.extends.text)
        if parent is None:
            others = [name for name in variants if name != variant.name.text]
            near = closest(variant.extends.text, others)
            findings.add(
                Code.UNKNOWN_VARIANT,
                f"no variant is called `{variant.extends.text}`",
                variant.extends.span,
                help=f"did you mean `{near}`?" if near else _parents(variant, variants),
                fix=() if near is None else replaced(variant.extends, near),
            )
        variant = parent
    return tuple(reversed(line.values()))


def _parents(variant: Variant, variants: Mapping[str, Variant]) -> str:
    """What a variant may extend."""
    others = [name for name in variants if name != variant.name.text]
    start = "every variant starts from `params` anyway"
    return f"{start}; there are {listed(others)}" if others else start


def _report_circle(
    variant: Variant, line: Mapping[str, Variant], order: tuple[str, ...], findings: Findings
) -> None:
    """Add the finding that variants extend one another, the same whoever of them is met first."""
    names = list(line)
    circle = names[names.index(variant.name.text) :]
    start = circle.index(min(circle, key=order.index))
    circle = circle[start:] + circle[:start]
    places = [line[name].extends for name in circle]
    first = places[0]
    findings.add(
        Code.RECURSION,
        f"`{circle[0]}` extends itself ({' → '.join((*circle, circle[0]))})",
        variant.name.span if first is None else first.span,
        related=tuple(
            Related(each.span, f"`{name}` extends `{each.text}` here")
            for name, each in zip(circle[1:], places[1:], strict=True)
            if each is not None
        ),
        help="a variant extends one that stands without it",
    )


def _apply(
    variant: Variant,
    parameters: dict[str, Parameter],
    values: dict[str, Expr | Passed | None],
    findings: Findings,
) -> None:
    for key, tree in variant.values:
        parameter = parameters.get(key.text)
        if parameter is None:
            near = closest(key.text, parameters)
            findings.add(
                Code.UNKNOWN_PARAMETER,
                f"the file has no parameter `{key.text}`",
                key.span,
                help=f"did you mean `{near}`?" if near else _undeclared(key.text),
                fix=() if near is None else replaced(key, near),
            )
            continue
        with findings.collecting():
            values[key.text] = own_value(parameter, tree)


def _undeclared(word: str) -> str:
    if word in ("layers", "input", "outputs", "blocks", "expect"):
        return "a variant sets parameters; layers that differ have a `when` that asks for one"
    return f"declare it: `params: {{{word}: …}}`"


def _override(
    name: str, value: object, parameters: dict[str, Parameter], document: Document
) -> Expr | Passed | None:
    parameter = parameters.get(name)
    if parameter is None:
        near = closest(name, parameters)
        raise finding(
            Code.UNKNOWN_PARAMETER,
            f"the file has no parameter `{name}`",
            document.name.span,
            help=f"did you mean `{near}`?" if near else f"it has {listed(parameters) or 'none'}",
        )
    if parameter.type == "layer" and isinstance(value, str):
        return own_value(parameter, Scalar(parameter.span, value, value, plain=True))
    return check_type(parameter, literal(value, name, parameter), parameter.span)


def literal(value: object, name: str, parameter: Parameter) -> Expr:
    """A caller's Python value as a constant expression; other kinds of value are a finding."""
    if isinstance(value, list | tuple):
        return ListOf(tuple(literal(item, name, parameter) for item in value))
    if isinstance(value, bool | int | float | str):
        return Literal(value)
    raise finding(
        Code.BAD_ARGUMENT,
        f"`{name}` cannot be {value!r}: a number, a boolean, a text or a list of them",
        parameter.span,
    )
