"""How weights start: the ``init`` of a layer, of the blocks around it, or of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal as Literal_

from archcompile.diagnostics import Code
from archcompile.diagnostics.suggest import closest, listed
from archcompile.frontend.document.document import WeightInit
from archcompile.frontend.expressions.frame import Frame
from archcompile.frontend.findings import finding
from archcompile.frontend.mending.rewriting import replaced
from archcompile.frontend.text.tree import Mapping, Scalar, Tree
from archcompile.ir.expr import Literal
from archcompile.ir.op import Op
from archcompile.ir.weight import (
    Constant,
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    Weight,
    Xavier,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The ``init`` of a block or file, with the frame that explains its numbers."""

    rules: tuple[WeightInit, ...]
    frame: Frame


def starts_of(
    op: Op,
    weights: tuple[Weight, ...],
    own: tuple[WeightInit, ...],
    here: Frame,
    around: Iterable[Scope],
) -> tuple[tuple[str, Init], ...]:
    """What each trainable weight starts with where a spec says so.

    A layer's own ``init`` goes before that of the block around it, and so on outwards; one for the
    op before one for whatever has a kernel or matrix. Raises a finding for a weight that a layer
    with an ``init`` of its own has not.
    """
    trainable = [weight.name for weight in weights if weight.kind == "parameter"]
    has_kernel = any(len(weight.shape) > 1 for weight in weights)
    found: dict[str, Init] = {}
    for scope in around:
        general = [rule for rule in scope.rules if rule.op is None and has_kernel]
        named = [rule for rule in scope.rules if rule.op is not None and rule.op.text == op.key]
        for rule in (*general, *named):
            if _name(rule) in trainable:
                found[_name(rule)] = _fitting(start(rule, scope.frame), rule, op, weights)
    for rule in own:
        if _name(rule) not in trainable:
            raise _no_weight(op, rule, trainable)
        found[_name(rule)] = _fitting(start(rule, here), rule, op, weights)
    return tuple((name, found[name]) for name in trainable if name in found)


def _name(rule: WeightInit) -> str:
    return "" if rule.weight is None else rule.weight.text


def _fitting(init: Init, rule: WeightInit, op: Op, weights: tuple[Weight, ...]) -> Init:
    """The distribution, if torch can draw it: fans are those of a kernel or matrix."""
    (rank,) = (len(weight.shape) for weight in weights if weight.name == _name(rule))
    if isinstance(init, Kaiming | Xavier) and rank < 2:
        raise _refused(
            rule, f"needs a kernel or matrix, which `{_name(rule)}` of `{op.key}` is not"
        )
    if isinstance(init, Normal) and init.std < 0:
        raise _refused(rule, "needs a `std` of 0 or more", "std")
    if isinstance(init, TruncatedNormal) and init.std <= 0:
        raise _refused(rule, "needs a `std` of more than 0", "std")
    if isinstance(init, Uniform) and init.low > init.high:
        raise _refused(rule, "goes from the smaller number to the larger one")
    return init


def _refused(rule: WeightInit, said: str, argument: str = "") -> Exception:
    """At the argument, where it is written: the lone one, or the one of this name."""
    given: Tree | None = rule.arguments if isinstance(rule.arguments, Scalar) else None
    if isinstance(rule.arguments, Mapping):
        given = rule.arguments.get(argument)
    span = rule.span if given is None or not argument else given.span
    return finding(Code.BAD_ARGUMENT, f"`{rule.distribution.text}` {said}", span)


def _no_weight(op: Op, rule: WeightInit, trainable: list[str]) -> Exception:
    near = closest(_name(rule), trainable)
    help = f"it has {listed(trainable)}" if trainable else "it has none"
    return finding(
        Code.UNKNOWN_ARGUMENT,
        f"`{op.key}` has no weight `{_name(rule)}` here"
        if rule.weight
        else f"`{op.key}`: say which weight starts so",
        rule.span,
        help=f"did you mean `{near}`?" if near else help,
        fix=() if near is None or rule.weight is None else replaced(rule.weight, near),
    )


def start(rule: WeightInit, frame: Frame) -> Init:
    """The distribution that a rule names, its numbers evaluated."""
    return _MAKERS[rule.distribution.text](_Numbers(rule, frame))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The arguments of a distribution: one number or word, or several by name."""

    rule: WeightInit
    frame: Frame

    def number(self, name: str, default: float | None = None, *, first: bool = False) -> float:
        tree = self._tree(name, first=first)
        if tree is None and default is not None:
            return default
        if not isinstance(tree, Scalar):
            raise self._wrong(f"a number as `{name}`", tree)
        value = self.frame.expression(tree)
        held = value.value if isinstance(value, Literal) else None
        if isinstance(held, bool) or not isinstance(held, int | float):
            raise self._wrong(f"a number as `{name}`", tree)
        return float(held)

    def word(self, name: str, words: tuple[str, ...], default: str, *, first: bool = False) -> str:
        tree = self._tree(name, first=first)
        if tree is None:
            return default
        if isinstance(tree, Scalar) and tree.text in words:
            return tree.text
        raise self._wrong(f"one of {listed(words)} as `{name}`", tree)

    def _tree(self, name: str, *, first: bool) -> Tree | None:
        given = self.rule.arguments
        if isinstance(given, Mapping):
            return given.get(name)
        is_empty = isinstance(given, Scalar) and given.value is None
        return given if first and not is_empty else None

    def _wrong(self, expected: str, tree: Tree | None) -> Exception:
        name = self.rule.distribution.text
        return finding(
            Code.BAD_ARGUMENT,
            f"`{name}` needs {expected}",
            self.rule.span if tree is None else tree.span,
            help=f"e.g. `{{{name}: {_EXAMPLES[name]}}}`",
        )


def _uniform(given: _Numbers) -> Init:
    if isinstance(given.rule.arguments, Mapping):
        return Uniform(given.number("low"), given.number("high"))
    bound = given.number("bound", first=True)
    return Uniform(-bound, bound)


_MODES: dict[str, Literal_["fan_in", "fan_out"]] = {"fan_in": "fan_in", "fan_out": "fan_out"}
_NONLINEARITIES: dict[str, Literal_["relu", "leaky_relu", "linear", "tanh", "sigmoid", "selu"]] = {
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "linear": "linear",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "selu": "selu",
}


def _kaiming(given: _Numbers, form: Literal_["normal", "uniform"]) -> Init:
    mode = given.word("mode", tuple(_MODES), "fan_in", first=True)
    nonlinearity = given.word("nonlinearity", tuple(_NONLINEARITIES), "leaky_relu")
    slope = given.number("a", 0.0)
    return Kaiming(form, _MODES[mode], _NONLINEARITIES[nonlinearity], slope)


_MAKERS: dict[str, Callable[[_Numbers], Init]] = {
    "constant": lambda given: Constant(given.number("value", first=True)),
    "normal": lambda given: Normal(given.number("std", 1.0, first=True), given.number("mean", 0.0)),
    "uniform": _uniform,
    "truncated_normal": lambda given: TruncatedNormal(given.number("std", 1.0, first=True)),
    "kaiming_normal": lambda given: _kaiming(given, "normal"),
    "kaiming_uniform": lambda given: _kaiming(given, "uniform"),
    "xavier_normal": lambda given: Xavier("normal", given.number("gain", 1.0, first=True)),
    "xavier_uniform": lambda given: Xavier("uniform", given.number("gain", 1.0, first=True)),
}
_EXAMPLES = {
    "constant": "0.1",
    "normal": "0.01",
    "uniform": "0.05",
    "truncated_normal": "0.02",
    "kaiming_normal": "fan_out",
    "kaiming_uniform": "fan_in",
    "xavier_normal": "1",
    "xavier_uniform": "1",
}
