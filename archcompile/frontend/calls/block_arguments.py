"""Arguments of a block's call: values by the parameters' type words, and layers handed over."""

from __future__ import annotations

from dataclasses import dataclass

from archcompile.diagnostics import Code, Edit, Related, Span, SpecError
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.calls.arguments import Call
from archcompile.frontend.calls.binding import Binding
from archcompile.frontend.calls.passed import NO_LAYER, Passed, passed_in
from archcompile.frontend.calls.repairs import flag_of
from archcompile.frontend.document.document import Block, Layer, Parameter
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.expressions.sizes import is_constant, to_python
from archcompile.frontend.findings import Findings, finding
from archcompile.frontend.text.tree import Scalar, Sequence, Tree
from archcompile.ir.arguments import said
from archcompile.ir.expr import Expr, ListOf, Literal


@dataclass(frozen=True, slots=True)
class Bound:
    """A block's parameters: those that are values, and those that hold a layer."""

    values: dict[str, Expr]
    layers: dict[str, Passed | None]

    def said(self) -> str:
        """As in a call of Python's."""
        layers = {
            name: NO_LAYER if each is None else each.said for name, each in self.layers.items()
        }
        every = {**{name: str(value) for name, value in self.values.items()}, **layers}
        return ", ".join(f"{name}={value}" for name, value in every.items())


def bind_block(block: Block, call: Call) -> Bound:
    """The block's parameters with their values here, defaults too. Raises all findings at once."""
    findings = Findings()
    parameters = {parameter.name.text: parameter for parameter in block.parameters}
    required = [name for name, parameter in parameters.items() if parameter.default is None]
    given = call.given(block.name.text, tuple(parameters), required, findings)
    bound = Bound({}, {})
    for name, parameter in parameters.items():
        with findings.collecting():
            if name in given:
                _bind_parameter(parameter, *given[name], bound)
            elif parameter.default is not None:
                _bind_default(parameter, bound)
    findings.stop()
    return bound


def _bind_parameter(parameter: Parameter, tree: Tree, frame: Frame, bound: Bound) -> None:
    if parameter.type == "layer":
        bound.layers[parameter.name.text] = _passed(parameter, tree, frame)
    else:
        bound.values[parameter.name.text] = _parameter_value(parameter, tree, frame)


def _bind_default(parameter: Parameter, bound: Bound) -> None:
    assert parameter.default is not None
    if parameter.type == "layer":
        bound.layers[parameter.name.text] = _passed(parameter, parameter.default, Frame({}, {}))
    else:
        bound.values[parameter.name.text] = default_value(parameter)


def _passed(parameter: Parameter, tree: Tree, frame: Frame) -> Passed | None:
    try:
        return passed_in(tree, frame)
    except ValueError:
        name = parameter.name.text
        raise finding(
            Code.BAD_ARGUMENT,
            f"`{name}` is a layer: an op or block, alone or with its arguments",
            tree.span,
            help=f"e.g. `{name}: relu` or `{name}: {{leaky_relu: 0.1}}`",
            related=(Related(parameter.span, f"`{name}` is declared here"),),
        ) from None


def require_constants(call: Scalar, values: dict[str, Expr]) -> None:
    """Refuse arguments of a block that depend on the size of the network's input (``H``)."""
    findings = Findings()
    for name, value in values.items():
        if not is_constant(value):
            findings.add(
                Code.UNSUPPORTED,
                f"`{call.text}`: `{name}` is {value}, and that is no number here",
                call.span,
                help="give the input a number for its size, or write a number here",
            )
    findings.stop()


def check_arguments(layer: Layer, call: Scalar, names: tuple[str, ...]) -> None:
    """Refuse arguments that no callee with these names has; nothing is evaluated."""
    findings = Findings()
    Binding(call.text, names, call, layer.arguments, layer).bind(findings)
    findings.stop()


def own_value(parameter: Parameter, tree: Tree) -> Expr | Passed | None:
    """What a file or variant sets a parameter to: a value of its type, or a layer."""
    if parameter.type == "layer":
        return _passed(parameter, tree, Frame({}, {}))
    return check_type(parameter, constant_value(tree), tree.span)


def default_value(parameter: Parameter) -> Expr:
    """A parameter's default: what stands there, texts as they are."""
    assert parameter.default is not None
    return constant_value(parameter.default)


def constant_value(tree: Tree) -> Expr:
    """A value that stands for itself: numbers, booleans, texts and lists of them."""
    match tree:
        case Scalar(value=value):
            return Literal(value, tree.span)
        case Sequence(items=items):
            return ListOf(tuple(map(constant_value, items)), tree.span)
        case _:
            raise finding(Code.WRONG_TYPE, "expected a value or a list, got a mapping", tree.span)


def check_type(parameter: Parameter, value: Expr, span: Span) -> Expr:
    """Refuse a value of another type than the parameter's type word says."""
    if not is_constant(value) or _fits(parameter, value):
        return value
    raise _misfit(parameter, said(to_python(value)), span, _meant(parameter, to_python(value)))


def _misfit(parameter: Parameter, got: str, span: Span, meant: str | None) -> SpecError:
    """The finding that a value is of another type; ``meant`` is the text that would be right."""
    wanted = _ARTICLE.get(parameter.type) or f"one of {listed(parameter.choices_texts)}"
    is_value = span is not parameter.span and span.line == span.end_line
    return finding(
        Code.BAD_ARGUMENT,
        f"`{parameter.name.text}` is {wanted}, got {got}",
        span,
        related=(Related(parameter.span, f"`{parameter.name.text}` is declared here"),),
        help=f"write `{meant}`" if meant and is_value else None,
        fix=(Edit(span, meant),) if meant and is_value else (),
    )


def _meant(parameter: Parameter, value: object) -> str | None:
    """The value of the parameter's type that another one surely is."""
    if parameter.type == "choice":
        return closest(str(value), parameter.choices_texts)
    if parameter.type == "int" and isinstance(value, float) and value.is_integer():
        return str(int(value))
    if parameter.type == "bool" and not isinstance(value, tuple | list | float):
        return flag_of(str(value))
    return None


_ARTICLE = {
    "int": "an integer",
    "number": "a number",
    "bool": "true or false",
    "text": "a text",
    "list": "a list",
}


def _fits(parameter: Parameter, value: Expr) -> bool:
    type_word = parameter.type
    if isinstance(value, ListOf):
        # where torch takes a pair, so does an `int` parameter: kernel_size: [1, 7]
        pair = len(value.items) == 2 and all(_fits(parameter, item) for item in value.items)
        return type_word == "list" or (type_word == "int" and pair)
    held = value.value if isinstance(value, Literal) else None
    if type_word == "choice":
        return held in parameter.choices_texts
    if isinstance(held, bool):
        return type_word == "bool"
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "number": (int, float), "text": (str,)}
    return isinstance(held, kinds.get(type_word, ()))


def _parameter_value(parameter: Parameter, tree: Tree, frame: Frame) -> Expr:
    takes_words = parameter.type in ("text", "choice")
    is_word = takes_words and isinstance(tree, Scalar) and isinstance(tree.value, str)
    if is_word and isinstance(tree, Scalar) and tree.text not in frame.names:
        return check_type(parameter, Literal(tree.text, tree.span), tree.span)
    if parameter.type == "bool" and isinstance(tree, Scalar) and tree.text not in frame.names:
        meant = flag_of(tree.text) if isinstance(tree.value, str) else None
        if meant is not None:
            raise _misfit(parameter, f"`{tree.text}`", tree.span, meant)
    return check_type(parameter, frame.value(tree), tree.span)
