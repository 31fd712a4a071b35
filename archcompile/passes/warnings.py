"""Warnings that the whole network shows: values that nothing reads, and what ops say of their use.

A line of a block or loop makes many nodes. What is said of it is said once; that its value is
unread, only if that of each is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archcompile.diagnostics import Code, Related, Span
from archcompile.ir.advice import Advice, Advised
from archcompile.ir.outcome import advice_of, weights_of
from archcompile.ir.program import Node, Program
from archcompile.ir.remedy import Argument

_MOST_COUNTED = 50
"""The unread values of which it is said how many layers lead to them: that is the slow part."""


def advise(program: Program) -> tuple[Advised, ...]:
    """Everything to be said of a network, each line's once."""
    nodes = tuple(program.nodes())
    readers = _readers(nodes)
    every = (
        *_unread_inputs(program, readers),
        *_unread(program, nodes, readers),
        *_needless_biases(program, nodes, readers),
        *(Advised(node.span, each) for node in nodes for each in advice_of(node.op, node.types)),
    )
    first: dict[tuple[Code, Span], Advised] = {}
    for each in every:
        first.setdefault((each.advice.code, each.span), each)
    return tuple(first.values())


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
    program: Program, nodes: tuple[Node, ...], readers: Mapping[str, list[Node]]
) -> Iterator[Advised]:
    """A bias that a normalization takes away again, as it subtracts the mean of each channel.

    Ioffe and Szegedy, Batch normalization, 2015, sec. 3.2.
    """
    shown = {output.value.name for output in program.outputs}
    for node in nodes:
        own = readers.get(node.output.name, [])
        alone = len(own) == 1 and own[0].op.removes_mean and node.output.name not in shown
        if not (alone and node.op.has_channels):
            continue
        if any(weight.name == "bias" for weight in weights_of(node.op, node.types)):
            norm = own[0]
            yield Advised(
                node.span,
                Advice(
                    Code.BIAS_BEFORE_NORM,
                    f"the bias of this `{node.op.key}` has no effect: the `{norm.op.key}` after "
                    "it subtracts the mean",
                    help="write `bias: false`",
                    argument="bias",
                    remedy=Argument("bias", "false"),
                    related=(Related(norm.span, "the normalization"),),
                ),
            )
