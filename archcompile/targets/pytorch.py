"""How an op is said in PyTorch.

Most ops need no rule: ``module_call`` writes ``nn.<Class>(…)`` with the inferred arguments by
position, then the op's own, leaving out what equals torch's default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from archcompile.ir.dim import Dim
from archcompile.ir.op import Op, Unknown
from archcompile.ir.types import TensorType
from archcompile.targets.python import CallOf, Constant, Python, Size, TupleOf, Verbatim
from archcompile.targets.table import RuleTable


@dataclass(frozen=True, slots=True)
class Support:
    """A class that the generated file brings along because torch.nn has none like it.

    ``source`` is fixed Python text of ours (never spec text), formatted as ruff would. It speaks of
    ``torch`` (``import torch``) and ``nn`` (``from torch import nn``), and of nothing else.
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class ModuleForm:
    """The op is a module: how it is constructed, and the classes that needs.

    ``also`` are classes that are the same module with these arguments, though more can be said to
    them: a block writes ``GroupedLinear`` for all of its calls, one with ``groups=1`` included.
    """

    construct: CallOf
    supports: tuple[Support, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionForm:
    """The op is an expression over its inputs."""

    express: Callable[[tuple[Python, ...]], Python]


@dataclass(frozen=True, slots=True)
class AttributeForm:
    """The op is a tensor of the module that it stands in, read where it is needed.

    ``construct`` is a call that makes it. A trained one is an ``nn.Parameter``; else it is a
    buffer outside the state_dict.
    """

    construct: CallOf
    is_trained: bool = True


Form: TypeAlias = ModuleForm | FunctionForm | AttributeForm
PytorchRule: TypeAlias = Callable[..., Form]
"""``rule(op, *input_types) -> Form``."""

pytorch: RuleTable[PytorchRule] = RuleTable("PyTorch")


def form(op: Op, *inputs: TensorType) -> Form:
    """The op's form: its own rule, else ``nn.<Class>`` with the arguments that differ."""
    rule = pytorch.find(type(op))
    return rule(op, *inputs) if rule is not None else ModuleForm(module_call(op, *inputs))


def module_call(op: Op, *inputs: TensorType, function: str | None = None) -> CallOf:
    """``nn.Conv2d(3, 64, 7, stride=2)``.

    Inferred arguments and the required ones stand by position, as does the first argument of all;
    the rest by keyword, and only where they differ from the default.
    """
    positional = [Size(dim) for dim in op.inferred(*inputs).values()]
    arguments: list[Python] = list(positional)
    keywords: list[tuple[str, Python]] = []
    for name, is_required, default in _parameters(type(op)):
        value = getattr(op, name)
        if is_required:
            arguments.append(python_value(value))
        elif isinstance(value, Unknown) or value != default:
            keywords.append((name, python_value(value)))
    if not arguments and len(keywords) == 1 and keywords[0][0] == next(iter(type(op).model_fields)):
        arguments, keywords = [keywords[0][1]], []
    return CallOf(function or f"nn.{type(op).__name__}", tuple(arguments), tuple(keywords))


@cache
def _parameters(op: type[Op]) -> tuple[tuple[str, bool, object], ...]:
    """Of each: its name, whether it must be given, and its default."""
    return tuple(
        (
            name,
            field.is_required(),
            None if field.is_required() else field.get_default(call_default_factory=True),
        )
        for name, field in op.model_fields.items()
    )


def support_rule(support: Support) -> PytorchRule:
    """The rule of an op that is always this class, with the arguments that differ from its own."""

    def rule(op: Op, *inputs: TensorType) -> ModuleForm:
        return ModuleForm(module_call(op, *inputs, function=support.name), (support,))

    return rule


def python_value(value: object) -> Python:
    """An argument's value as Python; a pair of equal sizes is one number, as torch reads it."""
    match value:
        case Dim():
            return Size(value)
        case Unknown(text=text):
            return Verbatim(text)
        case (Dim() as only,):
            return python_value(only)
        case (first, second) if isinstance(first, Dim) and first == second:
            return python_value(first)
        case tuple():
            return TupleOf(tuple(map(_item, value)))
        case bool() | int() | float() | str() | None:
            return Constant(value)
    raise TypeError(f"no Python form for {value!r}")


def _item(value: object) -> Python:
    """A pair inside a tuple stays one: ``padding=((0, 1), (2, 2))``."""
    if isinstance(value, tuple):
        return TupleOf(tuple(map(_item, value)))
    return python_value(value)
