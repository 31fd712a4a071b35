"""Warnings that the whole network shows: values that nothing reads, and what ops say of their use.

A line of a block or loop makes many nodes. What is said of it is said once; that its value is
unread, only if that of each is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcompile.diagnostics import Code, Related, Span
from archcompile.ir.advice import Advice, Advised
from archcompile.ir.outcome import weights_of
from archcompile.ir.program import Node, Program
from archcompile.ir.remedy import Argument
from archcompile.ir.types import TensorType

_MOST_COUNTED = 50
"""The unread values of which it is said how many layers lead to them: that is the slow part."""

_COLOURS = (1, 3, 4)
_SIDE = 8
"""An image is at least as high and wide."""


def advise(program: Program) -> tuple[Advised, ...]:
    """Everything to be said of a network, each line's once."""
    nodes = tuple(program.nodes())
    lines: dict[Span, list[Node]] = {}
    for node in nodes:
        lines.setdefault(node.span, []).append(node)
    readers = _readers(nodes)
    every = (
        *_unread_inputs(program, readers),
        *_channels_last(program, readers),
        *_unread(program, nodes, readers),
        *_needless_biases(program, lines, readers),
        *(each for line in lines.values() for each in _of_ops(line)),
    )
    first: dict[tuple[Code, Span], Advised] = {}
    for each in every:
        first.setdefault((each.advice.code, each.span), each)
    return tuple(first.values())


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one network, and the lines that it has."""

    lines: frozenset[Span]
    advised: tuple[Advised, ...]

    @classmethod
    def of(cls, program: Program) -> Told:
        """A network's own."""
        spans = {value.span for value in program.inputs if value.span is not None}
        spans |= {node.span for node in program.nodes()}
        return cls(frozenset(spans), advise(program))


def of_all(networks: Sequence[Told]) -> tuple[Advised, ...]:
    """What is said of the networks of a file, once.

    A value is unread, and a bias without effect, only if it is in every network that has the line;
    of other advice an edit is offered only then.
    """
    counts = Counter((each.advice.code, each.span) for told in networks for each in told.advised)
    first = {(each.advice.code, each.span): each for told in networks for each in told.advised}
    found: list[Advised] = []
    for (code, span), each in first.items():
        if counts[code, span] == sum(span in told.lines for told in networks):
            found.append(each)
        elif code not in (Code.UNREAD, Code.BIAS_BEFORE_NORM):
            found.append(Advised(span, _of_some(each.advice)))
    return tuple(found)


def _of_some(advice: Advice) -> Advice:
    return replace(advice, remedy=None, help="so it is with some of the layers of this line")


def _of_ops(line: list[Node]) -> Iterator[Advised]:
    """What an op says of its use; what mends one layer of a line must mend all that it makes."""
    said = [
        {each.code: each for each in reversed((*node.op.advice(*node.types),))} for node in line
    ]
    for code in dict.fromkeys(code for codes in said for code in codes):
        advice = next(codes[code] for codes in said if code in codes)
        if not all(code in codes for codes in said):
            advice = _of_some(advice)
        yield Advised(line[0].span, advice)


def _readers(nodes: tuple[Node, ...]) -> Mapping[str, list[Node]]:
    """By value: the nodes that read it."""
    readers: dict[str, list[Node]] = {}
    for node in nodes:
        for value in node.inputs:
            readers.setdefault(value.name, []).append(node)
    return readers


def _unread_inputs(program: Program, readers: Mapping[str, list[Node]]) -> Iterator[Advised]:
    shown = {output.value.name for output in program.outputs}
    for value in program.inputs:
        if value.span is not None and value.name not in readers.keys() | shown:
            said = f"nothing reads the input `{value.name}`"
            help = f"read it: `{{from: {value.name}, …}}`, or take it out"
            yield Advised(value.span, Advice(Code.UNREAD, said, help))


def _channels_last(program: Program, readers: Mapping[str, list[Node]]) -> Iterator[Advised]:
    """Inputs [N, H, W, C], as TensorFlow has them, over whose last two axes a window goes."""
    for value in program.inputs:
        sizes = tuple(size.constant or 0 for size in value.type.dims[1:])
        if len(sizes) != 3 or sizes[0] != sizes[1] or sizes[0] < _SIDE or sizes[2] not in _COLOURS:
            continue
        if value.span is None or not any(map(_has_square_window, readers.get(value.name, ()))):
            continue
        said = f"the input `{value.name}` has {sizes[0]} channels, and is {sizes[1]}x{sizes[2]}"
        first = TensorType((*value.type.dims[::3], *value.type.dims[1:3]))
        help = f"channels stand before height and width: `{first}`"
        advice = Advice(Code.CHANNELS_LAST, f"{said}: channels stand last, as it seems", help)
        yield Advised(value.span, advice)


def _has_square_window(node: Node) -> bool:
    windows = node.op.windows(*node.types) or ()
    return len(windows) == 2 and windows[0] == windows[1]


def _unread(
    program: Program, nodes: tuple[Node, ...], readers: Mapping[str, list[Node]]
) -> Iterator[Advised]:
    """Layers whose value neither a layer nor an output reads, with those that lead to them alone.

    The pieces of an op with several outputs share a line: it is enough that one is read.
    """
    shown = {output.value.name for output in program.outputs}
    alive = set(shown)
    for node in reversed(nodes):
        if node.output.name in alive:
            alive.update(value.name for value in node.inputs)
    alive_lines = {node.span for node in nodes if node.output.name in alive}
    dead = [node for node in nodes if node.span not in alive_lines]
    made_by = {each.output.name: each for each in nodes}
    ends = [node for node in dead if node.output.name not in readers]
    for number, node in enumerate(ends):
        leading = _leading(node, made_by, alive_lines) if number < _MOST_COUNTED else 0
        yield Advised(node.span, _nothing_reads(node, leading))


def _leading(node: Node, made_by: Mapping[str, Node], alive_lines: set[Span]) -> int:
    """How many dead layers lead to a dead one."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for value in waiting.pop().inputs:
            maker = made_by.get(value.name)
            if maker and maker.span not in alive_lines and value.name not in found:
                found.add(value.name)
                waiting.append(maker)
    return len(found)


def _nothing_reads(node: Node, leading: int) -> Advice:
    name = node.path.rsplit(".", 1)[-1]
    and_those = ""
    if leading:
        layers = "layer that leads" if leading == 1 else f"{leading} layers that lead"
        and_those = f", nor what the {layers} to it"
        and_those += " makes" if leading == 1 else " make"
    return Advice(
        Code.UNREAD,
        f"nothing reads what `{name}` makes{and_those}",
        help="read it with `from`, name it under `outputs`, or take the layer out",
    )


def _needless_biases(
    program: Program, lines: Mapping[Span, list[Node]], readers: Mapping[str, list[Node]]
) -> Iterator[Advised]:
    """A bias that a normalization takes away again, as it subtracts the mean of each channel.

    Ioffe and Szegedy, Batch normalization, 2015, sec. 3.2. Whatever a line makes, and whenever its
    weights are used again, it must be so.
    """
    shown = {output.value.name for output in program.outputs}
    for line in lines.values():
        biased = [node for node in line if node.op.has_channels and _has_bias(node)]
        norms = [_norm_behind(node, readers, shown) for node in biased]
        if not norms or norms[0] is None or None in norms:
            continue
        said = f"the bias of this `{biased[0].op.key}` has no effect: the `{norms[0].op.key}` after"
        yield Advised(
            biased[0].span,
            Advice(
                Code.BIAS_BEFORE_NORM,
                f"{said} it subtracts the mean",
                help="write `bias: false`",
                argument="bias",
                remedy=Argument("bias", "false"),
                related=(Related(norms[0].span, "the normalization"),),
            ),
        )


def _has_bias(node: Node) -> bool:
    return any(weight.name == "bias" for weight in weights_of(node.op, node.types))


def _norm_behind(node: Node, readers: Mapping[str, list[Node]], shown: set[str]) -> Node | None:
    """The one reader of a node's value, if it subtracts the mean."""
    own = readers.get(node.output.name, [])
    alone = len(own) == 1 and own[0].op.removes_mean and node.output.name not in shown
    return own[0] if alone else None
