"""Random specs made of motifs: residuals, branches, GPU groups, gates, loops, blocks in blocks.

Each motif is legal by construction, so that a refusal is a defect too. Channels are multiples of
12, which 2, 3 and 4 divide and halves of which 2 and 3 do; layers keep the map unless they say so.
What a value is (``Held``) is two tokens: values of equal tokens may be added. One motif is one
function; it gives lines and moves ``scope.value`` on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from random_ops import dressed, kept_op
from random_shapes import Unfit

Line = Any
Lines = list[Any]
Motif = Callable[["Scope"], Lines]
WORDS = ("conv", "act", "left", "right", "out", "unit", "pool", "nn", "torch", "result", "i", "k")
WORDS += ("width", "index", "layers", "range", "super", "channels", "in_channels", "size", "skip")
DEEPEST = 3
GIVEN: dict[str, tuple[Any, ...]] = {
    "one": (1,),
    "rate": (0.25, 0.5),
    "pads": ("zeros", "replicate"),
    "fill": ("constant", "replicate"),
    "list": ([12, 24], [12], [24, 12, 36]),
}
"""Values for parameters of some kinds. A list has none twice: names may be made of its items."""


@dataclass(frozen=True)
class Held:
    """What is known of a value: two of equal tokens have one shape."""

    channels: object
    space: object
    is_even: bool = False
    """Whether height and width are multiples of 4."""
    is_split: bool = False
    most: int = field(default=24, compare=False)
    """No more channels than so many."""


@dataclass(frozen=True)
class Made:
    """A block that may be called."""

    params: dict[str, Any]
    inputs: tuple[str, ...] = ("x",)
    outputs: tuple[str, ...] = ()
    is_same: bool = True
    """Whether it gives what it reads; otherwise ``width`` says how many channels it gives."""
    is_closed: bool = False
    """Whether it calls no block, and so may be handed to any."""
    is_of_gpus: bool = False
    """Whether GPUs may share it."""

    @property
    def is_plain(self) -> bool:
        """Whether it reads one value and gives one like it."""
        return self.is_same and len(self.inputs) == 1 and not self.outputs

    @property
    def joins(self) -> bool:
        """Whether it makes one value of two like it."""
        return self.is_same and len(self.inputs) == 2 and not self.outputs

    @property
    def weaves(self) -> bool:
        """Whether it makes two values of two like them."""
        return len(self.inputs) == len(self.outputs) == 2


@dataclass
class Scope:
    """Where lines are drawn: what they may name, and what the line before left."""

    value: Held
    widths: list[Any] = field(default_factory=lambda: [12, 24])
    flags: list[str] = field(default_factory=list)
    counts: list[Any] = field(default_factory=lambda: [1, 2, 3])
    options: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    """Layer parameters that keep the shape of what they read."""
    lists: list[str] = field(default_factory=list)
    """Parameters that are lists of widths."""
    ones: list[str] = field(default_factory=list)
    """Parameters that are 1: factors that change nothing."""
    words: dict[str, str] = field(default_factory=dict)
    """Text parameters by the argument that they may stand for."""
    variables: list[str] = field(default_factory=list)
    """Variables of loops around, as words of expressions."""
    source: str | None = "x"
    """The body's input, whose channels an expression may ask for."""
    values: dict[str, Held] = field(default_factory=dict)
    """What ``from`` may name."""
    taken: set[str] = field(default_factory=set)
    depth: int = 0
    gpus: bool = False

    @property
    def suffix(self) -> str:
        """What a name needs so that each round has its own."""
        return "".join(f"_{name}{{{name}}}" for name in self.variables)


@dataclass
class Structures:
    """Draws lines; ``rank`` is 2 for maps and 1 for sequences."""

    rng: Random
    rank: int = 2
    blocks: dict[str, Any] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    count: int = 0
    powers: int = 0
    """How many more products of values there may be: a power of a power loses all digits."""
    is_open: bool = False
    """Whether the input's sizes are open."""

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def fresh(self) -> int:
        """A token that no other value has."""
        self.count += 1
        return self.count

    def op(self, word: str) -> str:
        """``conv`` is ``conv2d`` for maps."""
        return f"{word}{self.rank}d"

    def name(self, scope: Scope, *, path: bool = True) -> str:
        """A name, or a path, that is free in this body."""
        for number in range(9):
            word = self.rng.choice(WORDS) + ("" if number < 4 else str(number))
            name = word
            if path and not scope.variables and self.chance(0.2):
                fronts = (f"extra.{len(scope.taken)}", f"heads.{word}", f"a.b.{word}")
                name = self.rng.choice(fronts)
            name += scope.suffix
            if name not in scope.taken and name not in self.made and name not in scope.layers:
                scope.taken.add(name)
                return name
        raise Unfit

    def alike(self, scope: Scope) -> list[str]:
        """Names of values that have the shape of the one at hand."""
        return [name for name, held in scope.values.items() if held == scope.value]

    def sums(self, scope: Scope) -> tuple[str, ...]:
        """Ops that join values of one shape; a product among them where one is left."""
        if self.powers < 1 or scope.variables or scope.depth:
            return ("add", "sub")
        self.powers -= 1
        return ("add", "sub", "mul", "mul")

    def keep(self, scope: Scope, name: str) -> None:
        """Later lines may read the value that the last one left."""
        scope.values[name] = scope.value

    def condition(self, scope: Scope) -> Any:
        """A condition that does not depend on shapes."""
        forms = [*scope.flags * 2, *(f"not {flag}" for flag in scope.flags)]
        forms += [f"{name} == {self.rng.choice('AB')!r}" for name in scope.options]
        forms += [f"{name} % 2 == {self.rng.choice((0, 1))}" for name in scope.variables]
        forms += [f"{each} > 12" for each in scope.widths if isinstance(each, str)]
        if scope.source is not None:
            forms.append(f"{scope.source}.channels > 12")
        return self.rng.choice([*forms, True, False])

    def width(self, scope: Scope) -> Any:
        """A multiple of 12, small."""
        return self.rng.choice(scope.widths)

    # lines that keep the shape and may stand in a chain

    def plain(self, scope: Scope) -> Line:
        """An op that keeps its input's shape."""
        conv, groups = self.op("conv"), 2 if scope.gpus else 3
        lines: Lines = [
            {conv: ["in.channels", 3, {"padding": 1}]},
            {conv: {"out_channels": "in.channels", "kernel_size": 3, "padding": "same"}},
            {conv: ["in.channels", 3, {"padding": [[2, 0]] * self.rank, "groups": groups}]},
            {conv: ["in.channels", 3, 1, 2, 2, {"bias": self.condition(scope)}]},
            self.op("batch_norm"),
            {self.op("batch_norm"): {"affine": self.condition(scope)}},
            *("relu", "gelu", "hardswish", "prelu", "sigmoid", "identity", {"elu": 0.5}),
            {"group_norm": groups},
            {"local_response_norm": {"size": 5, "alpha": 0.1}},
            {self.op("max_pool"): [3, 1, 1]},
            {"dropout": 0.3},
            {self.op("avg_pool"): {"kernel_size": 3, "stride": 1, "padding": 1}},
            *("silu", {"scaled_tanh": {}}),
        ]
        if not scope.gpus:
            lines.append({conv: ["in.channels", 3, 1, 1, {"groups": "in.channels"}]})
            lines.append({"channel_shuffle": 3})
            lines.append({"prelu": {"num_parameters": "in.channels"}})
            lines += ["layer_norm2d"] if self.rank == 2 else []
        lines += [*scope.layers, *scope.layers]
        if self.chance(0.5):
            return kept_op(self, scope)
        return dressed(self, scope, self.rng.choice(lines))

    def kept(self, scope: Scope) -> Line:
        """A line that keeps the shape: an op, a call, a ``sequence``; perhaps with ``when``."""
        same = [name for name, made in self.made.items() if made.is_plain]
        if scope.gpus:
            same = [name for name in same if self.made[name].is_of_gpus]
        if same and self.chance(0.3):
            name = self.rng.choice(same)
            line: Line = {name: self.arguments(scope, self.made[name])}
        elif scope.depth < DEEPEST and self.chance(0.1):
            line = {"sequence": self.chain(scope, self.rng.randint(1, 3))}
        else:
            line = self.plain(scope)
        if self.chance(0.2):
            line = {"when": self.condition(scope), **as_mapping(line)}
        return line

    def chain(self, scope: Scope, count: int) -> Lines:
        """Lines of a chain that keeps the shape; loops among them."""
        lines: Lines = []
        inner = replace(scope, depth=scope.depth + 1)
        for _ in range(count):
            if inner.depth < DEEPEST and self.chance(0.15):
                line = self.chained_loop(inner)
            else:
                line = self.kept(inner)
            is_numbered = len(set(scope.variables)) == len(scope.variables)
            if is_numbered and self.chance(0.12):  # no other line has that number
                name = f"{self.rng.choice(('m', 'block1-'))}{self.fresh()}{scope.suffix}"
                line = {"name": name, **as_mapping(line)}
            lines.append(line)
        return lines

    def chained_loop(self, scope: Scope) -> Line:
        """A loop in a chain, over one line or several."""
        if self.chance(0.5):
            inner = replace(scope, variables=[*scope.variables, "index"], depth=scope.depth + 1)
            header: dict[str, Any] = {"repeat": self.rng.choice((*scope.counts, 0))}
            if self.chance(0.5):
                return {**header, **as_mapping(self.kept(inner))}
        else:
            inner = replace(scope, variables=[*scope.variables, "c"], depth=scope.depth + 1)
            header = {"for": ["c", "t"], "rows": [[1, 12], [2, 24]]}
            if self.chance(0.5):
                columns = ("range(2)", [1, 2, 4], [], *scope.lists)
                header = {"for": {"c": self.rng.choice(columns)}}
        return {**header, "layers": self.chain(inner, self.rng.randint(1, 2))}

    # what changes channels or the map

    def turned(self, scope: Scope, width: Any, stride: Any = 1) -> Line:
        """A line that gives ``width`` channels, and a map smaller by ``stride``."""
        conv = self.op("conv")
        turning = [name for name, made in self.made.items() if not made.is_same]
        if turning and not scope.gpus and self.chance(0.4):
            name = self.rng.choice(turning)
            given = self.arguments(scope, self.made[name]) or {}
            return {name: {**given, "width": width, "stride": stride}}
        kernel = self.rng.choice((1, 3))
        line: Line = {conv: [width, kernel, {"stride": stride, "padding": kernel // 2}]}
        if self.chance(0.3):
            line = {"sequence": [line, self.op("batch_norm"), *self.chain(scope, 1)]}
        return line

    def arguments(self, scope: Scope, made: Made) -> dict[str, Any] | None:
        """Arguments of a block's call, its width and stride apart."""
        rng, given = self.rng, {}
        for name, kind in made.params.items():
            held: Any
            if kind == "flag":
                held = self.condition(scope)
            elif kind == "option":
                held = rng.choice([*scope.options, "A", "B"])
            elif kind == "count":
                held = rng.choice([0, *scope.counts])
            elif kind == "inner":
                held = self.width(scope)
            elif kind in GIVEN:
                held = rng.choice(GIVEN[kind])
            else:
                held = self.handed(scope)
            if name.endswith("_") or self.chance(0.5):  # those are required
                given[name] = held
        return given or None

    def handed(self, scope: Scope) -> Any:
        """A layer to hand over, which keeps the shape of what it reads."""
        plain = [name for name, made in self.made.items() if made.is_plain and made.is_closed]
        choices: Lines = ["relu", "none", {"leaky_relu": 0.1}, "prelu", {"group_norm": 2}, "tanh"]
        choices += [self.op("batch_norm"), {"dropout": 0.5}, *scope.layers * 2]
        if plain and self.chance(0.3):
            name = self.rng.choice(plain)
            return {name: self.arguments(scope, self.made[name]) or {}}
        return self.rng.choice(choices)


def as_mapping(line: Line) -> dict[str, Any]:
    """``relu`` alone is ``relu`` without arguments."""
    return {line: None} if isinstance(line, str) else dict(line)
