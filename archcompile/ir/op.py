"""Op: what a layer does, with its typed arguments and the rules that every backend shares.

An op is a pydantic model: its fields are the arguments in positional order, with torch.nn's names
and defaults. Sizes are ``Dim``, so the same rules run on numbers and on a block's parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self, TypeAlias

from pydantic import BaseModel, ConfigDict

from archcompile.diagnostics import Code
from archcompile.diagnostics.span import small_value
from archcompile.ir.advice import Advice
from archcompile.ir.dim import Dim
from archcompile.ir.remedy import LineBefore, Remedy
from archcompile.ir.types import TensorType
from archcompile.ir.weight import Weight

Mended: TypeAlias = tuple[str | None, Remedy | None]
"""A refusal's help line, and what it says."""


class OpError(Exception):
    """An op refuses its inputs or its arguments; elaboration adds the place and makes a finding.

    ``argument`` names the argument at fault, ``operand`` the index of the input at fault;
    ``remedy`` is what ``help`` says, so that it can be done. ``mend`` works out both when one is
    asked for: of very many refusals only the first ones are mended.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        help: str | None = None,
        argument: str | None = None,
        operand: int | None = None,
        remedy: Remedy | None = None,
        mend: Callable[[], Mended] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.argument = argument
        self.operand = operand
        self._mended: Mended = help, remedy
        self._mend = mend

    @property
    def help(self) -> str | None:
        """What to write, in a line."""
        return self._worked_out()[0]

    @property
    def remedy(self) -> Remedy | None:
        """What ``help`` says, so that it can be done."""
        return self._worked_out()[1]

    def _worked_out(self) -> Mended:
        if self._mend is not None:
            self._mended, self._mend = self._mend(), None
        return self._mended

    def again(self) -> Self:
        """The same refusal without the frames that raised it, which hold much: to be kept."""
        copied = type(self).__new__(type(self), *self.args)
        copied.__dict__.update(self.__dict__)
        return copied


class Mismatch(OpError):
    """Two inputs whose shapes do not go together; ``rule`` is what they would have to be.

    ``but`` is an axis along which they may differ.
    """

    def __init__(
        self,
        rule: str,
        inputs: tuple[TensorType, ...],
        operand: int,
        first: int = 0,
        *,
        but: int | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(
            Code.SHAPE_MISMATCH,
            f"{rule}: input {first + 1} is {inputs[first]}, "
            f"input {operand + 1} is {inputs[operand]}",
            operand=operand,
            help=help,
        )
        self.rule = rule
        self.first = first
        self.second = operand
        self.but = but


_DECIDED: ContextVar[bool] = ContextVar("decided", default=False)


class _Decided:
    """A class, as each layer enters it more than once, and a generator takes five times as long."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _DECIDED.set(True)

    def __exit__(self, *_: object) -> None:
        _DECIDED.reset(self._token)


def decided() -> AbstractContextManager[None]:
    """Inside, sizes that are not provably equal differ: a whole network, as against a block."""
    return _Decided()


def is_decided() -> bool:
    """Whether this is a whole network, whose open sizes stay open: inside ``decided``."""
    return _DECIDED.get()


def must_equal(size: Dim, other: int | Dim) -> bool:
    """Whether two sizes may be taken as equal.

    In a block's body what is undecided passes, as each call decides it; inside ``decided`` it does
    not.
    """
    equal = size.always_equal(other)
    return not _DECIDED.get() if equal is None else equal


def must_divide(divisor: Dim, size: Dim) -> bool:
    """Whether ``divisor`` may be taken to divide ``size``; undecided as in ``must_equal``."""
    return must_equal(size % divisor, 0)


class Undecided(Exception):
    """A rule asked for a choice that a block's call will make; the type stays open until then."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An argument that is no size (a flag, a word) and that a block's call will decide.

    ``text`` is its Python expression.
    """

    text: str

    def __bool__(self) -> bool:
        raise Undecided(self.text)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Unknown):
            return self.text == other.text
        raise Undecided(self.text)

    def __hash__(self) -> int:
        return hash(self.text)


_ONE = Dim.of(1)


@small_value
class Window:
    """What one output position reads along one axis: ``extent`` positions, ``stride`` apart.

    ``extent`` is the dilated kernel, ``d (k - 1) + 1``. Where the op enlarges its input, ``grown``
    output positions stand in ``stride`` input positions.
    """

    extent: Dim
    stride: Dim
    grown: Dim = _ONE


class Op(BaseModel, ABC):
    """Base of every op. A subclass declares ``key``, its fields, and ``infer``; else as needed."""

    # deferred: a run builds the validators of the ops that it meets, not of all
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )

    key: ClassVar[str]
    """The word in a spec: torch.nn's class in snake_case, else torch.nn.functional's or torch's."""
    title: ClassVar[str]
    """One line for people: what the op does."""
    arity: ClassVar[int | None] = 1
    """How many inputs it reads; ``None`` is two or more, in order."""
    is_module: ClassVar[bool] = True
    """Whether it is an attribute of its parent in the source (``nn.Conv2d``), or a function."""
    takes_list: ClassVar[bool] = False
    """Whether the first argument is a list, so that a bare list of numbers is that argument."""
    by_channel: ClassVar[bool] = False
    """Whether no output channel depends on another channel's input, nor on its number."""
    has_channels: ClassVar[bool] = False
    """Whether its output channels are its own (a convolution's), not its input's."""

    removes_mean: ClassVar[bool] = False
    """Whether it subtracts each channel's mean, so that a bias before it has no effect."""

    @cached_property
    def _digest(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __hash__(self) -> int:
        """Of the type and the arguments, worked out once: every pass looks ops up."""
        return self._digest

    @abstractmethod
    def infer(self, *inputs: TensorType) -> TensorType:
        """The type of the output. Raises ``OpError`` for inputs that cannot work."""

    def inferred(self, *inputs: TensorType) -> Mapping[str, Dim]:
        """Arguments of torch's class that inference knows (``in_channels``), in torch's order."""
        return {}

    def taken_as_equal(self, *inputs: TensorType) -> tuple[tuple[Dim, Dim], ...]:
        """Pairs of sizes on whose being equal the output's type rests, though they may differ."""
        return ()

    def weights(self, *inputs: TensorType) -> tuple[Weight, ...]:
        """Parameters and buffers in state_dict order."""
        return ()

    def macs(self, *inputs: TensorType) -> Dim:
        """Multiply-accumulates for one sample; biases, norms, activations and pooling count 0."""
        return Dim.of(0)

    def windows(self, *inputs: TensorType) -> tuple[Window, ...] | None:
        """For each spatial axis what one output position reads; ``None``: position by position."""
        return None

    def runs_over(self, *inputs: TensorType) -> tuple[tuple[int, ...], ...] | None:
        """For each spatial axis of the output those of the input in it, the slowest first.

        Axis 0 is the first behind the channels; ``None``: the axes stay.
        """
        return None

    def owns_channels(self, *inputs: TensorType) -> bool:
        """Whether axis 1 of its output is its own, so that GPUs divide it among them."""
        return self.has_channels

    def divided(self, parts: int) -> Op:
        """The op as ``parts`` GPUs run it together, each on its own part of the channels.

        For a convolution that is ``groups``. Raises ``OpError`` for an op that mixes channels and
        cannot be said so.
        """
        if self.by_channel:
            return self
        raise crosses_groups(f"`{self.key}` cannot run on each GPU's channels by itself")

    def advice(self, *inputs: TensorType) -> Iterator[Advice]:
        """What is legal in this use of it and likely a mistake."""
        return iter(())

    def split_outputs(self) -> int | None:
        """How many outputs an op of several has; elaboration makes a node for each ``index``."""
        return None

    def connections(self, *inputs: TensorType) -> Dim:
        """Connections in LeCun's sense: what all output units read, one for each bias included."""
        total = self.macs(*inputs)
        biased = any(weight.name == "bias" for weight in self.weights(*inputs))
        if not biased or total == Dim.of(0):
            return total
        return total + self.infer(*inputs).elements()

    def updated(self, values: Mapping[str, object]) -> Self:
        """A copy with some arguments ``Unknown``: for rules that run before a block is called."""
        copied = self.model_copy(update=dict(values))
        copied.__dict__.pop("_digest", None)  # of the arguments that it had
        return copied


def crosses_groups(message: str) -> OpError:
    """Of an op that mixes channels and reads a tensor whose channels are split over GPUs."""
    return OpError(
        Code.CROSSES_GROUPS,
        message,
        operand=0,
        help="write `exchange` before it: then every GPU has all channels",
        remedy=LineBefore("exchange"),
    )
