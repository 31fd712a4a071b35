"""What is in the picture: boxes, clusters around them, and who reads whom; no coordinates yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from archcompile.backends.diagram.fold import Run, runs
from archcompile.ir.dim import Dim
from archcompile.ir.op import Op
from archcompile.ir.printer import short_size
from archcompile.ir.program import Member, Node, Program, ProgramOutput, Region, Value
from archcompile.ir.uses import Uses
from archcompile.passes.inference import training_only

_OPERATOR = re.compile(r" [-+*/]")

_TRAINING = "training only"

FOLDED_ABOVE = 60
"""Networks with more layers than this have equal neighbours drawn once."""


@dataclass(frozen=True, slots=True)
class Box:
    """One layer, input or output. ``key`` is the value that it makes; an output makes none."""

    key: str | None
    tone: str
    """compute, norm, pool, join, plain or port: the class that colours it."""
    label: str
    detail: str
    name: str
    """The name beside the label; empty where it would only repeat it."""
    path: str
    shape: str
    reads: tuple[str, ...]
    times: int = 1
    training: bool = False
    """Whether only training needs it: it is drawn faint."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A region with a border around it."""

    label: str
    detail: str
    items: tuple[Item, ...]
    times: int = 1


Item: TypeAlias = Box | Cluster


@dataclass(frozen=True, slots=True)
class Scene:
    """Items from top to bottom. ``drawn`` says for each value which box's key stands for it."""

    items: tuple[Item, ...]
    drawn: dict[str, str]


def scene(program: Program) -> Scene:
    """Inputs, layers and outputs in execution order."""
    fold = sum(1 for _ in program.nodes()) > FOLDED_ABOVE
    drawn: dict[str, str] = {}
    pen = _Pen(fold, training_only(program), drawn)
    inputs = tuple(_input(value) for value in program.inputs)
    drawn.update({value.name: value.name for value in program.inputs})
    items = tuple(pen.items(program.members, ""))
    outputs = tuple(map(_output, program.outputs))
    return Scene((*inputs, *items, *outputs), drawn)


def shape(value: Value) -> str:
    """``6 × 28 × 28``: the sizes of one sample; an expression of several terms in parentheses."""
    sizes = map(short_size, value.type.sample)
    return " × ".join(f"({size})" if _OPERATOR.search(size) else size for size in sizes)


def _output(output: ProgramOutput) -> Box:
    said = [_TRAINING] if output.training else []
    said += [] if output.loss_weight is None else [f"loss × {output.loss_weight!r}"]
    reads, sizes = (output.value.name,), shape(output.value)
    detail = ", ".join(said)
    return Box(None, "port", output.name, detail, "", "", sizes, reads, training=output.training)


def _input(value: Value) -> Box:
    return Box(value.name, "port", value.name, shape(value), "", "", shape(value), ())


@dataclass(frozen=True, slots=True)
class _Pen:
    """What is the same for all members while they become boxes and clusters."""

    fold: bool
    training: frozenset[str]
    drawn: dict[str, str]
    uses: Uses = field(default_factory=Uses)

    def items(self, members: tuple[Member, ...], parent: str) -> Iterator[Item]:
        for run in runs(members, self.fold):
            item = self._item(run, parent)
            self.drawn.update({copy: self.drawn[first] for copy, first in run.copies.items()})
            yield item

    def _item(self, run: Run, parent: str) -> Item:
        member = run.first
        if isinstance(member, Node):
            self.drawn[member.name] = member.name
            return _box(member, run.times, parent, member.name in self.training)
        label = _relative(self.uses.name(member.path), parent)
        items = tuple(self.items(member.members, f"{member.path}."))
        if run.times > 1:
            label = f"{label} … {_relative(run.last.path, parent)}"
        return Cluster(label, _called(member), items, run.times)


def _called(region: Region) -> str:
    return region.block or region.kind


def _box(node: Node, times: int, parent: str, training: bool) -> Box:
    name = _relative(node.name, parent)
    detail = _detail(node.op)
    automatic = name.rstrip("0123456789") == node.op.key.rstrip("0123456789")
    return Box(
        node.output.name,
        _tone(node),
        node.op.key,
        ", ".join(filter(None, (detail, _TRAINING if training else ""))),
        "" if automatic else name,
        node.name,
        shape(node.output),
        tuple(value.name for value in node.inputs),
        times,
        training,
    )


def _relative(path: str, parent: str) -> str:
    return path.removeprefix(parent)


def _tone(node: Node) -> str:
    """From what the op does, so that a new op needs no entry here."""
    if node.op.macs(*node.types).constant != 0:
        return "compute"
    if len(node.inputs) > 1:
        return "join"
    if node.weights():
        return "norm"
    windows = node.op.windows(*node.types)
    is_map = [each.rank for each in node.types] == [node.output.type.rank]
    return "pool" if windows is not None and is_map else "plain"


def _detail(op: Op) -> str:
    """``6, 5×5, stride 2``: required arguments bare, others by name where they differ."""
    texts = []
    for name, argument in type(op).model_fields.items():
        value = getattr(op, name)
        if argument.is_required():
            texts.append(_text(value, "×"))
        elif value != argument.get_default(call_default_factory=True):
            texts.append(_named(name, value))
    return ", ".join(texts)


def _named(name: str, value: object) -> str:
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    match value:
        case (Dim() as first, second) if first == second:
            return f"{words} {first}"
        case _:
            return f"{words} {_text(value, '×')}"


def _text(value: object, between: str) -> str:
    if isinstance(value, tuple | list):
        return between.join(_text(item, ":") for item in value)
    return "none" if value is None else str(value)
