"""The distribution that a call of ``torch.nn.init`` means."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Literal

from archcompile.backends.pytorch.values import evaluate
from archcompile.diagnostics import InternalError
from archcompile.ir.weight import (
    Constant,
    Init,
    Kaiming,
    Normal,
    TruncatedNormal,
    Uniform,
    Xavier,
)


def distribution(call: ast.Call) -> Init:
    """What ``nn.init.normal_(weight, std=0.01)`` means; the weight stands first."""
    given = [evaluate(each, {}) for each in call.args[1:]]
    named = {str(each.arg): evaluate(each.value, {}) for each in call.keywords}
    arguments = _Arguments(given, named)
    make = _MAKERS.get(ast.unparse(call.func).removeprefix("nn.init."))
    made = make(arguments) if make is not None else None
    if made is None or arguments.given or arguments.named:
        raise InternalError(f"a constructor says `{ast.unparse(call)}`")
    return made


class _Arguments:
    """The arguments that are left to be read."""

    def __init__(self, given: list[object], named: dict[str, object]) -> None:
        self.given = given
        self.named = named

    def place(self) -> float:
        """The next one by position."""
        return _number(self.given.pop(0) if self.given else None)

    def number(self, name: str, default: float) -> float:
        """One by its name."""
        return _number(self.named.pop(name, default))

    def mode(self) -> Literal["fan_in", "fan_out"]:
        """Which side of the layer is counted."""
        match self.named.pop("mode", "fan_in"):
            case "fan_in" | "fan_out" as word:
                return word
        raise InternalError("there is no such mode")

    def nonlinearity(
        self,
    ) -> Literal["relu", "leaky_relu", "linear", "tanh", "sigmoid", "selu"]:
        """What follows the layer."""
        match self.named.pop("nonlinearity", "leaky_relu"):
            case "relu" | "leaky_relu" | "linear" | "tanh" | "sigmoid" | "selu" as word:
                return word
        raise InternalError("there is no such nonlinearity")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InternalError(f"a weight starts with {value!r}, which is no number")
    return float(value)


def _kaiming(given: _Arguments, form: Literal["normal", "uniform"]) -> Init:
    return Kaiming(form, given.mode(), given.nonlinearity(), given.number("a", 0))


_MAKERS: dict[str, Callable[[_Arguments], Init]] = {
    "zeros_": lambda given: Constant(0.0),
    "ones_": lambda given: Constant(1.0),
    "constant_": lambda given: Constant(given.place()),
    "normal_": lambda given: Normal(given.number("std", 1), given.number("mean", 0)),
    "uniform_": lambda given: Uniform(given.place(), given.place()),
    "trunc_normal_": lambda given: TruncatedNormal(given.number("std", 1)),
    "kaiming_normal_": lambda given: _kaiming(given, "normal"),
    "kaiming_uniform_": lambda given: _kaiming(given, "uniform"),
    "xavier_normal_": lambda given: Xavier("normal", given.number("gain", 1)),
    "xavier_uniform_": lambda given: Xavier("uniform", given.number("gain", 1)),
}
